#include "store/definitions.hpp"

#include "store/scratch.hpp"

using namespace tessera;
using namespace tessera::store;
using enum tessera::store::DefinitionChange;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

const FixedClock kClock(Instant{0});
constexpr uint8_t kSegment = 4;

std::vector<std::string> in_force(Record& record, Instant known_at = kNever) {
  std::vector<std::string> texts;
  for (const auto& d : MUST(definitions(record.connection(), known_at)))
    texts.push_back(fmt::format("{} v{}: {}", d.slug, d.version, d.text));
  return texts;
}

TEST(Definitions, KeepEveryVersion) {
  const auto record = MUST(Record::in_memory(kClock));
  const auto apply = [&](std::vector<NewDefinition> list, int64_t at) {
    return MUST(apply_definitions(*record, list, "apply", Instant{at}));
  };
  EXPECT_THAT(apply({{kSegment, "vip", "VIP", "spend > 5"}, {kSegment, "new", "New", "x"}}, 100),
              ElementsAre(Added, Added));
  EXPECT_THAT(apply({{kSegment, "vip", "VIP", "spend > 9"}, {kSegment, "new", "New", "x"}}, 200),
              ElementsAre(Changed, Same));
  EXPECT_THAT(apply({{kSegment, "vip", "VIP", "spend > 9"}}, 300), ElementsAre(Same));
  MUST(remove_definition(*record, kSegment, "new", Instant{400}));
  EXPECT_THAT(in_force(*record), ElementsAre("vip v2: spend > 9"));
  EXPECT_THAT(in_force(*record, Instant{150}), ElementsAre("new v1: x", "vip v1: spend > 5"));
  EXPECT_THAT(in_force(*record, Instant{99}), ElementsAre());
  EXPECT_THAT(apply({{kSegment, "new", "New", "x"}}, 500), ElementsAre(Added));
  EXPECT_EQ(MUST(definition_history(record->connection(), kSegment, "new")).size(), 3u);
  EXPECT_EQ(MUST(entries(record->connection())).size(), 4u) << "applying what is there already is no entry";
}

TEST(Definitions, RemovingOneThatIsNotThereNamesTheNearest) {
  const auto record = MUST(Record::in_memory(kClock));
  MUST(apply_definitions(*record, {{kSegment, "lapsed-regulars", "Lapsed regulars", "x"}}, "apply", Instant{1}));
  EXPECT_THAT(remove_definition(*record, kSegment, "lapsed-regular", Instant{2}).error().text(),
              HasSubstr("did you mean 'lapsed-regulars'?"));
}

}  // namespace
