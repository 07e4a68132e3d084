#include "formats/order_status.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"

namespace tessera::formats {
namespace {

struct Meaning {
  std::string_view word;
  OrderFate fate;
};
constexpr Meaning kMeanings[] = {{"paid", OrderFate::Completed},    {"pending", OrderFate::Pending},
                                 {"failed", OrderFate::Failed},     {"cancelled", OrderFate::Cancelled},
                                 {"refunded", OrderFate::Refunded}, {"part-refunded", OrderFate::CompletedAndRefunded},
                                 {"none", OrderFate::None}};

// Words that only marks tell apart ("-", "?") are themselves.
std::string key_of(std::string_view word) {
  std::string plain = plain_name(word);
  return plain.empty() ? std::string(trim(word)) : plain;
}

std::string said_as(std::string_view word, std::string_view meaning) {
  const bool is_quoted = word.find_first_of(",=") != word.npos;
  return fmt::format("{}{}{}={}", is_quoted ? "\"" : "", word, is_quoted ? "\"" : "", meaning);
}

}  // namespace

std::string meanings_of_status() {
  std::string out;
  for (const Meaning& meaning : kMeanings) out += fmt::format("{}{}", out.empty() ? "" : ", ", meaning.word);
  return out;
}

Result<void> StatusWords::say(std::string_view text) {
  while (!trim(text).empty()) {
    text = trim(text);
    // In quotes where it has a comma; else up to the last sign before the next one, for a status may have one in it.
    const bool is_quoted = text.front() == '"' && text.find('"', 1) != text.npos;
    const size_t from = is_quoted ? text.find('"', 1) : 0, end = std::min(text.find(',', from), text.size());
    const std::string_view each = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t equals = each.rfind('=');
    std::string_view word = trim(each.substr(0, equals == each.npos ? each.size() : equals));
    if (is_quoted && word.size() > 1) word = word.substr(1, word.size() - 2);
    const auto meaning = std::ranges::find(
        kMeanings, equals == each.npos ? std::string_view() : trim(each.substr(equals + 1)), &Meaning::word);
    const auto state = record_state_named(equals == each.npos ? std::string_view() : trim(each.substr(equals + 1)));
    if (word.empty() || (meaning == std::end(kMeanings) && !state)) {
      return usage(
          fmt::format("--status: '{}' is not STATUS=MEANING, where MEANING is one of {}", trim(each),
                      meanings_of_status()),
          word.empty() ? Remedy() : try_again().option("--status", said_as(word, "none")).note("no order at all"));
    }
    const bool is_of_orders = meaning != std::end(kMeanings);
    said_[key_of(word)] = {std::string(word), is_of_orders ? std::optional(meaning->fate) : std::nullopt, state};
  }
  return {};
}

std::optional<OrderFate> StatusWords::fate(std::string_view status) const {
  const auto said = said_.find(key_of(status));
  return said != said_.end() && said->second.fate ? said->second.fate : fate_of_status(status);
}

std::optional<RecordState> StatusWords::record_state(std::string_view status) const {
  const auto said = said_.find(key_of(status));
  return said != said_.end() && said->second.state ? said->second.state : state_of_record(status);
}

bool StatusWords::said_none(std::string_view status) const {
  const auto said = said_.find(key_of(status));
  return said != said_.end() && said->second.fate == OrderFate::None;
}

std::string StatusWords::text() const {
  std::string out;
  for (const auto& [key, said] : said_) {
    const auto meaning = std::ranges::find_if(kMeanings, [&](const Meaning& each) { return each.fate == said.fate; });
    out += (out.empty() ? "" : ",") +
           said_as(said.word, meaning != std::end(kMeanings) ? meaning->word : name_of(*said.state));
  }
  return out;
}

std::string statuses_left_out(const std::vector<std::string>& statuses) {
  std::string out;
  for (const std::string& status : statuses) out += (out.empty() ? "" : ",") + said_as(status, "none");
  return out;
}

}  // namespace tessera::formats
