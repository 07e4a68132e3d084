// What the statistics of small groups promise, counted in simulation: companies of 12 micro-segments of 20 to 500
// customers each, whose true figures are known. Every coverage is over at least 2,000 micro-segments.
#include <gtest/gtest.h>

#include "core/parallel.hpp"
#include "core/random.hpp"
#include "stats/discoveries.hpp"
#include "stats/pooling.hpp"

namespace tessera::stats {
namespace {

constexpr size_t kSegments = 12, kCompanies = 250;  // 3,000 micro-segments
const double kZ = z_of(0.05);

struct Score {
  double groups = 0, covered_alone = 0, covered_pooled = 0, error_raw = 0, error_pooled = 0;

  void add(const Pooled& group, double truth, double scale) {
    groups += 1;
    covered_alone += group.alone.contains(truth);
    covered_pooled += group.interval.contains(truth);
    error_raw += std::pow((group.raw - truth) / scale, 2);
    error_pooled += std::pow((group.estimate - truth) / scale, 2);
  }
  void add(const Score& other) {
    groups += other.groups;
    covered_alone += other.covered_alone, covered_pooled += other.covered_pooled;
    error_raw += other.error_raw, error_pooled += other.error_pooled;
  }
  double alone() const { return covered_alone / groups; }
  double pooled() const { return covered_pooled / groups; }
  void print(const std::string& what) const {
    fmt::print("{:<44} plain {:.1f} %, pooled {:.1f} %, squared error {:.2f} of raw\n", what, 100 * alone(),
               100 * pooled(), error_pooled / error_raw);
  }
};

template <typename Company>
Score over_companies(uint64_t seed, Company company, size_t companies = kCompanies) {
  std::vector<Score> scores(companies);
  parallel_for(companies, 1, [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      Rng rng = Rng(seed).fork(i);
      company(rng, scores[i]);
    }
  });
  Score all;
  for (const Score& score : scores) all.add(score);
  return all;
}

size_t size_of(Rng& rng) {
  return static_cast<size_t>(std::exp(std::log(20) + rng.uniform() * std::log(500.0 / 20)));
}

void within(const Score& score, const std::string& what) {
  score.print(what);
  EXPECT_GE(score.groups, 2000);
  for (const double coverage : {score.alone(), score.pooled()}) {
    EXPECT_GE(coverage, 0.93) << what;
    EXPECT_LE(coverage, 0.97) << what;
  }
  EXPECT_LT(score.error_pooled, score.error_raw) << what;
}

Score of_rates(double base, double least_spread, double most_spread, uint64_t seed) {
  return over_companies(seed, [&](Rng& rng, Score& out) {
    const double spread = least_spread + (most_spread - least_spread) * rng.uniform();
    std::vector<double> truth;
    std::vector<Tally> groups;
    for (size_t g = 0; g < kSegments; ++g) {
      truth.push_back(1 / (1 + (1 - base) / base * std::exp(spread * rng.normal())));
      groups.push_back({0, static_cast<double>(size_of(rng))});
      for (size_t i = 0; i < static_cast<size_t>(groups[g].n); ++i) groups[g].successes += rng.chance(truth[g]);
    }
    const Pool pool = pool_rates(groups, kZ);
    for (size_t g = 0; g < kSegments; ++g) out.add(pool.groups[g], truth[g], 1);
  });
}

// Rates by their base rate. True rates differ on the scale of the logit (not the scale the prior assumes), in some
// companies hardly, in others so that two thirds lie between half and twice the usual odds.
TEST(Coverage, OfRates) {
  for (const double base : {0.02, 0.05, 0.15, 0.4, 0.8})
    within(of_rates(base, 0.1, 0.8, 11), fmt::format("rates about {:.0f} %", 100 * base));
}

// Money: log-normal with a deviation of 1 (the mean is 1.6 times the median, the top hundredth 10 times), 20 to 70 %
// zeros, otherwise in every segment.
Score of_values(double spread, uint64_t seed) {
  return over_companies(seed, [&](Rng& rng, Score& out) {
    std::vector<double> truth;
    std::vector<Moments> groups;
    for (size_t g = 0; g < kSegments; ++g) {
      truth.push_back(50 * std::exp(spread * rng.normal()));
      const double zeros = 0.2 + 0.5 * rng.uniform(), scale = truth[g] / std::exp(0.5) / (1 - zeros);
      std::vector<double> values;
      for (size_t i = size_of(rng); i > 0; --i)
        values.push_back(rng.chance(zeros) ? 0 : scale * std::exp(rng.normal()));
      groups.push_back(moments_of(values));
    }
    const Pool pool = pool_means(groups, kZ);
    for (size_t g = 0; g < kSegments; ++g) out.add(pool.groups[g], truth[g], truth[g]);
  });
}

TEST(Coverage, OfHeavyTailedMeansWithZeros) {
  for (const double spread : {0.15, 0.3, 0.8})
    within(of_values(spread, 23), fmt::format("log-normal values with zeros, spread {}", spread));
}

// Where all true figures are the same, pooled intervals are longer than need be, never shorter.
TEST(Coverage, OfGroupsThatAreAlike) {
  const Score score = of_values(0, 29);
  score.print("log-normal values with zeros, all alike");
  EXPECT_GE(score.pooled(), 0.93);
  EXPECT_LT(score.error_pooled, 0.3 * score.error_raw);
  const Score rates = of_rates(0.02, 0, 0, 31);
  rates.print("rates of 2 %, all alike");
  EXPECT_GE(rates.pooled(), 0.93);
  EXPECT_LT(rates.error_pooled, 0.3 * rates.error_raw);
}

// Claims on random outcomes: 12 segments drawn at random of 3,000 customers; eight traits that have nothing to do with
// them (rates, skewed shares, heavy-tailed values), all 96 tests together at a false discovery rate of 5 %. With no
// true difference anywhere every discovery is false, so the rate is the share of companies with any.
TEST(Coverage, ClaimsOnRandomOutcomes) {
  constexpr size_t kCustomers = 3'000, kRuns = 400;
  std::vector<uint8_t> any(kRuns, 0);
  parallel_for(kRuns, 1, [&](size_t from, size_t to) {
    for (size_t run = from; run < to; ++run) {
      Rng rng = Rng(31).fork(run);
      std::vector<size_t> first{0};
      for (size_t g = 0; g < kSegments; ++g) first.push_back(std::min(kCustomers, first.back() + size_of(rng)));
      std::vector<double> p;
      for (size_t trait = 0; trait < 8; ++trait) {
        const bool is_rate = trait < 3, is_share = trait >= 3 && trait < 6;
        const double level = trait % 3 == 0 ? 0.02 : trait % 3 == 1 ? 0.2 : 0.6;
        std::vector<double> values;
        for (size_t i = 0; i < kCustomers; ++i)
          values.push_back(is_rate    ? rng.chance(level)
                           : is_share ? (rng.chance(level) ? rng.uniform() : 0)
                                      : std::exp(rng.normal()));
        const Moments all = moments_of(values);
        for (size_t g = 0; g < kSegments; ++g) {
          const std::span<const double> mine(values.data() + first[g], first[g + 1] - first[g]);
          if (mine.size() < 20) continue;
          std::vector<double> others(values.begin(), values.begin() + static_cast<long>(first[g]));
          others.insert(others.end(), values.begin() + static_cast<long>(first[g + 1]), values.end());
          const Moments m = moments_of(mine), rest = moments_of(others);
          p.push_back(is_rate    ? fisher_p({m.mean * m.n, m.n}, {rest.mean * rest.n, rest.n})
                      : is_share ? drawn_mean_p(m.mean, m.n, all)
                                 : rank_p(mine, others));
        }
      }
      const auto adjusted = benjamini_hochberg(p);
      any[run] = std::ranges::any_of(adjusted, [](double q) { return q <= 0.05; });
    }
  });
  const double rate = static_cast<double>(std::ranges::count(any, 1)) / kRuns;
  fmt::print("companies without differences where a claim was made: {:.1f} % of {}\n", 100 * rate, kRuns);
  EXPECT_LE(rate, 0.05);
}

// Among true differences, at most one in twenty of those called discoveries is none.
TEST(Coverage, FalseDiscoveriesAmongTrueOnes) {
  constexpr size_t kRuns = 300, kTests = 60;
  std::vector<double> share(kRuns, 0), power(kRuns, 0);
  parallel_for(kRuns, 1, [&](size_t from, size_t to) {
    for (size_t run = from; run < to; ++run) {
      Rng rng = Rng(37).fork(run);
      std::vector<double> p;
      for (size_t test = 0; test < kTests; ++test) {
        const double everyone = 0.2, mine = test < kTests / 3 ? 0.4 : everyone;
        Tally group{0, 80}, others{0, 900};
        for (int i = 0; i < 80; ++i) group.successes += rng.chance(mine);
        for (int i = 0; i < 900; ++i) others.successes += rng.chance(everyone);
        p.push_back(fisher_p(group, others));
      }
      const auto adjusted = benjamini_hochberg(p);
      double found = 0, wrong = 0;
      for (size_t test = 0; test < kTests; ++test)
        if (adjusted[test] <= 0.05) found += 1, wrong += test >= kTests / 3;
      share[run] = found > 0 ? wrong / found : 0;
      power[run] = (found - wrong) / (kTests / 3.0);
    }
  });
  fmt::print("false among discoveries {:.1f} %, found of the true {:.0f} %\n", 100 * mean_of(share),
             100 * mean_of(power));
  EXPECT_LE(mean_of(share), 0.05);
  EXPECT_GE(mean_of(power), 0.8);
}

}  // namespace
}  // namespace tessera::stats
