// Every customer's history in memory, as much of it as definitions can see: for each profile one block of bytes to
// which rows are appended as they are learnt, 15 to 25 bytes an event. A block of customers is unpacked into a small
// History, which the batch evaluator then reads: so live and batch are the same code on the same rows.
//
//   row   = varint(stream), zigzag(time - time of the row before), varint(seq - seq of the row before),
//           varint(bytes of the values), values
//   value = varint(2 * slot + 1) and its number, text id, truth or list, or varint(2 * property + 2): the property said
//           null (or something without exact form), which every typed column of it reads as cleared
// Lists come before the length of their prefix, and what is cleared comes last.
//
// Rows lie in the order in which they were learnt. Nothing is moved when two profiles turn out to be one customer: the
// rows of all of a customer's profiles are merged when they are unpacked, so a merge can be undone.
// An invariant: seqs ascend within a profile.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "fold/shape.hpp"
#include "profiles/history.hpp"
#include "profiles/identity.hpp"

namespace tessera::fold {

// One row on its way in: the values in the order in which they are put.
class RowWriter {
 public:
  void start(uint16_t stream) {
    bytes_.clear();
    stream_ = stream;
  }
  void number(uint16_t slot, int64_t micros);
  void text(uint16_t slot, profiles::TextId id);
  void truth(uint16_t slot, bool value);
  void cleared(uint16_t property);
  void length(uint16_t slot, uint64_t elements) { list(slot, elements); }
  void list(uint16_t slot, uint64_t elements);  // the elements follow:
  void element(int64_t micros);                 // kAbsentNumber: none
  void element_text(profiles::TextId id);       // kAbsentText: none
  void element_truth(profiles::Truth truth);

 private:
  friend class Histories;
  uint16_t stream_ = 0;
  std::vector<uint8_t> bytes_;
};

// Where the rows of one stream go while they are unpacked. Its columns are longer than the rows they hold until then, and
// read as absent there, so that a row writes what it has and nothing else.
struct Sink {
  enum class Kind : uint8_t { Number, Text, Truth, List, Length };
  struct Slot {
    Kind kind;
    uint16_t property;
    uint32_t column = 0;               // index in the stream's columns; of a length: not used
    void* values = nullptr;            // of the column, where it is no list
    std::vector<uint32_t> under = {};  // of a length: the columns under its prefix
  };
  uint32_t stream = 0;  // index in the history's streams
  bool is_wanted = false;
  bool is_ordered = true;                // the customer at hand's, by time and seq
  uint32_t rows = 0, room = 0, had = 0;  // `had` when it began
  profiles::Seq last_seq = 0;            // of the customer at hand
  int64_t last_time = kEver.ms;          // likewise
  Instant* time = nullptr;
  profiles::Seq* seq = nullptr;
  std::vector<Slot> slots;
  std::vector<uint32_t> lists;  // the columns that are lists
};

// A History that is filled and emptied again and again; its streams and columns stay where they are until the shape
// grows (`version`), so that a plan bound to it stays bound.
struct Unpacked {
  profiles::History history;
  uint64_t version = ~uint64_t{0};  // of the shape
  std::vector<Sink> sinks;          // by index in the shape
  uint64_t most_rows = 0;           // of any customer in any stream, elements of lists counted too
};

class Histories {
 public:
  // REQUIRES: both outlive it.
  Histories(Shape& shape, const profiles::MoneyBook& money) : shape_(shape), money_(money) {}
  ~Histories();
  Histories(const Histories&) = delete;
  Histories& operator=(const Histories&) = delete;

  void append(profiles::Profile profile, Instant time, profiles::Seq seq, const RowWriter& row);
  // Hints, in this order and some work apart, that rows of the profile are to be read, or one is to be appended:
  // otherwise each waits for memory three times.
  enum class Fetch : uint8_t { Pointer, Head, End };
  void expect(profiles::Profile profile, Fetch what) const;
  // Every number put into a row is to be told here: the widest one decides how sums are computed.
  void note_number(int64_t micros) {
    largest_ = std::max(largest_, micros == INT64_MIN ? INT64_MAX : std::abs(micros));
  }
  // All rows of a history whose customers are profiles (load_by_profile).
  void append(const profiles::History& by_profile);

  // Makes `out` fit the shape; true where it was rebuilt (bind again).
  bool fit(Unpacked& out) const;
  // Empties it and unpacks customers, each given as its profiles: customer i of the history is customers[i]. Only those
  // streams (by index in the shape) that are wanted; the others stay empty.
  void unpack(std::span<const std::span<const profiles::Profile>> customers, std::span<const uint8_t> wanted,
              Unpacked& out) const;
  const Shape& shape() const { return shape_; }

  // How far one profile was unpacked.
  struct Place {
    size_t byte = 0;
    int64_t time = 0;
    profiles::Seq seq = 0;
  };
  // Of `out`, which holds one customer and nothing else (or nothing yet): adds the rows of the customer's profiles
  // behind their places that have seq < until, and moves the places there. changed: by stream of the history, the first
  // row that is another one than before (rows.size() where none is).
  void extend(std::span<const profiles::Profile> profiles, std::span<Place> places, profiles::Seq until, Unpacked& out,
              std::vector<uint32_t>& changed) const;

  uint64_t rows(profiles::Profile profile) const;
  // The time of the profile's earliest row; kNever where it has none.
  Instant first_time(profiles::Profile profile) const;
  uint64_t bytes() const { return bytes_; }
  uint64_t rows() const { return rows_; }
  int64_t largest_number() const { return largest_; }  // magnitude of any value ever put

 private:
  // The head of one profile's bytes, which lie behind it.
  struct Block {
    // So many bytes behind the last row may be read and are zero: whoever reads a varint takes eight bytes at once.
    static constexpr size_t kReadBehind = 8;

    uint32_t size = 0, capacity = 0;  // of the bytes
    uint32_t rows = 0;
    profiles::Seq last_seq = 0;
    int64_t last_time = 0;
    int64_t first_time = kNever.ms;  // the earliest
    uint8_t* bytes() { return reinterpret_cast<uint8_t*>(this + 1); }
    const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(this + 1); }
  };
  struct Loaded;
  struct Unpacker;
  uint8_t* room(profiles::Profile profile, size_t bytes);
  void fit_block(profiles::Profile profile);

  Shape& shape_;
  const profiles::MoneyBook& money_;
  std::vector<Block*> blocks_;  // by profile; null: no rows
  uint64_t bytes_ = 0, rows_ = 0;
  int64_t largest_ = 0;
};

}  // namespace tessera::fold
