// The program: what was typed, run here or by a server, and its exit code.
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <unistd.h>

#include "cli/calling.hpp"
#include "cli/command_line.hpp"
#include "cli/guide.hpp"
#include "cli/remote.hpp"
#include "cli/terminal.hpp"

namespace tessera::cli {

namespace {

std::string of_environment(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

// Where the user's settings lie; empty: nowhere.
std::string settings_file() {
  if (const std::string named = of_environment("TESSERA_CONFIG"); !named.empty()) return named;
  const std::string below = of_environment("XDG_CONFIG_HOME"), home = of_environment("HOME");
  if (below.empty() && home.empty()) return "";
  return (below.empty() ? home + "/.config" : below) + "/tessera/config.toml";
}

// What is meant where --store and --token are not given: the environment, before the settings.
Result<Arguments> defaults(World& world) {
  Arguments out;
  const std::string file = settings_file();
  std::error_code ignored;
  if (!of_environment("TESSERA_CONFIG").empty() || (!file.empty() && std::filesystem::exists(file, ignored)))
    out = TRY(parse_settings(TRY(world.read(file)), file));
  for (const auto& [variable, name] : {std::pair("TESSERA_STORE", "store"), std::pair("TESSERA_TOKEN", "token")})
    if (const std::string value = of_environment(variable); !value.empty()) out.add(name, value);
  return out;
}

int run_called(const Called& called, std::span<const std::string> words, const std::string& token, const Clock& clock) {
  TerminalProgress progress;
  const std::string store = called.common.text("store").value_or("");
  const Invocation invocation{store, &called};
  OwnWorld world(store.empty() ? std::string(kDefaultStore) : store, clock);
  auto context = context_of(called.common, store, clock, progress, world);
  if (!context) return report(world, context.error(), invocation);
  context->interactive = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
  context->token = called.common.text("token").value_or(token);
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
  OwnWorld terminal("", clock);
  const bool is_plain = !isatty(STDOUT_FILENO) || !of_environment("NO_COLOR").empty();
  const auto print_help = [&](const std::string& help) {
    std::fputs((is_plain ? help : embolden(help)).c_str(), stdout);
  };
  auto called = words.empty() ? Result<Called>(Called{}) : parse_command_line(words);
  int code = 0;
  if (!called) {
    code = report(terminal, called.error(), {.store = store_among(words)});
  } else if (!called->help.empty()) {
    print_help(called->help);
  } else if (const auto meant = defaults(terminal); !meant) {
    code = report(terminal, meant.error(), {.store = store_among(words)});
  } else {
    // The token is no part of what was typed: remedies repeat that.
    if (const auto store = meant->text("store")) called->common.put_under(Arguments("store", *store));
    if (words.empty())
      print_help(first_steps(called->common.text("store").value_or(std::string(kDefaultStore))));
    else
      code = run_called(*called, words, meant->text("token").value_or(""), clock);
  }
  // A full disk or a closed pipe shows only when the last bytes are written.
  if (std::fflush(stdout) != 0)
    return report(terminal, {"the output could not be written (is the disk full?)", {}, {}});
  return code;
}

}  // namespace tessera::cli
