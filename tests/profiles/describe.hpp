// A History as lines of text, so that two can be compared whatever their text ids: one line a customer, one a row.
#pragma once

#include <string>
#include <vector>

#include "profiles/history.hpp"

namespace tessera::testing_support {

inline std::string describe_value(const profiles::History& history, const profiles::Column& column, size_t index) {
  using namespace profiles;
  switch (column.type) {
    case PropertyType::Number: {
      const int64_t micros = column.numbers[index];
      return micros == kAbsentNumber ? "-" : micros == kClearedNumber ? "null" : Number{micros}.text();
    }
    case PropertyType::Text: {
      const TextId id = column.texts[index];
      return id == kAbsentText    ? "-"
             : id == kClearedText ? "null"
                                  : "'" + std::string(history.dictionary.text(id)) + "'";
    }
    default: {
      constexpr const char* kTruths[] = {"-", "no", "yes", "null"};
      return kTruths[static_cast<size_t>(column.truths[index])];
    }
  }
}

inline std::vector<std::string> describe(const profiles::History& history) {
  using namespace profiles;
  std::vector<std::string> lines;
  for (const std::string& customer : history.customer) lines.push_back("customer " + customer);
  for (const Learnt& learnt : history.learnt)
    lines.push_back(fmt::format("learnt {} until {}", learnt.at.ms, learnt.until));
  for (const Stream& stream : history.streams)
    for (CustomerIndex c = 0; c < history.customers(); ++c)
      for (uint32_t row = stream.first[c]; row < stream.first[c + 1]; ++row) {
        std::string line = fmt::format("{} of {} at {} seq {}:", stream.event, history.customer[c], stream.time[row].ms,
                                       stream.seq[row]);
        for (const Column& column : stream.columns) {
          line += fmt::format(" {}/{}{}=", column.property, static_cast<int>(column.type), column.is_list ? "[]" : "");
          if (!column.is_list) {
            line += describe_value(history, column, row);
            continue;
          }
          for (uint32_t e = column.list_first[row]; e < column.list_first[row + 1]; ++e)
            line += describe_value(history, column, e) + ",";
        }
        lines.push_back(line);
      }
  return lines;
}

}  // namespace tessera::testing_support
