#include "persona/name_words.hpp"

#include <algorithm>

#include "features/text_tokens.hpp"

namespace tessera::persona {

namespace {

using features::is_stop_word;
using features::Language;
using features::TextWords;
using features::words_of_text;

constexpr double kMostlyNext = 0.7;  // of the things with a word, those where the same other word stands beside it

}  // namespace

NameWords::NameWords(std::span<const Name> names) : words_(names.size()) {
  for (size_t i = 0; i < names.size(); ++i) read(names[i], words_[i]);
}

void NameWords::read(const Name& name, std::vector<std::string>& words) {
  const features::TextWords text = features::words_of_text(name.text);
  std::string before;
  for (size_t w = 0; w < text.words.size(); ++w) {
    const std::string word(text.at(w));
    if (word.size() < 3 || features::is_stop_word(word, features::Language::Unknown)) {
      before.clear();
      continue;
    }
    if (text.words[w].begins) before.clear();
    Seen& of = seen_[word];
    of.customers += name.customers;
    ++of.names;
    if (!before.empty()) of.before[before] += name.customers, seen_[before].after[word] += name.customers;
    words.push_back(word);
    before = word;
  }
}

std::string NameWords::singular(const std::string& word) const {
  std::string one = word;
  if (one.size() > 4 && one.back() == 's') one.pop_back();
  return seen_.contains(one) ? one : word;
}

// Empty: nothing stands beside it nearly always.
std::string NameWords::phrase_around(const std::string& word, const Seen& seen) {
  const auto mostly = [&](const auto& beside) -> std::string {
    for (const auto& [other, customers] : beside)
      if (static_cast<double>(customers) >= kMostlyNext * static_cast<double>(seen.customers)) return other;
    return {};
  };
  const std::string before = mostly(seen.before), after = mostly(seen.after);
  if (before.empty() && after.empty()) return {};
  std::string out = word;
  if (!before.empty()) out = before + " " + out;
  if (!after.empty()) out += " " + after;
  return out;
}

std::vector<NameWords::Level> NameWords::levels() const {
  std::map<std::string, Level> by_word;
  for (const auto& [word, seen] : seen_) {
    if (seen.names < 2) continue;
    const std::string one = singular(word);
    Level& level = by_word.try_emplace(one, Level{.word = one, .shown = one}).first->second;
    level.customers += seen.customers;
    std::string shown = phrase_around(word, seen);
    if (shown.size() > level.shown.size()) level.shown = std::move(shown);
  }
  std::vector<Level> out;
  for (auto& [word, level] : by_word) out.push_back(std::move(level));
  std::ranges::stable_sort(out, std::greater{}, &Level::customers);
  return out;
}

std::vector<std::string> NameWords::of_name(size_t place) const {
  std::vector<std::string> out;
  for (const std::string& word : words_[place]) out.push_back(singular(word));
  std::ranges::sort(out);
  const auto rest = std::ranges::unique(out);
  out.erase(rest.begin(), rest.end());
  return out;
}

}  // namespace tessera::persona
