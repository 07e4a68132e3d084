#include "server/keys.hpp"

#include "core/hash.hpp"
#include "core/text.hpp"
#include "store/keystore.hpp"
#include "store/private_file.hpp"

namespace tessera::server {

namespace {

constexpr size_t kLongestName = 64;

std::string kept(std::string_view token) {
  return "sha256:" + sha256_hex(token);
}

// On disk in the keystore before the record speaks of it.
Result<void> insert(store::Record& record, std::string_view source, std::string_view key, Instant now) {
  const std::string as_kept = kept(key);
  TRY(record.keystore().change({{std::string(store::kWriteKey) + as_kept, std::string(key)}}));
  TRY(record.connection().run("INSERT INTO tessera.source(name, write_key, created) VALUES (?, ?, ?)",
                              {source, std::string_view(as_kept), now}));
  return {};
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && trim(name) == name &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
                  c == '.' || c == ' ';
         });
}

bool is_in_force(const Key& key, Instant now) {
  return !key.revoked && (!key.token.expires || now < *key.token.expires);
}

// A name that none of those in force has.
std::string free_name(const std::vector<Key>& keys) {
  for (int number = 1;; ++number) {
    std::string name = number == 1 ? "admin" : fmt::format("admin {}", number);
    if (std::ranges::none_of(keys, [&](const Key& key) { return key.token.name == name; })) return name;
  }
}

std::string new_token() {
  return "tsk_" + hex_of(secret_bytes(24));
}

Result<void> insert_token(store::Record& record, const Token& token, std::string_view secret, Instant now) {
  TRY(record.connection().run(
      "INSERT INTO tessera.source(name, write_key, created, token, scopes, expires) VALUES (?, ?, ?, ?, ?, ?)",
      {kAdminSource, std::string_view(kept(secret)), now, std::string_view(token.name),
       std::string_view(token.may.text()), token.expires ? store::Value(*token.expires) : store::Value(nullptr)}));
  return {};
}

}  // namespace

Result<void> check_source_name(std::string_view name) {
  if (is_plain_name(name)) return {};
  return usage(fmt::format("'{}' cannot name a source: 1 to 64 letters, digits, '_', '-', '.' or blanks inside",
                           repair_utf8(name.substr(0, kLongestName))),
               try_command("keys add").argument("web-shop"));
}

Result<std::string> add_key(store::Record& record, std::string_view source, Instant now) {
  TRY(check_source_name(source));
  const std::string key = "wk_" + hex_of(secret_bytes(16));
  TRY(insert(record, source, key, now));
  return key;
}

Result<void> check_token(const Token& token, Instant now) {
  if (!is_plain_name(token.name))
    return usage(fmt::format("'{}' cannot name a token: 1 to 64 letters, digits, '_', '-', '.' or blanks inside",
                             repair_utf8(token.name.substr(0, kLongestName))),
                 try_again().option("--name", "dashboard"));
  if (token.expires && *token.expires <= now)
    return usage(fmt::format("a token that expires at {} never was one", text_of(*token.expires)),
                 try_again().option("--expires", "90 days"));
  if (token.expires && *token.expires > kLastDay)
    return usage("a token cannot expire after the year 9999", try_again().option("--expires", "90 days"));
  return {};
}

Result<std::string> add_token(store::Record& record, Token token, Instant now) {
  const auto keys = TRY(list_keys(record));
  if (token.name.empty()) token.name = free_name(keys);
  TRY(check_token(token, now));
  for (const Key& key : keys)
    if (key.is_token() && key.token.name == token.name && is_in_force(key, now))
      return fail(fmt::format("there is a token '{}' already, and the audit tells them apart by name", token.name), {},
                  try_command("tokens list"));
  const std::string secret = new_token();
  TRY(insert_token(record, token, secret, now));
  return secret;
}

Result<std::optional<std::string>> first_token(store::Record& record, const std::string& file, Instant now) {
  for (const Key& key : TRY(list_keys(record)))
    if (key.is_token()) return std::nullopt;
  const std::string secret = new_token();
  // A token in the file that is not in force yet is nobody's; one in force that nobody knows would be the end of it.
  TRY(store::write_private(file, secret + "\n"));
  TRY(insert_token(record, {.name = "admin", .expires = {}}, secret, now));
  return secret;
}

Result<std::vector<Key>> list_keys(store::Record& record) {
  std::vector<Key> out;
  const auto rows = TRY(record.connection().rows(
      "SELECT name, write_key, epoch_ms(created), epoch_ms(revoked), token, scopes, epoch_ms(expires) FROM "
      "tessera.source ORDER BY created, name, token, write_key"));
  const auto instant_of = [](const std::optional<std::string>& ms) -> std::optional<Instant> {
    return ms ? std::optional(Instant{std::atoll(ms->c_str())}) : std::nullopt;
  };
  for (const auto& row : rows) {
    Key& one = out.emplace_back();
    one.source = row[0].value_or("");
    one.hash = one.key = row[1].value_or("");
    if (one.source != kAdminSource)
      one.key = record.keystore().get(std::string(store::kWriteKey) + one.hash).value_or(one.hash);
    one.created = instant_of(row[2]).value_or(kEver);
    one.revoked = instant_of(row[3]);
    one.token.name = row[4].value_or("");
    one.token.expires = instant_of(row[6]);
    if (one.is_token()) one.token.may = TRY(privacy::Scopes::parse(row[5].value_or("")));
  }
  return out;
}

Result<Key> key_in_force(store::Record& record, std::string_view key) {
  const std::string as_token = kept(key);
  for (Key& each : TRY(list_keys(record)))
    if (!each.revoked && (each.hash == key || each.hash == as_token || (each.is_token() && each.token.name == key)))
      return std::move(each);
  return fail("there is no such key in force", {}, try_command("keys list"));
}

Result<void> revoke_key(store::Record& record, std::string_view key, Instant now) {
  const Key found = TRY(key_in_force(record, key));
  TRY(record.connection().run("UPDATE tessera.source SET revoked = ? WHERE write_key = ? AND revoked IS NULL",
                              {now, std::string_view(found.hash)}));
  return {};
}

Result<Instant> expiry_of(std::string_view text, Instant now) {
  if (const auto instant = parse_instant(text)) return *instant;
  if (const auto duration = parse_duration(text)) return now + *duration;
  return usage(fmt::format("'{}' is no time and no duration", repair_utf8(text)),
               try_again().option("--expires", "90 days").note("or a day: 2027-01-01"));
}

Result<void> Keys::load(store::Record& record) {
  const auto all = TRY(list_keys(record));
  InForce fresh;
  for (const Key& key : all) {
    if (key.revoked) continue;
    if (key.is_token())
      fresh.tokens[key.hash] = key.token;
    else
      (key.key == key.hash ? fresh.sources_by_hash : fresh.sources)[key.key] = key.source;
  }
  *in_force_.write() = std::move(fresh);
  ++loads_;
  return {};
}

std::optional<std::string> Keys::source_of(std::string_view write_key) const {
  const auto now = in_force_.read();
  if (const auto found = now->sources.find(write_key); found != now->sources.end()) return found->second;
  if (now->sources_by_hash.empty()) return std::nullopt;
  const auto found = now->sources_by_hash.find(kept(write_key));
  return found == now->sources_by_hash.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Token> Keys::token_of(std::string_view token, Instant now) const {
  const std::string wanted = kept(token);
  const auto in_force = in_force_.read();
  const auto found = in_force->tokens.find(wanted);
  if (found == in_force->tokens.end() || (found->second.expires && *found->second.expires <= now)) return std::nullopt;
  return found->second;
}

}  // namespace tessera::server
