#include "core/remedy.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace tessera {

using Part = Advice::Part;
using Fit = Advice::Part::Fit;
using Kind = Advice::Kind;

Remedy::Remedy(std::string sentence) {
  if (!sentence.empty()) advice_ = std::make_unique<Advice>(Advice{.note = std::move(sentence)});
}

Remedy::Remedy(const Remedy& other) : advice_(other.advice_ ? std::make_unique<Advice>(*other.advice_) : nullptr) {}

const Advice& Remedy::advice() const {
  static const Advice kNone;
  return advice_ ? *advice_ : kNone;
}

Remedy Remedy::part(std::string option, std::string value, Fit fit) {
  if (!advice_) advice_ = std::make_unique<Advice>();
  advice_->parts.push_back({std::move(option), std::move(value), fit});
  return std::move(*this);
}

Remedy Remedy::argument(std::string value) && {
  return part("", std::move(value), Fit::Given);
}
Remedy Remedy::arguments(const std::vector<std::string>& values) && {
  for (const std::string& value : values) *this = part("", value, Fit::Given);
  return std::move(*this);
}
Remedy Remedy::option(std::string name, std::string value) && {
  return part(std::move(name), std::move(value), Fit::Given);
}
Remedy Remedy::flag(std::string name) && {
  return part(std::move(name), "", Fit::Given);
}
Remedy Remedy::blank(std::string name) && {
  return part("", std::move(name), Fit::Blank);
}
Remedy Remedy::blank_option(std::string name, std::string value) && {
  return part(std::move(name), std::move(value), Fit::Blank);
}
Remedy Remedy::files(std::string folder, std::string_view ending) && {
  return part("", std::move(folder) + "/*." + std::string(ending), Fit::Files);
}
Remedy Remedy::raw(std::string piece) && {
  if (piece.empty()) return std::move(*this);
  return part("", std::move(piece), Fit::Raw);
}
Remedy Remedy::without(std::string option) && {
  return part(std::move(option), "", Fit::Gone);
}
Remedy Remedy::on(std::string store) && {
  advice_->store = std::move(store);
  return std::move(*this);
}
Remedy Remedy::note(std::string sentence) && {
  advice_->note = std::move(sentence);
  return std::move(*this);
}

Remedy try_command(std::string verb) {
  return Remedy(Advice{.kind = Kind::Command, .words = std::move(verb)});
}
Remedy try_again() {
  return Remedy(Advice{.kind = Kind::Again});
}
Remedy try_shell(std::string program) {
  return Remedy(Advice{.kind = Kind::Shell, .words = std::move(program)});
}
Remedy try_get(std::string api_address) {
  return Remedy(Advice{.kind = Kind::Get, .words = std::move(api_address)});
}

// --- as a line

namespace {

std::string value_text(const Part& part) {
  if (part.fit == Fit::Raw) return part.value;
  if (part.fit != Fit::Files) return shell_quoted(part.value);
  const size_t star = part.value.rfind("/*");
  return shell_quoted(part.value.substr(0, star)) + part.value.substr(star);
}

bool is_dashed_argument(const Part& part) {
  return part.option.empty() && part.fit == Fit::Given && part.value.starts_with('-');
}

// An argument that begins with a dash stands behind all options, after "--".
std::string parts_text(const Advice& advice) {
  const bool is_dashed = advice.kind == Kind::Command && std::ranges::any_of(advice.parts, is_dashed_argument);
  std::string out, behind;
  for (const Part& part : advice.parts)
    if (part.fit != Fit::Gone) (is_dashed && part.option.empty() ? behind : out) += " " + shell_text(part);
  return behind.empty() ? out : out + " --" + behind;
}

}  // namespace

std::string shell_text(const Part& part) {
  if (part.option.empty()) return value_text(part);
  if (part.value.empty()) return part.option;
  return part.option + (part.value.starts_with('-') ? "=" : " ") + value_text(part);
}

std::string Remedy::line(std::string_view store) const {
  const Advice& advice = this->advice();
  if (advice.kind == Kind::Sentence) return {};
  if (advice.kind == Kind::Get) return "GET " + advice.words;
  const std::string parts = parts_text(advice);
  if (advice.kind == Kind::Again) return parts.empty() ? parts : parts.substr(1);
  if (advice.kind == Kind::Shell) return advice.words + parts;
  std::string out(kProgram);
  if (!advice.store.empty()) store = advice.store;
  if (!store.empty()) out += " --store " + shell_quoted(store);
  if (!advice.words.empty()) out += " " + advice.words;
  return out + parts;
}

std::string Remedy::text(std::string_view store) const {
  const std::string& note = advice().note;
  const std::string command = line(store);
  if (note.empty() || command.empty()) return command + note;
  return command + (advice().kind == Kind::Get ? " " : "   # ") + note;
}

}  // namespace tessera
