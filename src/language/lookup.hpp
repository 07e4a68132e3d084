// What a definition finds by the names in it: whether an event was seen, in which types a property or a trait came.
//
// A definition that is applied is settled: it keeps what it found then, as a part of the schema (Definition::settled),
// and goes on being read with that, whatever comes later. A name that was never seen is settled as such (no forms), and
// its type is what the definition asks for; a value that comes in another type is unknown to it. Only names that it had
// not looked up are looked up in what the record knows now: something that it uses has been changed.
//
// Of patterns of any event, what all events had together is kept, under the event "": no event that appears later adds to
// it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "language/schema.hpp"
#include "language/tree.hpp"

namespace tessera::language {

class Lookup {
 public:
  using Forms = std::set<Schema::Form>;

  // `settled`: what it found before; null: it was not applied. REQUIRES: both outlive it.
  Lookup(const Schema& now, const Schema* settled) : now_(now), settled_(settled) {
    if (settled) found_.currency = settled->currency;
  }

  bool is_settled() const { return settled_ != nullptr; }
  bool has_event(const std::string& name);
  const Forms& trait(const std::string& name);
  // Of the events that the pattern names (null: of none); `lists` are those whose elements are at hand, innermost last.
  Forms property(const EventPattern* events, const std::vector<std::string>& lists, const std::string& name);

  // In which amounts are read of a definition that does not say it itself: a code, or profiles::kRecordsCurrency.
  std::string currency();

  // From here on as if no value had ever come under this name.
  void forget_trait(const std::string& name) { found_.traits[name].clear(); }
  void forget_property(const EventPattern* events, const std::vector<std::string>& lists, const std::string& name);

  // All that was looked up.
  const Schema& found() const { return found_; }

 private:
  const Forms& property_of(const std::string& event, const std::string& name);
  Forms& property_of_any(const std::vector<std::string>& lists, const std::string& name);

  const Schema& now_;
  const Schema* settled_;
  Schema found_;
};

}  // namespace tessera::language
