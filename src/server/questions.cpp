#include "server/questions.hpp"

#include <bit>

#include "language/applied.hpp"
#include "language/check.hpp"
#include "language/needs.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"
#include "profiles/customer_summary.hpp"
#include "profiles/schema.hpp"
#include "segment/evaluate.hpp"
#include "segment/explain.hpp"
#include "segment/outlook.hpp"

namespace tessera::server {

namespace {

using language::Definition;
using language::DefinitionKind;

constexpr size_t kSample = 20;

// A segment and who is in it.
struct Column {
  std::string slug, name;
  std::vector<uint64_t> bits;
  size_t count = 0;
};

// The columns of each program, all over one reading of the record; `customers`: whose the bits are.
Result<std::vector<std::vector<Column>>> ask(store::Connection& connection, const language::Schema& schema,
                                             std::span<const language::Program* const> programs, Instant as_of,
                                             Instant known_at, std::vector<std::string>& customers) {
  profiles::Needs needs = profiles::Needs::nothing();
  for (const language::Program* program : programs) {
    const profiles::Needs more = language::needs_of(*program, schema);
    needs.everything |= more.everything;
    for (const auto& [event, properties] : more.events)
      needs.events[event].insert(properties.begin(), properties.end());
  }
  profiles::History history = TRY(profiles::load(connection, needs, known_at));
  std::vector<std::vector<Column>> out;
  for (const language::Program* program : programs) {
    const segment::Plan plan = TRY(segment::compile(*program));
    const segment::Bound bound = TRY(segment::Bound::bind(plan, history));
    segment::Evaluation found = segment::evaluate_all(bound, as_of, known_at);
    std::vector<Column>& columns = out.emplace_back();
    for (size_t i = 0; i < plan.segments.size(); ++i) {
      const auto& output = plan.outputs[plan.segments[i]];
      columns.push_back({output.slug, output.name, std::move(found.members[i]), 0});
      for (const uint64_t word : columns.back().bits) columns.back().count += static_cast<size_t>(std::popcount(word));
    }
  }
  customers = std::move(history.customer);
  return out;
}

template <typename Use>
void each_member(const std::vector<uint64_t>& bits, Use use) {
  for (size_t word = 0; word < bits.size(); ++word)
    for (uint64_t left = bits[word]; left != 0; left &= left - 1)
      if (!use(word * 64 + static_cast<size_t>(std::countr_zero(left)))) return;
}

size_t in_both(const std::vector<uint64_t>& a, const std::vector<uint64_t>& b) {
  size_t count = 0;
  for (size_t word = 0; word < a.size(); ++word) count += static_cast<size_t>(std::popcount(a[word] & b[word]));
  return count;
}

// The record with everything in it that came before, for one question at a time.
struct Reading {
  std::unique_lock<std::mutex> turn;
  std::unique_ptr<store::Connection> connection;
  store::Transaction snapshot;  // all of it is read as of one moment
  language::Schema schema;
};
Result<Reading> reading(Service& service) {
  std::unique_lock turn(service.question, std::try_to_lock);
  if (!turn.owns_lock())
    return fail("another question of this kind is being answered, and they are answered one at a time", {},
                "ask again in a moment");
  TRY(service.engine.record_now());
  auto connection = std::make_unique<store::Connection>(TRY(service.record.connect()));
  auto snapshot = TRY(store::Transaction::begin(*connection));
  auto schema = language::schema_of(TRY(profiles::list_events(*connection, profiles::Counting::No)));
  return Reading{std::move(turn), std::move(connection), std::move(snapshot), std::move(schema)};
}

// --- previews

struct Given {
  language::Program program;
  std::vector<Definition> definitions;  // empty: a condition
  std::string warnings;
};

std::unexpected<Error> wrong(const language::Diagnostics& diagnostics, const std::string& text) {
  Error error = language::error_of(diagnostics, text);
  error.blame = Blame::Usage;
  return std::unexpected(std::move(error));
}

bool begins_a_definition(std::string_view text) {
  const size_t from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return false;
  text.remove_prefix(from);
  for (const std::string_view word : {"segment", "let", "score", "event", "#"})
    if (text.starts_with(word)) return true;
  return false;
}

Result<Given> given_in(const std::string& text, const language::Schema& schema,
                       const std::vector<Definition>& in_force) {
  constexpr std::string_view kExample = "did \"Product Added\" in the last 7 days";
  auto parsed = language::parse_definitions(text);
  if (!parsed.ok() && !begins_a_definition(text)) {
    auto expression = language::parse_expression(text);
    if (!expression.ok()) return wrong(expression.diagnostics, text);
    auto checked = language::check_expression(std::move(expression.expr), schema, in_force);
    if (!checked.ok()) return wrong(checked.diagnostics, text);
    if (checked.program.definitions.back().kind != DefinitionKind::Segment)
      return usage("this is a value, not a condition", "compare it, as in: ... >= 1");
    return Given{std::move(checked.program), {}, language::render(checked.diagnostics, text)};
  }
  if (!parsed.ok()) return wrong(parsed.diagnostics, text);
  auto checked = language::check(parsed.definitions, schema, in_force);
  if (!checked.ok()) return wrong(checked.diagnostics, text);
  const bool has_segment = std::ranges::any_of(
      parsed.definitions, [](const Definition& each) { return each.kind == DefinitionKind::Segment; });
  if (!has_segment) return usage("there is no segment in this text", std::string(kExample));
  return Given{std::move(checked.program), std::move(parsed.definitions), language::render(checked.diagnostics, text)};
}

// Of a condition the last segment of the program; of definitions those that were given.
bool is_asked(const Given& given, std::span<const Column> columns, const Column& column) {
  if (given.definitions.empty()) return &column == &columns.back();
  return std::ranges::any_of(given.definitions, [&](const Definition& each) {
    return each.kind == DefinitionKind::Segment && each.slug == column.slug;
  });
}

Json shown(const Column& column, std::span<const Column> in_force, const std::vector<std::string>& customers,
           bool has_name) {
  Json sample = Json::array(), overlaps = Json::array();
  size_t left = kSample;
  each_member(column.bits, [&](size_t customer) {
    sample.add(customers[customer]);
    return --left > 0;
  });
  Json out = Json::object();
  out.set("id", has_name ? Json(column.slug) : Json()).set("name", has_name ? Json(column.name) : Json());
  out.set("count", column.count).set("sample", std::move(sample));
  for (const Column& other : in_force) {
    const size_t both = in_both(column.bits, other.bits);
    if (has_name && other.slug == column.slug)
      out.set("would_enter", column.count - both).set("would_leave", other.count - both);
    else
      overlaps.add(
          Json::object().set("id", other.slug).set("name", other.name).set("members", other.count).set("both", both));
  }
  return out.set("overlaps", std::move(overlaps));
}

// Sources that have fallen silent and ever sent what the segment looks at.
Json stale_sources(const std::vector<live::SourceState>& sources, const language::Program& program,
                   std::string_view slug) {
  const auto definition = std::ranges::find_if(program.definitions, [&](const Definition& each) {
    return each.kind == DefinitionKind::Segment && each.slug == slug;
  });
  const auto events =
      language::events_looked_at(program, static_cast<size_t>(definition - program.definitions.begin()));
  const auto is_looked_at = [&](const std::string& event) { return events->contains(event); };
  Json out = Json::array();
  for (const live::SourceState& source : sources)
    if (source.is_silent && (!events || std::ranges::any_of(source.events, is_looked_at))) out.add(source.name);
  return out;
}

}  // namespace

Result<PastMembers> members_at(Service& service, std::string_view slug, std::optional<Instant> as_of,
                               std::optional<Instant> known_at) {
  Reading record = TRY(reading(service));
  PastMembers out;
  out.known_at = known_at.value_or(service.clock.now());
  out.as_of = as_of.value_or(out.known_at);
  const auto in_force = TRY(language::applied_definitions(*record.connection, out.known_at));
  const auto asked = std::ranges::find_if(
      in_force, [&](const Definition& each) { return each.kind == DefinitionKind::Segment && each.slug == slug; });
  out.is_known = asked != in_force.end();
  if (!out.is_known) return out;
  out.definition = language::print(*asked);
  auto checked = language::check({*asked}, record.schema, in_force);
  if (!checked.ok()) return std::unexpected(language::error_of(checked.diagnostics, out.definition));
  std::vector<std::string> customers;
  const language::Program* const programs[] = {&checked.program};
  const auto columns = TRY(ask(*record.connection, record.schema, programs, out.as_of, out.known_at, customers));
  for (const Column& column : columns[0])
    if (column.slug == slug)
      each_member(column.bits, [&](size_t customer) {
        out.members.push_back(customers[customer]);
        return true;
      });
  std::ranges::sort(out.members);
  return out;
}

Result<Json> explain_customer(Service& service, std::string_view customer, std::string_view segment) {
  Reading record = TRY(reading(service));
  const auto in_force = TRY(language::applied_definitions(*record.connection));
  const auto checked = language::check(in_force, record.schema);
  if (!checked.ok()) return std::unexpected(language::error_of(checked.diagnostics, ""));
  const profiles::History history =
      TRY(profiles::load(*record.connection, language::needs_of(checked.program, record.schema), kNever));
  const Instant now = service.clock.now();
  Json segments = Json::array();
  const auto whose = history.find_customer(customer);
  for (uint32_t i = 0; whose && i < checked.program.definitions.size(); ++i) {
    const Definition& each = checked.program.definitions[i];
    if (each.kind != DefinitionKind::Segment || (!segment.empty() && each.slug != segment)) continue;
    const auto why = TRY(segment::explain(checked.program, i, history, *whose, now, kNever));
    segments.add(Json::object()
                     .set("id", each.slug)
                     .set("name", each.name)
                     .set("is_member", why.holds.value_or(false))
                     .set("explanation", segment::to_json(why))
                     .set("text", segment::text_of(why)));
  }
  return Json::object().set("customer", customer).set("as_of", text_of(now)).set("segments", std::move(segments));
}

Result<Json> outlook_of(Service& service, std::string_view customer, std::optional<Instant> as_of,
                        std::optional<Instant> known_at) {
  Reading record = TRY(reading(service));
  const Instant at = as_of.value_or(service.clock.now()), known = known_at.value_or(kNever);
  const auto in_force = TRY(language::applied_definitions(*record.connection, known));
  const auto checked = language::check(in_force, record.schema);
  if (!checked.ok()) return std::unexpected(language::error_of(checked.diagnostics, ""));
  const profiles::History history =
      TRY(profiles::load(*record.connection, language::needs_of(checked.program, record.schema), known));
  const auto whose = history.find_customer(customer);
  const auto who = TRY(profiles::acquaintance(*record.connection, service.record.pseudonym_key(), customer, at, known));
  if (!whose || !who) return usage(fmt::format("there was no customer '{}' then", customer), "leave out known_at");
  Json out = profiles::to_json(*who, false);
  const auto found = TRY(segment::outlook(checked.program, history, *whose, at, known));
  const Json more = segment::to_json(found);
  for (const auto& [name, value] : *more.as_object()) out.set(name, value);
  return out;
}

Result<Json> preview(Service& service, const std::string& text) {
  Reading record = TRY(reading(service));
  const auto in_force = TRY(language::applied_definitions(*record.connection));
  const Given given = TRY(given_in(text, record.schema, in_force));
  const auto known = language::check(in_force, record.schema);
  if (!known.ok()) return std::unexpected(language::error_of(known.diagnostics, ""));
  const Instant now = service.clock.now();
  std::vector<std::string> customers;
  const language::Program* const programs[] = {&given.program, &known.program};
  const auto columns = TRY(ask(*record.connection, record.schema, programs, now, kNever, customers));
  Json segments = Json::array();
  const live::Status status = service.engine.status();
  for (const Column& column : columns[0])
    if (is_asked(given, columns[0], column))
      segments.add(shown(column, columns[1], customers, !given.definitions.empty())
                       .set("stale_sources", stale_sources(status.sources, given.program, column.slug)));
  return Json::object()
      .set("as_of", text_of(now))
      .set("customers", customers.size())
      .set("segments", std::move(segments))
      .set("warnings", given.warnings);
}

}  // namespace tessera::server
