#include "cli/command_line.hpp"

#include <list>
#include <sstream>

#include <CLI/CLI.hpp>

#include "cli/guide.hpp"
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

void add_option(CLI::App& app, const Option& option, Slots& slots) {
  Slot& slot = slots.emplace_back(Slot{long_name(option.name), option.takes, false, {}});
  const std::string name(option.name), help = help_of(option);
  if (option.takes == Takes::Flag) {
    app.add_flag(name, slot.flag, help);
    return;
  }
  CLI::Option* made = app.add_option(name, slot.values, help);
  // Else the first of several words without a dash would take them all.
  if (option.takes == Takes::One) made->expected(1)->allow_extra_args(false);
  // An option takes one value each time it is given, so that it never swallows what follows it.
  else if (option.name.starts_with('-'))
    made->expected(1)->allow_extra_args(false)->take_all();
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

// Of an option that there is not, or another command has: those of this one that are near. Empty: every option is one.
std::string hint_of_options(std::span<const std::string> words) {
  const std::string path = path_among(words);
  std::vector<std::string> names{"--help", "--help-all", "--version"};
  const auto add = [&](std::span<const Option> options) {
    for (const Option& option : options)
      if (option.name.starts_with('-')) names.push_back("--" + long_name(option.name));
  };
  add(common_options());
  for (const Command& command : commands())
    if (command.path == path) add(command.options);
  for (const std::string& word : words) {
    const std::string name = word.substr(0, word.find('='));
    if (!name.starts_with("--") || name.size() == 2 || std::ranges::find(names, name) != names.end()) continue;
    if (const auto near = nearest_name(name, names)) return fmt::format("\n  did you mean '{}'?", *near);
  }
  return "";
}

// "unknown command 'improt'; did you mean 'import'?" where a first word is near a command.
std::string with_hint(const std::string& message, std::span<const std::string> words) {
  if (const std::string hint = hint_of_options(words); !hint.empty()) return message + hint;
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    names.emplace_back(command.path);
    names.emplace_back(split(command.path, ' ').front());
  }
  for (const std::string& word : words) {
    if (word.starts_with('-') || std::find(names.begin(), names.end(), word) != names.end()) continue;
    if (const auto near = nearest_name(word, names)) return fmt::format("{}\n  did you mean '{}'?", message, *near);
  }
  return message;
}

Result<Called> parse(CLI::App& app, std::span<const std::string> words) {
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
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // CLI11 takes them from the back
  } catch (const CLI::CallForHelp&) {
    return Called{.command = nullptr, .common = {}, .own = {}, .help = help_text(path_among(words))};
  } catch (const CLI::CallForAllHelp&) {
    std::string all = help_text("");
    for (const Command& command : commands())
      all += fmt::format("\ntessera {}:\n{}", command.path, help_text(command.path));
    return Called{.command = nullptr, .common = {}, .own = {}, .help = all};
  } catch (const CLI::Success& success) {
    std::ostringstream text;
    app.exit(success, text, text);
    return Called{.command = nullptr, .common = {}, .own = {}, .help = text.str()};
  } catch (const CLI::ParseError& error) {
    return usage(with_hint(error.what(), words), try_command("").flag("--help").note("lists the commands"));
  }
  for (const auto& [parsed, command] : made)
    if (parsed->parsed())
      return Called{
          .command = command.first, .common = arguments_of(common), .own = arguments_of(command.second), .help = {}};
  return usage("no command was given", try_command("").flag("--help").note("lists the commands"));
}

}  // namespace

Result<Arguments> parse_settings(const std::string& text, const std::string& file) {
  constexpr std::string_view kKeys[] = {"store", "token"};
  Arguments out;
  try {
    std::istringstream lines(text);
    for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_config(lines)) {
      const std::string key = item.fullname();
      if (std::ranges::find(kKeys, key) == std::end(kKeys))
        return usage(fmt::format("{}: there is no setting '{}'; there are store and token", file, key));
      if (item.inputs.size() != 1) return usage(fmt::format("{}: '{}' takes one value", file, key));
      out.add(key, item.inputs.front());
    }
  } catch (const CLI::Error& error) {
    return usage(fmt::format("{}: {}", file, error.what()));
  }
  return out;
}

std::string long_name(std::string_view option) {
  const size_t dashes = option.rfind("--");
  return std::string(dashes == std::string_view::npos ? option : option.substr(dashes + 2));
}

Result<Called> parse_command_line(std::span<const std::string> words) {
  CLI::App app{"Tessera: a company's customer events in, explained micro-segments out", "tessera"};
  return parse(app, words);
}

}  // namespace tessera::cli
