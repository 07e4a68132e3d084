#include "cli/completion.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/guide.hpp"
#include "core/text.hpp"

namespace tessera::cli {

namespace {

// What may stand at a place of the command line: behind "" the first words, behind "segments" the second ones.
struct Node {
  std::string path;
  std::vector<std::pair<std::string, std::string>> words;  // with what they do
  const Command* command = nullptr;
};

std::vector<Node> nodes() {
  std::vector<Node> out{{"", {}, nullptr}};
  const auto node = [&](std::string_view path) -> Node& {
    const auto found = std::ranges::find(out, path, &Node::path);
    return found != out.end() ? *found : out.emplace_back(Node{std::string(path), {}, nullptr});
  };
  for (const Command& command : commands()) {
    const size_t blank = command.path.find(' ');
    const std::string first(command.path.substr(0, blank));
    auto& top = node("").words;
    const bool is_known = std::ranges::find(top, first, &std::pair<std::string, std::string>::first) != top.end();
    if (blank == command.path.npos) {
      top.emplace_back(first, command.summary);
    } else {
      if (!is_known) top.emplace_back(first, fmt::format("{} commands", first));
      node(first).words.emplace_back(command.path.substr(blank + 1), command.summary);
    }
    node(command.path).command = &command;
  }
  return out;
}

// Values that the table lists; empty: none, and files are offered.
std::string_view choices_of(std::string_view option) {
  struct Choices {
    std::string_view option, values;
  };
  static constexpr Choices kChoices[] = {{"format", "text json csv"},
                                         {"for", "csv mailchimp klaviyo"},
                                         {"as", "bot staff test"},
                                         {"dates", "dmy mdy"},
                                         {"decimals", "point comma"},
                                         {"encoding", "utf-8 windows-1252"},
                                         {"scale", "none standard"},
                                         {"collection", "yes no"},
                                         {"profiling", "yes no"},
                                         {"log-format", "text json"},
                                         {"log-level", "debug info warning error off"}};
  const auto found = std::ranges::find(kChoices, option, &Choices::option);
  return found == std::end(kChoices) ? std::string_view() : found->values;
}

std::vector<std::string> spellings(const Option& option) {
  std::vector<std::string> out;
  for (const std::string_view one : split(option.name, ',')) out.emplace_back(one);
  return out;
}

// Options that are followed by a value, in any command.
std::set<std::string> with_value() {
  std::set<std::string> out;
  const auto add = [&](std::span<const Option> options) {
    for (const Option& option : options)
      if (option.name.starts_with('-') && option.takes != Takes::Flag)
        for (const std::string& name : spellings(option)) out.insert(name);
  };
  add(common_options());
  for (const Command& command : commands()) add(command.options);
  return out;
}

bool takes_segment(const Command& command) {
  return std::ranges::any_of(command.options, [](const Option& option) { return option.name == "SEGMENT"; });
}

// Single-quoted for a POSIX shell.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// Common to bash and zsh: the command that the words before the cursor make, the --store among them, and an option that
// waits for its value.
constexpr std::string_view kWalk = R"(
  local at="" store="" word waits=""
  for word in "${before[@]}"; do
    if [[ -n $waits ]]; then
      [[ $waits = --store ]] && store=$word
      waits=""
      continue
    fi
    case $word in
      %VALUED%) waits=$word ;;
      -*) ;;
      *)
        case "$at $word" in
          %PATHS%) at="${at:+$at }$word" ;;
        esac ;;
    esac
  done
)";

std::string walk() {
  std::string paths;
  for (const Node& node : nodes()) {
    if (node.path.empty()) continue;
    const bool is_first = node.path.find(' ') == node.path.npos;
    paths += (paths.empty() ? "" : "|") + in_quotes(is_first ? " " + node.path : node.path);
  }
  const std::set<std::string> valued = with_value();
  std::string out(kWalk);
  out.replace(out.find("%VALUED%"), 8, join(std::vector<std::string>(valued.begin(), valued.end()), "|"));
  out.replace(out.find("%PATHS%"), 7, paths);
  return out;
}

// Ids of the segments in force; nothing where there is no record.
constexpr std::string_view kSegments =
    "_tessera_segments() {\n"
    "  tessera ${1:+--store \"$1\"} --format csv segments list 2>/dev/null |\n"
    "    sed -n 's/^segment,\\([^,]*\\),.*/\\1/p'\n"
    "}\n";

// A case of the shell for each option whose values are known.
template <typename Offer>
std::string value_cases(const Offer& offer) {
  std::string out;
  std::set<std::string> said;
  const auto add = [&](std::span<const Option> options) {
    for (const Option& option : options) {
      const std::string_view values = choices_of(long_name(option.name));
      if (!values.empty() && said.insert(long_name(option.name)).second)
        out += fmt::format("    {}) {}; return ;;\n", join(spellings(option), "|"), offer(values));
    }
  };
  add(common_options());
  for (const Command& command : commands()) add(command.options);
  return out;
}

constexpr Option kHelp[] = {{"--help", "", "Print help", Takes::Flag}};

// Every option that may stand at a node.
std::vector<Option> options_at(const Node& node) {
  std::vector<Option> out;
  if (node.command)
    for (const Option& option : node.command->options)
      if (option.name.starts_with('-')) out.push_back(option);
  if (node.command || node.path.empty()) out.insert(out.end(), common_options().begin(), common_options().end());
  out.push_back(kHelp[0]);
  return out;
}

std::string bash() {
  std::string out = "# Completion of tessera for bash, made by: tessera completion bash\n";
  out += kSegments;
  out +=
      "_tessera() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} offered=\"\" options=\"\"\n"
      "  local -a before=(\"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\n"
      "  COMPREPLY=()\n  case $prev in\n";
  out += value_cases(
      [](std::string_view values) { return fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$cur\"))", values); });
  out += "  esac" + walk() + "  [[ -z $waits ]] || return\n  case $at in\n";
  for (const Node& node : nodes()) {
    std::string words, options;
    for (const auto& [word, what] : node.words) words += (words.empty() ? "" : "\n") + word;
    for (const Option& option : options_at(node))
      options += (options.empty() ? "" : "\n") + join(spellings(option), "\n");
    const bool is_of_segments = node.command && takes_segment(*node.command);
    out += fmt::format("    {}) offered={} options={} ;;\n", in_quotes(node.path),
                       is_of_segments ? "$(_tessera_segments \"$store\")" : in_quotes(words), in_quotes(options));
  }
  out +=
      "  esac\n"
      "  if [[ $cur = -* ]]; then offered=$options; fi\n"
      "  local IFS=$'\\n'\n"
      "  COMPREPLY=($(compgen -W \"$offered\" -- \"$cur\"))\n"
      "}\n"
      "complete -o default -F _tessera tessera\n";
  return out;
}

// "word:what it does" for _describe.
std::string described(std::string_view word, std::string_view what) {
  std::string out;
  for (const char c : word) out += c == ':' ? std::string("\\:") : std::string(1, c);
  return in_quotes(fmt::format("{}:{}", out, what));
}

std::string zsh() {
  std::string out = "#compdef tessera\n# Completion of tessera for zsh, made by: tessera completion zsh\n";
  out += kSegments;
  out +=
      "_tessera() {\n"
      "  local cur=${words[CURRENT]} prev=${words[CURRENT-1]}\n"
      "  local -a before=(\"${(@)words[2,CURRENT-1]}\") offered options\n"
      "  case $prev in\n";
  out += value_cases([](std::string_view values) { return fmt::format("compadd {}", values); });
  out += "  esac" + walk() + "  if [[ -n $waits ]]; then _files; return; fi\n  case $at in\n";
  for (const Node& node : nodes()) {
    std::string words, options;
    for (const auto& [word, what] : node.words) words += " " + described(word, what);
    for (const Option& option : options_at(node))
      for (const std::string& name : spellings(option)) options += " " + described(name, help_of(option));
    const bool is_of_segments = node.command && takes_segment(*node.command);
    out += fmt::format("    {}) offered=({}) options=({}) ;;\n", in_quotes(node.path),
                       is_of_segments ? " ${(f)\"$(_tessera_segments \"$store\")\"}" : words, options);
  }
  out +=
      "  esac\n"
      "  if [[ $cur = -* ]]; then _describe -o option options\n"
      "  elif (( $#offered )); then _describe command offered\n"
      "  else _files\n  fi\n"
      "}\n"
      "if [[ $funcstack[1] = _tessera ]]; then _tessera \"$@\"; else compdef _tessera tessera; fi\n";
  return out;
}

std::string in_fish_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out + "'";
}

constexpr std::string_view kFishWalk = R"(# Completion of tessera for fish, made by: tessera completion fish
function __tessera_at
  set -l at ''
  set -l waits 0
  for word in (commandline -opc)[2..-1]
    if test $waits = 1
      set waits 0
    else if contains -- $word %VALUED%
      set waits 1
    else if not string match -q -- '-*' $word
      if contains -- (string trim "$at $word") %PATHS%
        set at (string trim "$at $word")
      end
    end
  end
  test "$at" = "$argv[1]"
end
function __tessera_segments
  tessera --format csv segments list 2>/dev/null | sed -n 's/^segment,\([^,]*\),.*/\1/p'
end
)";

std::string fish() {
  std::string paths;
  for (const Node& node : nodes())
    if (!node.path.empty()) paths += (paths.empty() ? "" : " ") + in_fish_quotes(node.path);
  const std::set<std::string> valued = with_value();
  std::string out(kFishWalk);
  out.replace(out.find("%VALUED%"), 8, join(std::vector<std::string>(valued.begin(), valued.end()), " "));
  out.replace(out.find("%PATHS%"), 7, paths);
  for (const Node& node : nodes()) {
    const std::string here =
        fmt::format("complete -c tessera -n {}", in_fish_quotes("__tessera_at '" + node.path + "'"));
    for (const auto& [word, what] : node.words)
      out += fmt::format("{} -f -a {} -d {}\n", here, word, in_fish_quotes(what));
    if (node.command && takes_segment(*node.command)) out += fmt::format("{} -f -a '(__tessera_segments)'\n", here);
    for (const Option& option : options_at(node)) {
      std::string line = here;
      for (const std::string& name : spellings(option))
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (option.takes != Takes::Flag) line += " -r";
      if (const std::string_view values = choices_of(long_name(option.name)); !values.empty())
        line += fmt::format(" -f -a {}", in_fish_quotes(values));
      out += fmt::format("{} -d {}\n", line, in_fish_quotes(help_of(option)));
    }
  }
  return out;
}

}  // namespace

Result<std::string> completion_for(std::string_view shell) {
  struct Shell {
    std::string_view name;
    std::string (*make)();
  };
  static constexpr Shell kShells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
  const auto found = std::ranges::find(kShells, shell, &Shell::name);
  if (found != std::end(kShells)) return found->make();
  return usage(fmt::format("no completion is made for '{}'; there are bash, zsh and fish", shell),
               try_command("completion").argument("bash"));
}

}  // namespace tessera::cli
