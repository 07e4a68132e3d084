// The words of the names that things have ("jumbo hot water bottle"), and what nearly always stands beside each.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tessera::persona {

struct Name {
  std::string_view text;
  size_t customers = 0;  // who have a thing of this name
};

class NameWords {
 public:
  explicit NameWords(std::span<const Name> names);

  struct Level {
    std::string word;  // in the singular, where the names have that too
    size_t customers = 0;
    std::string shown;  // with what nearly always stands beside it: "hot water", "t-light holder"
  };
  // Words of two names or more, those of most customers first.
  std::vector<Level> levels() const;
  // Of one name, by its place: the levels' words, each once, in order.
  std::vector<std::string> of_name(size_t place) const;

 private:
  struct Seen {
    size_t customers = 0, names = 0;
    std::unordered_map<std::string, size_t> before, after;  // customers
  };
  void read(const Name& name, std::vector<std::string>& words);
  std::string singular(const std::string& word) const;
  static std::string phrase_around(const std::string& word, const Seen& seen);

  std::map<std::string, Seen> seen_;
  std::vector<std::vector<std::string>> words_;  // by name
};

}  // namespace tessera::persona
