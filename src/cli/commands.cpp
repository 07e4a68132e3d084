#include "cli/commands.hpp"

namespace tessera::cli {

namespace {

constexpr Option kCommon[] = {
    {"--store", "FILE", "The record, a DuckDB file (default: tessera.duckdb)"},
    {"--format", "FORMAT", "text, json or csv (default: text)"},
    {"--as-of", "TIME", "The instant to look from, such as 2026-03-01 or 2026-03-01T10:00:00Z (default: now)"},
    {"--known-at", "TIME", "Leave out what was learnt after this instant (default: nothing is left out)"},
    {"--seed", "N", "Seed of everything random (default: 1)"},
};

}  // namespace

std::span<const Option> common_options() { return kCommon; }

std::span<const Command> commands() {
  static const std::vector<Command> kAll{
      import_command(),
      rejects_command(),
      customers_duplicates_command(),
      discover_command(),
      segments_check_command(),
      segments_count_command(),
      segments_members_command(),
      segments_explain_command(),
      segments_apply_command(),
      segments_list_command(),
      segments_fmt_command(),
      segments_library_command(),
      export_command(),
      cluster_command(),
      simulate_command(),
      sql_command(),
      backup_command(),
      restore_command(),
      doctor_command(),
  };
  return kAll;
}

}  // namespace tessera::cli
