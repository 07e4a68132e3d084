// The fuzzer of routes reaches every one, and what must hold of its answers holds of random ones.
#include "core/random.hpp"
#include "server/tried_site.hpp"
#include "soak.hpp"

namespace tessera::server {
namespace {

// In the place of the program's commands, which are known above.
RunCommand no_commands(Service&) {
  return [](const CommandCall&, CommandReader& reader) { return reader.say("out", "done\n") ? 0 : 1; };
}

// A step for each route, all sound; what takes away comes last, and before the clock is accepted it jumps.
std::vector<uint8_t> every_route() {
  std::vector<uint8_t> out, last;
  for (size_t number = 0; number < routes().size(); ++number) {
    const Route& route = routes()[number];
    std::vector<uint8_t>& into = route.method == "DELETE" ? last : out;
    if (route.pattern == "/api/v1/clock/accept") into.insert(into.end(), {kFirstEvent + 5, 0});
    into.insert(into.end(), {static_cast<uint8_t>(number), 0});
  }
  out.insert(out.end(), last.begin(), last.end());
  return out;
}

TEST(TriedRoutes, EveryRouteIsReachedAndGranted) {
  TriedSite site(no_commands);
  site.ask(every_route());
  for (const Route& route : routes()) {
    const std::string name = fmt::format("{} {}", route.method, route.pattern);
    const auto tally = site.tallies().find(name);
    ASSERT_NE(tally, site.tallies().end()) << name;
    EXPECT_GE(tally->second.granted, 1u) << name << ": " << tally->second.refused;
  }
}

TEST(TriedRoutes, WhateverIsAskedIsAnsweredAsItShould) {
  const size_t inputs = tries("TESSERA_SOAK", 40);
  TriedSite site(no_commands);
  Rng rng(20261130);
  for (size_t input = 0; input < inputs; ++input) {
    std::vector<uint8_t> bytes(rng.below(200));
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(rng.below(rng.chance(0.3) ? 4 : 256));
    site.ask(bytes);
  }
  size_t granted = 0;
  for (const auto& [name, tally] : site.tallies()) granted += tally.granted;
  EXPECT_GT(granted, inputs);
}

}  // namespace
}  // namespace tessera::server
