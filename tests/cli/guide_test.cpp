// What the program says of itself: help, where to begin, completion, man pages, the user's settings.
#include "cli/guide.hpp"

#include <regex>

#include <gmock/gmock.h>

#include "cli/command_line.hpp"
#include "cli/completion.hpp"
#include "cli/program.hpp"
#include "core/text.hpp"

namespace tessera::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// As a shell takes a line apart, as far as examples use it: blanks, single quotes, comments.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> out;
  bool is_quoted = false, has_word = false;
  for (const char c : line) {
    if (c == '\'') {
      is_quoted = !is_quoted;
      if (!std::exchange(has_word, true)) out.emplace_back();
    } else if (c == ' ' && !is_quoted) {
      has_word = false;
    } else {
      if (!std::exchange(has_word, true)) out.emplace_back();
      out.back() += c;
    }
  }
  return out;
}

TEST(Guide, EveryCommandHasAGroupAndExamplesThatAreUnderstood) {
  EXPECT_EQ(guides().size(), commands().size());
  for (const Command& command : commands()) {
    SCOPED_TRACE(command.path);
    const Guide* const guide = guide_of(command.path);
    ASSERT_TRUE(guide);
    EXPECT_FALSE(guide->examples.empty());
    for (const Example& example : guide->examples) {
      const auto called = parse_command_line(words_of(example.line));
      ASSERT_TRUE(called) << example.line << ": " << called.error().text();
      ASSERT_TRUE(called->command) << example.line;
      EXPECT_EQ(called->command->path, command.path) << example.line;
    }
  }
}

TEST(Guide, HelpOfACommandHasItsOptionsThoseOfEveryCommandAndExamples) {
  const Workplace work;
  const Ran ran = work.sh("tessera segments count --help");
  EXPECT_EQ(ran.code, 0);
  for (const char* said : {"-e, --expression EXPR", "--as-of TIME", "Examples:", "tessera segments count -e "})
    EXPECT_THAT(ran.out, HasSubstr(said));
  EXPECT_THAT(ran.out, Not(HasSubstr("\033"))) << "no terminal, no colours";
  EXPECT_THAT(work.sh("tessera segments --help").out, HasSubstr("  members "));
  const std::string all = work.sh("tessera --help").out;
  for (const GroupWords& group : groups()) EXPECT_THAT(all, HasSubstr(fmt::format("\n{}:\n", group.title)));
  for (const Command& command : commands())
    EXPECT_THAT(all, HasSubstr(command.path.substr(0, command.path.find(' ')))) << "a command without a place";
  EXPECT_EQ(embolden("Options:\n  --store: x\n"), "\033[1mOptions:\033[0m\n  --store: x\n");
}

TEST(Guide, TheProgramAloneSaysWhereToBegin) {
  const Workplace work;
  const Ran none = work.sh("tessera");
  EXPECT_EQ(none.code, 0);
  EXPECT_THAT(none.out, HasSubstr("There is no record at tessera.duckdb yet"));
  EXPECT_THAT(none.out, HasSubstr("tessera import"));
  work.write("orders.csv", "customer,time,amount\nann,2026-01-02,10\nbob,2026-01-03,20\n");
  ASSERT_EQ(work.sh("tessera import orders.csv --yes --map customer=customer,time=time,amount=amount").code, 0);
  EXPECT_THAT(work.sh("tessera").out, HasSubstr("The record is tessera.duckdb"));
  EXPECT_THAT(work.sh("tessera").out, HasSubstr("tessera discover"));
}

TEST(Guide, TheStoreIsTheEnvironmentsElseTheSettingsUnlessItIsGiven) {
  const Workplace work;
  work.write("orders.csv", "customer,time,amount\nann,2026-01-02,10\n");
  const std::string import = " import orders.csv --yes --map customer=customer,time=time,amount=amount";
  for (const char* store : {"a.db", "b.db"})
    ASSERT_EQ(work.sh(fmt::format("tessera --store {}{}", store, import)).code, 0);
  work.write("bobs.csv", "customer,time,amount\nbob,2026-01-02,10\n");
  ASSERT_EQ(work.sh("tessera --store b.db import bobs.csv --yes --map customer=customer,time=time,amount=amount").code,
            0);
  work.write("mine.toml", "# mine\nstore = \"a.db\"\n");
  const std::string count = "segments count -e 'did \"Order Completed\"'";
  EXPECT_EQ(work.sh("TESSERA_CONFIG=mine.toml tessera " + count).out, "1\n");
  EXPECT_EQ(work.sh("TESSERA_CONFIG=mine.toml TESSERA_STORE=b.db tessera " + count).out, "2\n");
  EXPECT_EQ(work.sh("TESSERA_STORE=b.db tessera --store a.db " + count).out, "1\n");
  work.write("config.toml", "store = 'b.db'\n");
  EXPECT_EQ(work.sh("mkdir -p conf/tessera; mv config.toml conf/tessera; XDG_CONFIG_HOME=conf tessera " + count).out,
            "2\n");
  // What is wrong in it is said, with the file.
  work.write("wrong.toml", "sotre = 'b.db'\n");
  const Ran wrong = work.sh("TESSERA_CONFIG=wrong.toml tessera " + count);
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("wrong.toml: there is no setting 'sotre'"));
  EXPECT_EQ(work.sh("TESSERA_CONFIG=nowhere.toml tessera " + count).code, 1);
}

// What bash offers where the words end.
std::vector<std::string> offered(const Workplace& work, const std::vector<std::string>& words) {
  std::string script = "tessera() { " TESSERA_BINARY " \"$@\"; }\nsource <(tessera completion bash)\nCOMP_WORDS=(";
  for (const std::string& word : words) script += fmt::format(" '{}'", word);
  work.write("complete.sh", fmt::format("{})\nCOMP_CWORD={}\n_tessera\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n", script,
                                        words.size() - 1));
  const Ran ran = work.sh("bash complete.sh");
  EXPECT_EQ(ran.err, "");
  std::vector<std::string> out;
  for (const std::string_view one : split(ran.out, '\n'))
    if (!one.empty()) out.emplace_back(one);
  return out;
}

TEST(Completion, OfBashOffersCommandsOptionsValuesAndSegments) {
  const Workplace work;
  EXPECT_THAT(offered(work, {"tessera", "se"}), ElementsAre("segments", "serve"));
  EXPECT_THAT(offered(work, {"tessera", "--store", "import", "segments", "c"}), ElementsAre("check", "count"));
  EXPECT_THAT(offered(work, {"tessera", "segments", "count", "--e"}), ElementsAre("--expression"));
  EXPECT_THAT(offered(work, {"tessera", "--format", ""}), ElementsAre("text", "json", "csv"));
  EXPECT_THAT(offered(work, {"tessera", "export", "--for", "m"}), ElementsAre("mailchimp"));
  EXPECT_THAT(offered(work, {"tessera", "segments", "apply", ""}), ElementsAre()) << "files";
  work.write("orders.csv", "customer,time,amount\nann,2026-01-02,10\n");
  work.write("s.tsl",
             "segment \"Big spenders\" = did \"Order Completed\"\nsegment \"Others\" = no \"Order Completed\"\n");
  ASSERT_EQ(
      work.sh("tessera --store r.db import orders.csv --yes --map customer=customer,time=time,amount=amount").code, 0);
  ASSERT_EQ(work.sh("tessera --store r.db segments apply s.tsl").code, 0);
  EXPECT_THAT(offered(work, {"tessera", "--store", "r.db", "segments", "members", ""}),
              ElementsAre("big-spenders", "others"));
}

TEST(Completion, OfEveryShellNamesEveryCommand) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto script = completion_for(shell);
    ASSERT_TRUE(script) << shell;
    for (const Command& command : commands()) EXPECT_THAT(*script, HasSubstr(command.path)) << shell;
  }
  EXPECT_FALSE(completion_for("csh"));
}

// roff obeys a line that begins with a dot or a quotation mark: only those meant are there.
TEST(Man, PagesAreOfTheTable) {
  const Workplace work;
  ASSERT_EQ(work.sh("tessera man --out pages").code, 0);
  for (const Command& command : commands()) {
    const std::string page = work.read(fmt::format("pages/{}", man_name(command.path)));
    EXPECT_THAT(page, HasSubstr(".SH NAME\n")) << command.path;
    for (const std::string_view line : split(page, '\n'))
      if (line.starts_with('.'))
        EXPECT_THAT((std::vector<std::string>{".TH", ".SH", ".TP", ".B", ".I", ".BR"}),
                    Contains(std::string(line.substr(0, line.find(' ')))))
            << line;
    for (const Option& option : command.options)
      if (option.name.starts_with("--"))
        EXPECT_THAT(page, HasSubstr(std::regex_replace(std::string(option.name), std::regex("-"), R"(\-)")));
  }
  EXPECT_THAT(work.sh("tessera man").out, HasSubstr("segments count"));
}

}  // namespace
}  // namespace tessera::cli
