// Runs tests/cases/segment/*.test, each block on every engine. Settings and blocks:
//
//   data shop_small     the table tests/cases/data/shop_small.shop
//   now T               as of when
//   known T             what was learnt until then; all without it
//   zone Z              of the question
//   currency C          that was set for the record
//   asked C             of the question
//   rates               a line a day: 2026-01-05 USD 1.25 JPY 160
//   shop                or the table itself (see oracle/shop.hpp)
//   with                definitions that the blocks after it know
//
//   members     expression or definitions (the last is asked) -> customers, one a line
//   values      expression or definitions -> "customer  value"; true, false or unknown for conditions
//   segments    definitions -> of each customer who is in some segment, which; with the gate
//   says        expression or definitions -> what parser and checker have to say, nothing if all is well
//   fmt         expression or definitions -> the same, canonical
#include <map>

#include <gtest/gtest.h>

#include "casefile/suite.hpp"
#include "core/text.hpp"
#include "language/check.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"
#include "oracle/engines.hpp"
#include "oracle/shop.hpp"

namespace tessera::segment {
namespace {

using cases::Shape;

constexpr cases::Word kWords[] = {
    {"data", Shape::Line, false, "shop"},
    {"now", Shape::Line},
    {"known", Shape::Line},
    {"zone", Shape::Line},
    {"currency", Shape::Line},
    {"asked", Shape::Line},
    {"rates", Shape::Table},
    {"shop", Shape::Table, false, "data"},
    {"with", Shape::Table},
    {"members"},
    {"values"},
    {"segments"},
    {"says"},
    {"fmt"},
};

bool is_definitions(std::string_view text) {
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty() || line.starts_with('#')) continue;
    for (const std::string_view word : {"event ", "let ", "score ", "segment ", "label "})
      if (line.starts_with(word)) return true;
    return false;
  }
  return text.starts_with('#');
}

// How often each engine was asked, and how often it said why it cannot be: printed at the end, so that a case that is
// not run somewhere is seen.
class Tally : public testing::Environment {
 public:
  void TearDown() override {
    for (const auto& [what, count] : counts_) fmt::print("language cases: {}: {}\n", what, count);
  }
  void note(std::string what) { ++counts_[std::move(what)]; }

 private:
  std::map<std::string, size_t> counts_;
};
Tally& tally = *static_cast<Tally*>(testing::AddGlobalTestEnvironment(new Tally));

class Runner {
 public:
  explicit Runner(const cases::Block& block) : block_(block) {
    now_ = time_of("now", Instant());
    known_ = time_of("known", kNever);
  }

  std::string run() {
    if (block_.kind() == "fmt") return canonical();
    const Result<profiles::History> history = shop();
    if (!history) return "data: " + history.error().text() + "\n";
    language::Schema schema = language::schema_of(*history);
    schema.zone = block_.setting("zone");
    money_ = money();
    oracle::tell_currencies(schema, money_, *history);
    schema.asked_currency = block_.setting("asked");
    const language::Checked checked = this->checked(schema);
    if (block_.kind() == "says") return said_;
    if (!said_.empty() && !checked.ok()) return said_;
    return asked(checked.program, *history);
  }

 private:
  Instant time_of(std::string_view setting, Instant usual) const {
    const std::string_view text = block_.setting(setting);
    if (text.empty()) return usual;
    const auto instant = parse_instant(text);
    EXPECT_TRUE(instant.has_value()) << setting << " " << text << " is no time";
    return instant.value_or(usual);
  }

  std::string canonical() {
    if (is_definitions(block_.text)) {
      const language::Parsed parsed = language::parse_definitions(block_.text);
      return parsed.ok() ? language::print(parsed.definitions, parsed.last_note)
                         : language::render(parsed.diagnostics, block_.text);
    }
    const language::ParsedExpression parsed = language::parse_expression(block_.text);
    return parsed.ok() ? language::print(parsed.expr) + "\n" : language::render(parsed.diagnostics, block_.text);
  }

  oracle::Money money() const {
    oracle::Money out{.set = std::string(block_.setting("currency")), .quotes = {}};
    for (const std::string_view line : split(block_.setting("rates"), '\n')) {
      const auto words = split(trim(line), ' ');
      const auto day = parse_instant(words[0]);
      for (size_t i = 1; day && i + 1 < words.size(); i += 2) {
        const ParsedNumber rate = parse_number(words[i + 1]);
        EXPECT_FALSE(rate.flaw.has_value()) << line;
        out.quotes.push_back({utc_day(*day), std::string(words[i]), rate.number.micros});
      }
    }
    return out;
  }

  Result<profiles::History> shop() const {
    if (const auto table = block_.setting("shop"); !table.empty()) return oracle::read_shop(table, now_);
    const auto data = block_.setting("data");
    if (data.empty()) return profiles::HistoryBuilder().build();
    const auto path = cases::folder() / "data" / fmt::format("{}.shop", data);
    if (!std::filesystem::exists(path)) return fail("no such file", path.string());
    return oracle::read_shop(cases::read_file(path), now_);
  }

  language::Checked checked(const language::Schema& schema) {
    const auto with = block_.setting("with");
    const language::Parsed known = language::parse_definitions(with);
    EXPECT_EQ(language::render(known.diagnostics, with), "") << "in `with`";
    language::Checked out;
    language::Diagnostics said;
    if (is_definitions(block_.text)) {
      const language::Parsed parsed = language::parse_definitions(block_.text);
      said = parsed.diagnostics;
      if (parsed.ok()) out = language::check(parsed.definitions, schema, known.definitions);
    } else {
      const language::ParsedExpression parsed = language::parse_expression(block_.text);
      said = parsed.diagnostics;
      if (parsed.ok()) out = language::check_expression(parsed.expr, schema, known.definitions);
    }
    if (language::has_errors(said)) out.diagnostics = said;
    said_ = language::render(out.diagnostics, block_.text);
    return out;
  }

  std::string asked(const language::Program& program, const profiles::History& history) const {
    std::string out;
    std::string_view by;
    for (const oracle::Engine& engine : oracle::engines()) {
      const oracle::Question question{
          program, history, now_, known_, block_.kind() == "segments" ? oracle::Asks::Membership : oracle::Asks::Value,
          money_};
      if (const auto why = engine.cannot(question)) {
        tally.note(fmt::format("{} not asked, {}", engine.name, *why));
        continue;
      }
      tally.note(fmt::format("{} asked", engine.name));
      const auto answer = engine.answer(question);
      const std::string shown = answer ? shown_answer(*answer, history) : "error: " + answer.error().text() + "\n";
      if (by.empty()) {
        out = shown;
        by = engine.name;
      } else {
        EXPECT_EQ(shown, out) << engine.name << " differs from " << by << " in\n" << block_.text;
      }
    }
    EXPECT_FALSE(by.empty()) << "no engine to ask";
    return out;
  }

  std::string shown_answer(const oracle::Answer& answer, const profiles::History& history) const {
    std::string out;
    for (size_t i = 0; i < answer.size(); ++i)
      if (block_.kind() == "values" || (block_.kind() == "segments" && !answer[i].empty()))
        out += fmt::format("{}  {}\n", history.customer[i], answer[i]);
      else if (answer[i] == "true")
        out += history.customer[i] + "\n";
    return out;
  }

  const cases::Block& block_;
  Instant now_, known_;
  oracle::Money money_;
  std::string said_;
};

class LanguageCase : public testing::TestWithParam<cases::Case> {};

TEST_P(LanguageCase, HoldsOnEveryEngine) {
  ASSERT_TRUE(GetParam().is_readable()) << GetParam().place() << ": " << GetParam().file().content.error().text();
  if (!GetParam().is_run()) GTEST_SKIP() << GetParam().block().comment;
  cases::expect(GetParam(), Runner(GetParam().block()).run());
}

INSTANTIATE_TEST_SUITE_P(Text, LanguageCase, testing::ValuesIn(cases::all("segment", kWords)), cases::name_of);

}  // namespace
}  // namespace tessera::segment
