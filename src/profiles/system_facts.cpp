#include "profiles/system_facts.hpp"

#include <charconv>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "profiles/import_intake.hpp"
#include "profiles/ruling_law.hpp"
#include "store/record.hpp"

namespace tessera::profiles {

namespace {

std::unexpected<Error> no_facts(std::string_view what) {
  return fail(fmt::format("these are no facts of this version: {}", what), {}, "start the version that wrote them");
}

template <typename Integer>
std::optional<Integer> integer_in(const Json& json, std::string_view name) {
  const Json* found = json.find(name);
  const Json::Literal* literal = found ? found->as_literal() : nullptr;
  Integer value = 0;
  if (!literal) return std::nullopt;
  const char* end = literal->text.data() + literal->text.size();
  const auto [at, error] = std::from_chars(literal->text.data(), end, value);
  return error == std::errc() && at == end ? std::optional(value) : std::nullopt;
}

Result<SystemFact::Value> parse_value(const Json& json) {
  if (json.is_null()) return nullptr;
  if (const bool* truth = json.as_bool()) return *truth;
  if (const std::string* text = json.as_text()) return *text;
  if (const Json::Literal* literal = json.as_literal())
    if (const ParsedNumber parsed = parse_number(literal->text); !parsed.flaw) return parsed.number;
  return no_facts("a value is null, a truth, a number or a text");
}

Result<SystemFact> parse_fact(const Json& json) {
  const auto stream = integer_in<uint8_t>(json, "stream");
  if (!stream || !row_of(static_cast<SystemStream>(*stream))) return no_facts("an unknown stream");
  const Json* who = json.find("who");
  const Json* values = json.find("values");
  const auto time = integer_in<int64_t>(json, "time");
  if (!who || !time || !values || !values->as_object()) return no_facts("'who', 'time' or 'values' is missing");
  SystemFact fact{.stream = static_cast<SystemStream>(*stream),
                  .who = TRY(parse_identifier(*who)),
                  .time = Instant{*time},
                  .values = {},
                  .fingerprint = integer_in<uint64_t>(json, "fingerprint").value_or(0)};
  for (const auto& [name, value] : *values->as_object()) fact.values.emplace_back(name, TRY(parse_value(value)));
  return fact;
}

}  // namespace

void put_values(Intake& intake, Intake::Kind kind, const SystemFact& fact) {
  for (const auto& [name, value] : fact.values) {
    const Intake::Property property = intake.property(kind, name);
    std::visit(Match{[&](std::nullptr_t) { intake.put_null(property); },
                     [&](const std::string& text) { intake.put(property, std::string_view(text)); },
                     [&](const auto& other) { intake.put(property, other); }},
               value);
  }
}

std::string text_of(std::span<const SystemFact> facts) {
  Json all = Json::array();
  for (const SystemFact& fact : facts) {
    Json values = Json::object();
    for (const auto& [name, value] : fact.values)
      values.set(name, std::visit([](const auto& each) { return Json(each); }, value));
    Json one = Json::object();
    one.set("stream", int{static_cast<uint8_t>(fact.stream)}).set("who", json_of(fact.who)).set("time", fact.time.ms);
    one.set("values", std::move(values));
    if (fact.fingerprint != 0) one.set("fingerprint", fact.fingerprint);
    all.add(std::move(one));
  }
  return all.dump();
}

Result<std::vector<SystemFact>> parse_facts(std::string_view text) {
  const Json json = TRY(parse_json(text, "facts"));
  if (!json.as_array()) return no_facts("a list is expected");
  std::vector<SystemFact> out;
  for (const Json& one : *json.as_array()) out.push_back(TRY(parse_fact(one)));
  return out;
}

uint64_t fingerprint_of(const SystemFact& fact, uint64_t seq) {
  return fact.fingerprint != 0 ? fact.fingerprint : mix64(hash64("fact", seq));
}

// --- into a record

Result<void> write_facts(store::Record& record, std::span<const SystemFact> facts, std::string_view description,
                         Instant learnt) {
  if (facts.empty()) return {};
  uint64_t seq = static_cast<uint64_t>(
      TRY(record.connection().integer("SELECT max(until_seq)::BIGINT FROM tessera.entry")).value_or(0));
  auto intake = TRY(begin_intake(record, {.description = std::string(description), .files = {}, .preset = {}}, learnt));
  for (const SystemFact& fact : facts) {
    const Intake::Kind kind = intake->kind(fact.stream);
    const Identifier who = fact.who.view();
    intake->start(kind, {&who, 1}, fact.time, fingerprint_of(fact, seq++));
    put_values(*intake, kind, fact);
  }
  SilentProgress progress;
  TRY(intake->commit(progress));
  return {};
}

Result<void> put(store::Record& record, std::span<const SystemFact> facts, std::string_view description,
                 Instant learnt) {
  store::Connection& connection = record.connection();
  Rulings rulings = TRY(read_rulings(connection, record.pseudonym_key()));
  const RulingLaw law(rulings, known_by_itself, RulingLaw::Rows::AreNew);
  std::vector<SystemFact> kept;
  for (const SystemFact& fact : facts) {
    const auto found =
        TRY(connection.integer("SELECT count(*) FROM tessera.identity WHERE kind = ? AND value = ?",
                               {uint64_t{static_cast<uint8_t>(fact.who.kind)}, std::string_view(fact.who.value)}));
    if (found.value_or(0) == 0) return unknown_identifier(fact.who);
    const Identifier who = fact.who.view();
    if (!law.is_refused({&who, 1})) kept.push_back(fact);
  }
  return write_facts(record, kept, description, learnt);
}

}  // namespace tessera::profiles
