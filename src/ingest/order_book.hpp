// The orders of all files of one import. A file's rows are kept by an OrderSource; when every file is read, the book
// asks the record what it was told of these orders (one question for some ten thousand of them), joins what the files
// say, and has what is new written as events (order_state.hpp), in the order of time, so that what the record learns
// first also happened first.
//
// Orders of two files are one where they have one id and a customer in common.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/plan.hpp"
#include "ingest/order_source.hpp"

namespace tessera::ingest {

class OrderBook {
 public:
  // `memory`: where the events go; null: nothing is known of any order.
  OrderBook(profiles::OrderMemory* memory, Findings& findings) : memory_(memory), findings_(findings) {}

  // For the rows of a file; lives as long as the book.
  Normaliser& open(formats::Plan plan, NormaliserContext context);
  // When all files are read.
  Result<void> finish();

 private:
  struct Place {
    Instant time;
    uint32_t source, order;
  };
  using Group = std::vector<Place>;  // of one id, or one order without
  struct Part {
    OrderSource* source;
    OrderReading reading;
  };
  struct Open {  // an order at hand
    std::vector<Part> parts;
    size_t newest = 0;  // of parts
    OrderWord word;
    Who who;
    bool is_asked = false;
  };

  std::vector<Group> groups() const;
  void read(const Group& group, std::vector<Open>& out);
  Result<void> settle(std::vector<Open>& orders);
  Result<std::vector<profiles::ToldOrder>> ask(std::vector<Open>& orders);
  void settle(Open& order, const profiles::ToldOrder& told);
  static void join_parts(Open& order);
  void note_known(Open& order, const profiles::ToldOrder& told, const OrderDifference& difference);
  static void write(Open& order, const OrderEvent& event, uint64_t print);
  void tally(const Open& order);
  static uint64_t first_print(const Open& order, std::string_view event);

  profiles::OrderMemory* memory_;
  Findings& findings_;
  std::vector<std::unique_ptr<formats::Plan>> plans_;
  std::vector<std::unique_ptr<NormaliserContext>> contexts_;
  std::vector<std::unique_ptr<OrderSource>> sources_;
  Instant until_ = kEver;
};

// The orders of one file, of which nothing is known.
class OrdersAlone final : public Normaliser {
 public:
  OrdersAlone(const formats::Plan& plan, const NormaliserContext& context)
      : book_(nullptr, context.findings), rows_(book_.open(plan, context)) {}
  Result<void> add(const formats::Row& row) override { return rows_.add(row); }
  Result<void> finish() override { return book_.finish(); }

 private:
  OrderBook book_;
  Normaliser& rows_;
};

}  // namespace tessera::ingest
