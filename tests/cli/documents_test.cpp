// Every command line of README.md and docs/*.md is run, in order, by a reader who does as the page says; what the page
// shows below a command is compared with what it prints. A page has a scene, tests/cases/documents/*.test:
//
//   document PATH   the page
//   before          shell lines: what the reader has before the first command
//   instead         WHAT => WITH  # why: what is put in the place of names and numbers that are the reader's own;
//                   FREE_PORT is a port where something may listen
//   serving STORE   a server runs from the start
//   meanwhile       BEGINNING => LINE  # why: what happens once the command that begins so, which goes on, is under way
//   left            BEGINNING  # why: commands that are not run, and lines that are shown and not compared
//   run             -> how many commands were run, and how many left out
//
// A command is a line of a block that begins with one of kCommands; lines below it, up to the next one or the end of
// the block, are what it shows; JSON may have `...` in it. `serve` is started on a free port, which takes the place of
// 8080; the key it makes is WRITE_KEY and wk_..., the token tsk_... . What goes on printing (a feed, a receiver) runs beside the rest, and
// what a page shows of it, there or in a block without a command, is waited for. Whoever changes a page sees here that a command does not work, or
// that one is new.
#include <fstream>
#include <memory>
#include <set>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "casefile/json_match.hpp"
#include "casefile/suite.hpp"
#include "cli/program.hpp"
#include "cli/running.hpp"
#include "cli/serving.hpp"
#include "core/text.hpp"

namespace tessera::cli {
namespace {

namespace fs = std::filesystem;
using cases::Shape;

constexpr cases::Word kWords[] = {{"document", Shape::Line},
                                  {"serving", Shape::Line},
                                  {"before", Shape::Table},
                                  {"meanwhile", Shape::Table},
                                  {"instead", Shape::Table},
                                  {"left", Shape::Table},
                                  {"run"}};
constexpr std::string_view kCommands[] = {"tessera ", "curl ", "cat > ", "alias ", "export ",
                                          "./run ",   "echo ", "grep ",  "KEY=",   "python3 "};
// What does not end by itself, and what it prints first.
struct GoesOn {
  std::string_view command, first;
};
constexpr GoesOn kGoesOn[] = {{"curl -N", "retry:"}, {"python3 ", "waiting"}};
// What they show, in blocks without a command.
constexpr std::string_view kHeard[] = {"data: ", "signed ", "members of "};
// So that a server's refusal is a command's failure; with the header that the pages leave out, as docs/server.md says.
constexpr std::string_view kCurl =
    "curl() {\n"
    "  case \" $* \" in *\" -u \"*) ;; *) set -- ${TESSERA_TOKEN:+-H \"Authorization: Bearer $TESSERA_TOKEN\"} \"$@\" ;; esac\n"
    "  command curl --silent --show-error --fail-with-body \"$@\"\n"
    "}\n";

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
    } else if (begins_with_one(line, kHeard)) {
      out.push_back({.text = {}, .shown = {std::string(line)}});
    }
  }
  return out;
}

struct Pair {
  std::string what, with, why;
};

// "WHAT => WITH  # why" of each line.
std::vector<Pair> pairs_of(std::string_view table) {
  std::vector<Pair> out;
  for (std::string_view line : split(table, '\n')) {
    if (line.empty()) continue;
    EXPECT_NE(line.find("  # "), std::string_view::npos) << line << ": and why?";
    const size_t reason = line.rfind("  # ");
    const std::string why(line.substr(std::min(reason + 4, line.size())));
    line = line.substr(0, reason);
    const size_t arrow = line.find(" => ");
    out.push_back({std::string(line.substr(0, arrow)),
                   arrow == std::string_view::npos ? "" : std::string(line.substr(arrow + 4)), why});
  }
  return out;
}

// Of this machine, at the moment.
uint16_t free_port() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{
      .sin_family = AF_INET, .sin_port = 0, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  socklen_t size = sizeof address;
  const bool bound = bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(listener);
  return bound ? ntohs(address.sin_port) : 0;
}

class Reader {
 public:
  explicit Reader(const cases::Block& block)
      : page_(block.setting("document")), left_(pairs_of(block.setting("left"))) {
    instead_ = pairs_of(block.setting("instead"));
    meanwhile_ = pairs_of(block.setting("meanwhile"));
    const Ran before = work_.sh(std::string(block.setting("before")));
    EXPECT_EQ(before.code, 0) << page_ << ", before: " << before.err;
    if (const auto store = block.setting("serving"); !store.empty()) serve_from(std::string(store));
  }

  std::string read() {
    size_t run = 0, left = 0;
    for (const Command& command : commands_of(fs::path(TESSERA_SOURCE_DIR) / page_)) {
      if (command.text.empty()) {
        hear(command.shown);
        continue;
      }
      if (is_left(command.text)) {
        ++left;
        continue;
      }
      ++run;
      const auto* goes_on =
          std::ranges::find_if(kGoesOn, [&](const GoesOn& each) { return command.text.starts_with(each.command); });
      if (goes_on != std::end(kGoesOn))
        go_on(command, *goes_on);
      else if (command.text.substr(0, command.text.find('\n')).find(" serve") != std::string::npos)
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
  static std::string heard_by_curl(const std::string& text) {
    const char* const token = std::getenv("TESSERA_TOKEN");
    return fmt::format("curl -sS {}{}", token ? fmt::format("-H 'Authorization: Bearer {}'", token) : "",
                       text.substr(4));
  }
  // Without the program (Python is not everywhere) nothing goes on, and nothing is heard.
  void go_on(const Command& command, const GoesOn& kind) {
    const std::string text = as_the_reader_types(command.text);
    const std::string program = text.substr(0, text.find(' '));
    feed_.reset();
    if (work_.sh("command -v " + program).code != 0) {
      fmt::print("not run, for there is no {} here: {}: {}\n", program, page_, command.text);
      return;
    }
    feed_ = std::make_unique<Running>(work_.path("").string(), program == "curl" ? heard_by_curl(text) : text);
    ASSERT_TRUE(feed_->says([&](std::string_view line) { return line.starts_with(kind.first); })) << feed_->printed();
    for (const Pair& each : meanwhile_)
      if (command.text.starts_with(each.what)) run_one({.text = each.with, .shown = {}});
    hear(command.shown);
  }

  void hear(const std::vector<std::string>& shown) {
    if (!feed_) return;
    for (const std::string& line : shown) {
      if (is_left(line)) continue;
      EXPECT_TRUE(feed_->says([&](std::string_view printed) { return is_as_shown(line, printed); }))
          << page_ << " shows\n  " << line << "\nbut there is\n"
          << feed_->printed();
    }
  }

  // A line of JSON, perhaps behind a word, or the very line.
  bool is_as_shown(const std::string& shown, std::string_view line) {
    const std::string expected = as_shown(shown);
    if (line == expected) return true;
    const size_t brace = expected.find('{');
    if (brace == std::string::npos || line.substr(0, brace) != std::string_view(expected).substr(0, brace))
      return false;
    cases::Remembered ignored;
    const auto json = parse_json(line.substr(brace));
    return json && cases::matches_json(std::string_view(expected).substr(brace), *json, ignored);
  }

  bool is_left(std::string_view line) {
    for (const Pair& each : left_) {
      if (!line.starts_with(each.what)) continue;
      fmt::print("left out: {}: {}  ({})\n", page_, line, each.why);
      used_.insert(each.what);
      return true;
    }
    return false;
  }

  static void replace_all(std::string& text, std::string_view what, std::string_view with) {
    for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
      text.replace(at, what.size(), with);
  }

  std::string as_the_reader_types(std::string text) {
    for (const Pair& each : instead_) {
      if (text.find(each.what) != std::string::npos) used_.insert(each.what);
      replace_all(text, each.what, each.with == "FREE_PORT" ? free_port_ : each.with);
    }
    if (server_) {
      replace_all(text, ":8080", fmt::format(":{}", server_->port()));
      replace_all(text, "WRITE_KEY", server_->key());
      replace_all(text, "wk_...", server_->key());
      replace_all(text, "tsk_...", server_->token());
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

  // But for where it listens, with the options of the page.
  void serve(const std::string& text) {
    const size_t store = text.find("--store "), options = text.find(" serve") + 6;
    std::vector<std::string> more;
    for (const std::string_view word : split(std::string_view(text).substr(options), ' '))
      if (!word.empty()) more.emplace_back(word);
    if (const auto listen = std::ranges::find(more, "--listen"); listen != more.end()) more.erase(listen, listen + 2);
    serve_from(
        store == std::string::npos ? "tessera.duckdb" : text.substr(store + 8, text.find(' ', store + 8) - store - 8),
        more);
  }
  void serve_from(const std::string& store, const std::vector<std::string>& more = {}) {
    server_.emplace(work_.path(store));
    server_->start(more);
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
      const bool is_printed =
          std::ranges::any_of(lines, [&](std::string_view line) { return is_as_shown(shown, line); });
      EXPECT_TRUE(is_printed) << page_ << " shows\n  " << shown << "\nbut there is\n" << ran.out.substr(0, 2'000);
    }
  }

  Workplace work_;
  std::string page_, settings_;
  std::vector<Pair> left_, instead_, meanwhile_;
  std::set<std::string> used_;  // of the two
  const std::string free_port_ = std::to_string(free_port());
  std::optional<Serving> server_;
  std::unique_ptr<Running> feed_;
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
