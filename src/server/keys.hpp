// Who may send and who may manage. A write key belongs to a source and is no secret (it stands in web pages); a token
// of the management API is one, so only its SHA-256 is kept. Both are rows of tessera.source; a token's name is
// "$admin".
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/guarded.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "store/database.hpp"

namespace tessera::server {

inline constexpr std::string_view kAdminSource = "$admin";

struct Key {
  std::string source;  // kAdminSource: a token of the management API
  std::string key;     // of a token: "sha256:..." as kept
  Instant created;
  std::optional<Instant> revoked;
  bool is_admin() const { return source == kAdminSource; }
};

// --- in the record

// Letters, digits, '_', '-', '.', and blanks inside; 1 to 64 bytes.
Result<void> check_source_name(std::string_view name);
// A new random key, as it is to be given to the user: of a token this is the only time it is seen.
Result<std::string> add_key(store::Connection& connection, std::string_view source, Instant now);
Result<std::string> add_admin_token(store::Connection& connection, Instant now);
// By creation.
Result<std::vector<Key>> list_keys(store::Connection& connection);
// `key`: a write key, a token, or how the list shows a token. Error where there is none.
Result<void> revoke_key(store::Connection& connection, std::string_view key, Instant now);

// --- of a server that runs

class Keys {
 public:
  // Reads what the record has. Call again after a change.
  Result<void> load(store::Connection& connection);
  // The source of a write key that is in force.
  std::optional<std::string> source_of(std::string_view write_key) const;
  bool is_admin(std::string_view token) const;
  bool has_admin() const;

 private:
  struct InForce {
    std::map<std::string, std::string, std::less<>> sources{};  // by write key
    std::set<std::string, std::less<>> tokens{};                // as they are kept
  };
  SharedGuarded<InForce> in_force_;
};

}  // namespace tessera::server
