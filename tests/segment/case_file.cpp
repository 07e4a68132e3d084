#include "segment/case_file.hpp"

#include <array>

#include <fmt/format.h>

#include "core/text.hpp"

namespace tessera::segment {

namespace {

constexpr std::array<std::string_view, 4> kBlocks{"members", "values", "says", "fmt"};
constexpr std::array<std::string_view, 2> kTables{"shop", "with"};
constexpr std::array<std::string_view, 3> kSettings{"data", "now", "known"};

bool is_one_of(const auto& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

std::string_view first_word(std::string_view line) {
  return line.substr(0, line.find(' '));
}

// What opens a block or a setting; a word of the language never stands alone so.
bool opens(std::string_view line) {
  const std::string_view word = first_word(line);
  const std::string_view rest = trim(line.substr(word.size()));
  if (is_one_of(kBlocks, word) || is_one_of(kTables, word)) return rest.empty() || rest.starts_with('#');
  return is_one_of(kSettings, word) && !rest.empty();
}

}  // namespace

Result<CaseFile> read_case_file(std::string_view text) {
  const std::vector<std::string_view> lines = split(text, '\n');
  CaseFile out;
  CaseBlock settings;
  size_t i = 0;
  for (; i < lines.size() && !opens(lines[i]); ++i) out.head += std::string(lines[i]) + "\n";
  while (i < lines.size()) {
    if (lines[i].empty()) {
      ++i;
      continue;
    }
    if (!opens(lines[i])) return fail(fmt::format("'{}' is no block", lines[i]), fmt::format("line {}", i + 1));
    CaseBlock block = settings;
    block.line = i + 1;
    block.kind = first_word(lines[i]);
    const std::string_view rest = trim(lines[i].substr(block.kind.size()));
    ++i;
    if (is_one_of(kSettings, block.kind)) {
      block.text = rest;
      const auto instant = parse_instant(rest);
      if (block.kind == "data")
        settings.data = rest, settings.shop.clear();
      else if (!instant)
        return fail(fmt::format("'{}' is no time", rest), fmt::format("line {}", i));
      else
        (block.kind == "now" ? settings.now : settings.known) = *instant;
    } else if (is_one_of(kTables, block.kind)) {
      for (; i < lines.size() && !lines[i].empty(); ++i) block.text += std::string(lines[i]) + "\n";
      (block.kind == "shop" ? settings.shop : settings.with) = block.text;
    } else {
      block.comment = rest;
      for (; i < lines.size() && lines[i] != "----"; ++i) block.text += std::string(lines[i]) + "\n";
      if (i == lines.size()) return fail("the block has no ----", fmt::format("line {}", block.line));
      for (++i; i < lines.size(); ++i) {
        const bool last = lines[i].empty() && (i + 1 >= lines.size() || lines[i + 1].empty() || opens(lines[i + 1]));
        if (last) break;
        block.expected += std::string(lines[i]) + "\n";
      }
    }
    out.blocks.push_back(std::move(block));
  }
  return out;
}

std::string write_case_file(const CaseFile& file) {
  std::string out = file.head;
  const CaseBlock* before = nullptr;
  for (const CaseBlock& block : file.blocks) {
    const bool setting = is_one_of(kSettings, block.kind);
    if (before && !(setting && is_one_of(kSettings, before->kind))) out += "\n";
    if (setting)
      out += fmt::format("{} {}\n", block.kind, block.text);
    else if (is_one_of(kTables, block.kind))
      out += fmt::format("{}\n{}", block.kind, block.text);
    else
      out += fmt::format("{}{}{}\n{}----\n{}", block.kind, block.comment.empty() ? "" : "  ", block.comment, block.text,
                         block.expected);
    before = &block;
  }
  return out;
}

}  // namespace tessera::segment
