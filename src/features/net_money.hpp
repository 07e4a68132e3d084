// What customers brought, net: the one notion of it that every figure of money is made of (the letter, discover's value
// and goals, hunches). Event by event: a main event counts with its money, an event that gives money back takes its own
// away, and what corrects a main event that was told before (Order Updated, Order Cancelled: profiles/told_orders.hpp)
// counts with its signed difference. An event that lacks the property that most have counts with the next that it has
// (a refund without `revenue` with its `total`), never as nothing.
//
// Two readings of the same: row by row (money_of) for sums over many periods, and as text of the segment language
// (text) for definitions that are kept, explained and edited.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "profiles/history.hpp"

namespace tessera::features {

// Events whose rows are read by the first property that they have.
struct MoneySource {
  std::string alias;  // in the segment language
  std::vector<std::string> events;
  std::vector<std::string> properties;  // by preference; each is the first known one of some row
  bool is_taken_away = false;           // its money counts against the customer's
};

struct NetMoney {
  std::vector<MoneySource> sources;  // the main events' first; empty: the data has no amounts
  MoneySource orders;                // corrections of how many there are; without events: there are none

  bool gives_back() const;  // whether any of it is taken away
  // "sum(order.revenue, last 30 days) - sum(refund.revenue, last 30 days)"; `window`: may be empty.
  std::string text(std::string_view window = {}) const;
  // "count(order, last 30 days)", corrected.
  std::string count_text(std::string_view main, std::string_view window = {}) const;
  // "less 'revenue' of Order Refunded", as a reader is told.
  std::string said() const;
};

// The properties, of these by preference, that rows of the events are read by.
std::vector<std::string> properties_read(const profiles::History& history, const std::vector<std::string>& events,
                                         const std::vector<std::string>& by_preference);

// The columns of a stream for a source's properties, and a row's money by them; nullopt: it says none.
class MoneyColumns {
 public:
  MoneyColumns(const profiles::Stream& stream, const MoneySource& source);
  std::optional<int64_t> of(size_t row) const;

 private:
  std::vector<const profiles::Column*> columns_;
};

}  // namespace tessera::features
