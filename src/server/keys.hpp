// Who may send and who may manage. A write key belongs to a source and is no secret (it stands in web pages), so that it
// can be shown again: it is in the keystore. A token of the management API is one, so only its SHA-256 is kept. Both are
// rows of tessera.source, by their SHA-256; a token's source is "$admin". What a token may is its scopes (privacy/scopes.hpp).
//
// Invariant: of the tokens in force no two have the same name, for the name is who did what.
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/guarded.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "privacy/scopes.hpp"
#include "store/record.hpp"

namespace tessera::server {

inline constexpr std::string_view kAdminSource = "$admin";

// A token as it is known to those it is not.
struct Token {
  std::string name;
  privacy::Scopes may = privacy::Scopes::all();
  std::optional<Instant> expires;  // from then on it is none
};

struct Key {
  std::string source;  // kAdminSource: a token of the management API
  std::string key;     // as it is shown: a write key; of a token, and of a write key that the keystore lost, `hash`
  std::string hash{};  // "sha256:...", as the record has it
  Instant created;
  std::optional<Instant> revoked;
  Token token{};  // where it is one
  bool is_token() const { return source == kAdminSource; }
};

// --- in the record

// Letters, digits, '_', '-', '.', and blanks inside; 1 to 64 bytes.
Result<void> check_source_name(std::string_view name);
// A new random key, as it is to be given to the user: of a token this is the only time it is seen.
Result<std::string> add_key(store::Record& record, std::string_view source, Instant now);
// Without a name: "admin", or the first free of "admin 2", ... Error: the name is of one in force, or it expires before
// it begins.
Result<std::string> add_token(store::Record& record, Token token, Instant now);
// Whether there may be such a token at all: its name and its end.
Result<void> check_token(const Token& token, Instant now);
// For a record that never had one: an admin token, which is in the file (mode 0600) before it is in force. Nullopt where
// there is or was one: who revoked the last one does not get another by a restart.
Result<std::optional<std::string>> first_token(store::Record& record, const std::string& file, Instant now);
// By creation.
Result<std::vector<Key>> list_keys(store::Record& record);
// `key`: a write key, a token, its name, or how the list shows it. Error where there is none in force.
Result<Key> key_in_force(store::Record& record, std::string_view key);
Result<void> revoke_key(store::Record& record, std::string_view key, Instant now);

// "2027-01-01" or "90 days", from now on. Errors are of usage.
Result<Instant> expiry_of(std::string_view text, Instant now);

// --- of a server that runs

class Keys {
 public:
  // Reads what the record has. Call again after a change.
  Result<void> load(store::Record& record);
  // How often it was read: while it stays, what was in force is, but for what has come to its end.
  uint64_t loads() const { return loads_; }
  // The source of a write key that is in force.
  std::optional<std::string> source_of(std::string_view write_key) const;
  // The token that this is, while it is in force.
  std::optional<Token> token_of(std::string_view token, Instant now) const;

 private:
  struct InForce {
    // By their keys: asked twice for each request, where a hash would cost as much as all else that is asked of it.
    // Write keys are public, so that it may be seen how long a comparison takes.
    std::map<std::string, std::string, std::less<>> sources{};
    std::map<std::string, std::string, std::less<>> sources_by_hash{};  // that the keystore lost
    std::map<std::string, Token, std::less<>> tokens{};                 // by their hashes
  };
  SharedGuarded<InForce> in_force_;
  std::atomic<uint64_t> loads_{0};
};

}  // namespace tessera::server
