// What keeps a customer out of segments (the gate of segment/plan.hpp), read off their history: the last word of each of
// its two traits. The compiled plan asks the same of the same stream and the same traits.
#pragma once

#include <optional>

#include "profiles/consent.hpp"
#include "profiles/history.hpp"

namespace tessera::profiles {

class Gate {
 public:
  explicit Gate(const History& history);

  // Rows of the stream of rulings; nullopt: nothing is said, or it was taken back.
  std::optional<uint32_t> marked(CustomerIndex customer, Instant as_of, Seq visible = kAllSeqs) const;
  std::optional<uint32_t> refused(CustomerIndex customer, Instant as_of, Seq visible = kAllSeqs) const;

  Instant since(uint32_t row) const { return stream_->time[row]; }
  std::string_view mark(uint32_t row) const { return dictionary_.text(marks_->texts[row]); }
  std::string_view reason(uint32_t row) const;  // empty: none

 private:
  const Stream* stream_;
  const Column* marks_ = nullptr;
  const Column* reasons_ = nullptr;
  const Column* profiling_ = nullptr;
  const Dictionary& dictionary_;
};

}  // namespace tessera::profiles
