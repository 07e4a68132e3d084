// The one door to CLI11: turns the command table into its parser and what it parsed into Arguments.
#include <cstdio>
#include <list>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "core/text.hpp"

namespace tessera::cli {

namespace {

// Where CLI11 writes an option's values; lists so that addresses stay.
struct Slot {
  std::string name;
  Takes takes;
  bool flag = false;
  std::vector<std::string> values;
};
using Slots = std::list<Slot>;

// "-e,--expression" -> "expression"; "FILE" -> "FILE".
std::string long_name(std::string_view name) {
  const size_t dashes = name.rfind("--");
  return std::string(dashes == std::string_view::npos ? name : name.substr(dashes + 2));
}

void add_option(CLI::App& app, const Option& option, Slots& slots) {
  Slot& slot = slots.emplace_back(Slot{long_name(option.name), option.takes, false, {}});
  const std::string name(option.name), help(option.help);
  if (option.takes == Takes::Flag) {
    app.add_flag(name, slot.flag, help);
    return;
  }
  CLI::Option* made = app.add_option(name, slot.values, help);
  if (option.takes == Takes::One) made->expected(1);
  // An option takes one value each time it is given, so that it never swallows what follows it.
  else if (option.name.starts_with('-'))
    made->expected(1)->take_all();
  made->required(option.required)->type_name(std::string(option.value));
}

Arguments arguments_of(const Slots& slots) {
  Arguments out;
  for (const Slot& slot : slots) {
    if (slot.flag) out.add(slot.name, "");
    for (const std::string& value : slot.values) out.add(slot.name, value);
  }
  return out;
}

// The subcommand for "segments count", making "segments" where it is not there yet.
CLI::App* subcommand(CLI::App& app, const Command& command) {
  CLI::App* at = &app;
  const auto words = split(command.path, ' ');
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string word(words[i]);
    const bool last = i + 1 == words.size();
    const auto made = at->get_subcommands([&](const CLI::App* app) { return app->get_name() == word; });
    CLI::App* next = made.empty() ? nullptr : made.front();
    if (!next) next = at->add_subcommand(word, last ? std::string(command.summary) : "");
    if (!last) next->require_subcommand(1)->description(fmt::format("{}: see tessera {} --help", word, word));
    at = next->fallthrough();
  }
  return at;
}

// "unknown command 'improt'; did you mean 'import'?" where a first word is near a command.
std::string with_hint(const std::string& message, int argc, const char* const* argv) {
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    names.emplace_back(command.path);
    names.emplace_back(split(command.path, ' ').front());
  }
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with('-') || std::find(names.begin(), names.end(), word) != names.end()) continue;
    if (const auto near = nearest_name(word, names)) return fmt::format("{}\n  did you mean '{}'?", message, *near);
  }
  return message;
}

Result<Context> context_of(const Arguments& common, const Clock& clock, Progress& progress) {
  Context out{.store = common.text("store").value_or("tessera.duckdb"), .clock = clock, .progress = progress};
  if (out.store.starts_with("http://") || out.store.starts_with("https://"))
    return usage("--store takes a file in this version, not a server's address", "--store tessera.duckdb");
  const std::string format = common.text("format").value_or("text");
  if (format == "json")
    out.format = Format::Json;
  else if (format == "csv")
    out.format = Format::Csv;
  else if (format != "text")
    return usage(fmt::format("--format takes text, json or csv, not '{}'", format));
  out.as_of = TRY(common.instant("as-of"));
  out.known_at = TRY(common.instant("known-at"));
  if (const auto seed = TRY(common.whole("seed", 0, INT64_MAX))) out.seed = static_cast<uint64_t>(*seed);
  out.interactive = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
  return out;
}

int report(const Error& error) {
  std::fflush(stdout);
  std::fprintf(stderr, "%s\n", error.text().c_str());
  return error.blame == Blame::Usage ? 2 : 1;
}

int run_command(const Command& command, const Slots& common, const Slots& own, const Clock& clock) {
  TerminalProgress progress;
  const auto context = context_of(arguments_of(common), clock, progress);
  if (!context) return report(context.error());
  const auto code = command.run(*context, arguments_of(own));
  progress.finish();
  if (!code) return report(code.error());
  // A full disk or a closed pipe shows only when the last bytes are written.
  if (std::fflush(stdout) != 0) return report({"the output could not be written (is the disk full?)", {}, {}});
  return *code;
}

}  // namespace

int run(int argc, const char* const* argv, const Clock& clock) {
  CLI::App app{"Tessera: a company's customer events in, explained micro-segments out", "tessera"};
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help on all commands");
  app.set_version_flag("--version", "tessera " TESSERA_VERSION);
  app.option_defaults()->always_capture_default(false);
  Slots common;
  for (const Option& option : common_options()) add_option(app, option, common);
  std::vector<std::pair<CLI::App*, std::pair<const Command*, Slots>>> made;
  made.reserve(commands().size());
  for (const Command& command : commands()) {
    made.push_back({subcommand(app, command), {&command, {}}});
    for (const Option& option : command.options) add_option(*made.back().first, option, made.back().second.second);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return report({with_hint(error.what(), argc, argv), {}, "tessera --help lists the commands", Blame::Usage});
  }
  for (const auto& [parsed, command] : made)
    if (parsed->parsed()) return run_command(*command.first, common, command.second, clock);
  return report({"no command was given", {}, "tessera --help lists the commands", Blame::Usage});
}

}  // namespace tessera::cli
