// What an import notices on its way: rejects by reason, warnings, and odd values that stop it
// (formats/suspicious_values.hpp), each with its count, first place and an example.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "profiles/intake.hpp"

namespace tessera::ingest {

struct Tally {
  uint64_t count = 0;
  std::string file;  // of the first
  uint64_t line = 0;
  std::string value;
};

// What became of the money that orders of the files speak of. Together it is all of it.
enum class MoneyFate : uint8_t {
  Bought,
  Credited,  // money given back under a number of its own
  Adjusted,
  Cancelled,
  Pending,
  Failed,
  LeftOut,     // no order, by its status or by what its preset knows of such rows
  NoCustomer,  // nobody's
  Rejected
};
inline constexpr size_t kMoneyFates = 9;

inline constexpr size_t kMostPlacesOfMoney = 1'000;  // of each kind and currency: what a person looks through

// Where money that became no sale stands.
struct MoneyPlace {
  std::string file;
  uint64_t line = 0;
  std::string order;  // its id; empty: none
  int128 micros = 0;
};

struct OrderSums {
  struct Sum {
    uint64_t orders = 0;  // of rejects and of what no order is: rows
    int128 micros = 0;
    std::vector<MoneyPlace> places;  // the first ones

    void add(int128 more, std::string_view file, uint64_t line, std::string_view order) {
      ++orders;
      micros += more;
      if (places.size() < kMostPlacesOfMoney) places.push_back({std::string(file), line, std::string(order), more});
    }
  };
  std::array<Sum, kMoneyFates> by_fate;
  Sum refunded;  // of what was bought
};

inline constexpr size_t kMostStatusesNamed = 20;  // unknown ones, in the remedy of their error: a line's worth

class Findings {
 public:
  std::map<std::string, OrderSums> money;  // by currency; "": not said
  std::set<std::string> unknown_statuses;  // as written, some of them
  uint64_t orders_known = 0;               // told before by other means than these rows

  void add_money(const std::string& currency, MoneyFate fate, int128 micros, std::string_view file, uint64_t line,
                 std::string_view order) {
    money[currency].by_fate[static_cast<size_t>(fate)].add(micros, file, line, order);
  }

  uint64_t rows_read = 0;
  uint64_t rows_without_customer = 0;
  uint64_t rows_used = 0;   // put into the intake
  uint64_t facts_used = 0;  // of these, facts about customers and links between ids, which are no events
  std::map<std::string, Tally> rejects, warnings, odd;

  void warn(std::string_view reason, std::string_view file, uint64_t line, std::string_view value) {
    note(warnings, reason, file, line, value);
  }
  // A value of a kind that nobody has said is meant: the import will be refused.
  void odd_value(std::string_view kind, std::string_view file, uint64_t line, std::string_view value) {
    note(odd, kind, file, line, value);
  }
  // Counts it and hands it to the intake, the row cut at 4 KB. `member`: where in the row the value stands.
  void reject(profiles::Intake& intake, std::string_view reason, std::string_view file, uint64_t line,
              std::string_view value, std::string_view row, std::string_view member = {}) {
    note(rejects, reason, file, line, value);
    intake.reject({.source = std::string(file),
                   .line = line,
                   .reason = std::string(reason),
                   .value = std::string(value.substr(0, 200)),
                   .row = std::string(row.substr(0, 4096)),
                   .member = std::string(member)});
  }
  uint64_t rejected() const {
    uint64_t sum = 0;
    for (const auto& [reason, tally] : rejects) sum += tally.count;
    return sum;
  }

 private:
  static void note(std::map<std::string, Tally>& into, std::string_view reason, std::string_view file, uint64_t line,
                   std::string_view value) {
    const auto found = into.find(std::string(reason));
    Tally& tally = found != into.end() ? found->second : into[std::string(reason)];
    if (tally.count++ == 0) {
      tally.file = file;
      tally.line = line;
      tally.value = value.substr(0, 200);
    }
  }
};

}  // namespace tessera::ingest
