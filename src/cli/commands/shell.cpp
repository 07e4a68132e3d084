// For the shell: completion, man pages.
#include <filesystem>

#include "cli/command.hpp"
#include "cli/completion.hpp"

namespace tessera::cli {

namespace {

constexpr Option kCompletionOptions[] = {{"SHELL", "SHELL", "bash, zsh or fish", Takes::One, true}};
constexpr Option kManOptions[] = {{"--out", "DIR",
                                   "Write tessera.1 and a page for each command there, instead of printing the first",
                                   Takes::One, false, Means::Folder}};

Result<int> run_completion(const Context& context, const Arguments& given) {
  context.print(TRY(completion_for(*given.text("SHELL"))));
  return 0;
}

Result<int> run_man(const Context& context, const Arguments& given) {
  const auto folder = given.text("out");
  if (!folder) {
    context.print(man_page(""));
    return 0;
  }
  const auto write = [&](std::string_view path) {
    return context.world.write((std::filesystem::path(*folder) / man_name(path)).string(), man_page(path));
  };
  TRY(write(""));
  for (const Command& command : commands()) TRY(write(command.path));
  context.note(fmt::format("{} pages in {}", commands().size() + 1, *folder));
  return 0;
}

}  // namespace

std::span<const Command> shell_rows() {
  static const Command kRows[] = {{"completion", "Completion of commands and options for a shell", kCompletionOptions,
                                   run_completion, Remote::Never, Needs::Open, "it is about the program here"},
                                  {"man", "The manual as man pages", kManOptions, run_man, Remote::Never, Needs::Open,
                                   "it is about the program here"}};
  return kRows;
}

}  // namespace tessera::cli
