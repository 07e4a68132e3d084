// Remedies as the command line prints them, and that no remedy of the sources names what the command line does not have.
#include "cli/advice.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "cli/program.hpp"

namespace tessera::cli {
namespace {

// As printed, for the program called with these words.
std::string printed(const Remedy& remedy, const std::vector<std::string>& words) {
  const auto called = parse_command_line(words);
  if (!called) return called.error().text();
  return text_of(remedy, {.store = called->common.text("store").value_or(""), .called = &*called});
}

TEST(Advice, WhatWasAskedIsAskedAgainWithTheOption) {
  const std::vector<std::string> words = {
      "--store",    "x y.db",   "import",       "a b.csv", "c.csv",
      "--zone=UTC", "--preset", "transactions", "--map",   "customer=a,time=the time"};
  const std::string start = "tessera --store 'x y.db' import 'a b.csv' c.csv";
  const std::string as_given = " --preset transactions --map 'customer=a,time=the time'";
  EXPECT_EQ(printed(try_again().option("--dates", "dmy").note("or mdy"), words),
            start + as_given + " --dates dmy --zone UTC   # or mdy");
  EXPECT_EQ(printed(try_again().option("--zone", "Europe/London"), words), start + as_given + " --zone Europe/London");
  EXPECT_EQ(printed(try_again().without("--preset").option("--map", "customer=b"), words),
            start + " --map customer=b --zone UTC");
  EXPECT_EQ(printed(try_again().option("--store", "z.db"), {"--store=x.db", "--as-of", "2026-03-01", "doctor"}),
            "tessera --store z.db --as-of 2026-03-01 doctor");
  EXPECT_EQ(printed(try_again().argument("3").flag("--yes"), {"adopt", "--only", "Lost"}),
            "tessera adopt 3 --only Lost --yes");
  EXPECT_EQ(printed(try_again().files("d", "csv"), {"import", "a.csv", "d"}), "tessera import a.csv d/*.csv");
  EXPECT_EQ(printed(try_again().flag("--yes"), {"import", "--currency", "EUR", "--", "-a.csv"}),
            "tessera import --currency EUR --yes -- -a.csv");
}

TEST(Advice, AnOptionThatTheCommandDoesNotTakeIsSaidAlone) {
  EXPECT_EQ(printed(try_again().option("--dates", "dmy"), {"doctor"}), "--dates dmy");
  EXPECT_EQ(text_of(try_again().option("--dates", "dmy"), {.store = "x.db"}), "--dates dmy");
}

TEST(Advice, NamesTheStoreThatTheUserGaveAndNoSecret) {
  EXPECT_EQ(printed(try_command("doctor"), {"--store", "it's.db", "keys", "list"}),
            "tessera --store 'it'\\''s.db' doctor");
  EXPECT_EQ(printed(try_command("doctor"), {"keys", "list"}), "tessera doctor");
  EXPECT_EQ(printed(try_again().option("--format", "json"),
                    {"--store", "http://127.0.0.1:1", "--token", "tsk_secret", "keys", "list"}),
            "tessera --store http://127.0.0.1:1 --format json --token TOKEN keys list");
  const std::vector<std::string> broken = {"improt", "--store", "x.db"}, joined = {"--store=y.db", "improt"};
  EXPECT_EQ(store_among(broken), "x.db");
  EXPECT_EQ(store_among(joined), "y.db");
}

// --- the sources

struct Named {
  std::string place, verb;
  bool is_again = false;             // whatever was asked
  std::vector<std::string> options;  // without dashes
};

std::vector<Named> named_in(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  const std::string source = text.str();
  static const std::regex kRemedy(
      R"re(try_(?:command\(\s*"([^"]*)"\s*\)|again\(\))((?:\s*\.\w+\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*))re");
  static const std::regex kOption(R"re(\.\s*(?:option|flag|blank_option|without)\(\s*"--?([^"]*)")re");
  std::vector<Named> out;
  for (std::sregex_iterator at(source.begin(), source.end(), kRemedy), end; at != end; ++at) {
    Named named{.place = path.string(), .verb = (*at)[1].str(), .is_again = !(*at)[1].matched, .options = {}};
    const std::string chain = (*at)[2].str();
    for (std::sregex_iterator option(chain.begin(), chain.end(), kOption); option != end; ++option)
      named.options.push_back((*option)[1].str());
    out.push_back(std::move(named));
  }
  return out;
}

bool takes(std::span<const Option> options, const std::string& name) {
  return std::ranges::any_of(options, [&](const Option& option) {
    return long_name(option.name) == name || option.name.starts_with("-" + name + ",");
  });
}

TEST(Advice, OfTheSourcesNamesCommandsAndOptionsThatThereAre) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(TESSERA_SOURCE_DIR "/src")) {
    if (entry.path().extension() != ".cpp") continue;
    for (const Named& named : named_in(entry.path())) {
      ++count;
      const auto is_it = [&](const Command& command) { return named.is_again || command.path == named.verb; };
      EXPECT_TRUE(named.verb.empty() || std::ranges::any_of(commands(), is_it)) << named.place << ": " << named.verb;
      for (const std::string& option : named.options)
        EXPECT_TRUE(option == "help" || takes(common_options(), option) ||
                    std::ranges::any_of(
                        commands(), [&](const Command& each) { return is_it(each) && takes(each.options, option); }))
            << named.place << ": " << named.verb << " --" << option;
    }
  }
  EXPECT_GT(count, 60u);
}

}  // namespace
}  // namespace tessera::cli
