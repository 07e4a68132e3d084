// Letters about shops whose truth is known: what changed more than usual, who stands out, what fell silent, and that
// nothing else is said to have. Figures against the record's own SQL: tests/cli/letter_test.cpp.
#include "report/letter.hpp"

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.hpp"
#include "language/parse.hpp"
#include "language/schema.hpp"
#include "profiles/people.hpp"
#include "report/letter_words.hpp"

namespace tessera::discover {
namespace {

using profiles::HistoryBuilder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Instant kUntil = *parse_instant("2026-03-02"), kSince = kUntil - kWeek;
constexpr const char* kKey = "key";

constexpr const char* kDefinitions = R"(
event order = "Order Completed"
segment "Active" = at least 1 order in the last 14 days
segment "Lost" = did order and no order in the last 28 days
)";

std::vector<language::Definition> parsed(const std::string& text) {
  auto out = language::parse_definitions(text);
  EXPECT_TRUE(out.ok()) << render(out.diagnostics, text);
  return std::move(out.definitions);
}

report::LetterQuestion question(const std::string& text = kDefinitions) {
  report::LetterQuestion out{.since = kSince, .until = kUntil, .pseudonym_key = kKey};
  for (language::Definition& each : parsed(text))
    out.definitions.in_force.push_back({.now = std::move(each), .then = {}});
  return out;
}

struct Shop {
  HistoryBuilder builder;
  void order(const std::string& who, Instant at, int money) {
    builder.add({who, "Order Completed", at, {{"total", HistoryBuilder::Value(Number::of(money))}}});
  }
  void refund(const std::string& who, Instant at, int money) {
    builder.add({who, "Order Refunded", at, {{"total", HistoryBuilder::Value(Number::of(money))}}});
  }
  void event(const std::string& who, const std::string& what, Instant at) { builder.add({who, what, at, {}}); }
};

std::string id_of(int i) {
  return fmt::format("u{:03}", i);
}

// `customers` who order in a week with probability 0.6, for 20 weeks; in the letter's week with probability `last`.
void weekly_orders(Shop& shop, int customers, double last, uint64_t seed) {
  Rng rng(seed);
  for (int week = 19; week >= 0; --week)
    for (int c = 0; c < customers; ++c)
      if (rng.chance(week == 0 ? last : 0.6))
        shop.order(id_of(c), kUntil - kWeek * week - Duration{rng.between(0, kWeek.ms - 1)},
                   static_cast<int>(rng.between(20, 60)));
}

report::Letter letter_of(Shop shop, const report::LetterQuestion& asked = question()) {
  const profiles::History history = std::move(shop.builder).build();
  SilentProgress quiet;
  auto out = report::letter(history, language::schema_of(history), asked, quiet);
  EXPECT_TRUE(out) << (out ? "" : out.error().text());
  return out ? std::move(*out) : report::Letter{};
}
std::string words_of(const report::Letter& letter) {
  return report::markdown_of(report::page_of(letter, Zone::utc()));
}
const report::LetterSegment& segment_of(const report::Letter& letter, std::string_view slug) {
  return *std::ranges::find(letter.segments, slug, &report::LetterSegment::slug);
}

// --- more than usual, and not

TEST(Letter, AWeekLikeTheOthersIsNoNews) {
  int said = 0;
  constexpr int kShops = 60;
  for (uint64_t seed = 0; seed < kShops; ++seed) {
    Shop shop;
    weekly_orders(shop, 60, 0.6, seed);
    const report::Letter letter = letter_of(std::move(shop));
    EXPECT_EQ(letter.periods, 12u);
    bool any = letter.money.is_beyond || letter.buyers.is_beyond || letter.first_timers.is_beyond;
    for (const report::LetterSegment& each : letter.segments) any |= each.change.is_beyond || each.money.is_beyond;
    said += any;
  }
  EXPECT_LE(said, 7) << "of 60 letters without news, 3 are expected to call something so";
}

TEST(Letter, AWeekInWhichMostStayAwayIsNews) {
  int drained = 0;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    Shop shop;
    weekly_orders(shop, 60, 0.1, seed);
    const report::Letter letter = letter_of(std::move(shop));
    EXPECT_TRUE(letter.money.is_beyond && letter.buyers.is_beyond);
    EXPECT_FALSE(letter.nothing_happened());
    const report::LetterSegment& active = segment_of(letter, "active");
    EXPECT_LT(active.change.now, 0);
    EXPECT_TRUE(active.money.is_beyond);
    if (!active.change.is_beyond) continue;
    ++drained;
    const std::string words = words_of(letter);
    EXPECT_THAT(words, HasSubstr("**Active** drained from"));
    EXPECT_THAT(words, HasSubstr("tessera customer " + active.leaver + " --as-of 2026-03-02T00:00:00Z"));
  }
  EXPECT_GE(drained, 8);
}

// Each figure by plain loops over the rows.
TEST(Letter, FiguresAreThoseOfTheRows) {
  Shop shop;
  weekly_orders(shop, 60, 0.4, 7);
  Rng rng(8);
  for (int c = 0; c < 60; ++c) shop.refund(id_of(c), kUntil - Duration{rng.between(0, kWeek.ms * 3)}, 9);
  const profiles::History history = std::move(shop.builder).build();
  SilentProgress quiet;
  const report::Letter letter = *report::letter(history, language::schema_of(history), question(), quiet);
  const auto sum = [&](const char* event, size_t c, Instant from, Instant to) {
    const profiles::Stream& stream = *history.stream(event);
    const auto* total = stream.column("total", profiles::PropertyType::Number, false);
    int64_t micros = 0;
    for (uint32_t row = stream.first[c]; row < stream.first[c + 1]; ++row)
      if (stream.time[row] > from && stream.time[row] <= to) micros += total->numbers[row];
    return static_cast<double>(micros) / 1e6;
  };
  const auto net = [&](size_t c, Instant to) {
    return sum("Order Completed", c, to - kWeek, to) - sum("Order Refunded", c, to - kWeek, to);
  };
  const auto is_active = [&](size_t c, Instant at) { return sum("Order Completed", c, at - kDay * 14, at) > 0; };
  double money = 0, of_active = 0, of_active_before = 0, entered_money = 0, left_money = 0;
  size_t then = 0, now = 0, entered = 0, left = 0;
  for (size_t c = 0; c < history.customers(); ++c) {
    const bool was = is_active(c, kSince), is = is_active(c, kUntil);
    money += net(c, kUntil);
    then += was, now += is, entered += is && !was, left += was && !is;
    if (was) of_active += net(c, kUntil);
    if (is_active(c, kSince - kWeek)) of_active_before += net(c, kSince);
    const auto year = [&](Instant to) {
      return sum("Order Completed", c, to - kDay * 365, to) - sum("Order Refunded", c, to - kDay * 365, to);
    };
    if (is && !was) entered_money += year(kUntil);
    if (was && !is) left_money += year(kSince);
  }
  EXPECT_DOUBLE_EQ(letter.money.now, money);
  const report::LetterSegment& active = segment_of(letter, "active");
  EXPECT_EQ(active.then, then);
  EXPECT_EQ(active.now, now);
  EXPECT_EQ(active.entered, entered);
  EXPECT_EQ(active.left, left);
  EXPECT_GT(left, 0u);
  EXPECT_DOUBLE_EQ(active.money.now, of_active);
  EXPECT_DOUBLE_EQ(active.money.before[0], of_active_before);
  EXPECT_DOUBLE_EQ(active.entered_money, entered_money);
  EXPECT_DOUBLE_EQ(active.left_money, left_money);
}

TEST(Letter, AShortRecordSaysThatItIs) {
  Shop shop;
  Rng rng(1);
  for (int c = 0; c < 60; ++c) shop.order(id_of(c), kUntil - Duration{rng.between(0, kDay.ms * 24)}, 30);
  const report::Letter letter = letter_of(std::move(shop));
  EXPECT_LE(letter.periods, 3u);
  EXPECT_FALSE(letter.money.is_beyond);
  EXPECT_TRUE(segment_of(letter, "active").by_chance_alone);
  EXPECT_THAT(words_of(letter), HasSubstr("too few to say what is usual"));
}

// --- who stands out

TEST(Letter, NamesWhoStandsOut) {
  Shop shop;
  weekly_orders(shop, 60, 0.6, 3);
  // Every 5 days for half a year, and then no more for 16 days.
  for (int i = 0; i < 30; ++i) shop.order("vip", kUntil - kDay * 16 - kDay * (5 * i), 400);
  shop.order("u007", kUntil - kDay, 5000);
  shop.order("first", kUntil - kDay * 2, 900);
  const report::Letter letter = letter_of(std::move(shop));
  const auto of = [&](report::NotableKind kind) {
    std::vector<std::string> out;
    for (const report::Notable& each : letter.notables)
      if (each.kind == kind) out.push_back(each.pseudonym);
    return out;
  };
  const auto shown = [](const char* id) { return profiles::report_pseudonym(kKey, id); };
  ASSERT_FALSE(of(report::NotableKind::Riser).empty());
  EXPECT_EQ(of(report::NotableKind::Riser)[0], shown("u007"));
  EXPECT_TRUE(letter.notables[0].is_extreme);
  EXPECT_THAT(of(report::NotableKind::WentSilent), ElementsAre(shown("vip")));
  EXPECT_THAT(of(report::NotableKind::FirstBig), ElementsAre(shown("first")));
  EXPECT_THAT(words_of(letter),
              HasSubstr(shown("vip") + "** is one of the best customers and has gone silent: the last "
                                       "order is of Saturday 2026-02-14, 16 days ago; usually the "
                                       "next comes after 5 days"));
  EXPECT_THAT(words_of(letter), Not(HasSubstr("u007")));
  // In the next letter this is no news.
  report::LetterQuestion later = question();
  later.since = kUntil, later.until = kUntil + kWeek;
  Shop again;
  weekly_orders(again, 60, 0.6, 3);
  for (int i = 0; i < 30; ++i) again.order("vip", kUntil - kDay * 16 - kDay * (5 * i), 400);
  for (const report::Notable& each : letter_of(std::move(again), later).notables)
    EXPECT_TRUE(each.kind != report::NotableKind::WentSilent || each.pseudonym != shown("vip"));
}

TEST(Letter, BotsAndStaffAreNotNamed) {
  Shop shop;
  weekly_orders(shop, 60, 0.6, 3);
  shop.order("u007", kUntil - kDay, 5000);
  shop.builder.add({"u007",
                    "$ruling",
                    kUntil - kDay * 50,
                    {{std::string(profiles::kMarked), HistoryBuilder::Value(std::string("staff"))}}});
  for (const report::Notable& each : letter_of(std::move(shop)).notables)
    EXPECT_NE(each.pseudonym, profiles::report_pseudonym(kKey, "u007"));
}

// --- what fell silent

TEST(Letter, NamesWhatFellSilentInItsTime) {
  Shop shop;
  weekly_orders(shop, 60, 0.6, 3);
  for (int i = 0; i < 200; ++i) {
    shop.event("u001", "Page Viewed", kUntil - kHour * (3 + 10 * i));
    shop.event("u001", "Email Opened", kUntil - kDay * 5 - kHour * (3 + 10 * i));
    shop.event("u001", "Survey Answered", kUntil - kDay * 60 - kHour * (3 + 10 * i));
  }
  report::LetterQuestion asked = question();
  asked.sources = {{"web", kUntil - kHour, kMinute * 30},
                   {"till", kUntil - kDay, kMinute * 30},
                   {"old", kUntil - kDay * 40, kMinute},
                   {"slow", kUntil - kDay, kDay}};
  const report::Letter letter = letter_of(std::move(shop), asked);
  std::vector<std::string> names;
  for (const report::Silence& each : letter.silences) names.push_back(each.name);
  EXPECT_THAT(names, ElementsAre("till", "Email Opened"));
  EXPECT_EQ(letter.silent_before, 2u);
  const std::string words = words_of(letter);
  EXPECT_THAT(words,
              HasSubstr("The source **till** has sent nothing since Sunday 2026-03-01; usually it sends every 30 "
                        "minutes."));
  EXPECT_THAT(words, HasSubstr("`tessera sql 'SELECT max(time) AS newest, count(*) AS events FROM email_opened'`"));
}

// --- nothing

TEST(Letter, NothingIsSaidInOneSentence) {
  Shop shop;
  weekly_orders(shop, 60, 0.6, 3);
  report::LetterQuestion asked = question();
  asked.since = kUntil + kDay * 300, asked.until = kUntil + kDay * 307;
  const report::Letter letter = letter_of(std::move(shop), asked);
  EXPECT_TRUE(letter.nothing_happened());
  const report::Page page = report::page_of(letter, Zone::utc());
  EXPECT_EQ(page.lead.size(), 1u);
  EXPECT_THAT(page.sections, IsEmpty());
  EXPECT_THAT(report::markdown_of(page), HasSubstr("Nothing happened between"));
}

// --- definitions

TEST(Letter, SaysWhatBecameOfDefinitions) {
  Shop shop;
  weekly_orders(shop, 60, 0.6, 5);
  report::LetterQuestion asked = question(R"(
event order = "Order Completed"
let recent = count(order, last 14 days)
segment "Active" = recent at least 2
segment "Some" = recent exactly 1
segment "Lost" = did order and no order in the last 28 days
)");
  const auto old = parsed(R"(
event order = "Order Completed"
let recent = count(order, last 14 days)
segment "Active" = recent at least 1
segment "Gone" = did order
segment "Lost" = did order and no order in the last 28 days
)");
  for (report::LetterDefinition& each : asked.definitions.in_force) {
    each.since = kSince + kDay;
    const auto then = std::ranges::find_if(
        old, [&](const auto& other) { return other.kind == each.now.kind && other.slug == each.now.slug; });
    if (then == old.end())
      each.applied = report::Applied::New;
    else if (each.then = *then; then->body != each.now.body)
      each.applied = report::Applied::Changed;
  }
  asked.definitions.removed = {old[3]};
  const report::Letter letter = letter_of(std::move(shop), asked);
  const report::LetterSegment& active = segment_of(letter, "active");
  EXPECT_EQ(active.applied, report::Applied::Changed);
  ASSERT_TRUE(active.then_by_old);
  EXPECT_GT(*active.then_by_old, active.then);
  EXPECT_EQ(segment_of(letter, "some").applied, report::Applied::New);
  EXPECT_EQ(segment_of(letter, "lost").applied, report::Applied::Before);
  ASSERT_GE(letter.splits.size(), 1u);
  const std::string words = words_of(letter);
  EXPECT_THAT(words, HasSubstr("**Active** has another definition since Tuesday 2026-02-24"));
  EXPECT_THAT(words, HasSubstr("**Some** was applied Tuesday 2026-02-24"));
  EXPECT_THAT(words, HasSubstr("**Gone** was removed."));
  EXPECT_THAT(letter.splits[0], HasSubstr("Active"));
}

// --- hostile names, and the whole text

TEST(Letter, NamesCannotEscape) {
  const std::string name = "<script>alert(1)</script> **[x](http://evil)** `rm`\n# \xE2\x80\xAE|";
  Shop shop;
  weekly_orders(shop, 60, 0.1, 5);
  for (int i = 0; i < 200; ++i) shop.event("u001", "<img src=x>", kUntil - kDay * 5 - kHour * (3 + 10 * i));
  report::LetterQuestion asked = question();
  for (report::LetterDefinition& each : asked.definitions.in_force)
    each.now.name = each.now.slug == "active" ? name : each.now.name;
  asked.sources = {{"<b>web", kUntil - kDay, kMinute * 30}};
  const report::Letter letter = letter_of(std::move(shop), asked);
  const report::Page page = report::page_of(letter, Zone::utc());
  const std::string html = report::html_of(page), markdown = report::markdown_of(page);
  for (const char* bad : {"<script", "<img", "<b>web", "\xE2\x80\xAE"}) {
    EXPECT_THAT(html, Not(HasSubstr(bad)));
    EXPECT_THAT(markdown, Not(HasSubstr(bad == std::string("<script") ? "\n# \xE2" : "\xE2\x80\xAE")));
  }
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(markdown,
              HasSubstr("\\<script\\>alert(1)\\</script\\> \\*\\*\\[x\\](http://evil)\\*\\* \\`rm\\` \\# \\|"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
}

// The whole of a small letter, as it is read. TESSERA_BLESS=1 writes it anew.
TEST(Letter, ReadsAsItDoes) {
  Shop shop;
  weekly_orders(shop, 60, 0.2, 5);
  for (int i = 0; i < 30; ++i) shop.order("vip", kUntil - kDay * 16 - kDay * (5 * i), 400);
  report::LetterQuestion asked = question();
  asked.sources = {{"till", kUntil - kDay, kMinute * 30}};
  const std::string words = words_of(letter_of(std::move(shop), asked));
  const std::string path = TESSERA_SOURCE_DIR "/tests/discover/letter.md";
  if (std::getenv("TESSERA_BLESS")) std::ofstream(path) << words;
  std::ifstream file(path);
  const std::string expected((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(words, expected);
}

}  // namespace
}  // namespace tessera::discover
