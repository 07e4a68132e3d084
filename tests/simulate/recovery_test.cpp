// The planted segments can be found in what customers did, and cannot be found in recency, frequency and money alone.
#include "simulate/measure.hpp"

namespace tessera::simulate {
namespace {

using Case = std::tuple<Preset, uint32_t>;
class Recovery : public testing::TestWithParam<Case> {};

TEST_P(Recovery, ByBehaviourButNotByRecencyFrequencyMoney) {
  const auto [preset, k] = GetParam();
  Measured measured = measure({.customers = 6'000, .segments = k, .preset = preset, .seed = 20'260 + k});
  standardise(measured.behaviour);
  to_quintiles(measured.rfm);
  standardise(measured.rfm);
  const double found = adjusted_rand(k_means(measured.behaviour, k, 10 + k, 1).labels, measured.truth);
  const double by_rfm = adjusted_rand(k_means(measured.rfm, k, 10 + k, 1).labels, measured.truth);
  const double kept = adjusted_rand(k_means_from(measured.behaviour, k, measured.truth).labels, measured.truth);
  fmt::print(
      "{:>8} K={:<3} adjusted Rand index: behaviour {:.3f} (from the truth {:.3f}), recency-frequency-money {:.3f}\n",
      kPresetNames[static_cast<size_t>(preset)], k, found, kept, by_rfm);
  EXPECT_GE(kept, 0.99);
  EXPECT_GE(found, 0.93);
  EXPECT_LE(by_rfm, 0.6);
}

// Sanitizers look at memory and threads, not at figures, and are ten times as slow.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint32_t kCounts[] = {6, 12};
#else
constexpr uint32_t kCounts[] = {6, 12, 24, 48};
#endif

INSTANTIATE_TEST_SUITE_P(All, Recovery,
                         testing::Combine(testing::Values(Preset::Shop, Preset::Clinic, Preset::Bank, Preset::Airline),
                                          testing::ValuesIn(kCounts)));

}  // namespace
}  // namespace tessera::simulate
