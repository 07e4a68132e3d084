// Tokens of the management API: names, scopes, ends. In a record, or in a server's with --store http://...
#include "cli/keys.hpp"
#include "cli/table.hpp"
#include "core/json.hpp"
#include "http/http_server.hpp"

namespace tessera::cli {

namespace {

constexpr Option kMakeOptions[] = {
    {"--name", "NAME", "Whose it is or what for, such as dashboard: the audit names it", Takes::One, true},
    {"--scopes", "SCOPES", "What it may, by commas: read, write, identified, source:NAME, admin", Takes::One, true},
    {"--expires", "TIME", "From then on it is none: a time, or so long from now, such as '90 days'", Takes::One, false,
     Means::Itself, "it does not"}};
constexpr Option kRevokeOptions[] = {
    {"TOKEN", "TOKEN", "Its name, or the token, or what the list shows of it", Takes::One, true}};

Result<int> run_make(const Context& context, const Arguments& given) {
  const Instant now = context.clock.now();
  server::Token token{
      .name = *given.text("name"), .may = TRY(privacy::Scopes::parse(*given.text("scopes"))), .expires = {}};
  if (const auto expires = given.text("expires")) token.expires = TRY(server::expiry_of(*expires, now));
  TRY(server::check_token(token, now));
  auto record = TRY(context.world.open_record(store::OpenMode::CreateIfMissing));
  const std::string secret = TRY(server::add_token(*record, token, now));
  TRY(record->audit(now, context.caller.who, "token made", fmt::format("{}: {}", token.name, token.may.text())));
  TRY(tell_of_keys(context, *record));
  if (context.format == Format::Json) {
    context.print(Json::object()
                      .set("token", secret)
                      .set("name", token.name)
                      .set("scopes", token.may.text())
                      .set("expires", token.expires ? Json(text_of(*token.expires)) : Json())
                      .dump(2));
    return 0;
  }
  context.print(secret);
  context.note("send it as: Authorization: Bearer TOKEN; it is not shown again");
  return 0;
}

Result<int> run_list(const Context& context, const Arguments&) {
  auto record = TRY(context.world.open_record(store::OpenMode::MustExist));
  std::vector<ListRow> rows;
  const auto text = [](const std::optional<Instant>& at) { return at ? std::optional(text_of(*at)) : std::nullopt; };
  for (const server::Key& key : TRY(server::list_keys(*record)))
    if (key.is_token())
      rows.push_back({key.token.name, key.token.may.text(), key.key, text_of(key.created), text(key.token.expires),
                      text(key.revoked)});
  context.print(
      render_list({{"name"}, {"scopes"}, {"token"}, {"created"}, {"expires"}, {"revoked"}}, rows, context.format));
  return 0;
}

// Nothing opens when the last one goes.
Result<void> note_if_none(const Context& context, store::Record& record, Instant now) {
  for (const server::Key& key : TRY(server::list_keys(record)))
    if (key.is_token() && !key.revoked && (!key.token.expires || now < *key.token.expires) &&
        key.token.may.covers(Needs::Admin))
      return {};
  context.note("no admin token is in force any more: " + http::try_token("admin").text());
  return {};
}

Result<int> run_revoke(const Context& context, const Arguments& given) {
  auto record = TRY(context.world.open_record(store::OpenMode::MustExist));
  const Instant now = context.clock.now();
  const auto key = TRY(server::key_in_force(*record, *given.text("TOKEN")));
  if (!key.is_token())
    return fail("this is a write key", {}, try_command("keys revoke").argument(key.key).note("revokes it"));
  TRY(server::revoke_key(*record, key.key, now));
  TRY(record->audit(now, context.caller.who, "token revoked", key.token.name));
  TRY(tell_of_keys(context, *record));
  context.note("revoked");
  TRY(note_if_none(context, *record, now));
  return 0;
}

}  // namespace

std::span<const Command> tokens_rows() {
  static const Command kRows[] = {
      {"tokens make", "Make a token for the management API; it is shown once", kMakeOptions, run_make, Remote::There,
       Needs::Admin},
      {"tokens list", "Tokens, with what they may and until when", {}, run_list, Remote::There, Needs::Admin},
      {"tokens revoke", "Revoke a token", kRevokeOptions, run_revoke, Remote::There, Needs::Admin}};
  return kRows;
}

}  // namespace tessera::cli
