// Runs tests/cases/import/*.test: files and flags in, the report out, and what the record then holds. Blocks:
//
//   import [escaped] NAME FLAGS   the text is the file -> what `tessera import` prints, or its error with the remedy;
//                                 into a new record. Of an escaped text \t, \r, \\ and \xNN are bytes
//   again [escaped] NAME FLAGS    likewise into the record of the blocks before it
//   sql SELECT ...                of the record of the blocks before it -> its rows; `-` is null
//
// It is 2026-03-01T00:00:00Z, and the store is called shop.db.
#include <gtest/gtest.h>

#include "casefile/suite.hpp"
#include "core/text.hpp"
#include "ingest/fed.hpp"
#include "store/record.hpp"
#include "store/scratch.hpp"

namespace tessera::ingest {
namespace {

using cases::Shape;

constexpr cases::Word kWords[] = {
    {"import", Shape::Case, true}, {"again", Shape::Case, true}, {"sql", Shape::Case, true}};
constexpr Instant kNow{20'513 * kDay.ms};

class StillClock final : public Clock {
 public:
  Instant now() const override { return kNow; }
};

// As a shell parts them, with quotes.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> out;
  char quote = 0;
  bool is_open = false;
  for (const char c : line) {
    if (quote ? c == quote : c == '\'' || c == '"') {
      quote = quote ? 0 : c;
      if (!is_open) out.emplace_back();
      is_open = true;
    } else if (c == ' ' && !quote) {
      is_open = false;
    } else {
      if (!is_open) out.emplace_back();
      is_open = true;
      out.back() += c;
    }
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : 0;
    if (next == 'x' && i + 3 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 2, 2)), nullptr, 16));
      i += 3;
    } else if (next == 't' || next == 'r' || next == '\\') {
      out += next == 't' ? '\t' : next == 'r' ? '\r' : '\\';
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

Supply& supply_of(ImportOptions& options) {
  if (!options.supply) options.supply.emplace();
  return *options.supply;
}

// The flags of `tessera import`, each with what it sets.
struct Flag {
  std::string_view name;
  void (*set)(ImportOptions& options, const std::string& value);
};
constexpr Flag kFlags[] = {
    {"--preset", [](ImportOptions& o, const std::string& v) { o.preset = v; }},
    {"--map", [](ImportOptions& o, const std::string& v) { o.map = v; }},
    {"--zone", [](ImportOptions& o, const std::string& v) { o.zone = v; }},
    {"--currency", [](ImportOptions& o, const std::string& v) { o.currency = v; }},
    {"--country", [](ImportOptions& o, const std::string& v) { o.country = v; }},
    {"--dates",
     [](ImportOptions& o, const std::string& v) {
       o.dates = v == "dmy" ? formats::DateOrder::DayMonth : formats::DateOrder::MonthDay;
     }},
    {"--decimals",
     [](ImportOptions& o, const std::string& v) {
       o.decimals = v == "comma" ? formats::DecimalMark::Comma : formats::DecimalMark::Point;
     }},
    {"--delimiter", [](ImportOptions& o, const std::string& v) { o.delimiter = v == "tab" ? '\t' : v[0]; }},
    {"--encoding",
     [](ImportOptions& o, const std::string& v) {
       o.encoding = v == "utf-8" ? formats::Encoding::Utf8 : formats::Encoding::Windows1252;
     }},
    {"--status", [](ImportOptions& o, const std::string& v) { MUST(o.statuses.say(v)); }},
    {"--supplier", [](ImportOptions& o, const std::string& v) { supply_of(o).supplier = v; }},
    {"--supplied", [](ImportOptions& o, const std::string& v) { supply_of(o).supplied = v; }},
    {"--basis", [](ImportOptions& o, const std::string& v) { supply_of(o).basis = v; }},
    {"--keep", [](ImportOptions& o, const std::string& v) { MUST(o.odd.say(v, formats::OddRule::Keep)); }},
    {"--reject", [](ImportOptions& o, const std::string& v) { MUST(o.odd.say(v, formats::OddRule::Reject)); }},
};

ImportOptions options_of(const std::vector<std::string>& words, size_t from) {
  ImportOptions out{.learnt = kNow};
  for (size_t i = from; i < words.size(); ++i) {
    if (words[i] == "--yes") {
      out.yes = true;
      continue;
    }
    const auto flag = std::ranges::find(kFlags, words[i], &Flag::name);
    if (flag == std::end(kFlags) || i + 1 == words.size()) {
      ADD_FAILURE() << words[i] << " is no flag, or has no value";
      break;
    }
    flag->set(out, words[++i]);
  }
  return out;
}

class Runner {
 public:
  std::string run(const cases::Block& block) {
    if (block.kind() == "sql") return rows_of(block.arguments);
    if (block.kind() == "import") record_ = MUST(store::Record::in_memory(clock_, {.database = {.threads = 1}}));
    return import(block);
  }

 private:
  std::string import(const cases::Block& block) {
    std::vector<std::string> words = words_of(block.arguments);
    const bool is_escaped = !words.empty() && words[0] == "escaped";
    if (is_escaped) words.erase(words.begin());
    const std::string path = folder_.write(words.at(0), is_escaped ? unescaped(block.text) : block.text);
    SilentProgress progress;
    const auto report = import_files(*record_, std::span(&path, 1), options_of(words, 1), {}, progress);
    return without_folder(report ? report->text() : said(report.error()));
  }
  std::string rows_of(const std::string& sql) {
    const auto rows = record_->connection().rows("SELECT " + sql.substr(sql.find(' ') + 1));
    if (!rows) return said(rows.error());
    std::string out;
    for (const auto& row : *rows) {
      std::string line;
      for (const auto& cell : row) line += (line.empty() ? "" : " | ") + cell.value_or("-");
      out += line + "\n";
    }
    return out;
  }
  static std::string said(const Error& error) {
    std::string out = fmt::format("error: {}{}{}\n", error.place, error.place.empty() ? "" : ": ", error.message);
    if (!error.remedy.empty()) out += fmt::format("remedy: {}\n", error.remedy.text());
    return out;
  }
  std::string without_folder(std::string text) const {
    const std::string folder = folder_.path("");
    for (size_t at = 0; (at = text.find(folder, at)) != std::string::npos;) text.erase(at, folder.size());
    return text;
  }

  StillClock clock_;
  Folder folder_;
  std::unique_ptr<store::Record> record_;
};

class ImportCase : public testing::TestWithParam<cases::Case> {};

TEST_P(ImportCase, SaysWhatBecameOfIt) {
  ASSERT_TRUE(GetParam().is_readable()) << GetParam().place() << ": " << GetParam().file().content.error().text();
  if (!GetParam().is_run()) GTEST_SKIP() << GetParam().block().comment;
  static cases::StoryTeller<Runner> teller;
  cases::expect(GetParam(), teller.answer(GetParam().story("import")));
}

INSTANTIATE_TEST_SUITE_P(Text, ImportCase, testing::ValuesIn(cases::all("import", kWords)), cases::name_of);

}  // namespace
}  // namespace tessera::ingest
