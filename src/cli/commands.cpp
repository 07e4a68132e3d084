#include "cli/command.hpp"
#include "cli/command_line.hpp"

namespace tessera::cli {

namespace {

constexpr Option kCommon[] = {
    {"--store", "FILE", "The record, a DuckDB file, or a server's address: http://HOST:PORT", Takes::One, false,
     Means::Itself, "TESSERA_STORE, else the settings' store, else tessera.duckdb"},
    {"--format", "FORMAT", "text, json or csv (default: text)"},
    {"--as-of", "TIME",
     "The instant to look from: 2026-03-01, 2026-03-01T10:00:00Z, now, or newest, which is the record's newest event "
     "(default: now; of a record that no server holds and whose newest event is older than a week, newest)"},
    {"--known-at", "TIME", "Leave out what was learnt after this instant (default: nothing is left out)"},
    {"--token", "TOKEN", "Token of the server's management API", Takes::One, false, Means::Itself,
     "TESSERA_TOKEN of the environment, else the settings' token"},
    {"--seed", "N", "Seed of everything random (default: 1)"},
};

}  // namespace

std::span<const Option> common_options() {
  return kCommon;
}

// The rows of each file of commands/, in the order of --help.
using Rows = std::span<const Command>;
Rows import_rows(), looking_rows(), events_rows(), customer_rows(), customers_rows(), discover_rows(), adopt_rows(),
    hunch_rows(), letter_rows(), segments_text_rows(), segments_run_rows(), segments_explain_rows(),
    segments_library_rows(), export_rows(), cluster_rows(), simulate_rows(), serve_rows(), keys_rows(), clock_rows(),
    tokens_rows(), audit_rows(), keeping_rows(), zone_rows(), currency_rows(), shell_rows();

std::span<const Command> commands() {
  static const std::vector<Command> kAll = [] {
    std::vector<Command> all;
    for (const Rows rows : {import_rows(),
                            looking_rows(),
                            events_rows(),
                            customer_rows(),
                            customers_rows(),
                            discover_rows(),
                            adopt_rows(),
                            hunch_rows(),
                            letter_rows(),
                            segments_text_rows(),
                            segments_run_rows(),
                            segments_explain_rows(),
                            segments_library_rows(),
                            export_rows(),
                            cluster_rows(),
                            simulate_rows(),
                            serve_rows(),
                            keys_rows(),
                            clock_rows(),
                            zone_rows(),
                            currency_rows(),
                            tokens_rows(),
                            audit_rows(),
                            keeping_rows(),
                            shell_rows()})
      all.insert(all.end(), rows.begin(), rows.end());
    return all;
  }();
  return kAll;
}

std::vector<Needs> needs_of(const Command& command, const Arguments& given) {
  std::vector<Needs> out{command.needs};
  for (const Option& option : command.options)
    if (option.needs != Needs::Any && given.has(long_name(option.name))) out.push_back(option.needs);
  return out;
}

namespace {

std::string manual_row(const Option& option) {
  std::string left(option.name);
  std::replace(left.begin(), left.end(), ',', ' ');
  if (option.name.starts_with('-') && !option.value.empty()) left += fmt::format(" {}", option.value);
  return fmt::format("| `{}` | {}{} |\n", left, help_of(option), option.required ? "; must be given" : "");
}

}  // namespace

std::string manual() {
  std::string out =
      "# The command line\n\nMade from the command table (src/cli/commands.cpp); a test keeps it so.\n\n"
      "    tessera [--store FILE] [--format text|json|csv] [--as-of TIME] [--seed N] COMMAND ...\n\n"
      "Results go to standard output, notes and progress to standard error. Exit code 0: done; 1: the input, a file or "
      "the "
      "record failed, with the place and a remedy; 2: wrong usage. Times are RFC 3339, durations are written `30 "
      "days`, "
      "`90 minutes`, `365d`.\n\nThe settings are `~/.config/tessera/config.toml` (below `XDG_CONFIG_HOME` where that is "
      "set; `TESSERA_CONFIG` names another file): lines such as `store = \"shop.duckdb\"`, and `token`. `tessera` alone "
      "says where to begin.\n\n## For every command\n\n| option | meaning |\n| --- | --- |\n";
  for (const Option& option : common_options()) out += manual_row(option);
  for (const Command& command : commands()) {
    out += fmt::format("\n## tessera {}\n\n{}.\n", command.path, command.summary);
    if (!command.options.empty()) out += "\n| option | meaning |\n| --- | --- |\n";
    for (const Option& option : command.options) out += manual_row(option);
  }
  return out;
}

}  // namespace tessera::cli
