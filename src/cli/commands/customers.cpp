// Decisions about customers: these two are one, or two; this one is a bot; this value identifies nobody. In a record,
// or in a server's with --store http://..., where everything that follows from them is in the feed at once.
#include "cli/asking.hpp"
#include "cli/command.hpp"
#include "cli/table.hpp"
#include "core/json.hpp"
#include "profiles/rulings.hpp"
#include "server/engine_json.hpp"
#include "server/site.hpp"
#include "store/record.hpp"

namespace tessera::cli {

namespace {

using profiles::RulingKind;

constexpr Option kReason{"--reason", "TEXT", "Why; kept with the decision"};
constexpr Option kPairOptions[] = {
    kTheCustomer,
    {"OTHER", "ID", "The other one", Takes::One, true, Means::Itself, {}, Needs::Any, Noted::Customer},
    kReason};
constexpr Option kOneOptions[] = {kTheCustomer, kReason};
constexpr Option kMarkOptions[] = {kTheCustomer, {"--as", "MARK", "bot, staff or test", Takes::One, true}, kReason};
constexpr Option kValueOptions[] = {{"ID",
                                     "ID",
                                     "An identifier with its kind, such as anonymous_id:kiosk-1 or email:info@shop.com",
                                     Takes::One,
                                     true,
                                     Means::Itself,
                                     {},
                                     Needs::Any,
                                     Noted::Customer},
                                    kReason};
constexpr Option kStaffOptions[] = {{"DOMAIN", "DOMAIN", "Of e-mail addresses, such as shop.com", Takes::One, true},
                                    kReason};
constexpr Option kConsentOptions[] = {kTheCustomer,
                                      {"--collection", "YES|NO", "Whether they may be recorded"},
                                      {"--profiling", "YES|NO", "Whether they may be in segments"},
                                      kReason};
constexpr Option kListOptions[] = {{"--limit", "N", "At most so many (default: 1000)"}};

// Customers by name become identifiers; a server looks them up itself, for it knows of later ones.
Result<Json> named(store::Record& record, const server::Service* server, const std::string& id) {
  if (const auto identifier = profiles::identifier_of(id)) return profiles::json_of(*identifier);
  if (server) return Json(id);
  const auto found = TRY(profiles::find_identifier(record.connection(), id));
  if (!found)
    return fail(fmt::format("the record knows no customer '{}'", id), {},
                "give any identifier of theirs, or one with its kind: user_id:u1, email:a@b.com, anonymous_id:x");
  return profiles::json_of(*found);
}

Result<int> decide(const Context& context, const Arguments& given, RulingKind kind) {
  auto record = TRY(context.world.open_record(store::OpenMode::MustExist));
  server::Service* const server = context.world.server();
  Json json = Json::object().set("ruling", profiles::name_of(kind));
  if (const auto id = given.text("ID")) json.set("who", TRY(named(*record, server, *id)));
  if (const auto id = given.text("OTHER")) json.set("other", TRY(named(*record, server, *id)));
  if (const auto mark = given.text("as")) json.set("as", *mark);
  if (const auto domain = given.text("DOMAIN")) json.set("value", *domain);
  for (const char* purpose : {"collection", "profiling"})
    if (const auto said = given.text(purpose)) {
      if (*said != "yes" && *said != "no") return usage(fmt::format("--{} is yes or no", purpose));
      json.set(purpose, *said == "yes");
    }
  if (const auto reason = given.text("reason")) json.set("reason", *reason);
  const Instant now = context.clock.now();
  if (server) {
    const live::Ruled done = TRY(server::rule(server->engine, json.dump()));
    TRY(server->engine.record_now());
    context.note(fmt::format("done; {} changes", done.changes));
  } else {
    TRY(profiles::rule(*record, TRY(profiles::parse_ruling(json)), now));
    context.note("done");
  }
  TRY(record->audit(now, context.caller.who, fmt::format("customers: {}", profiles::name_of(kind)), ""));
  return 0;
}

template <RulingKind kKind>
Result<int> run(const Context& context, const Arguments& given) {
  return decide(context, given, kKind);
}

Result<int> run_marked(const Context& context, const Arguments& given) {
  const int64_t limit = TRY(given.whole("limit", 1, INT32_MAX)).value_or(1000);
  auto record = TRY(context.world.open_record(store::OpenMode::ReadOnly));
  const auto rows = TRY(profiles::list_marked(record->connection(), static_cast<size_t>(limit)));
  context.print(render_list({{"customer"}, {"as"}, {"reason"}, {"by"}, {"since"}}, rows, context.format));
  return 0;
}

}  // namespace

std::span<const Command> customers_rows() {
  static const Command kRows[] = {
      {"customers link", "Two identifiers are one customer", kPairOptions, run<RulingKind::Link>, Remote::There,
       Needs::Write},
      {"customers unlink", "Two identifiers are not one customer: what joined them is undone", kPairOptions,
       run<RulingKind::Unlink>, Remote::There, Needs::Write},
      {"customers mark", "A customer is a bot, staff or a test: left out of segments", kMarkOptions,
       run<RulingKind::Mark>, Remote::There, Needs::Write},
      {"customers unmark", "A customer is one after all; no detector marks them again", kOneOptions,
       run<RulingKind::Unmark>, Remote::There, Needs::Write},
      {"customers marked", "Who is marked or refused profiling, why, since when, by whom", kListOptions, run_marked,
       Remote::There, Needs::Identified},
      {"customers consent", "What a customer consents to", kConsentOptions, run<RulingKind::Consent>, Remote::There,
       Needs::Write},
      {"customers block", "A value identifies nobody: nobody is joined by it", kValueOptions, run<RulingKind::Block>,
       Remote::There, Needs::Write},
      {"customers unblock", "A value identifies somebody again", kValueOptions, run<RulingKind::Unblock>, Remote::There,
       Needs::Write},
      {"customers allow", "A value that many share is right: it joins whom it joins", kValueOptions,
       run<RulingKind::Allow>, Remote::There, Needs::Write},
      {"customers staff", "Addresses of a domain are the staff's", kStaffOptions, run<RulingKind::StaffDomain>,
       Remote::There, Needs::Write}};
  return kRows;
}

}  // namespace tessera::cli
