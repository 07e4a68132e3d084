// The events of all customers in memory, laid out for one question: "what did this customer do, of this kind, when?"
//
// A Stream holds all events of one name, ordered by customer, then time, then seq (the order in which we learnt them):
// the total order of the architecture page. `first` cuts it by customer (compressed sparse rows), so the events of
// customer c are rows [first[c], first[c + 1]) of every array of the stream: an aggregate over one kind of event is a
// short contiguous read, and a block of customers is one too. Properties are typed columns beside the times. A property
// that comes with two types (19.99 here, "19.99" there) has two columns; a list property (products.category) has an
// offset array and a flattened column; list properties under one prefix (products.*) have equal lengths row by row.
//
// Streams of the system (system_facts.hpp) lie beside those of the senders. Traits are the properties of the stream
// Identify: `trait country` is its last known value, so a trait is as dated as any other fact. Traits given without a
// time have time kEver: true since ever, as far as we know.
//
// When a fact was learnt: every row has a seq; `learnt` maps ranges of seq to log time. known_at becomes one
// comparison, seq < visible_until(known_at), and none at all where everything is visible.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/number.hpp"
#include "core/time.hpp"
#include "profiles/system_facts.hpp"

namespace tessera::profiles {

using CustomerIndex = uint32_t;  // dense, [0, customers()); ordered by public id in byte order
using Seq = uint32_t;            // at most 4,294,967,294 events in one record
using TextId = uint32_t;         // into the Dictionary

inline constexpr Seq kAllSeqs = std::numeric_limits<Seq>::max();

// Absent: the event has no such property. Cleared: it said null. Both are unknown; a cleared trait stops the search
// for its last value, an absent one does not.
inline constexpr int64_t kAbsentNumber = std::numeric_limits<int64_t>::min(), kClearedNumber = kAbsentNumber + 1;
inline constexpr TextId kAbsentText = 0, kClearedText = 1;
enum class Truth : uint8_t { Absent = 0, No = 1, Yes = 2, Cleared = 3 };

// Every distinct text once. Ids are dense and stable; 0 and 1 are reserved (absent, cleared) and read as "". Copies are
// handles of the same dictionary, so that several histories may share one.
class Dictionary {
 public:
  Dictionary();
  TextId intern(std::string_view text);
  // kAbsentText where the text was never interned.
  TextId find(std::string_view text) const;
  std::string_view text(TextId id) const { return state_->texts[id]; }
  size_t size() const { return state_->texts.size(); }
  size_t bytes() const;

 private:
  struct State {
    std::vector<std::unique_ptr<char[]>> blocks;  // text never moves
    char* free = nullptr;
    size_t left = 0, block_bytes = 0;
    std::vector<std::string_view> texts{std::string_view(), std::string_view()};
    std::unordered_map<std::string_view, TextId> ids;
    std::string_view keep(std::string_view text);
  };
  std::shared_ptr<State> state_;
};

struct Column {
  std::string property;  // "total", "products.category"
  PropertyType type = PropertyType::Text;
  bool is_list = false;
  // The one that `type` names is filled: one value a row, or (is_list) all rows' elements end to end.
  std::vector<int64_t> numbers;  // micros
  std::vector<TextId> texts;
  std::vector<Truth> truths;
  std::vector<uint32_t> list_first;  // is_list: rows + 1 offsets into the above
  // Amounts of another column (`from`, its place in the stream) in a currency (money.hpp): always numbers. Empty: as they
  // came. They stand behind those that came.
  std::string currency = {};
  uint32_t from = 0;
};

struct Stream {
  std::string event;  // "Order Completed"
  SystemStream system = SystemStream::None;
  std::vector<uint32_t> first;  // customers + 1
  std::vector<Instant> time;
  std::vector<Seq> seq;
  std::vector<Column> columns;
  std::vector<std::string> element_lists{};  // "products", where products.price and the like are parts of its elements

  size_t rows() const { return time.size(); }
  StreamName name() const { return system == SystemStream::None ? StreamName(event) : StreamName(system); }
  // One of "any event".
  bool is_counted() const { return profiles::is_counted(system); }
  // Null where the stream has no such column.
  const Column* column(std::string_view property, PropertyType type, bool is_list) const;  // as it came
};

// Facts of seq < until (and not below the previous until) were learnt at `at`; both strictly ascending.
struct Learnt {
  Instant at;
  Seq until;
};

// What is seen of when somebody begins, fact by fact, in any order.
struct FirstFacts {
  Instant dated = kNever;  // the earliest of those that have a time
  Seq learnt = kAllSeqs;   // the one that was learnt first

  void see(Instant time, Seq seq) {
    if (time != kEver) dated = std::min(dated, time);
    learnt = std::min(learnt, seq);
  }
  void see(const FirstFacts& other) {
    dated = std::min(dated, other.dated);
    learnt = std::min(learnt, other.learnt);
  }
};

// Amounts of one property of an event, in one currency, that were taken out of a history (home_amounts.hpp).
struct LeftOut {
  std::string event, property, currency;
  uint64_t values = 0;
  int128 sum = 0;  // micros, of that currency
};

struct History {
  Dictionary dictionary;
  std::vector<Stream> streams;        // by event name, ascending; of one name the sender's first
  std::vector<std::string> customer;  // public id of each customer, ascending in byte order
  std::vector<Learnt> learnt;
  // When each customer begins, which is when they can be a member of anything: with their earliest dated fact, or when
  // the first fact was learnt, where that was before (a table without times came earlier, a fact is dated ahead). Who has
  // facts without a time alone was there since ever. Empty: everybody always was.
  std::vector<Instant> begin;
  Seq begin_until = 0;  // with all facts of seq < begin_until known
  // Where all amounts are read as one (home_amounts.hpp): in which currency, and what was taken out for want of a rate.
  std::string currency = {};
  std::vector<LeftOut> left_out = {};

  size_t customers() const { return customer.size(); }
  size_t events() const;  // all rows, traits included
  // The sender's of that name; where there is none, the system's.
  const Stream* stream(std::string_view event) const;
  const Stream* stream(SystemStream system) const;
  // The first seq not yet learnt at `known_at`; kAllSeqs where everything in the history was.
  Seq visible_until(Instant known_at) const;
  // When a fact was learnt; kEver where that is not said.
  Instant learnt_at(Seq seq) const;
  // `begin` from what is known of the facts of each; kNever where there is none.
  Instant begin_of(const FirstFacts& facts) const;
  // As known with the facts of seq < visible. REQUIRES: where these are fewer than begin_until says, every stream is
  // there. O(1), or then O(rows of the customer).
  Instant begin_of(CustomerIndex customer, Seq visible) const;
  // How many are there at an instant. O(customers).
  size_t customers_at(Instant as_of, Seq visible) const;
  // The index of a public id; nullopt where there is none. O(log customers).
  std::optional<CustomerIndex> find_customer(std::string_view public_id) const;
  size_t bytes() const;
};

// Builds a History from rows in any order: for tests, the simulator's benches and small loads. The record's own loader
// fills the columns directly.
class HistoryBuilder {
 public:
  using Value = std::variant<std::nullptr_t, bool, Number, std::string>;  // nullptr_t: cleared
  using Values = std::variant<Value, std::vector<Value>>;                 // a scalar or a list
  struct Row {
    std::string customer;
    std::string event;
    Instant time;
    std::map<std::string, Values> properties;
    bool is_sent = false;  // a sender's, although it has the name of a system's stream
  };

  // Rows get ascending seqs in the order of the calls; `learnt` must not be before the last call's.
  void add(Row row, Instant learnt = kEver);
  // A customer need not have events.
  void add_customer(std::string public_id);
  History build() &&;

 private:
  std::vector<Row> rows_;
  std::vector<Instant> learnt_;
  std::vector<std::string> customers_;
};

}  // namespace tessera::profiles
