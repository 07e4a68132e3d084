// One function a command, each in a file of its own under commands/.
#pragma once

#include "cli/command.hpp"

namespace tessera::cli {

const Command& import_command();
const Command& rejects_command();
const Command& customers_duplicates_command();
const Command& customer_command();
std::span<const Command> customers_commands();
const Command& segments_check_command();
const Command& segments_count_command();
const Command& segments_members_command();
const Command& segments_explain_command();
const Command& segments_apply_command();
const Command& segments_remove_command();
const Command& segments_list_command();
const Command& segments_fmt_command();
const Command& segments_library_command();
const Command& discover_command();
const Command& discoveries_command();
const Command& adopt_command();
const Command& hunch_command();
const Command& letter_command();
const Command& cluster_command();
const Command& export_command();
const Command& simulate_command();
const Command& sql_command();
const Command& serve_command();
const Command& keys_add_command();
const Command& keys_list_command();
const Command& keys_revoke_command();
const Command& backup_command();
const Command& restore_command();
const Command& doctor_command();

}  // namespace tessera::cli
