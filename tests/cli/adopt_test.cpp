// Runs of discover that are kept, and adopting them: what is shown beforehand is what happens, and nothing else
// happens.
#include <map>
#include <set>

#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/json.hpp"
#include "store/record.hpp"

namespace tessera::cli {
namespace {

class Adopting : public testing::Test {
 protected:
  void SetUp() override {
    const Ran made = work.sh(
        "tessera simulate --customers 700 --segments 4 --out co && "
        "tessera --store r.duckdb import co/events.jsonl --preset segment");
    ASSERT_EQ(made.code, 0) << made.err;
  }
  Ran run(const std::string& words) const { return work.sh(fmt::format("tessera --store {} {}", store, words)); }
  std::string out(const std::string& words) const {
    const Ran ran = run(words);
    EXPECT_EQ(ran.code, 0) << words << "\n" << ran.err;
    return ran.out;
  }
  Json json(const std::string& words) const {
    auto parsed = parse_json(out("--format json " + words));
    EXPECT_TRUE(parsed) << words;
    return parsed ? *parsed : Json();
  }
  // The run's number.
  double discover(const std::string& day, const std::string& more = "") const {
    return json(fmt::format("--as-of {} discover --no-hiding --min-size 20 {}", day, more)).find("run")->number_or(0);
  }
  static std::map<std::string, std::pair<double, double>> effects(const Json& plan) {
    std::map<std::string, std::pair<double, double>> enter_and_leave;
    for (const Json& each : *plan.find("segments")->as_array())
      enter_and_leave[each.find("id")->text_or("")] = {each.find("enter")->number_or(-1),
                                                       each.find("leave")->number_or(-1)};
    return enter_and_leave;
  }
  static std::set<std::string> with_change(const Json& plan, std::string_view change) {
    std::set<std::string> ids;
    for (const Json& each : *plan.find("segments")->as_array())
      if (each.find("change")->text_or("") == change) ids.insert(each.find("id")->text_or(""));
    return ids;
  }
  std::set<std::string> in_use() const {
    std::set<std::string> ids;
    const Json list = json("segments list");
    for (const Json& each : *list.as_array())
      if (each.find("kind")->text_or("") == "segment") ids.insert(each.find("id")->text_or(""));
    return ids;
  }
  std::set<std::string> members(const std::string& id) const {
    std::set<std::string> out;
    const Json said = json("--as-of 2026-03-01 segments members " + id);
    for (const Json& each : *said.find("members")->as_array()) out.insert(each.text_or(""));
    return out;
  }
  Workplace work;
  std::string store = "r.duckdb";
};

TEST_F(Adopting, ShowsWhatItWouldChangeAndChangesThatAlone) {
  ASSERT_EQ(discover("2026-01-30"), 1);
  EXPECT_EQ(discover("2026-01-30"), 1) << "the same again is the same run";
  EXPECT_TRUE(in_use().empty()) << "discover proposes";
  const Json first = json("--as-of 2026-03-01 adopt --dry-run");
  EXPECT_TRUE(in_use().empty());
  const Ran unasked = run("--as-of 2026-03-01 adopt");
  EXPECT_EQ(unasked.code, 2);
  EXPECT_NE(unasked.err.find("adopt 1 --yes"), std::string::npos) << unasked.err;
  EXPECT_TRUE(in_use().empty());
  EXPECT_FALSE(*first.find("adopted")->as_bool());
  const Json adopted = json("--as-of 2026-03-01 adopt --yes");
  EXPECT_TRUE(*adopted.find("adopted")->as_bool());
  EXPECT_EQ(effects(adopted), effects(first));
  EXPECT_EQ(in_use(), with_change(adopted, "new"));
  std::map<std::string, std::set<std::string>> was;
  for (const auto& [id, effect] : effects(adopted)) {
    was[id] = members(id);
    EXPECT_EQ(effect, std::pair(static_cast<double>(was[id].size()), 0.0)) << id;
  }
  // A later run is held against the one in use, and touches nothing.
  const std::string before = out("segments list --text");
  ASSERT_EQ(discover("2026-03-01", "--segments 5"), 2);
  EXPECT_EQ(out("segments list --text"), before);
  const Json runs = json("discoveries");
  EXPECT_TRUE(*(*runs.as_array())[0].find("in_use")->as_bool());
  EXPECT_EQ((*runs.as_array())[1].find("held_against")->number_or(0), 1);
  const Json second = json("--as-of 2026-03-01 adopt 2 --retire --yes");
  const auto used = in_use();
  for (const auto& [id, effect] : effects(second)) {
    const auto now = used.contains(id) ? members(id) : std::set<std::string>();
    size_t enter = 0, leave = 0;
    for (const auto& each : now) enter += !was[id].contains(each);
    for (const auto& each : was[id]) leave += !now.contains(each);
    EXPECT_EQ(effect, std::pair(static_cast<double>(enter), static_cast<double>(leave))) << id;
  }
  for (const std::string& id : with_change(second, "retired")) EXPECT_FALSE(used.contains(id));
  EXPECT_FALSE(with_change(second, "changed").empty());
  EXPECT_FALSE(with_change(second, "new").empty());
  EXPECT_FALSE(*(*json("discoveries").as_array())[0].find("in_use")->as_bool());
}

TEST_F(Adopting, APartOfARunAndWhatFollowsIt) {
  ASSERT_EQ(discover("2026-03-01"), 1);
  const Json one = json("discoveries 1");
  const Json& segment = (*one.find("segments")->as_array())[0];
  const std::string id = segment.find("id")->text_or("");
  // Another's definition under the name of one that the run brings along, and a segment that uses it.
  work.write(
      "own.tsl",
      "event order = \"Coupon Applied\"\nsegment \"Mine\" = at least 1 order\nsegment \"Also mine\" = at least 1 "
      "any event\n");
  out("segments apply own.tsl");
  const Json plan = json(fmt::format("--as-of 2026-03-01 adopt --only {} --yes", id));
  EXPECT_EQ(with_change(plan, "new"), (std::set<std::string>{id}));
  EXPECT_EQ(with_change(plan, "follows"), (std::set<std::string>{"mine"})) << plan.dump(1);
  EXPECT_EQ(in_use(), (std::set<std::string>{id, "mine", "also-mine"}));
  EXPECT_EQ(effects(plan)[id].first, segment.find("size")->number_or(0));
  for (const char* words :
       {"adopt --only nobody --yes", "adopt 7 --yes", "adopt --only x --retire", "adopt 0", "adopt one"}) {
    const Ran ran = run(words);
    EXPECT_NE(ran.code, 0) << words;
    EXPECT_NE(ran.err.find("tessera "), std::string::npos) << ran.err;
  }
  EXPECT_EQ(in_use().size(), 3u);
}

// Segments by hand keep their ids to themselves.
TEST_F(Adopting, NewSegmentsTakeNobodysId) {
  const Json found = json("--as-of 2026-03-01 discover --no-hiding --no-keep --min-size 20");
  EXPECT_TRUE(found.find("run")->is_null());
  EXPECT_TRUE(json("discoveries").as_array()->empty());
  const std::string name = (*found.find("segments")->as_array())[0].find("name")->text_or("");
  work.write("own.tsl", fmt::format("segment \"{}\" = at least 1 any event\n", name));
  out("segments apply own.tsl");
  ASSERT_EQ(discover("2026-03-01"), 1);
  const Json kept = json("discoveries 1");
  const Json& first = (*kept.find("segments")->as_array())[0];
  EXPECT_EQ(first.find("name")->text_or(""), name + " (2)");
  const Json plan = json("--as-of 2026-03-01 adopt --dry-run");
  EXPECT_TRUE(with_change(plan, "changed").empty()) << plan.dump(1);
}

TEST_F(Adopting, ARecordThatCannotBeWrittenIsDiscoveredAllTheSame) {
  const SystemClock clock;
  const auto reader = store::Record::open(work.path("r.duckdb"), store::OpenMode::ReadOnly, clock);
  ASSERT_TRUE(reader.has_value());
  const Ran ran = run("--as-of 2026-03-01 discover --no-hiding --segments 3 --min-size 20 --out OUT");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.err.find("this run is not kept"), std::string::npos) << ran.err;
  EXPECT_TRUE(parse_json(work.read("OUT/discovery.json"))->find("run")->is_null());
}

// Through a server: the feed has exactly what was shown.
TEST_F(Adopting, OnAServerTheFeedHasExactlyTheseChanges) {
  Serving server{work.path("r.duckdb")};
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  store = fmt::format("http://127.0.0.1:{}", server.port());
  ASSERT_EQ(discover("2026-01-30"), 1);
  ASSERT_EQ(discover("2026-03-01", "--segments 5"), 2);
  std::string after;
  for (const char* words : {"adopt 1 --yes", "adopt 2 --retire --yes"}) {
    SCOPED_TRACE(words);
    const Json plan = json(words);
    std::map<std::string, std::pair<double, double>> seen;
    for (const auto& [id, effect] : effects(plan)) seen[id] = {0, 0};
    const auto answer = parse_json(server.ask("GET", "/api/v1/changes?limit=10000&after=" + after).body);
    ASSERT_TRUE(answer);
    for (const Json& change : *answer->find("changes")->as_array()) {
      auto& [enter, leave] = seen[change.find("segment")->text_or("")];
      (change.find("change")->text_or(change.find("kind") ? change.find("kind")->text_or("") : "") == "entered"
           ? enter
           : leave) += 1;
      after = change.find("id")->text_or("");
    }
    EXPECT_EQ(seen, effects(plan));
    EXPECT_FALSE(after.empty());
  }
  EXPECT_TRUE(*(*json("discoveries").as_array())[1].find("in_use")->as_bool());
}

}  // namespace
}  // namespace tessera::cli
