// An order is a state that changes. Exports tell it again and again, in any order: as it was on the day of the export,
// some of them only a part of it. This is the law by which what they say becomes one state, and what is new about it
// becomes events. It knows no file and no record.
//
// One export says an OrderWord. Of two words on one order the newer one is right, as a whole: by the time at which the
// order was changed, where a column says it, else by how far the order is in its life (pending, failed, bought,
// cancelled), else by the newest instant in the export, else the one that says more. Three things are joined instead,
// whichever word is newer: what was given back is the most that any word says (exports give the running total) or, where
// refunds are rows with a time of their own, the most at each time; the lines are united by content and occurrence where no word says what the order came to; and a total that is said beats
// one that is known from a refund alone. Each of the three is a maximum of its own, so the state is the same in whatever
// order, and however often, the words come.
//
// The record remembers an order by what was told of it (profiles/told_orders.hpp). differences() tells the rest:
//
//   not yet bought -> bought       Order Completed, at the payment or, where no column says it, at the order's time
//   bought, another sum of money   Order Updated with the signed differences
//   given back, or more of it      Order Refunded with the difference
//   bought -> cancelled (failed)   Order Cancelled with the differences that take the purchase away
//   pending, failed, cancelled     an event of that name, without effect on money
//
// so that the events of an order always add up to the state: bought, less what was given back; cancelled: nothing.
// A refunded order was bought and given back, which is two events. An order that was cancelled when it was first heard
// of is an Order Cancelled alone.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "profiles/told_orders.hpp"

namespace tessera::ingest {

using Micros = int64_t;  // of a Number
using Amounts = std::array<std::optional<Micros>, profiles::kOrderMoney.size()>;

// In the order of a life.
enum class Stage : uint8_t { Pending, Failed, Bought, Cancelled };

// From what a total is known, the better one last.
enum class TotalFrom : uint8_t { Nothing, Refund, Lines, Order };

struct OrderLine {
  uint64_t print = 0;  // profiles::line_print
  Micros amount = 0;
  uint32_t part = 0, row = 0;  // where it was read
};

struct OrderWord {
  Stage stage = Stage::Bought;
  bool is_credit = false;  // money given back under a number of its own: no purchase belongs to it
  Instant placed = kEver;
  std::optional<Instant> bought_at, cancelled_at, refunded_at, updated_at;
  profiles::OrderVersion version;
  Amounts money;                     // without what lines of other words add
  std::optional<Micros> deductions;  // tax and shipping: what revenue is less than the total
  TotalFrom total_from = TotalFrom::Nothing;
  Micros refunded = 0;                // the running total, where a column says it
  std::map<Instant, Micros> refunds;  // else what rows say was given back, each with its time
  bool is_refunded_whole = false;     // a status says so, and no amount
  bool has_refund_status = false;     // the order's rows are those of the refund, too
  std::vector<OrderLine> lines;

  std::optional<Micros> total() const { return money[static_cast<size_t>(profiles::OrderMoney::Total)]; }
};

// All words of one import on one order as one. REQUIRES: one word at least; all of them credits, or none.
OrderWord join_words(const std::vector<OrderWord>& words);
// Which of the words is the newest: its other properties are the order's.
size_t newest(const std::vector<OrderWord>& words);

struct OrderEvent {
  enum class Body : uint8_t {
    Whole,  // all that is known of the order
    Money,  // its id, its money and currency
  };
  std::string_view name;
  Body body = Body::Whole;
  Instant time = kEver;
  bool time_is_estimated = false, total_is_estimated = false, is_refund = false;
  Amounts money;    // under their names
  Amounts changes;  // as signed differences
  std::optional<int> orders_change;
  uint64_t mark = 0;             // tells it from others of that name of the order; 0: the first
  std::vector<OrderLine> lines;  // of an update: those that are new
};

// differences() of the law above.
class OrderDifference {
 public:
  // REQUIRES: the word lives as long.
  OrderDifference(const OrderWord& word, const profiles::ToldOrder& told);

  // What is new, in the order in which it happened.
  const std::vector<OrderEvent>& events() const { return events_; }
  // How new the state is now, where the record has to be told; nullopt: it knows. `until`: what it will know, without
  // being told, of the orders that it has never heard of.
  std::optional<profiles::OrderVersion> version_to_keep(profiles::OrderVersion until) const;

 private:
  struct Refund {
    Instant time;
    bool time_is_estimated = false;
    Micros amount = 0;
  };

  void choose_stage();
  void settle_money();
  void tell_credit();
  void tell_bought();
  void tell_undone();
  std::optional<Micros> now_of_kind(size_t kind, bool is_used) const;
  Micros now(size_t kind) const { return now_[kind].value_or(total_); }
  Micros given_back(size_t kind, Micros refunded) const;
  Micros refund_beyond(Instant time, Micros amount) const;
  std::vector<Refund> new_refunds() const;
  void tell_update();
  void tell_refunds(const std::vector<Refund>& refunds);
  uint64_t mark() const;
  Instant not_before(const std::optional<Instant>& time) const;
  Instant not_before_payment(const std::optional<Instant>& time) const;

  const OrderWord& word_;
  profiles::ToldOrder told_;
  bool was_known_, is_newer_ = false;
  Stage stage_ = Stage::Bought;
  Micros total_ = 0, refunded_ = 0;
  Amounts now_;  // what the purchase comes to; of what nobody says nothing
  std::vector<OrderLine> new_lines_;
  std::vector<OrderEvent> events_;
};

}  // namespace tessera::ingest
