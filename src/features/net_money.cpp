#include "features/net_money.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tessera::features {

using profiles::Column;
using profiles::History;
using profiles::PropertyType;
using profiles::Stream;

namespace {

// One sum for each property, of the events that have none of the properties before it.
std::string sums_of(const MoneySource& source, std::string_view window) {
  std::string out, unless;
  for (const std::string& property : source.properties) {
    out += fmt::format("{}sum({}.{}{}{})",
                       out.empty()            ? ""
                       : source.is_taken_away ? " - "
                                              : " + ",
                       source.alias, property, unless, window.empty() ? std::string() : fmt::format(", {}", window));
    unless += fmt::format("{}{} is unknown", unless.empty() ? " where " : " and ", property);
  }
  return out;
}

}  // namespace

bool NetMoney::gives_back() const {
  return std::ranges::any_of(sources, &MoneySource::is_taken_away);
}

std::string NetMoney::text(std::string_view window) const {
  std::string out;
  for (const MoneySource& source : sources)
    out += (out.empty() ? "" : source.is_taken_away ? " - " : " + ") + sums_of(source, window);
  return out;
}

std::string NetMoney::count_text(std::string_view main, std::string_view window) const {
  const std::string within = window.empty() ? std::string() : fmt::format(", {}", window);
  std::string out = fmt::format("count({}{})", main, within);
  if (!orders.events.empty()) out += " + " + sums_of(orders, window);
  return out;
}

std::string NetMoney::said() const {
  std::string out;
  for (size_t i = 1; i < sources.size(); ++i) {
    const MoneySource& source = sources[i];
    std::string properties = fmt::format("'{}'", source.properties[0]);
    for (size_t p = 1; p < source.properties.size(); ++p)
      properties += fmt::format("{}'{}'", p == 1 ? " (where there is none " : ", else ", source.properties[p]);
    if (source.properties.size() > 1) properties += ")";
    out += fmt::format(", {} {} of {}", source.is_taken_away ? "less" : "with", properties,
                       fmt::join(source.events, " and "));
  }
  return out;
}

std::vector<std::string> properties_read(const History& history, const std::vector<std::string>& events,
                                         const std::vector<std::string>& by_preference) {
  std::vector<bool> is_read(by_preference.size());
  for (const std::string& event : events) {
    const Stream* stream = history.stream(event);
    if (!stream) continue;
    std::vector<const Column*> columns;
    for (const std::string& property : by_preference)
      columns.push_back(stream->column(property, PropertyType::Number, false));
    for (size_t row = 0; row < stream->rows(); ++row)
      for (size_t i = 0; i < columns.size(); ++i)
        if (columns[i] && columns[i]->numbers[row] > profiles::kClearedNumber) {
          is_read[i] = true;
          break;
        }
  }
  std::vector<std::string> out;
  for (size_t i = 0; i < is_read.size(); ++i)
    if (is_read[i]) out.push_back(by_preference[i]);
  return out;
}

MoneyColumns::MoneyColumns(const Stream& stream, const MoneySource& source) {
  for (const std::string& property : source.properties)
    if (const Column* column = stream.column(property, PropertyType::Number, false)) columns_.push_back(column);
}

std::optional<int64_t> MoneyColumns::of(size_t row) const {
  for (const Column* column : columns_)
    if (column->numbers[row] > profiles::kClearedNumber) return column->numbers[row];
  return std::nullopt;
}

}  // namespace tessera::features
