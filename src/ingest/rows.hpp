// Rows of text to events: carries a Plan out. One row becomes an event, a line of an order, or facts about a customer,
// and nothing is lost on the way: every row is an event, part of one, counted without a customer, or a reject.
//
// Identity, so that importing twice changes nothing:
//   a row        its message id, else its content (column meanings and trimmed text, in any column order) and its
//                occurrence: the second of two equal lines of a file is another row than the first, in every import
//   an order     what happened, order id and customer. The record keeps the order as it first came: lines that a later
//                export adds to an old order do not change it (they count as duplicates)
//   a trait      as the row it came with, where rows are customers; else customer, name, value and time. What has no
//                time and was overruled since is said again (profiles/say_again.hpp)
//
// Memory: lines of orders are kept until the end of their file (about their text's size and 16 bytes a line), rows
// otherwise 16 bytes for the count of occurrences.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "formats/plan.hpp"
#include "formats/presets.hpp"
#include "formats/row.hpp"
#include "formats/suspicious_values.hpp"
#include "ingest/findings.hpp"

namespace tessera::ingest {

// How often each content was seen: open addressing, 16 bytes a slot.
class Occurrences {
 public:
  // 0 for the first, 1 for the second ...
  uint32_t next(uint64_t content);

 private:
  void grow();
  struct Slot {
    uint64_t content = 0;
    uint64_t count = 0;  // 0: free
  };
  std::vector<Slot> slots_;
  size_t used_ = 0;
};

// The identifiers of one row, cleaned, and where they came from.
struct Who {
  std::vector<std::pair<profiles::IdentifierKind, std::string>> ids;
  void add(profiles::IdentifierKind kind, std::string value);
  bool empty() const { return ids.empty(); }
};

class Normaliser {
 public:
  virtual ~Normaliser() = default;
  virtual Result<void> add(const formats::Row& row) = 0;
  // Emits what was waiting. Call once.
  virtual Result<void> finish() = 0;
};

struct NormaliserContext {
  profiles::Intake& intake;
  Findings& findings;
  std::string file;
  Instant now = kNever;  // times after it are odd
  formats::OddRules odd = {};

  // An odd value, counted by its rule. True: its row is a reject (put down here), and the caller leaves it out.
  bool leaves_out(formats::Odd kind, uint64_t line, std::string_view value, std::string_view row);
};

// REQUIRES: plan and context outlive it.
std::unique_ptr<Normaliser> make_normaliser(const formats::Plan& plan, NormaliserContext& context);

}  // namespace tessera::ingest
