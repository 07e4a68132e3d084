// The reader of delimited text against a writer that knows where each record starts.
#include "formats/csv.hpp"

#include <rapidcheck.h>

#include "formats/blanks.hpp"
#include "formats/documents.hpp"

namespace tessera::formats {
namespace {

struct Written {
  std::string text;
  std::vector<uint64_t> lines;
};

// Quotes where needed (or always), and counts lines as an editor would.
Written write(const std::vector<std::vector<std::string>>& rows, char delimiter, std::string_view line_end,
              bool always) {
  Written out;
  uint64_t line = 1;
  for (const auto& row : rows) {
    out.lines.push_back(line);
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out.text += delimiter;
      const bool needed = always || row[i].find_first_of("\"\n\r") != std::string::npos ||
                          row[i].find(delimiter) != std::string::npos || (row.size() == 1 && row[i].empty());
      if (!needed) {
        out.text += row[i];
        continue;
      }
      out.text += '"';
      for (const char c : row[i]) {
        if (c == '"') out.text += '"';
        if (c == '\n') ++line;
        out.text += c;
      }
      out.text += '"';
    }
    out.text += line_end;
    ++line;
  }
  return out;
}

TEST(Csv, WhatIsWrittenIsReadWithItsLines) {
  EXPECT_TRUE(rc::check([] {
    const char delimiter = *rc::gen::element(',', ';', '\t', '|');
    const std::string line_end = *rc::gen::element<std::string>("\n", "\r\n");
    const size_t width = *rc::gen::inRange<size_t>(2, 6);
    const auto field = rc::gen::container<std::string>(
        rc::gen::element('a', 'b', '1', ' ', '"', '\n', ',', ';', '\t', '|', '\'', '.'));
    const auto rows = *rc::gen::container<std::vector<std::vector<std::string>>>(
        rc::gen::container<std::vector<std::string>>(width, field));
    std::vector<std::vector<std::string>> all;
    std::vector<std::string> header;
    for (size_t i = 0; i < width; ++i) header.push_back(fmt::format("c{}", i));
    all.push_back(header);
    for (auto row : rows) {
      // A record of blanks alone may be a blank line.
      row[0] = "x" + row[0];
      all.push_back(std::move(row));
    }
    const Written written = write(all, delimiter, line_end, *rc::gen::arbitrary<bool>());
    auto reader = csv_of_text(written.text, {.delimiter = delimiter}, [](Malformed) { RC_FAIL("a reject"); });
    RC_ASSERT(reader.has_value());
    RC_ASSERT((*reader)->columns() == header);
    Row row;
    for (size_t i = 1; i < all.size(); ++i) {
      RC_ASSERT(*(*reader)->next(row));
      RC_ASSERT(row.line == written.lines[i]);
      for (size_t c = 0; c < width; ++c) RC_ASSERT(row.at(c).text == all[i][c]);
    }
    RC_ASSERT(!*(*reader)->next(row));
  }));
}

TEST(Csv, RecordsAcrossChunksAreWhole) {
  // Chunks are 1 MB: records of about 3 KB, some with line breaks, cross their borders at every offset.
  std::vector<std::vector<std::string>> all{{"id", "text"}};
  for (int i = 0; i < 1500; ++i)
    all.push_back({std::to_string(i), std::string(3000 + i % 7, 'x') + (i % 3 ? "" : "\n\"q\"")});
  const Written written = write(all, ',', "\r\n", false);
  auto reader = csv_of_text(written.text, {}, [](Malformed) { FAIL(); });
  ASSERT_TRUE(reader);
  Row row;
  for (size_t i = 1; i < all.size(); ++i) {
    ASSERT_TRUE(*(*reader)->next(row));
    ASSERT_EQ(row.line, written.lines[i]);
    ASSERT_EQ(row.at(0).text, all[i][0]);
    ASSERT_EQ(row.at(1).text, all[i][1]);
  }
  EXPECT_FALSE(*(*reader)->next(row));
}

TEST(Csv, DelimitersAreFoundAndNamesMadeUnique) {
  struct Case {
    std::string_view text;
    char delimiter;
  };
  constexpr Case kCases[] = {{"a,b\n1,2\n", ','},
                             {"a;b\n1,5;2\n2,5;3\n", ';'},
                             {"a\tb\n1\t2\n", '\t'},
                             {"a|b|c\n1|2|3\n", '|'},
                             {"a,b\n\"x;y;z\",2\n\"u;v;w\",3\n", ','},
                             {"name;note\nA;\"one, two, three\"\nB;four\n", ';'}};
  for (const Case& c : kCases) EXPECT_EQ(sniff_csv(c.text, {}).delimiter, c.delimiter) << c.text;
  auto reader = csv_of_text("a,,a\n1,2,3\n", {}, [](Malformed) {});
  EXPECT_EQ((*reader)->columns(), (std::vector<std::string>{"a", "column_2", "a_2"}));
}

TEST(Csv, Windows1252HasItsOwnLetters) {
  EXPECT_EQ(utf8_of_windows1252("caf\xE9 \x80 \x93q\x94"), "café € “q”");
  EXPECT_EQ(utf8_of_windows1252("\x81"), std::nullopt);
}

TEST(Json, HalfOfAPairOfSurrogatesIsALostLetter) {
  JsonParser parser;
  JsonDocument d;
  std::string problem,
      text = R"({"a":"cut \ud83d","b":"\ude00x","c":"\ud83d\ud83d\ude00","k\ud83d":"\u0041","d":"\ud83d\u0041"})";
  const size_t size = text.size();
  text.append(kJsonPadding, '\0');
  ASSERT_TRUE(parser.parse(std::string_view(text).substr(0, size), d, problem)) << problem;
  EXPECT_EQ(d.at(d.find(0, "a")).text, "cut \xEF\xBF\xBD");
  EXPECT_EQ(d.at(d.find(0, "b")).text, "\xEF\xBF\xBDx");
  EXPECT_EQ(d.at(d.find(0, "c")).text, "\xEF\xBF\xBD😀");
  EXPECT_EQ(d.at(d.find(0, "k\xEF\xBF\xBD")).text, "A");
  EXPECT_EQ(d.at(d.find(0, "d")).text,
            "\xEF\xBF\xBD"
            "A");
}

// What an element of a batch is, and what is wrong with it.
std::vector<std::string> elements_of(std::string text, bool& is_batch) {
  JsonParser parser;
  JsonDocument d;
  const size_t size = text.size();
  text.append(kJsonPadding, '\0');
  is_batch = parser.parse_batch(std::string_view(text).substr(0, size), d);
  std::vector<std::string> out;
  const uint32_t batch = is_batch ? d.find(0, "batch") : 0;
  for (uint32_t at = batch + 1; batch != 0 && at < d.at(batch).next; at = d.at(at).next)
    out.push_back(d.flaw_of(at).empty() ? std::string(d.at(at).text) : "!" + std::string(d.at(at).text));
  EXPECT_TRUE(!is_batch || d.at(0).next == d.nodes().size());
  return out;
}

TEST(Json, ABatchIsReadElementByElement) {
  struct Case {
    std::string text;
    std::vector<std::string> elements;
  };
  const Case kCases[] = {
      {R"({"batch":[{"a":1},{"a":NaN},{"b":"x"}]})", {R"({"a":1})", R"(!{"a":NaN})", R"({"b":"x"})"}},
      {R"({"batch":[{"a":1},],"sentAt":3})", {R"({"a":1})"}},
      {R"({"batch":[null,"t",7,tru,[1],{"a":"\q"}]})", {"null", "t", "7", "!tru", "[1]", R"(!{"a":"\q"})"}},
      {"{\"batch\":[{\"a\":\"\xE9\"},{\"a\":1}]}", {"!{\"a\":\"\xE9\"}", R"({"a":1})"}},
      {"{\"batch\":[{\"a\":\"new\nline\"},{\"a\":1}]}", {"!{\"a\":\"new\nline\"}", R"({"a":1})"}},
      {R"({"context":{bad},"batch":[{"a":1}],"x":'y'})", {R"({"a":1})"}},
      {R"({"batch":[{"a":1},{"b":)", {R"({"a":1})", R"(!{"b":)"}},
      {R"({"batch":[}]})", {}},
      {R"({"batch":[]})", {}},
  };
  for (const Case& c : kCases) {
    bool is_batch = false;
    EXPECT_EQ(elements_of(c.text, is_batch), c.elements) << c.text;
    EXPECT_TRUE(is_batch) << c.text;
  }
  for (const std::string_view none :
       {"", "{", "[1]", "batch", R"({"a":1})", R"({"batch":{}})", R"({"batch" [1]})", R"({batch:[1]})"}) {
    bool is_batch = false;
    (void)elements_of(std::string(none), is_batch);
    EXPECT_FALSE(is_batch) << none;
  }
}

TEST(Json, ParallelParsingKeepsLinesWholeAndInOrder) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += fmt::format("{{\"n\":{},\"t\":\"{}\"}}\n", i, std::string(3000 + i % 11, 'x'));
  auto reader = json_of_text(text, [](Malformed) { FAIL(); });
  ASSERT_TRUE(reader);
  JsonDocument document;
  uint64_t line = 0;
  std::string_view raw;
  for (uint64_t i = 0; i < 3000; ++i) {
    ASSERT_TRUE(*(*reader)->next(document, line, raw));
    ASSERT_EQ(line, i + 1);
    ASSERT_EQ(document.at(document.find(0, "n")).text, std::to_string(i));
    ASSERT_EQ(document.at(document.find(0, "t")).text.size(), 3000 + i % 11);
  }
  EXPECT_FALSE(*(*reader)->next(document, line, raw));
}

TEST(Json, NodesKeepLiteralsTextsAndExtents) {
  JsonParser parser;
  JsonDocument d;
  std::string problem, text = R"( {"a":[1.50, {"b":"x\u00e9\n"} ],"a\"k":-0.0,"e":{ },"n":null} )";
  const size_t size = text.size();
  text.append(kJsonPadding, '\0');
  ASSERT_TRUE(parser.parse(std::string_view(text).substr(0, size), d, problem)) << problem;
  const uint32_t a = d.find(0, "a");
  EXPECT_EQ(d.at(a).text, R"([1.50, {"b":"x\u00e9\n"} ])");
  EXPECT_EQ(d.at(a + 1).text, "1.50");
  EXPECT_EQ(d.at(d.find(a + 2, "b")).text, "xé\n");
  EXPECT_EQ(d.at(d.find(0, "a\"k")).text, "-0.0");
  EXPECT_EQ(d.at(d.find(0, "e")).text, "{ }");
  EXPECT_EQ(d.at(0).next, d.nodes().size());
  for (const std::string_view bad :
       {"{\"a\":1}x", "{\"a\":01}", "{\"a\":tru}", "{\"a\":1,}", "{\"a\"}", "7", "[1", "{\"a\":\"\\x\"}"}) {
    std::string padded(bad);
    padded.append(kJsonPadding, '\0');
    EXPECT_FALSE(parser.parse(std::string_view(padded).substr(0, bad.size()), d, problem)) << bad;
  }
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "[";
  for (int i = 0; i < 100; ++i) deep += "]";
  const size_t deep_size = deep.size();
  deep.append(kJsonPadding, '\0');
  EXPECT_FALSE(parser.parse(std::string_view(deep).substr(0, deep_size), d, problem));
}

// A source that gives so many bytes at a time.
class Pieces final : public ByteSource {
 public:
  Pieces(std::string text, size_t size) : text_(std::move(text)), size_(size) {}
  Result<bool> read(std::string& out, size_t most) override {
    const size_t step = std::min({size_, most, text_.size() - at_});
    out.append(text_, at_, step);
    at_ += step;
    return at_ < text_.size();
  }
  uint64_t consumed() const override { return at_; }

 private:
  std::string text_;
  size_t size_, at_ = 0;
};

TEST(Blanks, BecomeTabsWhereverAPieceEnds) {
  const std::string text = "  a  b c \r\n\n d\t  e f\n   \ng  h  i";
  for (const auto& [least, expected] :
       {std::pair<size_t, std::string>{1, "a\tb\tc\r\n\nd\te\tf\n\ng\th\ti"}, {2, "a\tb c\r\n\nd\te f\n\ng\th\ti"}})
    for (const size_t size : {1, 2, 3, 5, 100}) {
      const auto source = tabs_for_blanks(std::make_unique<Pieces>(text, size), least);
      std::string out;
      while (*source->read(out, 1 << 10)) {
      }
      EXPECT_EQ(out, expected) << size << " bytes at a time";
    }
}

TEST(Blanks, PartColumnsWhereEveryLineHasAsManyCells) {
  EXPECT_EQ(blanks_between_columns("a b\n1  2\n"), 1u);
  EXPECT_EQ(blanks_between_columns("first name   b\nx  2\n"), 2u);
  EXPECT_EQ(blanks_between_columns("a b\n1 2 3\n"), std::nullopt);
  EXPECT_EQ(blanks_between_columns("a\n1\n"), std::nullopt) << "one column";
  EXPECT_EQ(blanks_between_columns("a b\n1"), std::nullopt) << "no two lines";
  EXPECT_EQ(blanks_between_columns("a b\n\"1 2\"\n"), std::nullopt) << "quotes";
}

}  // namespace
}  // namespace tessera::formats
