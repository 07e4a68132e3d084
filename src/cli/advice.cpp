#include "cli/advice.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace tessera::cli {

namespace {

using Part = Advice::Part;
using Fit = Advice::Part::Fit;

bool is_positional(const Option& option) {
  return !option.name.starts_with('-');
}

// The command line anew, from what was parsed, not from the words: so every way to write it comes to one.
class AskedAgain {
 public:
  AskedAgain(const Advice& advice, const Invocation& invocation) : advice_(advice), invocation_(invocation) {}

  // Whether the command takes every option that the advice speaks of.
  bool fits() const {
    if (!invocation_.called || !invocation_.called->command) return false;
    return std::ranges::all_of(advice_.parts, [this](const Part& part) {
      const auto is_it = [&](const Option& option) { return long_name(option.name) == long_name(part.option); };
      return part.option.empty() || std::ranges::any_of(common_options(), is_it) ||
             std::ranges::any_of(invocation_.called->command->options, is_it);
    });
  }

  std::string line() const {
    const Command& command = *invocation_.called->command;
    std::string out(kProgram), arguments;
    bool is_dashed = false;
    for (const Option& option : common_options()) add(option, invocation_.called->common, out);
    out += fmt::format(" {}", command.path);
    for (const std::string& value : given_arguments()) {
      arguments += " " + argument(value);
      is_dashed |= value.starts_with('-');
    }
    if (!is_dashed) out += arguments;
    for (const Option& option : command.options)
      if (!is_positional(option)) add(option, invocation_.called->own, out);
    return is_dashed ? out + " --" + arguments : out;
  }

 private:
  // Those of the advice, where it has any.
  std::vector<std::string> given_arguments() const {
    std::vector<std::string> out;
    for (const Part& part : advice_.parts)
      if (part.option.empty() && part.fit == Fit::Given) out.push_back(part.value);
    if (!out.empty()) return out;
    for (const Option& option : invocation_.called->command->options)
      if (is_positional(option))
        for (std::string& value : invocation_.called->own.all(long_name(option.name))) out.push_back(std::move(value));
    return out;
  }
  // The files of a folder take the place of the folder.
  std::string argument(const std::string& value) const {
    for (const Part& part : advice_.parts)
      if (part.fit == Fit::Files && part.value.substr(0, part.value.rfind("/*")) == value) return shell_text(part);
    return shell_quoted(value);
  }
  std::vector<std::string> values(const std::string& name, const Arguments& given) const {
    if (name == "store") return invocation_.store.empty() ? std::vector<std::string>{} : std::vector{invocation_.store};
    if (name == "token" && given.has(name)) return {"TOKEN"};  // a secret is not printed
    return given.all(name);
  }
  void add(const Option& option, const Arguments& given, std::string& out) const {
    const std::string name = long_name(option.name);
    const auto anew = std::ranges::find(advice_.parts, name, [](const Part& part) { return long_name(part.option); });
    if (anew != advice_.parts.end()) {
      if (anew->fit != Fit::Gone) out += " " + shell_text(*anew);
    } else if (option.takes == Takes::Flag) {
      if (given.has(name)) out += fmt::format(" --{}", name);
    } else {
      for (const std::string& value : values(name, given))
        out += fmt::format(" --{}{}{}", name, value.starts_with('-') ? "=" : " ", shell_quoted(value));
    }
  }

  const Advice& advice_;
  const Invocation& invocation_;
};

}  // namespace

std::string text_of(const Remedy& remedy, const Invocation& invocation) {
  const Advice& advice = remedy.advice();
  const AskedAgain again(advice, invocation);
  if (advice.kind != Advice::Kind::Again || !again.fits()) return remedy.text(invocation.store);
  return advice.note.empty() ? again.line() : again.line() + "   # " + advice.note;
}

std::string store_among(std::span<const std::string> words) {
  constexpr std::string_view kName = "--store", kJoined = "--store=";
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == kName && i + 1 < words.size()) return words[i + 1];
    if (words[i].starts_with(kJoined)) return words[i].substr(kJoined.size());
  }
  return {};
}

int report(World& world, const Error& error, const Invocation& invocation) {
  std::string text = error.place.empty() ? error.message : error.place + ": " + error.message;
  if (!error.remedy.empty()) text += "\n  " + text_of(error.remedy, invocation);
  world.note(text + "\n");
  return error.blame == Blame::Usage ? 2 : 1;
}

}  // namespace tessera::cli
