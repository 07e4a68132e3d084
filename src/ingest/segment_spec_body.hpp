// Bodies of Segment's HTTP API to rows of an intake: what the server took in is read here, when it comes and again when
// the log is replayed, so the rows depend on nothing but the body, its route, its source and the instant.
//
// Memory: names of events and members are remembered to be quick, and forgotten every few megabytes, since anyone may
// send any names.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/time.hpp"
#include "ingest/findings.hpp"

namespace tessera::ingest {

inline constexpr size_t kMostCalls = 2'500;       // of a batch; one with more is rejected as a whole
inline constexpr size_t kLongestCall = 32 << 10;  // bytes

// The type of a body that was too large and of which only the beginning was kept: it is a reject.
std::string type_of_cut(size_t bytes);
// The type of a body of which nothing can be read, and only the beginning may have been kept: it is a reject for this
// reason, a word of its own ("invalid-json").
std::string type_of_unreadable(std::string_view reason, std::string_view problem);

class SegmentBody {
 public:
  // REQUIRES: the intake outlives it.
  explicit SegmentBody(profiles::Intake& intake);
  ~SegmentBody();

  // `source`: its name; or "NAME/PLACE" for what comes from a place that keeps it (Kafka), where calls without a
  // message id are known by their place. `type`: "track" and the like, of the route; "batch" or empty where the body
  // says it. What cannot be used is a reject with a reason, its place in the batch as its line; a body that is no JSON is
  // one too. In a batch what is no JSON costs the event it is in.
  void read(std::string_view source, std::string_view type, std::string_view body, Instant received);
  const Findings& findings() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tessera::ingest
