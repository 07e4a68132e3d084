#include "features/interests.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/text.hpp"
#include "features/attribute_words.hpp"
#include "features/text_tokens.hpp"
#include "profiles/service_lines.hpp"

namespace tessera::features {

using profiles::Column;
using profiles::History;
using profiles::PropertyType;
using profiles::Stream;
using profiles::TextId;

std::vector<Level> levels_of(const History& history, const std::vector<std::string>& events, std::string_view property,
                             bool is_list) {
  std::map<TextId, size_t> customers;
  std::vector<TextId> seen;
  for (const std::string& event : events) {
    const Stream* stream = history.stream(event);
    const Column* column = stream ? stream->column(property, PropertyType::Text, is_list) : nullptr;
    if (!column) continue;
    for (size_t c = 0; c < history.customers(); ++c) {
      seen.clear();
      for (uint32_t row = stream->first[c]; row < stream->first[c + 1]; ++row) {
        const uint32_t from = is_list ? column->list_first[row] : row,
                       to = is_list ? column->list_first[row + 1] : row + 1;
        for (uint32_t i = from; i < to; ++i)
          if (column->texts[i] > profiles::kClearedText) seen.push_back(column->texts[i]);
      }
      std::sort(seen.begin(), seen.end());
      seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
      for (const TextId id : seen) ++customers[id];
    }
  }
  std::vector<Level> out;
  for (const auto& [id, count] : customers) out.push_back({std::string(history.dictionary.text(id)), count});
  std::sort(out.begin(), out.end(), [](const Level& a, const Level& b) {
    return a.customers != b.customers ? a.customers > b.customers : a.text < b.text;
  });
  return out;
}

namespace {

constexpr size_t kShortest = 3, kFewestThings = 4;  // bytes of a word; things with it in the name
constexpr double kLeastShare = 0.08, kMostShare = 0.7;

// How large a thing is, in four languages: said of everything.
constexpr std::string_view kSizes =
    "small medium large big mini tiny short long klein kleine kleiner mittel groß große großer gross kurz lang petit "
    "petite moyen moyenne grand grande court pequeño pequeña mediano mediana largo corto";

using ThingsByWord = std::map<std::string, std::set<TextId>>;

// The language of the names: most of those whose own stop words tell it.
Language language_of_names(const std::vector<TextWords>& names) {
  std::array<size_t, kLanguages> seen{};
  for (const TextWords& words : names)
    if (const Language language = language_of(words); language != Language::Unknown)
      ++seen[static_cast<size_t>(language)];
  const auto most = std::max_element(seen.begin(), seen.end());
  return *most == 0 ? Language::Unknown : static_cast<Language>(most - seen.begin());
}

// How a thing is sold, what it looks like or is made of: no interest.
bool says_how(std::string_view word) {
  static const std::set<std::string_view> kOfSize = [] {
    const auto sizes = split(kSizes, ' ');
    return std::set<std::string_view>(sizes.begin(), sizes.end());
  }();
  switch (kind_of_word(word)) {
    case AttributeKind::Colour:
    case AttributeKind::Material:
    case AttributeKind::Style:
    case AttributeKind::Sets:
      return true;
    default:
      return kOfSize.contains(word);
  }
}

ThingsByWord things_by_word(const std::vector<Level>& things, const History& history) {
  std::vector<TextWords> names;
  std::vector<TextId> ids;
  for (const Level& thing : things) {
    if (profiles::is_service_line("", thing.text)) continue;
    names.push_back(words_of_text(thing.text));
    ids.push_back(history.dictionary.find(thing.text));
  }
  const Language language = language_of_names(names);
  ThingsByWord out;
  for (size_t i = 0; i < names.size(); ++i)
    for (size_t w = 0; w < names[i].words.size(); ++w) {
      const std::string_view word = names[i].at(w);
      if (word.size() >= kShortest && !is_stop_word(word, language) && !says_how(word))
        out[std::string(word)].insert(ids[i]);
    }
  return out;
}

// "bags" and "bag" are one interest, "glass" and "christmas" are words of their own. `contains` finds both.
void unite_plurals(ThingsByWord& by_word) {
  for (auto it = by_word.begin(); it != by_word.end();) {
    const std::string& word = it->first;
    const auto one =
        word.size() > 3 && word.back() == 's' ? by_word.find(word.substr(0, word.size() - 1)) : by_word.end();
    if (one != by_word.end()) one->second.insert(it->second.begin(), it->second.end());
    it = one != by_word.end() ? by_word.erase(it) : std::next(it);
  }
}

// Of each word of the things' names, how many customers have such a thing; in the order of the words.
std::vector<std::pair<std::string, size_t>> customers_by_word(const ThingsByWord& by_word, const History& history,
                                                              const Stream& main, const Column& names) {
  std::map<TextId, std::vector<uint32_t>> words_of_thing;
  std::vector<std::pair<std::string, size_t>> out;
  for (const auto& [word, ids] : by_word) {
    if (ids.size() < kFewestThings) continue;
    for (const TextId id : ids) words_of_thing[id].push_back(static_cast<uint32_t>(out.size()));
    out.emplace_back(word, 0);
  }
  std::vector<size_t> last(out.size(), SIZE_MAX);
  for (size_t c = 0; c < history.customers(); ++c)
    for (uint32_t row = main.first[c]; row < main.first[c + 1]; ++row) {
      const uint32_t from = names.is_list ? names.list_first[row] : row,
                     to = names.is_list ? names.list_first[row + 1] : row + 1;
      for (uint32_t i = from; i < to; ++i) {
        const auto found = words_of_thing.find(names.texts[i]);
        if (found == words_of_thing.end()) continue;
        for (const uint32_t word : found->second)
          if (last[word] != c) last[word] = c, ++out[word].second;
      }
    }
  return out;
}

}  // namespace

std::vector<std::string> words_of_interest(const std::vector<Level>& things, const History& history,
                                           const EventRoles& parts, size_t most) {
  const Stream* main = history.stream(parts.of(EventRole::Main)[0]);
  const Column* names = main ? main->column(parts.list.empty() ? parts.item_name : parts.list + "." + parts.item_name,
                                            PropertyType::Text, !parts.list.empty())
                             : nullptr;
  if (!names) return {};
  ThingsByWord by_word = things_by_word(things, history);
  unite_plurals(by_word);
  auto words = customers_by_word(by_word, history, *main, *names);
  std::stable_sort(words.begin(), words.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> out;
  for (const auto& [word, customers] : words) {
    const double share = static_cast<double>(customers) / static_cast<double>(history.customers());
    if (share >= kLeastShare && share <= kMostShare && out.size() < most) out.push_back(word);
  }
  return out;
}

}  // namespace tessera::features
