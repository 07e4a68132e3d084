// Ids and names that are kept and not given twice, names that do not lie, and what a report says of it all.
#include "discover/naming.hpp"

#include "report/report_lineage.hpp"

namespace tessera::discover {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

persona::Claim claim(features::Family family, double effect, std::string tag = "") {
  persona::Claim out{.family = family, .sentence = "", .tag = std::move(tag), .value = 1 + effect, .everyone = 1};
  out.effect = effect;
  return out;
}

features::EventRoles parts() {
  features::EventRoles out;
  out.words = features::generic_words();
  return out;
}

TEST(Names, SayWhatClaimsBearAndNoMore) {
  const features::EventRoles words = parts();
  const std::string people(words.words.customers);
  const std::vector<std::vector<persona::Claim>> claims = {
      {claim(features::Family::Recency, 1), claim(features::Family::Interest, 1, "garden"),
       claim(features::Family::Size, 0.8)},
      {claim(features::Family::Interest, 1, "books")}};
  const std::vector<double> mains = {3, 5};
  const auto names = persona::names_of(claims, mains, words);
  for (size_t s = 0; s < claims.size(); ++s)
    EXPECT_THAT(persona::stale_parts(names[s], claims[s], mains[s], words), IsEmpty()) << names[s];
  // All that is said elsewhere of a group is borne too, whichever word the name took.
  EXPECT_THAT(persona::stale_parts("Lapsed " + people + ", large amounts", claims[0], 3, words), IsEmpty());
  EXPECT_THAT(persona::stale_parts("Lapsed " + people + ", garden (2)", claims[0], 3, words), IsEmpty());
  EXPECT_THAT(persona::stale_parts("Lapsed " + people + ", books", claims[0], 3, words), ElementsAre("books"));
  EXPECT_THAT(persona::stale_parts("Lapsed " + people + ", garden", claims[1], 5, words),
              ElementsAre("Lapsed " + people, "garden"));
  const std::string about =
      fmt::format("{}, garden and about 3 {}", names[0].substr(0, names[0].find(',')), words.words.mains);
  EXPECT_THAT(persona::stale_parts(about, claims[0], 3, words), IsEmpty());
  EXPECT_THAT(persona::stale_parts(about, claims[0], 7, words),
              ElementsAre(fmt::format("about 3 {}", words.words.mains)));
}

class Settling : public testing::Test {
 protected:
  static Segment segment(const std::string& name, uint32_t from, uint32_t to, bool set_apart = false) {
    Segment out;
    out.persona.name = name;
    out.set_apart = set_apart;
    for (uint32_t c = from; c < to; ++c) out.members.push_back(c);
    return out;
  }
  // "id: name", in their order.
  std::vector<std::string> settled(std::vector<Segment> segments, const Before* before) {
    const std::vector<std::vector<persona::Claim>> claims(segments.size());
    const std::vector<double> mains(segments.size(), 2);
    notes = settle_names(segments, std::vector<bool>(100, true), before, std::nullopt, {claims, mains, words});
    std::vector<std::string> out;
    for (const Segment& each : segments) out.push_back(fmt::format("{}: {}", each.id, each.persona.name));
    return out;
  }
  const features::EventRoles words = parts();
  std::vector<std::string> notes;
};

TEST_F(Settling, WithoutAPastIdsAreSlugs) {
  EXPECT_THAT(settled({segment("Garden lovers", 0, 10), segment("Others", 10, 20)}, nullptr),
              ElementsAre("garden-lovers: Garden lovers", "others: Others"));
  EXPECT_THAT(notes, IsEmpty());
}

TEST_F(Settling, FoundAgainKeepsIdAndNameAndOthersGetNewOnes) {
  Before before{
      .generation = lineage::Generation{.run = 4, .as_of = {}, .groups = {}, .known = std::vector<bool>(100, true)},
      .definitions = "",
      .ids = {"others", "others-2"},
      .names = {"by hand"}};
  auto& groups = before.generation->groups;
  groups.push_back({.id = "garden-lovers", .name = "Garden lovers", .members = segment("", 0, 40).members});
  groups.push_back({.id = "gone", .name = "Gone", .members = segment("", 40, 60).members});
  groups.push_back({.id = "new-ones", .name = "Too new", .set_apart = true, .members = segment("", 90, 95).members});
  // 35 of 40 are in what would be called "Gone" today; what would be called "Garden lovers" is somebody else.
  EXPECT_THAT(settled({segment("Gone", 5, 40), segment("Garden lovers", 40, 50), segment("Others", 60, 70),
                       segment("By hand", 70, 80), segment("Too new", 80, 90, true)},
                      &before),
              ElementsAre("garden-lovers: Garden lovers", "garden-lovers-2: Garden lovers (2)", "others-3: Others",
                          "by-hand-2: By hand (2)", "new-ones: Too new"));
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_THAT(notes[0], HasSubstr("\"Garden lovers\" keeps its name, but \"Garden lovers\" is not what sets it apart"));
}

std::string safe(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '<' ? "&lt;" : std::string(1, c);
  return out;
}
std::string hue(size_t group) {
  return std::to_string(group);
}

TEST(LineageReport, SaysAndDrawsEveryMovementOfANameFromOutside) {
  const std::vector<bool> everyone(100, true);
  lineage::Generation before{.run = 3, .as_of = Instant{0}, .groups = {}, .known = everyone}, now = before;
  for (uint32_t c = 90; c < 100; ++c) before.known[c] = false;
  for (uint32_t c = 0; c < 3; ++c) now.known[c] = false;
  const auto range = [](uint32_t from, uint32_t to) {
    std::vector<uint32_t> out;
    for (uint32_t c = from; c < to; ++c) out.push_back(c);
    return out;
  };
  before.groups = {{.id = "a", .name = "<script>A</script>", .members = range(0, 50)},
                   {.id = "b", .name = "B", .members = range(50, 85)}};
  now.groups = {{.id = "a", .name = "<script>A</script>", .members = range(3, 60)},
                {.id = "c", .name = "C", .members = range(60, 100)}};
  lineage::Lineage lineage = lineage_of(before, now);
  lineage.people = "patients";
  lineage.moved_by_old_rules = 9;
  lineage.notes = {"a note."};
  const auto sentences = report::sentences_of(lineage);
  EXPECT_EQ(sentences[0],
            "Held against run 3 (as of 1970-01-01): 2 groups found again, 0 split, 0 merged, 0 new, 0 vanished. Of 87 "
            "patients known to both, 15 are in another group now; by the rules of that run it would be 9. 10 are "
            "newcomers, 3 gone or left out.");
  EXPECT_EQ(sentences[1], "a note.");
  EXPECT_EQ(sentences[2], "Most moved: 10 from \"B\" to \"<script>A</script>\"; 5 from \"in no group\" to \"C\".");
  const std::string page = report::html_of(lineage, safe, hue);
  EXPECT_EQ(page.find("<script>"), std::string::npos);
  for (const char* part : {"&lt;script>A&lt;/script>: 57", "3: &lt;script>A&lt;/script> &rarr; gone or left out",
                           "10: newcomers &rarr; C", "5: in no group &rarr; C", "10: B &rarr; &lt;script>A"})
    EXPECT_THAT(page, HasSubstr(part));
  size_t bands = 0;
  for (size_t at = page.find("<path"); at != std::string::npos; at = page.find("<path", at + 1)) ++bands;
  EXPECT_EQ(bands, lineage.movements.size());
}

}  // namespace
}  // namespace tessera::discover
