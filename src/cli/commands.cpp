#include "cli/commands.hpp"

namespace tessera::cli {

namespace {

constexpr Option kCommon[] = {
    {"--store", "FILE", "The record, a DuckDB file (default: tessera.duckdb), or a server's address: http://HOST:PORT"},
    {"--format", "FORMAT", "text, json or csv (default: text)"},
    {"--as-of", "TIME", "The instant to look from, such as 2026-03-01 or 2026-03-01T10:00:00Z (default: now)"},
    {"--known-at", "TIME", "Leave out what was learnt after this instant (default: nothing is left out)"},
    {"--token", "TOKEN", "Token of the server's management API (default: TESSERA_TOKEN of the environment)"},
    {"--seed", "N", "Seed of everything random (default: 1)"},
};

}  // namespace

std::span<const Option> common_options() {
  return kCommon;
}

std::span<const Command> commands() {
  static const std::vector<Command> kAll = [] {
    std::vector<Command> all{
        import_command(),
        rejects_command(),
        customer_command(),
        customers_duplicates_command(),
        discover_command(),
        discoveries_command(),
        adopt_command(),
        hunch_command(),
        letter_command(),
        segments_check_command(),
        segments_count_command(),
        segments_members_command(),
        segments_explain_command(),
        segments_apply_command(),
        segments_remove_command(),
        segments_list_command(),
        segments_fmt_command(),
        segments_library_command(),
        export_command(),
        cluster_command(),
        simulate_command(),
        sql_command(),
        serve_command(),
        keys_add_command(),
        keys_list_command(),
        keys_revoke_command(),
        backup_command(),
        restore_command(),
        doctor_command(),
    };
    const auto customers = customers_commands();
    all.insert(std::find_if(all.begin(), all.end(), [](const Command& each) { return each.path == "discover"; }),
               customers.begin(), customers.end());
    return all;
  }();
  return kAll;
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
      "`90 minutes`, `365d`.\n\n## For every command\n\n| option | meaning |\n| --- | --- |\n";
  for (const Option& option : common_options()) out += manual_row(option);
  for (const Command& command : commands()) {
    out += fmt::format("\n## tessera {}\n\n{}.\n", command.path, command.summary);
    if (!command.options.empty()) out += "\n| option | meaning |\n| --- | --- |\n";
    for (const Option& option : command.options) out += manual_row(option);
  }
  return out;
}

}  // namespace tessera::cli
