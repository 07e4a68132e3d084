// Claims that take minutes. A test that draws cases tries a sample of them in `./run test`, and as many as its row of
// tests/SOAK says in `./run soak NAME`; what it found then goes to docs/soak.md.
#pragma once
#include <cstdint>
#include <cstdlib>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tessera {

// How much to try: the sample, unless a row of tests/SOAK sets this variable of the environment.
inline uint64_t tries(const char* variable, uint64_t sample) {
  const char* const soak = std::getenv(variable);
  return soak ? std::strtoull(soak, nullptr, 10) : sample;
}

// The line that docs/soak.md keeps: what was tried and what came of it. REQUIRES: a test runs.
template <typename... Args>
void figure(fmt::format_string<Args...> text, Args&&... args) {
  fmt::print("figure: {}: {}\n", testing::UnitTest::GetInstance()->current_test_info()->name(),
             fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace tessera
