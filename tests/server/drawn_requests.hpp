// Requests drawn from any bytes, for a fuzzer that keeps to the table of routes. Every byte is a choice, and 0 is always
// the sound one: a route's number and a 0 are a request that is answered, and whoever draws other bytes leaves the sound
// way one choice at a time.
//
//   step      ROUTE CHANGES and what each change takes: a request to the route of that number
//             EVENT WHICH: something that happens between two requests; events are the numbers from kFirstEvent on
//   CHANGES   a bit each, in this order: method, path, query, headers, who asks, body, its coding, the asker leaves
//
// Any bytes behind any others go on from there, so inputs that were tried one after the other, joined, are one input that
// does the same.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/site.hpp"

namespace tessera::server {

inline constexpr uint8_t kFirstEvent = 240;

// What is left of the bytes; behind their end all are 0.
class Draws {
 public:
  explicit Draws(std::span<const uint8_t> bytes) : left_(bytes) {}
  bool is_over() const { return left_.empty(); }
  uint8_t byte();
  // One of so many, at most 256.
  size_t below(size_t count) { return count == 0 ? 0 : byte() % count; }
  template <typename T, size_t N>
  const T& of(const T (&all)[N]) {
    static_assert(N <= 256);
    return all[below(N)];
  }
  std::string bytes();  // as many as the next byte says, at most 31

 private:
  std::span<const uint8_t> left_;
};

enum class Asks : uint8_t { Fitting, Nobody, Stranger, Read, Write, Identified, Source, OtherSource, Admin, Expired };
inline constexpr size_t kAsking = 10;

// What a request may name that was made as the server went along.
struct Learnt {
  std::string write_key, spare_key;              // of the source "web"; the spare one may be revoked
  std::string webhook, dead, letter, discovery;  // dead: a webhook with that letter
  std::string piece;                             // a sound one, of an import's rows
  std::array<std::string, kAsking> tokens;       // by Asks; of Fitting and Nobody none
};

// The token that has exactly what the route needs.
Asks fitting(privacy::Needs needs);

struct Drawn {
  const Route* route = nullptr;
  http::Request request;
  Asks asks = Asks::Fitting;
  bool leaves = false;  // before it is answered
};
// REQUIRES: ROUTE has been drawn.
Drawn draw_request(const Route& route, Draws& draws, const Learnt& learnt);

}  // namespace tessera::server
