#include "casefile/case_file.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"

namespace tessera::cases {

namespace {

struct Heading {
  const Word* word;
  std::string_view arguments, comment;
};

// A comment begins with '#' right behind the word, or behind two blanks and before one.
size_t comment_in(std::string_view rest) {
  const size_t first = rest.find_first_not_of(' ');
  return first != std::string_view::npos && rest[first] == '#' ? first : rest.find("  # ");
}

// What opens a block; nullopt: a line of text.
std::optional<Heading> heading_of(std::string_view line, Grammar grammar) {
  const std::string_view name = line.substr(0, line.find(' '));
  const auto word = std::ranges::find(grammar, name, &Word::name);
  if (word == grammar.end()) return std::nullopt;
  const std::string_view rest = line.substr(name.size());
  const size_t comment = comment_in(rest);
  const std::string_view arguments = trim(rest.substr(0, comment));
  if (word->shape == Shape::Line ? arguments.empty() : !word->takes_arguments && !arguments.empty())
    return std::nullopt;
  const std::string_view behind = comment == std::string_view::npos ? std::string_view() : trim(rest.substr(comment));
  return Heading{&*word, arguments, trim(behind.substr(std::min<size_t>(behind.size(), 1)))};
}

class FileReader {
 public:
  FileReader(std::string_view text, Grammar grammar) : lines_(split(text, '\n')), grammar_(grammar) {}

  Result<CaseFile> read() {
    CaseFile out;
    for (; at_ < lines_.size() && !opens(at_); ++at_) out.head += fmt::format("{}\n", lines_[at_]);
    std::string comments;
    while (at_ < lines_.size()) {
      const std::string_view line = lines_[at_];
      if (line.empty()) {
        ++at_;
      } else if (opens(at_)) {
        out.blocks.push_back(TRY(block(std::exchange(comments, {}))));
      } else if (line.starts_with('#')) {
        comments += fmt::format("{}\n", line);
        ++at_;
      } else {
        return fail(fmt::format("'{}' is no block", line), fmt::format("line {}", at_ + 1));
      }
    }
    return out;
  }

 private:
  bool opens(size_t line) const { return heading_of(lines_[line], grammar_).has_value(); }

  // An expectation ends before an empty line behind which something else begins: another empty line, or a block,
  // perhaps with comments right before it.
  bool ends_expectation(size_t line) const {
    if (!lines_[line].empty()) return false;
    const size_t next = line + 1;
    size_t behind_comments = next;
    while (behind_comments < lines_.size() && lines_[behind_comments].starts_with('#')) ++behind_comments;
    return next >= lines_.size() || lines_[next].empty() || (behind_comments < lines_.size() && opens(behind_comments));
  }

  void take(std::string& into) { into += fmt::format("{}\n", lines_[at_++]); }

  Result<Block> block(std::string comments) {
    const Heading heading = *heading_of(lines_[at_], grammar_);
    Block out{.word = heading.word,
              .arguments = std::string(heading.arguments),
              .comment = std::string(heading.comment),
              .line = at_ + 1};
    out.heading = comments + std::string(lines_[at_++]);
    if (out.word->shape == Shape::Table) {
      while (at_ < lines_.size() && !lines_[at_].empty()) take(out.text);
    } else if (out.word->shape == Shape::Case) {
      while (at_ < lines_.size() && lines_[at_] != "----") take(out.text);
      if (at_++ == lines_.size()) return fail("the block has no ----", fmt::format("line {}", out.line));
      while (at_ < lines_.size() && !ends_expectation(at_)) take(out.expected);
    }
    if (out.word->shape != Shape::Case) {
      settings_.erase(std::string(out.word->instead_of));
      settings_[std::string(out.kind())] = out.word->shape == Shape::Line ? out.arguments : out.text;
    }
    out.settings = settings_;
    return out;
  }

  std::vector<std::string_view> lines_;
  Grammar grammar_;
  size_t at_ = 0;
  std::map<std::string, std::string, std::less<>> settings_;
};

}  // namespace

Result<CaseFile> read_case_file(std::string_view text, Grammar grammar) {
  return FileReader(text, grammar).read();
}

std::string write_case_file(const CaseFile& file) {
  std::string out = file.head;
  const Block* before = nullptr;
  for (const Block& block : file.blocks) {
    const bool is_line = block.word->shape == Shape::Line;
    if (before && !(is_line && before->word->shape == Shape::Line)) out += "\n";
    out += block.heading + "\n" + block.text;
    if (block.word->shape == Shape::Case) out += "----\n" + block.expected;
    before = &block;
  }
  return out;
}

}  // namespace tessera::cases
