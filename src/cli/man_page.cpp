// Man pages, from the table of commands and the guide.
#include <algorithm>

#include <fmt/format.h>

#include "cli/completion.hpp"
#include "cli/guide.hpp"
#include "core/text.hpp"

namespace tessera::cli {

namespace {

// As roff prints it: no control line, no hyphen that may become another one.
std::string in_roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out;
}

// The argument of a macro, which a quotation mark would end.
std::string as_argument(std::string_view text) {
  std::string out;
  for (const char c : in_roff(text)) out += c == '"' ? std::string("\\(dq") : std::string(1, c);
  return "\"" + out + "\"";
}

std::string head(std::string_view path, std::string_view what) {
  std::string name = man_name(path);
  name.resize(name.size() - 2);  // ".1"
  std::string title = name;
  std::ranges::transform(title, title.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return fmt::format(".TH {} 1 \"\" {} \"Tessera\"\n.SH NAME\n{} \\- {}\n", as_argument(title),
                     as_argument("tessera " TESSERA_VERSION), in_roff(name), in_roff(what));
}

std::string options(std::string_view title, std::span<const Option> options) {
  if (options.empty()) return "";
  std::string out = fmt::format(".SH {}\n", as_argument(title));
  for (const Option& option : options)
    out += fmt::format(".TP\n.B {}\n{}{}\n",
                       as_argument(option.name.starts_with('-') && !option.value.empty()
                                       ? fmt::format("{} {}", option.name, option.value)
                                       : std::string(option.name)),
                       in_roff(help_of(option)), option.required ? "; must be given" : "");
  return out;
}

std::string examples(std::span<const Example> examples) {
  if (examples.empty()) return "";
  std::string out = ".SH EXAMPLES\n";
  for (const Example& example : examples)
    out += fmt::format(".TP\n.B {}\n{}\n", as_argument(fmt::format("tessera {}", example.line)), in_roff(example.why));
  return out;
}

std::string page_of(const Command& command) {
  std::string out = head(command.path, command.summary);
  out += fmt::format(".SH SYNOPSIS\n.B {}\n", as_argument(fmt::format("tessera {}", command.path)));
  for (const Option& option : command.options)
    if (!option.name.starts_with('-'))
      out += fmt::format(".I {}\n",
                         as_argument(option.required ? std::string(option.name) : fmt::format("[{}]", option.name)));
  out += "[options]\n" + options("OPTIONS", command.options) + options("OPTIONS OF EVERY COMMAND", common_options());
  if (const Guide* const guide = guide_of(command.path)) out += examples(guide->examples);
  return out + ".SH SEE ALSO\n.BR tessera (1)\n";
}

}  // namespace

std::string man_name(std::string_view path) {
  std::string out = "tessera";
  for (const std::string_view word : split(path, ' '))
    if (!word.empty()) out += fmt::format("-{}", word);
  return out + ".1";
}

std::string man_page(std::string_view path) {
  const auto found = std::ranges::find(commands(), path, &Command::path);
  if (found != commands().end()) return page_of(*found);
  std::string out =
      head("", "a company's customer events in, explained micro-segments out") +
      ".SH SYNOPSIS\n.B tessera\n[options]\n.I command\n.RI [ arguments ]\n.SH DESCRIPTION\nResults go to "
      "standard output, notes and progress to standard error.\n";
  for (const GroupWords& group : groups()) {
    out += fmt::format(".SH {}\n", as_argument(group.title));
    for (const Guide& guide : guides()) {
      if (guide.group != group.group) continue;
      const auto command = std::ranges::find(commands(), guide.path, &Command::path);
      out += fmt::format(".TP\n.B {}\n{}\n", as_argument(fmt::format("tessera {}", guide.path)),
                         in_roff(command->summary));
    }
  }
  out += options("OPTIONS OF EVERY COMMAND", common_options());
  return out +
         ".SH EXIT STATUS\n.TP\n.B 0\ndone\n.TP\n.B 1\nthe input, a file or the record failed\n.TP\n.B 2\nwrong usage\n"
         ".SH ENVIRONMENT\n.TP\n.B TESSERA_STORE, TESSERA_TOKEN\nwhat \\-\\-store and \\-\\-token are where they "
         "are not given\n.TP\n.B TESSERA_CONFIG\nthe file that has them otherwise\n.SH "
         "FILES\n.TP\n.B ~/.config/tessera/config.toml\nlines such as store = \\(dqshop.duckdb\\(dq, and token\n";
}

}  // namespace tessera::cli
