#include "features/interests.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "core/text.hpp"
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

std::vector<std::string> words_of_interest(const std::vector<Level>& things, const History& history,
                                           const EventRoles& parts, size_t most) {
  static const std::set<std::string, std::less<>> kEmpty = {
      "set",      "of",          "and",      "in",     "with",    "the",     "for",    "pack",    "box",
      "design",   "red",         "pink",     "blue",   "white",   "black",   "green",  "ivory",   "cream",
      "silver",   "gold",        "assorted", "small",  "large",   "mini",    "medium", "big",     "vintage",
      "retro",    "colour",      "colours",  "piece",  "pieces",  "metal",   "wood",   "wooden",  "glass",
      "paper",    "from",        "on",       "to",     "by",      "a",       "an",     "asstd",   "pc",
      "natural",  "traditional", "classic",  "round",  "single",  "double",  "jumbo",  "regency", "english",
      "no",       "your",        "heart",    "hearts", "hanging", "sweet",   "home",   "spot",    "spotty",
      "polkadot", "retrospot",   "woodland", "french", "antique", "ceramic", "fancy",  "style",   "charm",
      "rose",     "lovebird"};
  std::map<std::string, std::set<TextId>> by_word;
  for (const Level& thing : things) {
    if (profiles::is_service_line("", thing.text)) continue;
    const TextId id = history.dictionary.find(thing.text);
    std::string word;
    for (const char c : fold_case(thing.text) + " ") {
      if ((c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 128) {
        word += c;
        continue;
      }
      if (word.size() >= 3 && !kEmpty.contains(word)) by_word[word].insert(id);
      word.clear();
    }
  }
  // "bags" and "bag" are one interest, "glass" and "christmas" are words of their own. `contains` finds both.
  for (auto it = by_word.begin(); it != by_word.end();) {
    const std::string& word = it->first;
    const auto one =
        word.size() > 3 && word.back() == 's' ? by_word.find(word.substr(0, word.size() - 1)) : by_word.end();
    if (one != by_word.end()) one->second.insert(it->second.begin(), it->second.end());
    it = one != by_word.end() ? by_word.erase(it) : std::next(it);
  }
  const Stream* main = history.stream(parts.of(EventRole::Main)[0]);
  const Column* names = main ? main->column(parts.list.empty() ? parts.item_name : parts.list + "." + parts.item_name,
                                            PropertyType::Text, !parts.list.empty())
                             : nullptr;
  if (!names) return {};
  // Customers by word, from the things' words.
  std::map<TextId, std::vector<uint32_t>> words_of_thing;
  std::vector<std::string> words;
  for (const auto& [word, ids] : by_word) {
    if (ids.size() < 4) continue;
    for (const TextId id : ids) words_of_thing[id].push_back(static_cast<uint32_t>(words.size()));
    words.push_back(word);
  }
  std::vector<size_t> customers(words.size(), 0), last(words.size(), SIZE_MAX);
  for (size_t c = 0; c < history.customers(); ++c)
    for (uint32_t row = main->first[c]; row < main->first[c + 1]; ++row) {
      const uint32_t from = names->is_list ? names->list_first[row] : row,
                     to = names->is_list ? names->list_first[row + 1] : row + 1;
      for (uint32_t i = from; i < to; ++i) {
        const auto found = words_of_thing.find(names->texts[i]);
        if (found == words_of_thing.end()) continue;
        for (const uint32_t word : found->second)
          if (last[word] != c) last[word] = c, ++customers[word];
      }
    }
  std::vector<size_t> order(words.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return customers[a] > customers[b]; });
  std::vector<std::string> out;
  const double all = static_cast<double>(history.customers());
  for (const size_t i : order) {
    const double share = static_cast<double>(customers[i]) / all;
    if (share >= 0.08 && share <= 0.7 && out.size() < most) out.push_back(words[i]);
  }
  return out;
}

}  // namespace tessera::features
