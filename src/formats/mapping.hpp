// A mapping says what a table means: what a row is, and what each column is of it. Presets, --map and the guess all
// make one; one normaliser (rows.hpp) carries it out. So a new export format is a table of columns, not code.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace tessera::formats {

enum class Role : uint8_t {
  Ignore,
  Customer,   // the id we know people by
  Email,      // an identifier and the trait email
  Phone,      // an identifier and the trait phone
  Anonymous,  // a device's or browser's id
  Time,       // when
  Clock,      // the time of day, where Time is a date alone
  ZoneName,   // a zone per row
  Event,      // what happened
  Message,    // a unique id of the row
  Order,      // lines with the same one are one order
  Status,     // of the order: decides which event it is
  // What else an order's row says of its states (ingest/order_state.hpp); of other rows they are properties by their key.
  // Of the money given back, the order's running total is the property `refunded`.
  PaidAt,       // when it was paid
  CancelledAt,  // when it was cancelled; a value that is no time says that it was
  RefundedAt,   // when money was given back last
  UpdatedAt,    // when the row was last changed: of two exports the later one is right
  Cancelled,    // a flag, or a reason that is given for cancelled orders alone
  Property,     // of the event
  Item,         // of the order line: products.TARGET
  Trait,        // of the customer, true from the row's time on
  Record,       // the id of an appointment, a claim ...: a thing with a history of states (record_states.hpp)
};
std::string_view name_of(Role role);
// Whether it says something of an order's states beside Status: on rows that are no orders' it is a property.
constexpr bool is_of_order_state(Role role) {
  return role == Role::PaidAt || role == Role::CancelledAt || role == Role::RefundedAt || role == Role::UpdatedAt ||
         role == Role::Cancelled;
}

enum class DateOrder : uint8_t { Unsaid, DayMonth, MonthDay };

enum class ValueType : uint8_t { Auto, Text, Number, Truth, Time };

enum class RowMeans : uint8_t {
  Event,      // a row is an event
  OrderLine,  // a row is a line of an order (or a whole order, where no column tells orders apart)
  Customer,   // a row is a customer with traits
};

inline constexpr std::string_view kNotKnownBy = "-";

struct Binding {
  std::string column;  // as the file names it
  Role role = Role::Ignore;
  std::string target;  // of Property, Item and Trait: the name it gets
  ValueType type = ValueType::Auto;
  std::string why;  // said when a guess is shown
  // What its values are known by in a row's fingerprint (ingest/fields.hpp); empty: its part and target. kNotKnownBy: they
  // are no part of it. So a name that changes makes no row a new one.
  std::string known_as = {};
  bool operator==(const Binding&) const = default;
};

struct Mapping {
  std::string preset;  // "" for --map, "guessed"
  RowMeans rows = RowMeans::Event;
  std::string event;  // where no column names it
  std::string thing;  // that Record is the id of: "Appointment"
  std::vector<Binding> bindings;
  std::string currency;  // where no column says it
  std::string numbered;  // where no column says who and each row is a customer: what their ids begin with ("mall.csv")

  const Binding* find(Role role, std::string_view target = {}) const;
  // Two columns, one line each: "CustomerID -> customer   its name says so, 4,372 different values".
  std::string text() const;
  // "customer=CustomerID,time=InvoiceDate,...": what --map takes to get this mapping.
  std::string map_option() const;
  Json json() const;
};

// --map: comma-separated KEY=COLUMN. Keys: customer email phone anonymous time clock event message order status, paid_at,
// cancelled_at, refunded_at, updated_at, cancelled,
// item (products.name), product_id, quantity, price, category, amount (products.amount of a line, or the order's total
// where each row is an order), trait.NAME, item.NAME, and any other word: a property of that name.
// KEY='text' in quotes is a constant: event='Order Completed', currency='EUR', thing='Claim'; customer='line': each line is a customer of
// its own. property.NAME is a property whatever the word means otherwise. Columns not named are left out. A column with
// a comma or a quote stands in double quotes, each of its own doubled.
// Errors name the nearest column.
Result<Mapping> parse_map(std::string_view text, const std::vector<std::string>& columns, std::string_view file);

// The mapping with one thing said otherwise: "amount=Net sales" as in --map, or "-Notes" to leave a column out. What
// played the part before is kept as a property; what a row is follows anew. Errors as parse_map.
Result<Mapping> changed(const Mapping& mapping, std::string_view change, const std::vector<std::string>& columns,
                        std::string_view file);
// The name of events that nobody named.
inline constexpr std::string_view kNamelessEvent = "Activity";

// A column as it stands in such a text: in double quotes where it has a comma or the like.
std::string column_in_map(std::string_view column);

// What was asked with this --map, which takes the place of a preset.
Remedy try_mapping(std::string map);
// Where only the user can say what a column is: shows the file's first lines, and what --map takes then.
Remedy look_and_say(std::string_view file, std::string_view map);

// How columns are compared with names: folded, letters and digits only. "Invoice No." = "invoiceno".
std::string plain_name(std::string_view column);
// How a column becomes a property: "Annual Income (k$)" -> "annual_income_k", "SeniorCitizen" -> "senior_citizen".
std::string property_name(std::string_view column);

}  // namespace tessera::formats
