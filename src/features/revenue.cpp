#include "features/revenue.hpp"

#include <algorithm>
#include <cmath>

namespace tessera::features {

namespace {

using profiles::Column;
using profiles::History;
using profiles::PropertyType;
using profiles::Stream;

// The last period whose begin is before the time; nullopt: outside all of them.
std::optional<size_t> period_of(const std::vector<Instant>& bounds, Instant time) {
  if (time > bounds.front() || time <= bounds.back()) return std::nullopt;
  const auto after = std::partition_point(bounds.begin(), bounds.end(), [&](Instant bound) { return bound >= time; });
  return static_cast<size_t>(after - bounds.begin()) - 1;
}

// Adds what money() says of each of a stream's rows, times `sign`, to the periods.
template <typename MoneyOf>
void add(const Stream& stream, const MoneyOf& money, double sign, const std::vector<Instant>& bounds, size_t customers,
         std::vector<double>& out) {
  const size_t periods = bounds.size() - 1;
  for (size_t c = 0; c < customers; ++c)
    for (uint32_t row = stream.first[c]; row < stream.first[c + 1]; ++row) {
      const auto period = period_of(bounds, stream.time[row]);
      if (!period) continue;
      if (const std::optional<int64_t> micros = money(row))
        out[c * periods + *period] += sign * static_cast<double>(*micros);
    }
}

template <typename MoneyOf>
void note_first_and_last(const Stream& stream, const MoneyOf& money, Instant until, Takings& out) {
  for (size_t c = 0; c + 1 < stream.first.size(); ++c)
    for (uint32_t row = stream.first[c]; row < stream.first[c + 1]; ++row) {
      if (stream.time[row] > until || stream.time[row] <= kEver) continue;
      out.last[c] = std::max(out.last[c], stream.time[row]);
      const double value = static_cast<double>(money(row).value_or(0)) / out.unit;
      // One order may be several rows of one instant.
      if (stream.time[row] == out.first[c]) out.first_value[c] += value;
      if (stream.time[row] < out.first[c]) out.first[c] = stream.time[row], out.first_value[c] = value;
    }
}

}  // namespace

Takings takings_of(const History& history, const EventRoles& parts, const std::vector<Instant>& bounds) {
  VERIFY(bounds.size() >= 2 && std::ranges::is_sorted(bounds, std::ranges::greater{}));
  const size_t customers = history.customers(), cells = customers * (bounds.size() - 1);
  Takings out{.periods = bounds.size() - 1,
              .bounds = bounds,
              .value = std::vector<double>(cells, 0),
              .mains = std::vector<double>(cells, 0),
              .first = std::vector<Instant>(customers, kNever),
              .last = std::vector<Instant>(customers, kEver),
              .first_value = std::vector<double>(customers, 0),
              .unit = parts.money.empty() ? 1.0 : static_cast<double>(Number::kOne)};
  const auto one = [](size_t) { return std::optional<int64_t>(1); };
  const bool has_money = !parts.net.sources.empty();
  for (const std::string& name : parts.of(EventRole::Main)) {
    const Stream* stream = history.stream(name);
    if (!stream) continue;
    add(*stream, one, 1, bounds, customers, out.mains);
    if (!has_money) add(*stream, one, 1, bounds, customers, out.value);
    if (!has_money) note_first_and_last(*stream, one, bounds.front(), out);
  }
  for (const MoneySource& source : parts.net.sources)
    for (const std::string& name : source.events) {
      const Stream* stream = history.stream(name);
      if (!stream) continue;
      const MoneyColumns columns(*stream, source);
      const auto money = [&](size_t row) { return columns.of(row); };
      add(*stream, money, source.is_taken_away ? -1 : 1, bounds, customers, out.value);
      if (&source == &parts.net.sources[0]) note_first_and_last(*stream, money, bounds.front(), out);
    }
  for (const std::string& name : parts.net.orders.events) {
    const Stream* stream = history.stream(name);
    if (!stream) continue;
    const MoneyColumns columns(*stream, parts.net.orders);
    const auto orders = [&](size_t row) { return columns.of(row); };
    add(*stream, orders, 1.0 / static_cast<double>(Number::kOne), bounds, customers, out.mains);
    if (!has_money) add(*stream, orders, 1.0 / static_cast<double>(Number::kOne), bounds, customers, out.value);
  }
  return out;
}

std::vector<double> taken_between(const History& history, const EventRoles& parts, Instant from, Instant until) {
  const Takings taken = takings_of(history, parts, {until, from});
  std::vector<double> out;
  for (size_t c = 0; c < history.customers(); ++c) out.push_back(taken.of(c, 0));
  return out;
}

}  // namespace tessera::features
