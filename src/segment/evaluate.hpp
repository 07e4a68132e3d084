// The front door of evaluation: a plan bound to a history, some customers, an instant -> who is in which segment, the
// values of lets and scores, and when a membership may next change by time alone. Batch and single customer are the
// same code (block.hpp); the answer does not depend on the block or on the number of threads.
#pragma once

#include <memory>
#include <vector>

#include "segment/bind.hpp"

namespace tessera::segment {

// One value a customer. Unknown values are no zeros: ask known() first.
struct ValueColumn {
  language::Type type = language::Type::Unresolved;
  size_t size = 0;
  // The one that fits the type: instants and durations in ms, numbers as whole multiples of mul / div where they all
  // are, else as fractions.
  std::vector<int64_t> whole;
  int64_t mul = 1, div = 1;
  std::vector<Rational> fractions;
  std::vector<profiles::TextId> texts;
  std::vector<uint64_t> truths, knowns;
  const Bound* bound = nullptr;

  bool known(size_t i) const;
  bool truth(size_t i) const { return truths[i / 64] >> (i % 64) & 1; }
  Rational number(size_t i) const;  // unknown: denominator 0
  Instant instant(size_t i) const { return {whole[i]}; }
  Duration duration(size_t i) const { return {whole[i]}; }
  std::string_view text(size_t i) const { return bound->text(texts[i]); }
  // Numbers; durations in ms; instants in ms since 1970; truths as 0 and 1; NaN where unknown or a text.
  double as_double(size_t i) const;
};

struct CustomerRange {
  profiles::CustomerIndex from = 0, to = 0;
};

struct Evaluation {
  CustomerRange customers;
  std::vector<std::vector<uint64_t>> members;  // by segment (the order of Plan::segments), bit i = customer from + i
  std::vector<ValueColumn> values;             // by output of the plan; empty columns where not asked for
  std::vector<Instant> next_change;            // by customer, > as_of; kNever: none. Empty where not asked for

  bool is_member(size_t segment, size_t i) const { return members[segment][i / 64] >> (i % 64) & 1; }
  size_t count(size_t segment) const;
};

struct EvaluateOptions {
  bool members = true;
  bool next_change = false;
  bool may_be_early = false;  // next_change may be before the true one: cheaper where one looks again anyway
  bool all_values = false;
  bool one_customer = false;     // an Evaluator's: every run is of the history's one customer, and see rows_changed()
  std::vector<uint32_t> values;  // outputs of the plan whose values are wanted
};

// Only facts with time <= as_of, learnt by known_at, exist. O(rows of the customers).
Evaluation evaluate(const Bound& bound, CustomerRange customers, Instant as_of, Instant known_at,
                    const EvaluateOptions& options = {});
// All customers of the history, on all cores.
Evaluation evaluate_all(const Bound& bound, Instant as_of, Instant known_at, const EvaluateOptions& options = {});

// The same, again and again, without building its buffers anew: for live use and timelines. One thread at a time.
class Evaluator {
 public:
  Evaluator(const Bound& bound, EvaluateOptions options);
  ~Evaluator();
  void run(CustomerRange customers, Instant as_of, profiles::Seq visible);
  // Customers from `from` on, each as of its own instant.
  void run(profiles::CustomerIndex from, std::span<const Instant> as_of, profiles::Seq visible);
  // Only what the selection is computed from.
  void run(profiles::CustomerIndex from, std::span<const Instant> as_of, profiles::Seq visible,
           const Selection& selection);
  // Of the last run, one of this selection: customer i's memberships as bits of rows[i] (those of other segments stay
  // as they are), and until[i], up to which they are certain (kNever: for good). REQUIRES: next_change was asked for.
  void copy_rows(const Selection& selection, std::span<uint64_t* const> rows, std::span<Instant> until) const;
  // Of one customer: the rows of a stream of the history are others, or more, from this one on. What was added up of
  // those before is kept from run to run. REQUIRES: the bound's limits hold for the new rows.
  void rows_changed(const profiles::Stream& stream, uint32_t row);
  size_t bytes() const;
  // Copies the last run to `out` at customer `at` (a multiple of 64). REQUIRES: `out` is wide enough.
  void copy_to(Evaluation& out, size_t at) const;
  Evaluation make(CustomerRange customers) const;  // empty columns of the right kinds

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tessera::segment
