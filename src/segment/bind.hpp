// A plan tied to a history: which streams each pattern reads, which columns hold each property, which positions in time
// the windows need, and tables that remember, for each distinct text, what a test of it or its reading as a date gave.
// Binding reads no rows but for one scan of each summed column (its largest value decides whether 64 bits hold the
// sums). Bind again when the history has grown. Reading is safe from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/result.hpp"
#include "profiles/history.hpp"
#include "segment/plan.hpp"

namespace tessera::segment {

// One test of texts; RE2 lives behind it.
class TextTest {
 public:
  static Result<TextTest> of(const TextTestPlan& plan);
  TextTest(TextTest&&) noexcept;
  ~TextTest();
  bool holds(std::string_view text) const;

 private:
  struct Parts;
  explicit TextTest(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

struct StreamUse {
  const profiles::Stream* stream;
  std::vector<Cut> cuts;  // that some window over this stream needs
};

// The rows of one stream that one pattern keeps.
struct Group {
  uint32_t stream = 0;  // index of StreamUse
  uint32_t pattern = 0;
  bool each = false;
  const profiles::Column* lengths = nullptr;  // `each`: a list column under the prefix; null where there is none
};

// What the texts of a column are read as.
enum class TextsAs : uint8_t { Texts, Instants, Numbers };

// The values of one property in the rows of a group.
struct Values {
  uint32_t group = 0;
  std::vector<const profiles::Column*> columns;
  TextsAs texts = TextsAs::Texts;
  std::optional<CalendarPlan> calendar = {};  // instead of columns: of the time of each row
  bool simple = false;                        // one scalar column, counted by rows; no texts that are read as numbers
  bool dense = false;                         // simple, and every value known
  double most = 0;                            // no customer's sum is larger in magnitude (sums only)
};

inline constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

struct Part {
  uint32_t group = 0, values = kNone;
  uint32_t low = kNone, high = kNone;  // of the stream's cuts; low kNone: from the start
  int64_t weight = 0;                  // scores
};

// Where a property node finds its values in one stream.
struct PropertyColumns {
  const profiles::Column* column = nullptr;  // null: unknown everywhere
  const profiles::Column* texts = nullptr;   // Type::Number: where it came as text; for rows without a number
  bool element = false;                      // of the element at hand, not of the row
  const profiles::Column* list[3] = {};      // Type::List: by PropertyType - 1
};

// What a history that is filled again and again may hold until it is bound again: no number of larger magnitude, no
// customer with more rows (or elements), no text with an id from `texts` on.
struct Limits {
  int64_t largest = 0;
  uint64_t rows = 0;
  size_t texts = 0;
};

class Bound {
 public:
  // REQUIRES: plan and history outlive this. Error: a regular expression that RE2 refuses.
  static Result<Bound> bind(const Plan& plan, const profiles::History& history);
  // To a history whose rows change behind this, within the limits. Texts that the plan itself names are to be in its
  // dictionary before (literal_texts).
  static Result<Bound> bind(const Plan& plan, const profiles::History& history, const Limits& limits);
  Bound(Bound&&) noexcept;
  ~Bound();

  const Plan& plan() const { return *plan_; }
  const profiles::History& history() const { return *history_; }
  // Of an output of the plan: without the gate, which costs time, where nobody is marked and nobody refused.
  bool has_rulings() const { return has_rulings_; }
  NodeId root(uint32_t output) const {
    const Plan::Output& of = plan_->outputs[output];
    return has_rulings_ ? of.node : history_->begin.empty() ? of.ungated : of.begun;
  }

  // An id of a text column, or of a text the plan itself holds.
  std::string_view text(profiles::TextId id) const;
  profiles::TextId literal_text(NodeId constant) const;
  // What test node says of a text, remembered.
  bool text_holds(NodeId test, profiles::TextId id) const;
  // Of an In test of few texts: their ids (kAbsentText where the history has no such text); empty for other tests.
  const std::vector<profiles::TextId>& few_texts(NodeId test) const { return few_[test]; }
  // The text as an instant in ms; std::numeric_limits<int64_t>::min() where it is none. Remembered.
  int64_t instant(profiles::TextId id) const;
  // The text as a number in micros (number_in_text); likewise.
  int64_t number(profiles::TextId id) const;

  std::vector<StreamUse> streams;
  std::vector<Group> groups;
  std::vector<Values> values;
  std::vector<std::vector<Part>> parts;                  // by node: of aggregates and scores
  std::vector<std::vector<PropertyColumns>> properties;  // by node, then by stream use
  std::vector<std::vector<const profiles::Column*>>
      lists;                       // by stream use, then by scope: a column of its list, or null
  std::vector<uint8_t> narrow;     // by node: 64 bits hold its values; of a count: 31 bits do
  std::vector<uint8_t> is_anchor;  // by node: some window begins at its event
  uint32_t traits = kNone;         // the stream use of traits, where the plan needs it

 private:
  Bound() = default;
  static Result<Bound> bind_within(const Plan& plan, const profiles::History& history, std::optional<Limits> limits);
  uint32_t use_stream(const profiles::Stream& stream);
  uint32_t use_cut(uint32_t stream, Cut cut);
  size_t most_rows(const Group& group) const;
  void bind_patterns();
  void bind_window(const WindowPlan& window, Part& part);
  uint32_t bind_values(const Node& node, uint32_t group);
  void bind_aggregate(NodeId id);
  void bind_score(NodeId id);
  void bind_property(NodeId id);
  Result<void> bind_text_test(NodeId id);

  const Plan* plan_ = nullptr;
  const profiles::History* history_ = nullptr;
  bool has_rulings_ = false;
  std::vector<std::vector<uint32_t>> pattern_groups_;
  std::unordered_map<const profiles::Stream*, uint32_t> stream_uses_;
  std::vector<std::vector<uint32_t>> group_values_;  // by group: of `values`
  size_t memo_bytes_ = 0;                            // of all tests of texts
  std::vector<std::vector<profiles::TextId>> few_;
  std::vector<std::string> literal_texts_;
  std::vector<profiles::TextId> literal_ids_;  // by node
  struct TextMemo {
    TextTest test;
    std::unique_ptr<std::atomic<uint8_t>[]> known;
  };
  std::vector<std::unique_ptr<TextMemo>> tests_;             // by node
  using Readings = std::unique_ptr<std::atomic<int64_t>[]>;  // by text
  mutable Readings instants_, numbers_;
  template <typename Read>
  int64_t remembered(Readings& readings, profiles::TextId id, Read&& read) const;
  void make_room(Readings& readings) const;
  struct ColumnFacts {
    int64_t largest = 0;  // magnitude of the known values
    bool dense = true;
  };
  std::unordered_map<const profiles::Column*, ColumnFacts> facts_;
  const ColumnFacts& facts_of(const profiles::Column& column);
  int64_t largest_in_texts(const profiles::Column& column) const;
  std::optional<Limits> limits_;
  size_t text_room() const { return limits_ ? limits_->texts : history_->dictionary.size(); }
};

// Every text that a plan compares with by its id.
std::vector<std::string> literal_texts(const Plan& plan);

}  // namespace tessera::segment
