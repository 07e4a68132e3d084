// The blocks of a kind of case files as parameters of a test, one test a block:
//
//   class LanguageCase : public testing::TestWithParam<cases::Case> {};
//   TEST_P(LanguageCase, Holds) { cases::expect(GetParam(), Runner(GetParam().block()).run()); }
//   INSTANTIATE_TEST_SUITE_P(Cases, LanguageCase, testing::ValuesIn(cases::all("segment", kWords)), cases::name_of);
//
// TESSERA_BLESS=1 writes what came out into the files instead of comparing it, for review as a diff. A block whose
// comment begins with "not yet:" says what is right and not so today: it is skipped, never blessed, and fails once it
// is so.
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "casefile/case_file.hpp"

namespace tessera::cases {

struct LoadedFile {
  std::filesystem::path path;
  std::string text;  // as it is on disk
  Result<CaseFile> content;
};

// One block of a file; of a file that cannot be read the one case that says so.
class Case {
 public:
  Case(std::shared_ptr<LoadedFile> file, size_t index) : file_(std::move(file)), index_(index) {}
  bool is_readable() const { return file_->content.has_value(); }
  const LoadedFile& file() const { return *file_; }
  // REQUIRES: is_readable(), here and below.
  const Block& block() const { return file_->content->blocks[index_]; }
  // The blocks that are cases from the last one of `opening` before this one (or this one itself) up to this one: a
  // story in which each goes on where the one before it ended.
  std::vector<const Block*> story(std::string_view opening) const;
  bool is_run() const, is_so_today() const;
  std::string place() const;  // "windows.test:24"
  void bless(std::string expected) const;

 private:
  std::shared_ptr<LoadedFile> file_;
  size_t index_;
};

std::filesystem::path folder();  // tests/cases
std::string read_file(const std::filesystem::path& path);

// All cases of tests/cases/KIND/*.test, files by name.
std::vector<Case> all(std::string_view kind, Grammar grammar);
// "windows_are_half_open_line_24_members"
std::string name_of(const testing::TestParamInfo<Case>& info);
void PrintTo(const Case& each, std::ostream* out);  // gtest's name

bool is_blessing();
// `found` is what is expected, or becomes so. `matches` where equality is not what is meant; then what is expected
// stays as it is written as long as it does.
using Matches = std::function<bool(std::string_view expected, std::string_view found)>;
void expect(const Case& each, const std::string& found, const Matches& matches = nullptr);

// Answers the last block of a story. The blocks before it are answered first, unless they just were.
template <typename Runner>
class StoryTeller {
 public:
  std::string answer(const std::vector<const Block*>& story) {
    const bool goes_on =
        runner_ && told_.size() < story.size() && std::equal(told_.begin(), told_.end(), story.begin());
    if (!goes_on) {
      told_.clear();
      runner_.reset();
      runner_.emplace();
    }
    std::string found;
    for (size_t i = told_.size(); i < story.size(); ++i) found = runner_->run(*story[i]);
    told_ = story;
    return found;
  }

 private:
  std::optional<Runner> runner_;
  std::vector<const Block*> told_;
};

}  // namespace tessera::cases
