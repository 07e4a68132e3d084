#include "casefile/suite.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

namespace tessera::cases {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kNotYet = "not yet:", kNotRun = "not run:";

}  // namespace

fs::path folder() {
  return fs::path(TESSERA_SOURCE_DIR) / "tests/cases";
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<const Block*> Case::story(std::string_view opening) const {
  const std::vector<Block>& blocks = file_->content->blocks;
  std::vector<const Block*> out;
  for (size_t i = 0; i <= index_; ++i) {
    if (blocks[i].kind() == opening) out.clear();
    if (blocks[i].comment.starts_with(kNotRun) && i < index_) continue;
    if (blocks[i].word->shape == Shape::Case || blocks[i].kind() == opening) out.push_back(&blocks[i]);
  }
  return out;
}

bool Case::is_run() const {
  return !block().comment.starts_with(kNotRun);
}

bool Case::is_so_today() const {
  return !block().comment.starts_with(kNotYet);
}

std::string Case::place() const {
  const std::string name = file_->path.filename().string();
  return is_readable() ? fmt::format("{}:{}", name, block().line) : name;
}

void Case::bless(std::string expected) const {
  file_->content->blocks[index_].expected = std::move(expected);
  const std::string text = write_case_file(*file_->content);
  if (text == file_->text) return;
  std::ofstream(file_->path, std::ios::binary) << text;
  file_->text = text;
}

std::vector<Case> all(std::string_view kind, Grammar grammar) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder() / kind))
    if (entry.path().extension() == ".test") paths.push_back(entry.path());
  std::ranges::sort(paths);
  std::vector<Case> out;
  for (const fs::path& path : paths) {
    std::string text = read_file(path);
    auto content = read_case_file(text, grammar);
    const auto file = std::make_shared<LoadedFile>(path, std::move(text), std::move(content));
    if (!file->content) out.emplace_back(file, 0);
    for (size_t i = 0; file->content && i < file->content->blocks.size(); ++i)
      if (file->content->blocks[i].word->shape == Shape::Case) out.emplace_back(file, i);
  }
  return out;
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.file().path.stem().string();
  if (info.param.is_readable()) name += fmt::format("_line_{}_{}", info.param.block().line, info.param.block().kind());
  std::ranges::replace_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
}

void PrintTo(const Case& each, std::ostream* out) {
  *out << each.place();
}

bool is_blessing() {
  return std::getenv("TESSERA_BLESS") != nullptr;
}

void expect(const Case& each, const std::string& found, const Matches& matches) {
  const Block& block = each.block();
  const bool holds = matches ? matches(block.expected, found) : block.expected == found;
  if (!each.is_so_today()) {
    EXPECT_FALSE(holds) << each.place() << ": it is so now: say no more that it is not";
    GTEST_SKIP() << block.comment;
  }
  if (holds) return;
  if (is_blessing()) return each.bless(found);
  EXPECT_EQ(found, block.expected) << each.place() << "\n" << block.heading << "\n" << block.text;
}

}  // namespace tessera::cases
