// Every command line of README.md and docs/*.md is run, in order, by a reader who does as the page says; what the page
// shows below a command is compared with what it prints. A page has a scene, tests/cases/documents/*.test:
//
//   document PATH   the page
//   before          shell lines: what the reader has before the first command
//   instead         WHAT => WITH  # why: what is put in the place of names and numbers that are the reader's own
//   serving STORE   a server runs from the start
//   left            BEGINNING  # why: commands that are not run, and lines that are shown and not compared
//   run             -> how many commands were run, and how many left out
//
// A command is a line of a block that begins with one of kCommands; lines below it, up to the next one or the end of
// the block, are what it shows; JSON may have `...` in it. `serve` is started on a free port, which takes the place of
// 8080; the key it makes is WRITE_KEY and wk_... . Whoever changes a page sees here that a command does not work, or
// that one is new.
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "casefile/json_match.hpp"
#include "casefile/suite.hpp"
#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/text.hpp"

namespace tessera::cli {
namespace {

namespace fs = std::filesystem;
using cases::Shape;

constexpr cases::Word kWords[] = {{"document", Shape::Line}, {"serving", Shape::Line}, {"before", Shape::Table},
                                  {"instead", Shape::Table}, {"left", Shape::Table},   {"run"}};
constexpr std::string_view kCommands[] = {"tessera ", "curl ", "cat > ", "alias ", "export ", "./run ", "KEY="};
// So that a server's refusal is a command's failure.
constexpr std::string_view kCurl = "curl() { command curl --silent --show-error --fail-with-body \"$@\"; }\n";

bool begins_with_one(std::string_view line, const auto& beginnings) {
  return std::ranges::any_of(beginnings, [&](std::string_view each) { return line.starts_with(each); });
}

struct Command {
  std::string text;                // with the lines of a here-document
  std::vector<std::string> shown;  // below it
};

// Of blocks that are indented by four blanks, or stand between fences.
std::vector<Command> commands_of(const fs::path& page) {
  std::vector<Command> out;
  bool is_fenced = false, is_below = false;
  std::string end_of_text;  // of a here-document
  const std::string text = cases::read_file(page);
  for (std::string_view line : split(text, '\n')) {
    if (line.starts_with("```")) {
      is_fenced = !is_fenced;
      continue;
    }
    const bool is_in = is_fenced || line.starts_with("    ");
    if (!is_fenced && is_in) line.remove_prefix(4);
    if (!end_of_text.empty()) {
      out.back().text += fmt::format("\n{}", line);
      if (line == end_of_text) end_of_text.clear();
    } else if (trim(line).empty()) {
      continue;  // a block goes on behind an empty line
    } else if (!is_in) {
      is_below = false;
    } else if (begins_with_one(line, kCommands)) {
      out.push_back({.text = std::string(line), .shown = {}});
      is_below = true;
      if (const size_t at = line.find("<<'"); at != std::string_view::npos)
        end_of_text = std::string(line.substr(at + 3, line.find('\'', at + 3) - at - 3));
    } else if (is_below) {
      out.back().shown.emplace_back(line);
    }
  }
  return out;
}

struct Pair {
  std::string what, with;
};

// "WHAT => WITH  # why" of each line.
std::vector<Pair> pairs_of(std::string_view table) {
  std::vector<Pair> out;
  for (std::string_view line : split(table, '\n')) {
    if (line.empty()) continue;
    EXPECT_NE(line.find("  # "), std::string_view::npos) << line << ": and why?";
    line = line.substr(0, line.rfind("  # "));
    const size_t arrow = line.find(" => ");
    out.push_back({std::string(line.substr(0, arrow)),
                   arrow == std::string_view::npos ? "" : std::string(line.substr(arrow + 4))});
  }
  return out;
}

class Reader {
 public:
  explicit Reader(const cases::Block& block)
      : page_(block.setting("document")), left_(pairs_of(block.setting("left"))) {
    instead_ = pairs_of(block.setting("instead"));
    const Ran before = work_.sh(std::string(block.setting("before")));
    EXPECT_EQ(before.code, 0) << page_ << ", before: " << before.err;
    if (const auto store = block.setting("serving"); !store.empty()) serve_from(std::string(store));
  }

  std::string read() {
    size_t run = 0, left = 0;
    for (const Command& command : commands_of(fs::path(TESSERA_SOURCE_DIR) / page_)) {
      if (is_left(command.text)) {
        ++left;
        continue;
      }
      ++run;
      if (command.text.find(" serve") != std::string::npos)
        serve(command.text);
      else
        run_one(command);
    }
    for (const Pair& each : left_) EXPECT_TRUE(used_.contains(each.what)) << page_ << " has no '" << each.what << "'";
    for (const Pair& each : instead_)
      EXPECT_TRUE(used_.contains(each.what)) << page_ << " has no '" << each.what << "'";
    return fmt::format("{} commands run, {} left out\n", run, left);
  }

 private:
  bool is_left(std::string_view line) {
    for (const Pair& each : left_)
      if (line.starts_with(each.what)) return used_.insert(each.what), true;
    return false;
  }

  static void replace_all(std::string& text, std::string_view what, std::string_view with) {
    for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
      text.replace(at, what.size(), with);
  }

  std::string as_the_reader_types(std::string text) {
    for (const Pair& each : instead_) {
      if (text.find(each.what) != std::string::npos) used_.insert(each.what);
      replace_all(text, each.what, each.with);
    }
    if (server_) {
      replace_all(text, ":8080", fmt::format(":{}", server_->port()));
      replace_all(text, "WRITE_KEY", server_->key());
      replace_all(text, "wk_...", server_->key());
    }
    return text;
  }

  // What the shell works out is not known here.
  std::string as_shown(const std::string& text) {
    std::string out = as_the_reader_types(text);
    for (size_t at = 0; (at = out.find("$(", at)) != std::string::npos;)
      out.replace(at, out.find(')', at) - at + 1, "...");
    return out;
  }

  void serve(const std::string& text) {
    const size_t store = text.find("--store ");
    serve_from(store == std::string::npos ? "tessera.duckdb"
                                          : text.substr(store + 8, text.find(' ', store + 8) - store - 8));
  }
  void serve_from(const std::string& store) {
    server_.emplace(work_.path(store));
    server_->start();
    ASSERT_TRUE(server_->is_up()) << server_->errors();
  }

  void run_one(const Command& command) {
    const std::string text = as_the_reader_types(command.text);
    const bool is_setting = text.starts_with("KEY=") || text.starts_with("export ");
    if (is_setting) settings_ += text + "\n";
    const Ran ran = work_.sh(std::string(kCurl) + settings_ + (is_setting ? "true" : text));
    EXPECT_EQ(ran.code, 0) << page_ << ": " << text << "\n" << ran.out.substr(0, 2'000) << ran.err;
    const std::vector<std::string_view> lines = split(ran.out, '\n');
    for (const std::string& shown : command.shown) {
      if (is_left(shown)) continue;
      const bool is_printed = std::ranges::any_of(lines, [&](std::string_view line) {
        cases::Remembered ignored;
        const auto json = parse_json(line);
        return line == shown || (json && cases::matches_json(as_shown(shown), *json, ignored));
      });
      EXPECT_TRUE(is_printed) << page_ << " shows\n  " << shown << "\nbut there is\n" << ran.out.substr(0, 2'000);
    }
  }

  Workplace work_;
  std::string page_, settings_;
  std::vector<Pair> left_, instead_;
  std::set<std::string> used_;  // of the two
  std::optional<Serving> server_;
};

class Documents : public testing::TestWithParam<cases::Case> {};

TEST_P(Documents, DoWhatTheySay) {
  ASSERT_TRUE(GetParam().is_readable()) << GetParam().place() << ": " << GetParam().file().content.error().text();
  cases::expect(GetParam(), Reader(GetParam().block()).read());
}

INSTANTIATE_TEST_SUITE_P(Text, Documents, testing::ValuesIn(cases::all("documents", kWords)), cases::name_of);

TEST(DocumentsTest, EveryPageWithCommandsHasAScene) {
  std::set<std::string> scenes;
  for (const cases::Case& each : cases::all("documents", kWords))
    if (each.is_readable()) scenes.insert(std::string(each.block().setting("document")));
  std::vector<std::string> pages = {"README.md", "CONTRIBUTING.md"};
  for (const auto& entry : fs::directory_iterator(fs::path(TESSERA_SOURCE_DIR) / "docs"))
    if (entry.path().extension() == ".md") pages.push_back("docs/" + entry.path().filename().string());
  for (const std::string& page : pages)
    EXPECT_EQ(!commands_of(fs::path(TESSERA_SOURCE_DIR) / page).empty(), scenes.contains(page)) << page;
}

}  // namespace
}  // namespace tessera::cli
