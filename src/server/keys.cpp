#include "server/keys.hpp"

#include "core/hash.hpp"
#include "core/text.hpp"

namespace tessera::server {

namespace {

constexpr size_t kLongestName = 64;

std::string kept(std::string_view token) {
  return "sha256:" + sha256_hex(token);
}

Result<void> insert(store::Connection& connection, std::string_view source, std::string_view key, Instant now) {
  TRY(connection.run("INSERT INTO tessera.source(name, write_key, created) VALUES (?, ?, ?)", {source, key, now}));
  return {};
}

}  // namespace

Result<void> check_source_name(std::string_view name) {
  const bool is_fine = !name.empty() && name.size() <= kLongestName && trim(name) == name &&
                       std::all_of(name.begin(), name.end(), [](char c) {
                         return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                c == '_' || c == '-' || c == '.' || c == ' ';
                       });
  if (is_fine) return {};
  return usage(fmt::format("'{}' cannot name a source: 1 to 64 letters, digits, '_', '-', '.' or blanks inside",
                           repair_utf8(name.substr(0, kLongestName))),
               try_command("keys add").argument("web-shop"));
}

Result<std::string> add_key(store::Connection& connection, std::string_view source, Instant now) {
  TRY(check_source_name(source));
  const std::string key = "wk_" + hex_of(secret_bytes(16));
  TRY(insert(connection, source, key, now));
  return key;
}

Result<std::string> add_admin_token(store::Connection& connection, Instant now) {
  const std::string token = "tsk_" + hex_of(secret_bytes(24));
  TRY(insert(connection, kAdminSource, kept(token), now));
  return token;
}

Result<std::vector<Key>> list_keys(store::Connection& connection) {
  std::vector<Key> out;
  auto answer = TRY(connection.query(
      "SELECT name, write_key, epoch_ms(created), epoch_ms(revoked) FROM tessera.source ORDER BY created, write_key"));
  while (auto chunk = TRY(answer.next())) {
    const auto name = chunk->column(0), key = chunk->column(1), created = chunk->column(2), revoked = chunk->column(3);
    for (size_t row = 0; row < chunk->rows(); ++row) {
      Key& one = out.emplace_back();
      one.source = name.text(row);
      one.key = key.text(row);
      one.created = Instant{created.values<int64_t>()[row]};
      if (!revoked.is_null(row)) one.revoked = Instant{revoked.values<int64_t>()[row]};
    }
  }
  return out;
}

Result<void> revoke_key(store::Connection& connection, std::string_view key, Instant now) {
  const std::string as_token = kept(key);
  const uint64_t changed = TRY(
      connection.run("UPDATE tessera.source SET revoked = ? WHERE (write_key = ? OR write_key = ?) AND revoked IS NULL",
                     {now, key, std::string_view(as_token)}));
  if (changed > 0) return {};
  return fail("there is no such key in force", {}, try_command("keys list"));
}

Result<void> Keys::load(store::Connection& connection) {
  const auto all = TRY(list_keys(connection));
  InForce fresh;
  for (const Key& key : all) {
    if (key.revoked) continue;
    if (key.is_admin())
      fresh.tokens.insert(key.key);
    else
      fresh.sources[key.key] = key.source;
  }
  *in_force_.write() = std::move(fresh);
  return {};
}

std::optional<std::string> Keys::source_of(std::string_view write_key) const {
  const auto now = in_force_.read();
  const auto found = now->sources.find(write_key);
  if (found == now->sources.end()) return std::nullopt;
  return found->second;
}

bool Keys::is_admin(std::string_view token) const {
  const std::string wanted = kept(token);
  return in_force_.read()->tokens.contains(wanted);
}

bool Keys::has_admin() const {
  return !in_force_.read()->tokens.empty();
}

}  // namespace tessera::server
