// Help as text, from the table of commands and the guide.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "cli/calling.hpp"
#include "cli/command_line.hpp"
#include "cli/guide.hpp"
#include "core/text.hpp"

namespace tessera::cli {

namespace {

constexpr size_t kWidth = 100, kLeft = 26;  // columns of the whole, and of what is explained

// "  left      words that go on\n            below themselves\n"
void add_row(std::string& out, std::string_view left, std::string_view words) {
  std::string line = fmt::format("  {:<{}}", left, kLeft - 2);
  if (left.size() + 3 > kLeft) {
    out += line + "\n";
    line.assign(kLeft, ' ');
  }
  bool has_words = false;
  for (const std::string_view word : split(words, ' ')) {
    if (has_words && line.size() + 1 + word.size() > kWidth) {
      out += line + "\n";
      line.assign(kLeft, ' ');
      has_words = false;
    }
    if (has_words) line += ' ';
    line += word;
    has_words = true;
  }
  out += line + "\n";
}

std::string left_of(const Option& option) {
  std::string left(option.name);
  if (const size_t comma = left.find(','); comma != left.npos) left.replace(comma, 1, ", ");
  if (!option.name.starts_with('-')) return option.required ? left : "[" + left + "]";
  return option.value.empty() ? left : fmt::format("{} {}", left, option.value);
}

void add_options(std::string& out, std::string_view title, std::span<const Option> options) {
  if (options.empty()) return;
  out += fmt::format("\n{}:\n", title);
  for (const Option& option : options)
    add_row(out, left_of(option), help_of(option) + (option.required ? "; must be given" : ""));
}

void add_examples(std::string& out, std::span<const Example> examples) {
  if (examples.empty()) return;
  out += "\nExamples:\n";
  for (const Example& example : examples) out += fmt::format("  tessera {}\n      {}\n", example.line, example.why);
}

std::string usage_of(const Command& command) {
  std::string out = fmt::format("tessera {}", command.path);
  bool has_options = false;
  for (const Option& option : command.options) has_options |= option.name.starts_with('-');
  if (has_options) out += " [OPTIONS]";
  for (const Option& option : command.options)
    if (!option.name.starts_with('-'))
      out += fmt::format(" {}{}", left_of(option), option.takes == Takes::Many ? " ..." : "");
  return out;
}

const Command* command_of(std::string_view path) {
  const auto found = std::ranges::find(commands(), path, &Command::path);
  return found == commands().end() ? nullptr : &*found;
}

std::string help_of_command(const Command& command) {
  std::string out = fmt::format("{}.\n\n  {}\n", command.summary, usage_of(command));
  add_options(out, "Options", command.options);
  add_options(out, "Options of every command", common_options());
  if (const Guide* const guide = guide_of(command.path)) add_examples(out, guide->examples);
  return out;
}

// Commands of several words stand under their first one, with all of the second.
void add_group(std::string& out, const GroupWords& group) {
  out += fmt::format("\n{}:\n", group.title);
  std::vector<std::string_view> said;
  for (const Guide& guide : guides()) {
    if (guide.group != group.group) continue;
    const std::string_view first = guide.path.substr(0, guide.path.find(' '));
    if (std::ranges::find(said, first) != said.end()) continue;
    said.push_back(first);
    if (first == guide.path) {
      add_row(out, first, command_of(guide.path)->summary);
      continue;
    }
    std::string seconds;
    for (const Guide& other : guides())
      if (other.group == group.group && other.path.starts_with(fmt::format("{} ", first)))
        seconds += fmt::format("{}{}", seconds.empty() ? "" : ", ", other.path.substr(first.size() + 1));
    add_row(out, fmt::format("{} ...", first), seconds);
  }
}

}  // namespace

std::string help_text(std::string_view path) {
  if (const Command* const command = command_of(path)) return help_of_command(*command);
  if (path.empty()) {
    std::string out =
        "Tessera: a company's customer events in, explained micro-segments out\n\n  tessera [OPTIONS] COMMAND ...\n";
    for (const GroupWords& group : groups()) add_group(out, group);
    add_options(out, "Options of every command", common_options());
    out +=
        "\nWhere they are not given, --store and --token are TESSERA_STORE and TESSERA_TOKEN of the environment, else "
        "what\n~/.config/tessera/config.toml says: store = \"shop.duckdb\" (TESSERA_CONFIG names another file).\n"
        "tessera COMMAND --help says more of one, and has examples; tessera alone says where to begin.\n";
    return out;
  }
  std::string out = fmt::format("tessera {} COMMAND ...\n\nCommands:\n", path);
  std::vector<Example> examples;
  for (const Command& command : commands()) {
    if (!command.path.starts_with(fmt::format("{} ", path))) continue;
    add_row(out, command.path.substr(path.size() + 1), command.summary);
    if (const Guide* const guide = guide_of(command.path); guide && !guide->examples.empty())
      examples.push_back(guide->examples.front());
  }
  add_examples(out, examples);
  return out;
}

std::string path_among(std::span<const std::string> words) {
  std::string path;
  for (const std::string& word : words) {
    const std::string longer = path.empty() ? word : path + " " + word;
    const auto leads_on = [&](const Command& command) {
      return command.path == longer || command.path.starts_with(longer + " ");
    };
    if (!word.empty() && std::ranges::any_of(commands(), leads_on)) path = longer;
    if (command_of(path)) break;
  }
  return path;
}

std::string first_steps(std::string_view store) {
  std::string out = "Tessera: a company's customer events in, explained micro-segments out\n\n";
  std::error_code ignored;
  const bool is_there = is_address(store) || std::filesystem::exists(std::string(store), ignored);
  struct Step {
    std::string_view line, why;
  };
  static constexpr Step kWithout[] = {
      {"tessera import orders.csv", "a file of orders, events or customers of yours"},
      {"tessera simulate --out demo", "or a made-up company, then: tessera import demo/events.jsonl"},
      {"tessera discover --out report", "its micro-segments: report/report.html"},
  };
  static constexpr Step kWith[] = {
      {"tessera discover --out report", "find micro-segments: report/report.html"},
      {"tessera adopt", "take them into use, having seen who enters"},
      {"tessera segments list", "what is in use"},
      {"tessera letter --since '7 days'", "what the last week brought"},
      {"tessera serve", "take events over HTTP, keep every segment true"},
      {"tessera doctor", "is the record whole, and is there room"},
  };
  out += fmt::format("{}:\n", is_address(store) ? fmt::format("The record is the one of the server at {}", store)
                              : is_there        ? fmt::format("The record is {}", store)
                                                : fmt::format("There is no record at {} yet. To make one", store));
  for (const Step& step : is_there ? std::span<const Step>(kWith) : std::span<const Step>(kWithout)) {
    if (is_address(store) && step.line == "tessera serve") continue;
    out += fmt::format("  {:<36} # {}\n", step.line, step.why);
  }
  return out + "\ntessera --help lists all commands.\n";
}

std::string embolden(std::string_view help) {
  std::string out;
  for (const std::string_view line : split(help, '\n')) {
    const bool is_heading = !line.empty() && line.front() != ' ' && line.ends_with(':');
    out += is_heading ? fmt::format("\033[1m{}\033[0m\n", line) : fmt::format("{}\n", line);
  }
  if (!out.empty()) out.pop_back();
  return out;
}

}  // namespace tessera::cli
