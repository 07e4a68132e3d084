// Write keys of sources, and tokens of the management API, in a record, or in a server's with
// --store http://...
#include "server/keys.hpp"

#include "cli/command.hpp"
#include "cli/table.hpp"
#include "core/json.hpp"
#include "server/site.hpp"
#include "store/record.hpp"

namespace tessera::cli {

namespace {

constexpr Option kAddOptions[] = {
    {"SOURCE", "SOURCE", "What the events will be of, such as web-shop", Takes::One},
    {"--admin", "", "Make a token for the management API instead; it is shown once", Takes::Flag}};
constexpr Option kRevokeOptions[] = {
    {"KEY", "KEY", "The write key, or the token or what the list shows of it", Takes::One, true}};

// A server that lends its record goes by the keys it has read.
Result<void> tell_server(const Context& context, store::Record& record) {
  if (server::Service* const server = context.world.server()) return server->keys.load(record.connection());
  return {};
}

Result<int> run_add(const Context& context, const Arguments& given) {
  const auto source = given.text("SOURCE");
  const bool is_admin = given.has("admin");
  if (source.has_value() == is_admin)
    return usage("give the name of a source, or --admin for a token", try_command("keys add").argument("web-shop"));
  if (source) TRY(server::check_source_name(*source));
  auto record = TRY(context.world.open_record(store::OpenMode::CreateIfMissing));
  auto& connection = record->connection();
  const Instant now = context.clock.now();
  const std::string key =
      is_admin ? TRY(server::add_admin_token(connection, now)) : TRY(server::add_key(connection, *source, now));
  TRY(record->audit(now, "cli", is_admin ? "token made" : "write key made", source.value_or("")));
  TRY(tell_server(context, *record));
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
  for (const server::Key& key : TRY(server::list_keys(record->connection())))
    rows.push_back({key.is_admin() ? std::nullopt : std::optional(key.source), key.is_admin() ? "token" : "write key",
                    key.key, text_of(key.created), key.revoked ? std::optional(text_of(*key.revoked)) : std::nullopt});
  context.print(render_list({{"source"}, {"kind"}, {"key"}, {"created"}, {"revoked"}}, rows, context.format));
  return 0;
}

Result<int> run_revoke(const Context& context, const Arguments& given) {
  auto record = TRY(context.world.open_record(store::OpenMode::MustExist));
  const Instant now = context.clock.now();
  TRY(server::revoke_key(record->connection(), *given.text("KEY"), now));
  TRY(record->audit(now, "cli", "key revoked", ""));
  TRY(tell_server(context, *record));
  context.note("revoked");
  return 0;
}

}  // namespace

std::span<const Command> keys_rows() {
  static const Command kRows[] = {
      {"keys add", "Make a write key for a source, or a token for the management API", kAddOptions, run_add,
       Remote::There},
      {"keys list", "Write keys and tokens, with when they were made and revoked", {}, run_list, Remote::There},
      {"keys revoke", "Revoke a write key or a token", kRevokeOptions, run_revoke, Remote::There}};
  return kRows;
}

}  // namespace tessera::cli
