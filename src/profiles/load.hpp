// From the record into memory: the History that every evaluator reads. Only the events and properties that are needed
// are read, column by column in DuckDB's own threads, and laid out by customer, time and seq here.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "profiles/history.hpp"
#include "profiles/money.hpp"
#include "store/record.hpp"

namespace tessera::profiles {

// What a plan reads. An event that is named is loaded with its times, and of its properties those named, with all their
// types; "products" stands for all of products.*. Events and properties that the record does not have are no error. The
// name "" stands for the rare events that are not named themselves (tables.hpp): one stream without a name.
// Everything: all events, and all properties that have a column.
struct Needs {
  bool everything = true;
  // Where not everything: by name; the name of a system's row stands for its stream too, whatever the record calls it.
  std::map<std::string, std::set<std::string>, std::less<>> events;

  // What is asked for in a currency; the property and the currency of the event are to be named above, too.
  std::set<MoneyWant> money = {};

  // No instant before this one is asked about: where all was learnt by then, everybody had begun, and it is not looked up
  // when.
  Instant asked_from = kEver;

  static Needs nothing() { return {.everything = false}; }
  void add_event(const std::string& event) { events[event]; }
  void add_property(const std::string& event, const std::string& property) { events[event].insert(property); }
};

// All customers (those without events too), ordered by public id: the user id, else a pseudonym (people.hpp).
// known_at: facts and links learnt later are left out, and the customers they brought, as if they had never come. Each
// with their beginning (History::begin): when it was only partly read it is to be asked about as known at known_at alone.
Result<History> load(store::Record& record, const Needs& needs = {}, Instant known_at = kNever);
Result<History> load(store::Connection& connection, const Needs& needs = {}, Instant known_at = kNever);

// The same with a "customer" for each profile, unnamed and in the order of their numbers: for those who follow merges
// and their undoing themselves. Everything is visible. Texts are interned into `dictionary`.
Result<History> load_by_profile(store::Connection& connection, const Needs& needs, const Dictionary& dictionary);

// When which facts were learnt: by entries, and by what is finer than them.
Result<std::vector<Learnt>> read_learnt(store::Connection& connection);

}  // namespace tessera::profiles
