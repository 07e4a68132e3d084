// The program: what was typed, run here or by a server, and its exit code.
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

#include "cli/calling.hpp"
#include "cli/remote.hpp"
#include "cli/terminal.hpp"

namespace tessera::cli {

namespace {

std::string token_of(const Arguments& common) {
  if (const auto given = common.text("token")) return *given;
  const char* const kept = std::getenv("TESSERA_TOKEN");
  return kept ? kept : "";
}

int run_called(const Called& called, std::span<const std::string> words, const Clock& clock) {
  TerminalProgress progress;
  const std::string store = called.common.text("store").value_or("");
  const Invocation invocation{store, &called};
  OwnWorld world(store.empty() ? std::string(kDefaultStore) : store, clock);
  auto context = context_of(called.common, store, clock, progress, world);
  if (!context) return report(world, context.error(), invocation);
  context->interactive = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
  context->token = token_of(called.common);
  if (!is_address(context->store) || called.command->remote == Remote::Itself) return run_in(*context, called);
  if (called.command->remote == Remote::Never)
    return report(world, usage(fmt::format("tessera {} takes no server's address: {}", called.command->path,
                                           called.command->why_never),
                               "leave --store away, or name a file")
                             .error());
  const auto code = run_there(*context, called, words);
  progress.finish();
  return code ? *code : report(world, code.error(), invocation);
}

}  // namespace

int run(int argc, const char* const* argv, const Clock& clock) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto called = parse_command_line(words);
  OwnWorld terminal("", clock);
  int code = 0;
  if (!called)
    code = report(terminal, called.error(), {.store = store_among(words)});
  else if (!called->help.empty())
    terminal.print(called->help);
  else
    code = run_called(*called, words, clock);
  // A full disk or a closed pipe shows only when the last bytes are written.
  if (std::fflush(stdout) != 0)
    return report(terminal, {"the output could not be written (is the disk full?)", {}, {}});
  return code;
}

}  // namespace tessera::cli
