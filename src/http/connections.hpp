// How many connections there may be: in all, and of one address, so that one stranger cannot hold them all. Who comes
// beyond that is given one of a few kept places, where only health and management are answered and where a newcomer
// takes the place of whoever has said nothing for longest: a monitor says what it wants at once. Only where even those
// are taken by some who speak is a connection refused.
//
// An IPv6 address counts as its network of 64 bits: that is what one customer of a provider has.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>

namespace tessera::http {

using Network = std::array<uint8_t, 16>;  // IPv4 as mapped; IPv6 without its lower half

struct ConnectionLimits {
  size_t all = 20'000;
  size_t of_one = 5'000;  // address
  size_t kept = 64;       // beside `all`
};

class Connections {
 public:
  enum class Place : uint8_t { Ordinary, Kept, None };

  explicit Connections(const ConnectionLimits& limits) : limits_(limits) {}

  // A connection's place while it lives.
  class Held {
   public:
    Held() = default;
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() { give_back(); }
    Place place() const { return place_; }
    bool is_over_address() const { return is_over_address_; }  // it has no ordinary place because its address has many
    // It has said what it wants: nobody takes its kept place.
    void has_spoken();
    void give_back();

   private:
    friend class Connections;
    Connections* connections_ = nullptr;
    Network network_{};
    Place place_ = Place::None;
    bool is_over_address_ = false;
    std::function<void()> make_room_;
    std::optional<std::list<Held*>::iterator> silent_;
  };

  // `make_room` closes the connection; called at most once, where another needs its kept place. The connections must
  // outlive `held`. One thread at a time.
  Place admit(const Network& network, Held& held, std::function<void()> make_room);

 private:
  const ConnectionLimits limits_;
  size_t ordinary_ = 0, kept_ = 0;
  std::map<Network, size_t> by_network_;
  std::list<Held*> silent_;  // in kept places, the oldest first
};

}  // namespace tessera::http
