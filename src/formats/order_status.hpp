// What the words of a status column mean: those known everywhere (presets.hpp) and those that whoever imports has said,
// `--status "Trash=none,Shipped to customer=paid"`. A word that nobody has said anything about is no sale: it is asked
// about like an odd value.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "formats/presets.hpp"
#include "formats/record_states.hpp"

namespace tessera::formats {

class StatusWords {
 public:
  // "WORD=MEANING,...": words as the file has them, in any case; meanings as meanings_of_status() lists them, or a state of
  // an appointment and its like (record_states.hpp).
  Result<void> say(std::string_view text);
  std::optional<OrderFate> fate(std::string_view status) const;
  std::optional<RecordState> record_state(std::string_view status) const;
  // Whether whoever imports says that there is nothing behind the word.
  bool said_none(std::string_view status) const;
  // As say() takes it.
  std::string text() const;
  bool empty() const { return said_.empty(); }

 private:
  struct Said {
    std::string word;
    std::optional<OrderFate> fate;
    std::optional<RecordState> state;
  };
  std::map<std::string, Said> said_;  // by the word's plain name
};

// "paid, pending, ...".
std::string meanings_of_status();
// What would be said to leave orders of these statuses out: "Trash=none,Weird=none".
std::string statuses_left_out(const std::vector<std::string>& statuses);

}  // namespace tessera::formats
