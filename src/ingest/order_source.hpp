// What a file says of its orders, one by one, for whoever joins what several files say (order_book.hpp), and the events
// that come of it on their way out: the file knows its columns, the book knows no file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/row.hpp"
#include "ingest/normaliser.hpp"
#include "ingest/order_state.hpp"

namespace tessera::ingest {

// What one file says of one order. Rows have their views in the source.
struct OrderReading {
  enum class Kind : uint8_t {
    State,     // a word on its state
    Adjusted,  // an event of its own that is no state (online-retail's A invoices)
    None,      // no order, as its status says
    Gone       // rejected already
  };
  Kind kind = Kind::State;
  std::string id;         // empty: the row alone is the order
  std::string_view file;  // which says it, from
  uint64_t first_line = 0;
  Who who;
  std::vector<formats::Row> rows;  // of what was bought, in the file's order
  formats::Row whole;              // for each column the first row that says something
  OrderWord word;                  // word.lines[i].row: of `rows`
  std::string currency;
  Micros unsold = 0;  // of lines that are no part of what was bought: cancelled ones of an order that was not
  bool total_is_inexact = false;
  uint64_t row_print = 0;  // where there is no id
  uint64_t rows_read = 0;
};

class OrderSource : public Normaliser {
 public:
  virtual size_t orders() const = 0;
  virtual std::string_view id(size_t order) const = 0;
  virtual Instant time(size_t order) const = 0;  // the earliest of its rows; kEver: none
  virtual OrderReading read(size_t order) = 0;
  // The newest instant of the file that is not to come.
  virtual Instant newest() const = 0;
  // An event of the order. `print`: its fingerprint.
  virtual void write(const OrderReading& reading, const OrderEvent& event, const Who& who, uint64_t print) = 0;
  // A line of an order whose event another source has begun.
  virtual void write_line(const OrderReading& reading, const OrderEvent& event, size_t row) = 0;
  virtual void write_known(std::string_view name, const Who& who, Instant time, uint64_t print) = 0;
  // What the rows say about the customer.
  virtual void log_traits(const OrderReading& reading, const Who& who, Instant time) = 0;
  virtual void reject_order(const OrderReading& reading, std::string_view reason) = 0;
};

}  // namespace tessera::ingest
