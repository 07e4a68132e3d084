// What definitions are counted to be without being checked is what the checker counts.
#include "language/node_count.hpp"

#include <rapidcheck.h>

#include "language/check.hpp"
#include "language/parse.hpp"
#include "language/random_tree.hpp"

namespace tessera::language {
namespace {

size_t counted(const std::vector<Definition>& all, size_t most = SIZE_MAX) {
  std::vector<const Definition*> pointers;
  for (const Definition& one : all) pointers.push_back(&one);
  return count_nodes(pointers, most);
}

TEST(NodeCount, IsWhatTheCheckerCounts) {
  rc::check([](uint64_t seed) {
    const auto definitions = RandomTree(seed).definitions();
    const Checked checked = check(definitions, RandomTree::shop());
    RC_ASSERT(checked.ok());
    size_t nodes = 0;
    for (const size_t each : checked.nodes) nodes += each;
    RC_ASSERT(counted(definitions) == nodes);
  });
}

TEST(NodeCount, AnAliasCountsWhereverItIsUsedAndACircleEnds) {
  const auto count = [](std::string_view text) { return counted(parse_definitions(text).definitions); };
  const size_t none = count("segment \"S\" = did \"A\" or did \"A\"");
  const size_t alias = count("event a = \"A\" where x = 1");
  EXPECT_EQ(count("event a = \"A\" where x = 1\nsegment \"S\" = did a or did a"), none + 3 * alias);
  EXPECT_GT(count("event a = b where x = 1\nevent b = a where x = 1\nsegment \"S\" = did a"), 0u);
}

TEST(NodeCount, StopsWhereItIsEnough) {
  std::string text = "segment \"S\" = did \"A\"";
  for (int i = 0; i < 1000; ++i) text += " or did \"A\"";
  EXPECT_GT(counted(parse_definitions(text).definitions, 10), 10u);
}

}  // namespace
}  // namespace tessera::language
