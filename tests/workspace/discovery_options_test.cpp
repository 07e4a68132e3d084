// The options of a discovery are said once: what the table's rows say is what JSON takes, what its schema says, and what
// the page about discovery lists.
#include "workspace/discovery_options.hpp"

#include <fstream>
#include <sstream>

#include "store/scratch.hpp"

namespace tessera::workspace {
namespace {

using testing::HasSubstr;

Json member(const DiscoveryOption& option, std::string_view value) {
  return MUST(parse_json(fmt::format(R"({{"{}": {}}})", json_name(option), value)));
}

TEST(DiscoveryOptions, EveryRowTakesItsExampleAndNothingOfAnotherType) {
  for (const DiscoveryOption& option : discovery_options()) {
    SCOPED_TRACE(option.flag);
    EXPECT_TRUE(discovery_wish(member(option, option.example)).has_value());
    const auto wrong = discovery_wish(member(option, R"({"an": "object"})"));
    ASSERT_FALSE(wrong.has_value());
    EXPECT_EQ(wrong.error().blame, Blame::Usage);
    EXPECT_THAT(wrong.error().message, HasSubstr(json_name(option)));
    EXPECT_EQ(wrong.error().remedy.text(), fmt::format(R"({{"{}": {}}})", json_name(option), option.example));
    EXPECT_TRUE(discovery_wish(member(option, "null")).has_value());
  }
}

TEST(DiscoveryOptions, WhatIsSaidIsWhatIsWished) {
  const auto wish = MUST(discovery_wish(MUST(parse_json(
      R"x({"as_of": "2026-03-01", "known_at": "2026-03-02", "min_size": 20, "segments": 7, "features": "let n = count(any event)",
           "active": "90d", "goal": "repeat", "horizon": "60d", "no_hiding": true, "zone": "none", "allow": ["age", "b c"],
           "anew": true, "no_keep": true, "keep_unwanted": true, "seed": 9})x"))));
  EXPECT_EQ(wish.look.as_of, parse_instant("2026-03-01"));
  EXPECT_EQ(wish.look.known_at, parse_instant("2026-03-02"));
  EXPECT_EQ(wish.options.min_size, 20u);
  EXPECT_EQ(wish.options.segments, 7u);
  EXPECT_EQ(wish.options.features, "let n = count(any event)");
  EXPECT_EQ(wish.options.active, kDay * 90);
  EXPECT_EQ(wish.options.goal, "repeat");
  EXPECT_EQ(wish.options.horizon, kDay * 60);
  EXPECT_FALSE(wish.options.hides);
  EXPECT_EQ(wish.zone, "none");
  EXPECT_EQ(wish.allow, (std::vector<std::string>{"age", "b c"}));
  EXPECT_TRUE(wish.options.anew);
  EXPECT_FALSE(wish.keep);
  EXPECT_TRUE(wish.options.keep_unwanted);
  EXPECT_EQ(wish.options.seed, 9u);
  const auto plain = MUST(discovery_wish(Json::object()));
  EXPECT_TRUE(plain.options.hides && plain.keep && !plain.options.anew && !plain.zone && plain.allow.empty());
  EXPECT_EQ(MUST(discovery_wish(MUST(parse_json(R"({"segments": "auto", "no_hiding": false})")))).options.hides, true);
}

TEST(DiscoveryOptions, TheSchemaHasEveryRow) {
  const Json schema = discovery_schema();
  const Json* properties = schema.find("properties");
  ASSERT_TRUE(properties && properties->as_object());
  EXPECT_EQ(properties->as_object()->size(), discovery_options().size());
  for (const DiscoveryOption& option : discovery_options()) {
    const Json* one = properties->find(json_name(option));
    ASSERT_TRUE(one) << option.flag;
    EXPECT_THAT(one->find("description")->text_or(""), HasSubstr(std::string(option.help)));
    EXPECT_TRUE(one->find("examples")) << option.flag;
  }
  EXPECT_EQ(properties->find("min_size")->dump(),
            R"x({"type":"integer","minimum":1,"maximum":2147483647,"description":)x"
            R"x("Fewest customers of a micro-segment: smaller groups join their nearest, and the report says so )x"
            R"x((default: 100)","examples":[100]})x");
}

// Set TESSERA_BLESS=1 to rewrite the table after a change that is meant.
TEST(DiscoveryOptions, ThePageListsTheTable) {
  const std::string path = TESSERA_SOURCE_DIR "/docs/discovery.md", table = discovery_options_table();
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  std::string text = bytes.str();
  const size_t from = text.find("| option |"), until = text.find("\n\n", from) + 1;
  ASSERT_LT(from, until);
  if (std::getenv("TESSERA_BLESS")) {
    text.replace(from, until - from, table);
    std::ofstream(path, std::ios::binary) << text;
  }
  EXPECT_EQ(text.substr(from, table.size()), table)
      << "docs/discovery.md is not what the options say; TESSERA_BLESS=1 rewrites it";
}

}  // namespace
}  // namespace tessera::workspace
