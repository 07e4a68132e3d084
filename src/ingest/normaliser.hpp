// What every normaliser has in common, of rows, of orders and of nested documents alike: a row goes in, facts go to the
// intake and findings to the report.
#pragma once

#include <string>
#include <vector>

#include "formats/order_status.hpp"
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
  // A row that its preset knows to be none of its orders or events; its money is the file's.
  virtual void pass_over(const formats::Row&) {}
  // Emits what was waiting. Call once.
  virtual Result<void> finish() = 0;
};

struct NormaliserContext {
  profiles::Intake& intake;
  Findings& findings;
  std::string file;
  Instant now = kNever;  // times after it are odd
  formats::OddRules odd = {};
  const formats::StatusWords* statuses = nullptr;  // what whoever imports says of statuses
  std::string country = {};                        // of telephone numbers that name none: two letters; empty: not known

  // An odd value, counted by its rule. True: its row is a reject (put down here), and the caller leaves it out.
  bool leaves_out(formats::Odd kind, uint64_t line, std::string_view value, std::string_view row);
};

}  // namespace tessera::ingest
