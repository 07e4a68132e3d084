// How often one may: so many events a second of a write key and of an address, so many wrong tokens of an address. Each
// has a store that fills up at its rate and is emptied by what is sent, so that a backlog passes at full speed and a
// flood that goes on does not.
//
// An address may send much less than a key: a write key stands in web pages, and one stranger who has it must not use up
// what is there for all senders. Addresses are kept as keyed hashes, in two generations of bounded size: nobody is
// remembered for long, and many addresses cost no memory.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>

#include "core/guarded.hpp"
#include "core/time.hpp"
#include "http/connections.hpp"

namespace tessera::server {

struct Rate {
  double a_second = 0;  // 0: no limit
  double store = 0;
};

// A busy shop (10 million events a day) sends 120 a second, ten times that in its best hour; a reader of a backlog sends
// what it has at once. The store is a minute of the rate.
struct RateSettings {
  Rate of_key{50'000, 3'000'000};
  Rate of_address{5'000, 300'000};
  Rate of_wrong_tokens{1, 100};
  // Addresses of this machine: behind a proxy everybody has one, so the proxy limits them.
  bool limits_this_machine = false;
};

class RateLimits {
 public:
  explicit RateLimits(const RateSettings& settings);

  // Takes so many events, or says how long to wait.
  std::optional<Duration> of_key(std::string_view key, size_t events, Instant now);
  std::optional<Duration> of_address(const http::Network& from, bool is_local, size_t events, Instant now);
  std::optional<Duration> wrong_token(const http::Network& from, Instant now);

 private:
  enum class Kind : uint8_t { Key, Address, WrongTokens };
  struct Store {
    double left = 0;
    Instant at = kEver;
  };
  using Stores = std::unordered_map<uint64_t, Store>;
  struct Generations {
    Stores young{}, old{};
  };
  std::optional<Duration> take(Kind kind, std::string_view who, double amount, const Rate& rate, Instant now);

  const RateSettings settings_;
  const uint64_t seed_;
  Guarded<Generations> stores_;
};

}  // namespace tessera::server
