// Runs tests/cases/segment/*.case, each block on every engine. TESSERA_BLESS=1 writes what came out into the files, for
// review as a diff.
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "core/text.hpp"
#include "language/check.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"
#include "oracle/engines.hpp"
#include "oracle/shop.hpp"
#include "segment/case_file.hpp"

namespace tessera::segment {
namespace {

namespace fs = std::filesystem;

const fs::path kCases = fs::path(TESSERA_SOURCE_DIR) / "tests/cases";

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool is_definitions(std::string_view text) {
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty() || line.starts_with('#')) continue;
    for (const std::string_view word : {"event ", "let ", "score ", "segment ", "label "})
      if (line.starts_with(word)) return true;
    return false;
  }
  return text.starts_with('#');
}

class Runner {
 public:
  explicit Runner(const CaseBlock& block) : block_(block) {}

  std::string run() {
    if (block_.kind == "fmt") return canonical();
    const Result<profiles::History> history = shop();
    if (!history) return "data: " + history.error().text() + "\n";
    const language::Checked checked = this->checked(language::schema_of(*history));
    if (block_.kind == "says") return said_;
    if (!said_.empty() && !checked.ok()) return said_;
    return asked(checked.program, *history);
  }

 private:
  std::string canonical() {
    if (is_definitions(block_.text)) {
      const language::Parsed parsed = language::parse_definitions(block_.text);
      return parsed.ok() ? language::print(parsed.definitions, parsed.last_note)
                         : render(parsed.diagnostics, block_.text);
    }
    const language::ParsedExpression parsed = language::parse_expression(block_.text);
    return parsed.ok() ? language::print(parsed.expr) + "\n" : render(parsed.diagnostics, block_.text);
  }

  Result<profiles::History> shop() const {
    if (!block_.shop.empty()) return oracle::read_shop(block_.shop, block_.now);
    if (block_.data.empty()) return profiles::HistoryBuilder().build();
    const fs::path path = kCases / "data" / (block_.data + ".shop");
    if (!fs::exists(path)) return fail("no such file", path.string());
    return oracle::read_shop(read_file(path), block_.now);
  }

  language::Checked checked(const language::Schema& schema) {
    const language::Parsed known = language::parse_definitions(block_.with);
    EXPECT_EQ(render(known.diagnostics, block_.with), "") << "in `with`";
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
    said_ = render(out.diagnostics, block_.text);
    return out;
  }

  std::string asked(const language::Program& program, const profiles::History& history) const {
    std::string out;
    std::string_view by;
    for (const oracle::Engine& engine : oracle::engines()) {
      const auto answer = engine.answer({program, history, block_.now, block_.known});
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
      if (block_.kind == "values")
        out += fmt::format("{}  {}\n", history.customer[i], answer[i]);
      else if (answer[i] == "true")
        out += history.customer[i] + "\n";
    return out;
  }

  const CaseBlock& block_;
  std::string said_;
};

class Cases : public testing::TestWithParam<fs::path> {};

TEST_P(Cases, HoldOnEveryEngine) {
  const std::string text = read_file(GetParam());
  Result<CaseFile> file = read_case_file(text);
  ASSERT_TRUE(file.has_value()) << GetParam() << ": " << file.error().text();
  const bool bless = std::getenv("TESSERA_BLESS") != nullptr;
  size_t asked = 0;
  for (CaseBlock& block : file->blocks) {
    if (block.kind != "members" && block.kind != "values" && block.kind != "says" && block.kind != "fmt") continue;
    ++asked;
    const std::string found = Runner(block).run();
    if (bless)
      block.expected = found;
    else
      EXPECT_EQ(found, block.expected) << GetParam().filename() << ":" << block.line << "\n" << block.text;
  }
  EXPECT_GT(asked, 0u) << "a case file without a case";
  if (bless && write_case_file(*file) != text) std::ofstream(GetParam(), std::ios::binary) << write_case_file(*file);
}

std::vector<fs::path> case_files() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(kCases / "segment"))
    if (entry.path().extension() == ".case") out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

INSTANTIATE_TEST_SUITE_P(Segment, Cases, testing::ValuesIn(case_files()), [](const auto& info) {
  std::string name = info.param.stem().string();
  std::ranges::replace_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
});

}  // namespace
}  // namespace tessera::segment
