// A page of plain sentences, and its writers: one HTML file that needs nothing else, and Markdown. What comes from the
// data is text in every one of them: no name can close a tag, open a link or end a line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tessera::report {

struct Run {
  enum class Kind : uint8_t { Plain, Name, Code } kind = Kind::Plain;
  std::string text;
  bool operator==(const Run&) const = default;
};
using Sentence = std::vector<Run>;
inline Run plain(std::string text) {
  return {Run::Kind::Plain, std::move(text)};
}
inline Run name(std::string text) {
  return {Run::Kind::Name, std::move(text)};
}
inline Run code(std::string text) {
  return {Run::Kind::Code, std::move(text)};
}

struct PageTable {
  std::vector<std::string> head;
  std::vector<std::vector<Sentence>> rows;  // as wide as the head
};
struct PageSection {
  std::string title;
  std::vector<Sentence> sentences, items;
  bool is_numbered = false;
  PageTable table;              // without rows: none
  std::vector<Sentence> below;  // small
};
struct Page {
  std::string title;
  std::vector<Sentence> lead;
  std::vector<PageSection> sections;
};

std::string html_of(const Page& page);
std::string markdown_of(const Page& page);

}  // namespace tessera::report
