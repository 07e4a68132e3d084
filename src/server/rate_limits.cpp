#include "server/rate_limits.hpp"

#include <algorithm>
#include <cmath>

#include "core/hash.hpp"

namespace tessera::server {

namespace {

constexpr size_t kRemembered = 65'536;  // of a generation: 3 MB

std::string_view bytes_of(const http::Network& network) {
  return {reinterpret_cast<const char*>(network.data()), network.size()};
}

}  // namespace

RateLimits::RateLimits(const RateSettings& settings) : settings_(settings), seed_(hash64(secret_bytes(8))) {}

std::optional<Duration> RateLimits::take(Kind kind, std::string_view who, double amount, const Rate& rate,
                                         Instant now) {
  if (rate.a_second <= 0) return std::nullopt;
  const uint64_t key = hash64(who, seed_ + static_cast<uint64_t>(kind));
  const auto all = stores_.lock();
  if (all->young.size() >= kRemembered) all->old = std::exchange(all->young, {});
  auto found = all->young.find(key);
  if (found == all->young.end()) {
    const auto before = all->old.find(key);
    found = all->young.emplace(key, before == all->old.end() ? Store{rate.store, now} : before->second).first;
  }
  Store& store = found->second;
  const auto passed = static_cast<double>(std::max<int64_t>(0, now.ms - store.at.ms)) / 1000;
  store.left = std::min(rate.store, store.left + passed * rate.a_second);
  store.at = now;
  // A batch that is larger than what is left passes; what it took too much is waited for by the next.
  if (store.left <= 0) return Duration{1000 * static_cast<int64_t>(std::ceil((1 - store.left) / rate.a_second))};
  store.left -= amount;
  return std::nullopt;
}

std::optional<Duration> RateLimits::of_key(std::string_view key, size_t events, Instant now) {
  return take(Kind::Key, key, static_cast<double>(events), settings_.of_key, now);
}

std::optional<Duration> RateLimits::of_address(const http::Network& from, bool is_local, size_t events, Instant now) {
  if (is_local && !settings_.limits_this_machine) return std::nullopt;
  return take(Kind::Address, bytes_of(from), static_cast<double>(events), settings_.of_address, now);
}

std::optional<Duration> RateLimits::wrong_token(const http::Network& from, Instant now) {
  return take(Kind::WrongTokens, bytes_of(from), 1, settings_.of_wrong_tokens, now);
}

}  // namespace tessera::server
