// What signs and opens: the key of pseudonyms and of fingerprints of the refused, secrets of webhooks, write keys. It lies
// beside the record in RECORD.keys (mode 0600), which DuckDB never opens, so that no SQL reads it by any road, and a
// record that gets lost does not sign.
//
// Record and keystore are a pair: tessera.meta says the keystore's id. The file is JSON: format, id, secrets by name;
// it is replaced as a whole, and is on disk before the record speaks of what is in it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/guarded.hpp"
#include "core/result.hpp"

namespace tessera::store {

// Names of secrets. Stored on disk.
inline constexpr std::string_view kPseudonymKey = "pseudonym_key";  // hex, 32 bytes
inline constexpr std::string_view kWriteKey = "write_key/";         // and how the record has the key: "sha256:..."
inline constexpr std::string_view kWebhook = "webhook/";            // and its id
inline constexpr std::string_view kOldWebhook = "webhook_old/";     // and its id

class Keystore {
 public:
  static std::string path_of(const std::string& record) { return record + ".keys"; }

  // A new one with a key for pseudonyms. One that lies there without its record is moved aside, never replaced.
  static Result<std::shared_ptr<Keystore>> create(const std::string& path);
  // Error: absent, damaged, or of a newer version; with a remedy.
  static Result<std::shared_ptr<Keystore>> open(const std::string& path);
  // Without a file: of a record in memory.
  static std::shared_ptr<Keystore> in_memory();
  // In the place of one that is lost, which would be there: its key is nobody's, and nothing is kept in it.
  static std::shared_ptr<Keystore> lost(const std::string& path);

  const std::string& id() const { return id_; }
  bool is_lost() const { return is_lost_; }
  // What is said wherever it is needed and lost.
  Error loss() const;
  std::optional<std::string> get(std::string_view name) const;
  // All of these or none, on disk when it returns; nullopt removes. Any thread. Error also where it is lost.
  using Changes = std::vector<std::pair<std::string, std::optional<std::string>>>;
  Result<void> change(const Changes& changes);

 private:
  using Secrets = std::map<std::string, std::string, std::less<>>;
  Keystore(std::string path, std::string id, Secrets secrets)
      : path_(std::move(path)), id_(std::move(id)), secrets_(std::move(secrets)) {}
  static std::shared_ptr<Keystore> make(std::string path);
  std::string text_of(const Secrets& secrets) const;

  const std::string path_, id_;  // an empty path: in memory
  bool is_lost_ = false;
  Guarded<Secrets> secrets_;
};

}  // namespace tessera::store
