// The front door of the command line. main.cpp builds the graph and passes references down; a command is a row of a
// table and a file under commands/.
//
//   words to a command   command.hpp        commands, Option, Context, run: the table, and how a row is run
//                        commands.hpp       the functions, one a command
//                        command_line.hpp   parse_command_line
//                        advice.hpp         report, text_of: an error, and what helps as a line to paste
//                        guide.hpp          groups, examples; help_text, first_steps: what commands say of themselves
//                        completion.hpp     completion_for a shell, man_page
//   what it touches      world.hpp          World: words, files, the record
//                        calling.hpp        run_in: the same command at a terminal and in a server
//                        lent.hpp           lent_commands: in a server, on its record
//                        remote.hpp         run_there: at a server far away
//   what most do first   asking.hpp         the words as the values that a use case takes (workspace/)
//   what some share      kafka_sources.hpp  KafkaSources
//                        keys.hpp           tell_of_keys
//   answers              table.hpp          render_list: text, CSV, JSON
//                        terminal.hpp       TerminalProgress, terminal_text
//
// Large because each command is a file of its own under commands/.
#pragma once
