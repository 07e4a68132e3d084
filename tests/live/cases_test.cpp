// Runs tests/cases/feed/*.test: a log of facts in the order in which they are learnt -> the changes that the feed says,
// with their ids. Words:
//
//   with            definitions, in force since ever
//   feed            a new story; a table, a line a fact: learnt | who | when | event | properties | message
//                   -> the changes, one a line
//   then            the story goes on -> the changes that it brings
//   define T        other definitions, in force from T on (those that are not named stay) -> the changes they bring
//   remove T SLUG   one definition fewer -> likewise
//   members         -> who is in each segment at the end of the story
//
// `who` is a user id, or anon:ID, email:ID; several with commas between. `when` is as in oracle/shop.hpp, counted from
// `learnt`; empty, it is `learnt`. A line without `learnt` belongs to the entry of the line before. A line of `learnt`
// alone lets time pass; with `rule` for `who` it is a decision, whose JSON stands behind it. A message that was seen
// before is dropped. Entries have the offsets 10, 20, 30 ...
//
// Behind a change stands whether the customer is a member now, where its kind does not say so.
//
// After every entry memberships are compared with those that batch works out from the facts known by then; and as long
// as the definitions are the first ones, at the end of each block, what stands in the feed with the timelines of all
// customers.
#include <gtest/gtest.h>

#include "casefile/suite.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"
#include "fold/in_force.hpp"
#include "language/parse.hpp"
#include "live/standing.hpp"
#include "oracle/shop.hpp"
#include "store/scratch.hpp"

namespace tessera::live {
namespace {

using cases::Shape;

constexpr cases::Word kWords[] = {{"with", Shape::Table},        {"feed"},    {"then"},
                                  {"define", Shape::Case, true}, {"members"}, {"remove", Shape::Case, true}};
// Kept in memory from the start, so that definitions may come later: every event, and these properties.
constexpr const char* kProperties[] = {"total", "n", "plan", "country", "channel", "age", "products"};

std::unique_ptr<fold::Memory> memory_of_everything() {
  fold::Wanted wanted{.any_event = true, .events = {}, .properties = {}};
  for (const profiles::SystemStreamRow& row : profiles::kSystemStreams) wanted.systems.insert(row.stream);
  for (const char* property : kProperties) wanted.properties.emplace(property);
  for (const std::string_view mark : {profiles::kMarked, profiles::kProfiling}) wanted.properties.emplace(mark);
  return std::make_unique<fold::Memory>(std::move(wanted));
}

std::pair<profiles::IdentifierKind, std::string> identifier_of(std::string_view text) {
  using enum profiles::IdentifierKind;
  if (text.starts_with("anon:")) return {AnonymousId, std::string(text.substr(5))};
  if (text.starts_with("email:")) return {Email, std::string(text.substr(6))};
  return {UserId, std::string(text)};
}

class Runner {
 public:
  std::string run(const cases::Block& block) {
    if (block.kind() == "feed") begin(block.setting("with"));
    if (block.kind() == "define") return define(block.arguments, block.text);
    if (block.kind() == "remove") return remove(block.arguments);
    if (block.kind() == "members") return members();
    return take(block.text);
  }

 private:
  void begin(std::string_view with) {
    world_.clear();
    fold_.reset();
    standing_ = {};
    consumer_ = {};
    entries_ = 0;
    is_first_ = true;
    const auto changed = MUST(MUST(fold::InForce::read(record_->connection(), {})).with(with, {}, kEver));
    in_force_ = changed.now;
    fold_ = MUST(fold::Fold::make(in_force_->definitions(), {}, nullptr, memory_of_everything()));
  }

  // One entry of the log; the changes it made.
  std::string entry(Instant learnt, const std::function<void()>& put) {
    fold_->begin(++entries_ * 10, learnt);
    put();
    fold_->finish((entries_ + 1) * 10);
    const auto flips = fold_->take_page().flips;
    standing_.read(flips);
    consumer_.read(flips, *fold_);
    EXPECT_EQ(consumer_.members, Consumer::members_of(*fold_)) << "who goes by is_member has other members";
    check_now();
    std::string out;
    for (const fold::Flip& flip : flips) out += shown(flip) + "\n";
    return out;
  }

  std::string define(const std::string& since, const std::string& text) {
    const Instant at = MUST(oracle::read_when(since, fold_->learnt()));
    auto changed = in_force_->with(text, {}, at);
    if (!changed) return "refused: " + changed.error().text() + "\n";
    return redefine(std::move(*changed), at);
  }
  std::string remove(const std::string& arguments) {
    const size_t blank = arguments.find(' ');
    const Instant at = MUST(oracle::read_when(arguments.substr(0, blank), fold_->learnt()));
    auto changed = in_force_->without(trim(arguments.substr(blank)), {}, at);
    if (!changed) return "refused: " + changed.error().text() + "\n";
    return redefine(std::move(*changed), at);
  }
  std::string redefine(fold::InForce::Changed changed, Instant at) {
    in_force_ = std::move(changed.now);
    is_first_ = false;
    return entry(at, [&] { MUST(fold_->redefine(in_force_->definitions())); });
  }

  std::string take(const std::string& text) {
    std::string out;
    const std::vector<std::string_view> lines = split(text, '\n');
    for (size_t i = 0; i < lines.size();) {
      const size_t from = i++;
      if (trim(lines[from]).empty() || lines[from].starts_with("learnt")) continue;
      while (i < lines.size() && trim(lines[i]).starts_with('|')) ++i;
      out += one_entry(std::span(lines).subspan(from, i - from));
    }
    check_past();
    return out;
  }

  std::string one_entry(std::span<const std::string_view> lines) {
    const auto learnt = MUST(oracle::read_when(lines[0].substr(0, lines[0].find('|')), Instant()));
    const size_t known = world_.size();
    for (const std::string_view line : lines) read_line(line, learnt);
    return entry(learnt, [&] {
      for (size_t r = known; r < world_.size(); ++r)
        if (world_[r].ruling)
          MUST(fold_->inflow().rule(*world_[r].ruling));
        else
          put(fold_->intake(), world_[r]);
    });
  }

  void read_line(std::string_view line, Instant learnt) {
    std::vector<std::string_view> cells = split(line, '|');
    for (std::string_view& cell : cells) cell = trim(cell);
    cells.resize(6);
    if (cells[1].empty()) return;
    WorldRow row{.learnt = learnt, .who = {}, .row = {}, .fingerprint = ++rows_, .ruling = {}};
    if (cells[1] == "rule") {
      row.ruling = MUST(profiles::parse_ruling(MUST(parse_json(cells[2]))));
    } else {
      for (const std::string_view who : split(cells[1], ',')) row.who.push_back(identifier_of(trim(who)));
      row.row = {.customer = {},
                 .event = std::string(cells[3] == "traits" ? "$identify" : cells[3]),
                 .time = cells[2].empty() ? learnt : MUST(oracle::read_when(cells[2], learnt)),
                 .properties = MUST(oracle::read_properties(cells[4]))};
      if (!cells[5].empty()) row.fingerprint = hash64(cells[5]);
    }
    world_.push_back(std::move(row));
  }

  std::string name(profiles::Profile profile) const {
    const fold::Identities& identities = fold_->identities();
    const std::string value(identities.value(profile));
    const auto kind = identities.kind(profile);
    return kind == profiles::IdentifierKind::AnonymousId ? "anon:" + value
           : kind == profiles::IdentifierKind::Email     ? "email:" + value
                                                         : value;
  }

  std::string shown(const fold::Flip& flip) const {
    constexpr std::string_view kKinds[] = {"", "enters", "leaves", "void:", "is part of"};
    constexpr std::string_view kCauses[] = {"", "event", "time", "definition", "identity"};
    std::string out = fmt::format("{} {} {}", feed::text_of(flip.id), name(flip.profile), kKinds[size_t(flip.kind)]);
    if (flip.kind == feed::ChangeKind::Merged) {
      out += " " + name(*flip.into);
    } else {
      const fold::SegmentVersion& segment = fold_->version_of(flip);
      out += " " + segment.slug + (segment.version > 1 ? fmt::format(" (version {})", segment.version) : "");
    }
    out += fmt::format(", {}, by {}", tessera::text_of(flip.at), kCauses[size_t(flip.cause)]);
    if (flip.learnt != flip.at) out += fmt::format(", learnt {}", tessera::text_of(flip.learnt));
    // Where the kind does not say it.
    const bool is_said =
        flip.kind != feed::ChangeKind::Voided && flip.is_member == (flip.kind == feed::ChangeKind::Entered);
    if (!is_said) out += flip.is_member ? ", a member now" : ", no member now";
    if (flip.correction_of) out += fmt::format(", instead of {}", feed::text_of(*flip.correction_of));
    return out;
  }

  std::string members() const {
    std::string out;
    for (size_t s = 0; s < fold_->plan().segments.size(); ++s) {
      std::vector<std::string> names;
      for (profiles::Profile p = 0; p < fold_->identities().size(); ++p)
        if (fold_->identities().leads(p) && fold_->is_member(p, s)) names.push_back(name(p));
      std::ranges::sort(names);
      out += fmt::format("{}:{}{}\n", fold_->plan().outputs[fold_->plan().segments[s]].slug, names.empty() ? "" : " ",
                         join(names, ", "));
    }
    return out;
  }

  void check_now() const {
    const BatchWorld batch(fold_->plan(), world_, fold_->learnt());
    for (const profiles::Profile leader : batch.leaders()) {
      ASSERT_TRUE(fold_->identities().leads(leader)) << name(leader);
      // Nobody is a member before their first fact.
      const auto expected = batch.begin(leader) > fold_->learnt() ? std::vector<bool>(fold_->plan().segments.size())
                                                                  : batch.members(leader, fold_->learnt());
      for (size_t s = 0; s < expected.size(); ++s)
        EXPECT_EQ(fold_->is_member(leader, s), expected[s])
            << name(leader) << " in segment " << s << " at " << tessera::text_of(fold_->learnt());
    }
  }
  void check_past() const {
    if (!is_first_) return;
    const BatchWorld batch(fold_->plan(), world_, kNever);
    for (const profiles::Profile leader : batch.leaders()) {
      const Instant begin = batch.begin(leader);
      const auto found = standing_.turns(leader);
      const auto expected = begin > fold_->learnt()
                                ? std::vector<segment::Turn>()
                                : turns_of(batch, leader, begin, fold_->learnt(), fold_->definitions().segments);
      EXPECT_EQ(found, expected) << name(leader) << "\nlive:" << live::shown(found)
                                 << "\nbatch:" << live::shown(expected);
    }
  }

  class StillClock final : public Clock {
   public:
    Instant now() const override { return {}; }
  };
  StillClock clock_;
  std::unique_ptr<store::Record> record_ = MUST(store::Record::in_memory(clock_, {.database = {.threads = 1}}));
  std::optional<fold::InForce> in_force_;
  std::unique_ptr<fold::Fold> fold_;
  std::vector<WorldRow> world_;
  Standing standing_;
  Consumer consumer_;
  uint64_t entries_ = 0, rows_ = 0;
  bool is_first_ = true;
};

class FeedCase : public testing::TestWithParam<cases::Case> {};

TEST_P(FeedCase, SaysWhatChanged) {
  ASSERT_TRUE(GetParam().is_readable()) << GetParam().place() << ": " << GetParam().file().content.error().text();
  if (!GetParam().is_run()) GTEST_SKIP() << GetParam().block().comment;
  static cases::StoryTeller<Runner> teller;
  cases::expect(GetParam(), teller.answer(GetParam().story("feed")));
}

INSTANTIATE_TEST_SUITE_P(Text, FeedCase, testing::ValuesIn(cases::all("feed", kWords)), cases::name_of);

}  // namespace
}  // namespace tessera::live
