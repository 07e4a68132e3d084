#include "profiles/system_facts.hpp"

#include <charconv>

#include "core/hash.hpp"
#include "core/json.hpp"

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

}  // namespace tessera::profiles
