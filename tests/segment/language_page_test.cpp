// Every example of docs/language.md is run: definitions and conditions must be right, errors must be said as shown.
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "core/text.hpp"
#include "language/check.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"
#include "language/tree_json.hpp"

namespace tessera::language {
namespace {

struct Example {
  std::string kind, text;
};

std::vector<Example> examples() {
  std::ifstream in(std::filesystem::path(TESSERA_SOURCE_DIR) / "docs" / "language.md");
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  std::vector<Example> out;
  bool open = false;
  for (const std::string_view line : split(page, '\n')) {
    if (line.starts_with("```")) {
      open = !open;
      if (open) out.push_back({std::string(line.substr(3)), ""});
    } else if (open) {
      out.back().text += std::string(line) + "\n";
    }
  }
  return out;
}

std::vector<Definition> known() {
  std::vector<Definition> out;
  for (const Example& example : examples())
    if (example.kind == "tsl") std::ranges::move(parse_definitions(example.text).definitions, std::back_inserter(out));
  return out;
}

std::string said(const std::string& text) {
  if (text.starts_with("segment ")) {
    const Parsed parsed = parse_definitions(text);
    return render(parsed.ok() ? check(parsed.definitions, Schema{}, known()).diagnostics : parsed.diagnostics, text);
  }
  const ParsedExpression parsed = parse_expression(text);
  return render(parsed.ok() ? check_expression(parsed.expr, Schema{}, known()).diagnostics : parsed.diagnostics, text);
}

TEST(LanguagePage, DefinitionsAreRightAndCanonical) {
  size_t count = 0;
  for (const Example& example : examples()) {
    if (example.kind != "tsl") continue;
    const Parsed parsed = parse_definitions(example.text);
    EXPECT_EQ(render(parsed.diagnostics, example.text), "");
    EXPECT_EQ(render(check(parsed.definitions, Schema{}).diagnostics, example.text), "");
    EXPECT_EQ(print(parsed.definitions, parsed.last_note), example.text);
    count += parsed.definitions.size();
  }
  EXPECT_GE(count, 4u);
}

TEST(LanguagePage, ConditionsAreRight) {
  size_t count = 0;
  for (const Example& example : examples()) {
    if (example.kind != "conditions") continue;
    for (const std::string_view line : split(trim(example.text), '\n')) {
      EXPECT_EQ(said(std::string(line)), "");
      ++count;
    }
  }
  EXPECT_GE(count, 70u);
}

TEST(LanguagePage, ErrorsAreSaidAsShown) {
  size_t count = 0;
  for (const Example& example : examples()) {
    if (example.kind != "error") continue;
    const size_t bar = example.text.find("----\n");
    ASSERT_NE(bar, std::string::npos);
    EXPECT_EQ(said(example.text.substr(0, bar)), example.text.substr(bar + 5));
    ++count;
  }
  EXPECT_GE(count, 3u);
}

TEST(LanguagePage, JsonReadsAsADefinition) {
  size_t count = 0;
  for (const Example& example : examples()) {
    if (example.kind != "json") continue;
    const auto json = parse_json(example.text);
    ASSERT_TRUE(json.has_value());
    const auto read = definition_from_json(*json);
    ASSERT_TRUE(read.has_value()) << read.error().text();
    EXPECT_EQ(print(*read), "segment \"Lapsed\" = last \"Order Completed\" more than 120 days ago\n");
    ++count;
  }
  EXPECT_EQ(count, 1u);
}

}  // namespace
}  // namespace tessera::language
