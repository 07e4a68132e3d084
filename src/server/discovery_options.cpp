// The options of a discovery as JSON, checked before it waits for its turn, and as the words of its command.
#include <charconv>

#include "core/text.hpp"
#include "language/diagnostic.hpp"
#include "language/parse.hpp"
#include "server/discoveries.hpp"

namespace tessera::server {

namespace {

using Kind = DiscoveryOption::Kind;

constexpr DiscoveryOption kOptions[] = {
    {"as_of", "--as-of", Kind::Instant, 0, 0, true},
    {"known_at", "--known-at", Kind::Instant, 0, 0, true},
    {"seed", "--seed", Kind::Whole, 0, INT64_MAX, true},
    {"min_size", "--min-size", Kind::Whole, 1, INT32_MAX},
    {"segments", "--segments", Kind::WholeOrAuto, 1, 1000},
    {"features", "--features", Kind::Definitions},
    {"active", "--active", Kind::Duration},
    {"goal", "--goal", Kind::Text},
    {"horizon", "--horizon", Kind::Duration},
    {"no_hiding", "--no-hiding", Kind::Flag},
    {"anew", "--anew", Kind::Flag},
    {"no_keep", "--no-keep", Kind::Flag},
    {"zone", "--zone", Kind::Zone},
    {"allow", "--allow", Kind::Texts},
    {"keep_unwanted", "--keep-unwanted", Kind::Flag},
};

constexpr std::string_view kFeatures = "features";
constexpr size_t kFeatureBytes = 256 << 10, kMostTexts = 1'000, kTextBytes = 1'000;

std::unexpected<Error> wrong(const DiscoveryOption& option, std::string_view what, std::string_view example) {
  return usage(fmt::format("'{}' is {}", option.name, what), fmt::format(R"({{"{}": {}}})", option.name, example));
}

bool is_whole(const Json& value, int64_t least, int64_t most) {
  const Json::Literal* literal = value.as_literal();
  if (!literal) return false;
  int64_t number = 0;
  const char* end = literal->text.data() + literal->text.size();
  const auto [stop, error] = std::from_chars(literal->text.data(), end, number);
  return error == std::errc() && stop == end && number >= least && number <= most;
}

Result<void> put_texts(const DiscoveryOption& option, const Json& value, std::vector<std::string>& words) {
  const Json::Array* texts = value.as_array();
  if (!texts || texts->size() > kMostTexts) return wrong(option, "a list of names", R"(["diagnosis"])");
  for (const Json& one : *texts) {
    if (!one.as_text() || one.as_text()->empty() || one.as_text()->size() > kTextBytes)
      return wrong(option, "a list of names", R"(["diagnosis"])");
    words.push_back(fmt::format("{}={}", option.word, *one.as_text()));
  }
  return {};
}

Result<void> check_definitions(const DiscoveryOption& option, const std::string* text) {
  if (!text || text->size() > kFeatureBytes)
    return wrong(option, fmt::format("a text in the segment language, at most {} bytes", kFeatureBytes),
                 R"x("let orders = count(\"Order Completed\")")x");
  const auto parsed = language::parse_definitions(*text);
  if (parsed.ok()) return {};
  Error error = language::error_of(parsed.diagnostics, *text, kFeatures);
  error.blame = Blame::Usage;
  return std::unexpected(std::move(error));
}

// Adds the words of one member.
Result<void> put(const DiscoveryOption& option, const Json& value, CommandCall& call) {
  const std::string* text = value.as_text();
  const auto put_word = [&](std::string_view said) {
    call.words.push_back(fmt::format("{}={}", option.word, said));
    return Result<void>();
  };
  switch (option.kind) {
    case Kind::WholeOrAuto:
      if (text && *text == "auto") return put_word(*text);
      [[fallthrough]];
    case Kind::Whole:
      if (!is_whole(value, option.least, option.most))
        return wrong(option, fmt::format("a whole number from {} to {}", option.least, option.most), "100");
      return put_word(value.as_literal()->text);
    case Kind::Duration:
      if (!text || !parse_duration(*text)) return wrong(option, "a duration", R"("365d")");
      return put_word(*text);
    case Kind::Instant:
      if (!text || !parse_instant(*text)) return wrong(option, "a time", R"("2026-03-01T10:00:00Z")");
      return put_word(*text);
    case Kind::Zone:
      if (!text) return wrong(option, "a time zone, or none", R"("Europe/Berlin")");
      if (*text != "none") {
        auto zone = Zone::named(*text);
        if (!zone) {
          zone.error().blame = Blame::Usage;
          return std::unexpected(std::move(zone).error());
        }
      }
      return put_word(*text);
    case Kind::Flag:
      if (!value.as_bool()) return wrong(option, "true or false", "true");
      if (*value.as_bool()) call.words.emplace_back(option.word);
      return {};
    case Kind::Text:
      if (!text || text->empty() || text->size() > kTextBytes)
        return wrong(option, fmt::format("a text of at most {} bytes", kTextBytes), R"("value")");
      return put_word(*text);
    case Kind::Texts:
      return put_texts(option, value, call.words);
    case Kind::Definitions:
      TRY(check_definitions(option, text));
      call.files.insert_or_assign(std::string(kFeatures), *text);
      return put_word(kFeatures);
  }
  return {};
}

}  // namespace

std::span<const DiscoveryOption> discovery_options() {
  return kOptions;
}

Result<CommandCall> discovery_call(const Json& options) {
  const Json::Object* members = options.as_object();
  if (!members) return usage("the options are a JSON object", R"({"min_size": 100})");
  std::vector<std::string> names;
  for (const DiscoveryOption& option : kOptions) names.emplace_back(option.name);
  for (const auto& [name, value] : *members)
    if (std::ranges::find(names, name) == names.end()) {
      const auto near = nearest_name(name, names);
      return usage(
          fmt::format("there is no option '{}'", name),
          near ? fmt::format("did you mean '{}'?", *near) : fmt::format("the options are {}", fmt::join(names, ", ")));
    }
  CommandCall out;
  for (const bool of_all : {true, false}) {
    if (!of_all) out.words.insert(out.words.end(), {"discover", "--out=kept"});
    for (const DiscoveryOption& option : kOptions)
      if (const Json* value = options.find(option.name); value && !value->is_null() && option.of_all_commands == of_all)
        TRY(put(option, *value, out));
  }
  return out;
}

}  // namespace tessera::server
