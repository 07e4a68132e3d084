// Write keys of sources, and tokens of the management API, in a record, or in a server's with
// --store http://...
#include "server/keys.hpp"

#include "cli/keys.hpp"
#include "cli/table.hpp"
#include "core/json.hpp"
#include "server/site.hpp"
#include "store/record.hpp"

namespace tessera::cli {

namespace {

constexpr Option kAddOptions[] = {{"SOURCE", "SOURCE", "What the events will be of, such as web-shop", Takes::One},
                                  {"--admin",
                                   "",
                                   "Make an admin token for the management API instead (tokens make can say more)",
                                   Takes::Flag,
                                   false,
                                   Means::Itself,
                                   {},
                                   Needs::Admin}};
constexpr Option kRevokeOptions[] = {
    {"KEY", "KEY", "The write key, or the token, its name, or what the list shows of it", Takes::One, true}};

// Whoever has a token for one source has it for that one.
Result<void> check_source(const Context& context, std::string_view source) {
  if (context.caller.may.covers_source(source)) return {};
  return usage(
      fmt::format("'{}' has: {}; the keys of '{}' need more", context.caller.who, context.caller.may.text(), source),
      http::try_token(fmt::format("source:{}", source)));
}

bool may_see(const Context& context, const server::Key& key) {
  return key.is_token() ? context.caller.may.covers(Needs::Admin) : context.caller.may.covers_source(key.source);
}

Result<int> run_add(const Context& context, const Arguments& given) {
  const auto source = given.text("SOURCE");
  const bool is_admin = given.has("admin");
  if (source.has_value() == is_admin)
    return usage("give the name of a source, or --admin for a token", try_command("keys add").argument("web-shop"));
  if (source) TRY(server::check_source_name(*source));
  if (source) TRY(check_source(context, *source));
  auto record = TRY(context.world.open_record(store::OpenMode::CreateIfMissing));
  const Instant now = context.clock.now();
  const std::string key = is_admin ? TRY(server::add_token(*record, {.name = {}, .expires = {}}, now))
                                   : TRY(server::add_key(*record, *source, now));
  TRY(record->audit(now, context.caller.who, is_admin ? "token made" : "write key made", source.value_or("")));
  TRY(tell_of_keys(context, *record));
  if (context.format == Format::Json) {
    context.print(Json::object().set("source", source ? Json(*source) : Json()).set("key", key).dump(2));
    return 0;
  }
  context.print(key);
  context.note(is_admin ? "send it as: Authorization: Bearer TOKEN; it is not shown again"
                        : fmt::format("try it: curl -u {}: http://127.0.0.1:8080/v1/track -d "
                                      "'{{\"userId\": \"ann\", \"event\": \"Product Added\"}}'",
                                      key));
  return 0;
}

Result<int> run_list(const Context& context, const Arguments&) {
  auto record = TRY(context.world.open_record(store::OpenMode::MustExist));
  std::vector<ListRow> rows;
  for (const server::Key& key : TRY(server::list_keys(*record)))
    if (may_see(context, key))
      rows.push_back({key.is_token() ? std::nullopt : std::optional(key.source), key.is_token() ? "token" : "write key",
                      key.key, text_of(key.created),
                      key.revoked ? std::optional(text_of(*key.revoked)) : std::nullopt});
  context.print(render_list({{"source"}, {"kind"}, {"key"}, {"created"}, {"revoked"}}, rows, context.format));
  return 0;
}

Result<int> run_revoke(const Context& context, const Arguments& given) {
  auto record = TRY(context.world.open_record(store::OpenMode::MustExist));
  const Instant now = context.clock.now();
  const auto key = TRY(server::key_in_force(*record, *given.text("KEY")));
  if (!may_see(context, key)) TRY(check_source(context, key.source));
  TRY(server::revoke_key(*record, key.key, now));
  TRY(record->audit(now, context.caller.who, "key revoked", key.is_token() ? key.token.name : key.source));
  TRY(tell_of_keys(context, *record));
  context.note("revoked");
  return 0;
}

}  // namespace

std::span<const Command> keys_rows() {
  static const Command kRows[] = {
      {"keys add", "Make a write key for a source, or a token for the management API", kAddOptions, run_add,
       Remote::There, Needs::Sources},
      {"keys list",
       "Write keys and tokens, with when they were made and revoked",
       {},
       run_list,
       Remote::There,
       Needs::Sources},
      {"keys revoke", "Revoke a write key or a token", kRevokeOptions, run_revoke, Remote::There, Needs::Sources}};
  return kRows;
}

}  // namespace tessera::cli
