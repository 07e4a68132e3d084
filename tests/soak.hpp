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

// Under a sanitizer a step costs ten times as much, and what is looked for does not need as many: it is their memory and
// their threads; that answers are right is shown without it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
inline constexpr uint64_t kPartOfSample = kSanitized ? 4 : 1;

// Of worlds, programs and the like, each drawn from a seed of its own.
inline uint64_t rounds(uint64_t sample) {
  return tries("TESSERA_SOAK", sample / kPartOfSample);
}
// What a full sample is sure to hold, which part of one need not.
inline void expect_many(uint64_t found, uint64_t in_sample) {
  if (!kSanitized) {
    EXPECT_GT(found, in_sample);
  }
}

// The line that docs/soak.md keeps: what was tried and what came of it. REQUIRES: a test runs.
template <typename... Args>
void figure(fmt::format_string<Args...> text, Args&&... args) {
  fmt::print("figure: {}: {}\n", testing::UnitTest::GetInstance()->current_test_info()->name(),
             fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace tessera
