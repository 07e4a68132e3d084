#include "workspace/discovery_options.hpp"

#include <algorithm>
#include <charconv>

#include "core/text.hpp"
#include "language/diagnostic.hpp"
#include "language/parse.hpp"

namespace tessera::workspace {

namespace {

using Kind = DiscoveryOption::Kind;
using Value = DiscoveryOption::Value;
using Wish = DiscoveryWish;
using Options = discover::Options;

constexpr auto kWithEveryCommand = DiscoveryOption::Given::WithEveryCommand;
constexpr size_t kFeatureBytes = 256 << 10, kMostTexts = 1'000, kTextBytes = 1'000;

// Into a member of the options.
template <auto kMember, typename T>
void put(Wish& wish, Value value) {
  wish.options.*kMember = static_cast<std::remove_reference_t<decltype(wish.options.*kMember)>>(std::get<T>(value));
}

void put_as_of(Wish& wish, Value value) {
  if (const auto* word = std::get_if<std::string>(&value))
    wish.look.from = *look_from_named(*word);
  else
    wish.look.as_of = std::get<Instant>(value);
}

constexpr DiscoveryOption kOptions[] = {
    {"--as-of", "T", "Everything is measured at this instant", "just after the newest event", R"("2026-03-01")",
     Kind::Instant, put_as_of, 0, 0, kWithEveryCommand},
    {"--known-at", "T", "Leave out what was learnt after this instant", "nothing is left out", R"("2026-03-01")",
     Kind::Instant, [](Wish& wish, Value value) { wish.look.known_at = std::get<Instant>(value); }, 0, 0,
     kWithEveryCommand},
    {"--min-size", "N",
     "Fewest customers of a micro-segment: smaller groups join their nearest, and the report says so", "100", "100",
     Kind::Whole, put<&Options::min_size, int64_t>, 1, INT32_MAX},
    {"--segments", "N", "How many micro-segments, or auto", "auto", "12", Kind::WholeOrAuto,
     [](Wish& wish, Value value) {
       const auto* count = std::get_if<int64_t>(&value);
       wish.options.segments = count ? std::optional(static_cast<size_t>(*count)) : std::nullopt;
     },
     1, 1000},
    {"--features", "FILE", "Your own features: definitions in the segment language; every let and score is a feature",
     "the default set", R"x("let orders = count(\"Order Completed\")")x", Kind::Definitions,
     put<&Options::features, std::string>},
    {"--active", "DURATION", "An active customer has an event this recent", "365d", R"("365d")", Kind::Duration,
     put<&Options::active, Duration>},
    {"--goal", "GOAL", "What the segments are for: value, repeat, retention, or an expression about one customer",
     "none", R"("value")", Kind::Text, put<&Options::goal, std::string>},
    {"--horizon", "DURATION",
     "The days a goal speaks of, and that are hidden from a second discovery, which is judged on them", "90d",
     R"("90d")", Kind::Duration, put<&Options::horizon, Duration>, 1, 0},
    {"--no-hiding", "", "No second discovery that is judged on hidden days: half the time", "", "true", Kind::Flag,
     [](Wish& wish, Value value) { wish.options.hides = !std::get<bool>(value); }},
    {"--zone", "ZONE", "Zone of the hours and days of the week, or none", "as the imports said", R"("Europe/Berlin")",
     Kind::Zone, [](Wish& wish, Value value) { wish.zone = std::get<std::string>(value); }},
    {"--allow", "PROPERTY", "Use a property classed as sensitive, by name", "", R"(["diagnosis"])", Kind::Texts,
     [](Wish& wish, Value value) { wish.allow = std::get<std::vector<std::string>>(value); }},
    {"--anew", "", "Where there are no natural groups, do not hold on to those of the run before", "", "true",
     Kind::Flag, put<&Options::anew, bool>},
    {"--no-keep", "", "Do not keep this run in the record", "", "true", Kind::Flag,
     [](Wish& wish, Value value) { wish.keep = !std::get<bool>(value); }},
    {"--keep-unwanted", "", "Do not leave out bots, staff and test users", "", "true", Kind::Flag,
     put<&Options::keep_unwanted, bool>},
    {"--seed", "N", "The same record, options and seed give the same bytes, on any number of cores", "1", "1",
     Kind::Whole, put<&Options::seed, int64_t>, 0, INT64_MAX, kWithEveryCommand},
};

std::unexpected<Error> wrong(const DiscoveryOption& option, std::string_view what) {
  const std::string name = json_name(option);
  return usage(fmt::format("'{}' is {}", name, what), fmt::format(R"({{"{}": {}}})", name, option.example));
}

Result<int64_t> whole_in(const DiscoveryOption& option, const Json& value) {
  int64_t number = 0;
  if (const Json::Literal* literal = value.as_literal()) {
    const char* end = literal->text.data() + literal->text.size();
    const auto [stop, error] = std::from_chars(literal->text.data(), end, number);
    if (error == std::errc() && stop == end && number >= option.least && number <= option.most) return number;
  }
  return wrong(option, fmt::format("a whole number from {} to {}", option.least, option.most));
}

bool is_text(const std::string* text) {
  return text && !text->empty() && text->size() <= kTextBytes;
}

Result<Value> texts_in(const DiscoveryOption& option, const Json& value) {
  const Json::Array* texts = value.as_array();
  const bool is_fine = texts && texts->size() <= kMostTexts &&
                       std::ranges::all_of(*texts, [](const Json& one) { return is_text(one.as_text()); });
  if (!is_fine) return wrong(option, "a list of names");
  std::vector<std::string> out;
  for (const Json& one : *texts) out.push_back(*one.as_text());
  return out;
}

Result<Value> zone_in(const DiscoveryOption& option, const std::string* text) {
  if (!text) return wrong(option, "a time zone, or none");
  if (*text == "none") return *text;
  if (auto zone = Zone::named(*text); !zone) {
    zone.error().blame = Blame::Usage;
    return std::unexpected(std::move(zone).error());
  }
  return *text;
}

Result<Value> duration_in(const DiscoveryOption& option, const std::string* text) {
  const auto length = text ? parse_duration(*text) : std::nullopt;
  if (!length || length->ms < option.least) return wrong(option, "a duration");
  return *length;
}

Result<Value> value_in(const DiscoveryOption& option, const Json& value) {
  const std::string* text = value.as_text();
  switch (option.kind) {
    case Kind::WholeOrAuto:
      if (text && *text == "auto") return Value();
      return TRY(whole_in(option, value));
    case Kind::Whole:
      return TRY(whole_in(option, value));
    case Kind::Duration:
      return duration_in(option, text);
    case Kind::Instant:
      if (const auto instant = text ? parse_instant(*text) : std::nullopt) return *instant;
      if (option.put == put_as_of) {
        if (text && look_from_named(*text)) return *text;
        return wrong(option, "a time, now or newest");
      }
      return wrong(option, "a time");
    case Kind::Zone:
      return zone_in(option, text);
    case Kind::Flag:
      if (const bool* truth = value.as_bool()) return *truth;
      return wrong(option, "true or false");
    case Kind::Text:
      if (is_text(text)) return *text;
      return wrong(option, fmt::format("a text of at most {} bytes", kTextBytes));
    case Kind::Texts:
      return texts_in(option, value);
    case Kind::Definitions:
      if (!text || text->size() > kFeatureBytes)
        return wrong(option, fmt::format("a text in the segment language, at most {} bytes", kFeatureBytes));
      TRY(check_features(*text, json_name(option)));
      return *text;
  }
  return Value();
}

// Of the value, by kind.
Json schema_of(const DiscoveryOption& option) {
  constexpr std::string_view kTypes[] = {"integer", "",       "string", "string", "string",
                                         "boolean", "string", "array",  "string"};
  Json out = Json::object();
  if (option.kind == Kind::WholeOrAuto)
    out.set("type", Json::array().add("integer").add("string"));
  else
    out.set("type", kTypes[static_cast<size_t>(option.kind)]);
  if (option.kind == Kind::Texts) out.set("items", Json::object().set("type", "string"));
  if (option.most > 0) out.set("minimum", option.least).set("maximum", option.most);
  out.set("description", option.otherwise.empty() ? std::string(option.help)
                                                  : fmt::format("{} (default: {})", option.help, option.otherwise));
  if (const auto example = parse_json(option.example)) out.set("examples", Json::array().add(*example));
  return out;
}

}  // namespace

std::span<const DiscoveryOption> discovery_options() {
  return kOptions;
}

std::string json_name(const DiscoveryOption& option) {
  std::string out(option.flag.substr(2));
  std::ranges::replace(out, '-', '_');
  return out;
}

Result<DiscoveryWish> discovery_wish(const Json& options) {
  const Json::Object* members = options.as_object();
  if (!members) return usage("the options are a JSON object", R"({"min_size": 100})");
  std::vector<std::string> names;
  for (const DiscoveryOption& option : kOptions) names.push_back(json_name(option));
  for (const auto& [name, value] : *members)
    if (std::ranges::find(names, name) == names.end()) {
      const auto near = nearest_name(name, names);
      return usage(
          fmt::format("there is no option '{}'", name),
          near ? fmt::format("did you mean '{}'?", *near) : fmt::format("the options are {}", fmt::join(names, ", ")));
    }
  DiscoveryWish out;
  for (size_t i = 0; i < names.size(); ++i)
    if (const Json* value = options.find(names[i]); value && !value->is_null())
      kOptions[i].put(out, TRY(value_in(kOptions[i], *value)));
  return out;
}

Json discovery_schema() {
  Json properties = Json::object();
  for (const DiscoveryOption& option : kOptions) properties.set(json_name(option), schema_of(option));
  return Json::object()
      .set("type", "object")
      .set("properties", std::move(properties))
      .set("additionalProperties", false);
}

std::string discovery_options_table() {
  std::string out = "| option | default | meaning |\n| --- | --- | --- |\n";
  for (const DiscoveryOption& option : kOptions)
    out += fmt::format("| `{}{}{}` | {} | {} |\n", option.flag, option.stands.empty() ? "" : " ", option.stands,
                       option.otherwise, option.help);
  return out;
}

Result<void> check_features(const std::string& text, std::string_view name) {
  const auto parsed = language::parse_definitions(text);
  if (parsed.ok()) return {};
  Error error = language::error_of(parsed.diagnostics, text, name);
  error.blame = Blame::Usage;
  return std::unexpected(std::move(error));
}

}  // namespace tessera::workspace
