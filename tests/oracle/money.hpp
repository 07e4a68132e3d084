// Amounts in the currency in which they are asked for, written apart from the product's own: quotes gone through one by one,
// fractions, and one rounding at the end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "language/schema.hpp"
#include "oracle/reference.hpp"
#include "profiles/money.hpp"

namespace tessera::oracle {

// What a user said of a record's amounts.
struct Money {
  std::string set;  // its currency; empty: none was set
  std::vector<Rates::Quote> quotes;

  // For the product: with the record's currency, or for an engine that is to find it itself.
  profiles::MoneyBook book(const profiles::History& history) const;
  profiles::MoneyBook book_before_all() const;
};

// What the facts of all customers say together.
class Amounts {
 public:
  Amounts() = default;
  Amounts(const Money& money, const profiles::History& history);

  // nullopt: there is no rate.
  Value in(const std::string& currency, const Row& row, const Known& amount) const;

 private:
  std::optional<Fraction> rate(const std::string& currency, Instant at) const;
  Money money_;
  std::string home_;
  profiles::Seq first_named_ = 0;
};

// What a record would know of the currencies of this history.
void tell_currencies(language::Schema& schema, const Money& money, const profiles::History& history);

}  // namespace tessera::oracle
