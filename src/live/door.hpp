// Where what comes in goes, and who reads it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"
#include "profiles/intake.hpp"

namespace tessera::live {

// What came in: one body, a single call or a batch, as JSON text that has been parsed once (so it is valid JSON).
struct Submission {
  std::string source;  // its name; or "NAME/PLACE" where it can come again from that place (Kafka)
  std::string type;    // "track", "batch", ... : of the route; empty where the body says it
  std::string body;
};

// The type of submissions that are pieces of an import (their source names it): logged in entries of their own, and no
// source that could fall silent.
inline constexpr std::string_view kRowsOfImport = "rows";

// Turns submissions into rows of an intake; made by who knows the outside shapes (ingest), so that the engine need not.
// Rows that cannot be used are rejects. Must depend on nothing but its arguments: replaying the log calls it again.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual void read(const Submission& submission, Instant received) = 0;
};
using MakeReader = std::function<std::unique_ptr<Reader>(profiles::Intake&)>;

enum class Taken { Yes, Busy };
using Done = std::function<void(Result<uint64_t>)>;

// Where submissions go.
class Door {
 public:
  virtual ~Door() = default;
  // `done` is called once, on the writer's thread, when the submission is on disk (the offset of its entry) or could
  // not be written (disk full, recording stopped; the latter on the caller's thread). Busy: nothing will happen, try again later.
  virtual Taken submit(Submission submission, Done done) = 0;
};

}  // namespace tessera::live
