// Amounts of money in the currency in which they are asked for.
//
// An event may say in which currency its amounts are (its property `currency`). Those of an event that does not are of
// the record's currency: the one that was set for it, else the one that the first fact to name one names. That is
// settled by that fact once and for all, so that batch, live and a restart agree; amounts that came before it may be of
// any currency, and are what they are in whichever one they are asked for.
//
// What is asked for in a currency in which a stream's amounts did not all come gets a column of its own (Column::currency)
// beside the one that came, made by the same function where histories are loaded and where the live engine lays them out.
// Where all of a stream came in it, there is none, and the one that came is read. An amount for which there is no rate is
// unknown.
#pragma once

#include <compare>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/currency.hpp"
#include "profiles/history.hpp"

namespace tessera::profiles {

// In the place of a code: the record's, whatever that turns out to be. Codes have no small letters.
inline constexpr std::string_view kRecordsCurrency = "record";

struct MoneyWant {
  std::string property;  // "total"; of an element "price", whatever list it is in
  std::string currency;  // a code, or kRecordsCurrency
  auto operator<=>(const MoneyWant&) const = default;
};

// By what amounts are read.
struct MoneyBook {
  std::string home = {};       // the record's currency; empty: none was set, and no fact named one so far
  bool is_set = false;         // by the user
  Seq first_named = kAllSeqs;  // where it was not: the fact that named it
  std::shared_ptr<const Rates> rates = std::make_shared<const Rates>();

  std::string_view resolved(std::string_view currency) const { return currency == kRecordsCurrency ? home : currency; }
  // A fact, in the order of seqs, that says it is in this currency. True where that settles the record's.
  bool note(std::string_view currency, Seq seq);
};

// By the facts that senders told. For histories that come from no record.
MoneyBook book_of(const History& history);

// Adds the columns that are needed for what is wanted. O(rows of the streams that have it).
void add_conversions(History& history, std::span<const MoneyWant> wants, const MoneyBook& book);

// The two halves of that, for streams whose rows come and go: columns for what is wanted of a stream, without rows; and
// the values of such columns in the rows from `from` on. REQUIRES: those before are right.
void add_converted_columns(Stream& stream, std::span<const MoneyWant> wants);
void convert_rows(Stream& stream, const Dictionary& dictionary, const MoneyBook& book, uint32_t from);

}  // namespace tessera::profiles
