#include "persona/tallies.hpp"

#include <algorithm>
#include <cmath>

#include "stats/discoveries.hpp"

namespace tessera::persona {

using stats::Tally;

namespace {

constexpr double kFewestTested = 8;  // effective things of a group among those held out
constexpr double kWorthOdds = 1.3, kWorthShare = 0.01;
constexpr double kExact = 500;           // successes up to which Fisher's test is done
constexpr size_t kFewestSeveral = 30;    // customers with two things or more, to say how far theirs are alike
constexpr uint32_t kMostThings = 2'000;  // of a customer, told apart: beyond, the weight hardly grows

double weight(double n, double alike) {
  return n / (1 + (n - 1) * alike);
}

}  // namespace

Tallies::Tallies(const std::vector<uint32_t>& total, std::span<const Occurrence> counts, size_t levels,
                 const Comparison& comparison)
    : groups_(comparison.groups.size() + 1), total_(total), held_out_(comparison.held_out) {
  group_of_.assign(total.size(), kNobody);
  for (const uint32_t c : comparison.everyone) group_of_[c] = static_cast<uint32_t>(groups_ - 1);
  for (size_t g = groups_ - 1; g-- > 0;)
    for (const uint32_t c : comparison.groups[g])
      if (group_of_[c] != kNobody) group_of_[c] = static_cast<uint32_t>(g);
  customers_.assign(groups_, 0);
  for (uint32_t c = 0; c < total.size(); ++c) {
    if (group_of_[c] == kNobody || total[c] == 0) continue;
    ++customers_[group_of_[c]];
    things_.try_emplace(std::min(total[c], kMostThings), groups_ * kHalves, 0.0).first->second[cell(c)] += 1;
  }
  std::vector<std::vector<const Occurrence*>> of(levels);
  for (const Occurrence& each : counts)
    if (group_of_[each.customer] != kNobody) of[each.level].push_back(&each);
  level_.resize(levels);
  for (size_t l = 0; l < levels; ++l) fill(level_[l], of[l]);
}

Tally Tallies::of(size_t level, size_t group) const {
  const Tally a = of(level, group, FoundOn), b = of(level, group, HeldOut);
  return {a.successes + b.successes, a.n + b.n};
}

Tally Tallies::others(size_t level, size_t group, Half half) const {
  Tally out;
  for (size_t g = 0; g < groups_; ++g)
    if (g != group) out.successes += of(level, g, half).successes, out.n += of(level, g, half).n;
  return out;
}

double Tallies::everyone(size_t level) const {
  const Tally a = others(level, SIZE_MAX, FoundOn), b = others(level, SIZE_MAX, HeldOut);
  return a.n + b.n > 0 ? (a.successes + b.successes) / (a.n + b.n) : 0;
}

size_t Tallies::all_customers() const {
  size_t sum = 0;
  for (const size_t n : customers_) sum += n;
  return sum;
}

double Tallies::alike(const std::vector<const Occurrence*>& counts) const {
  double all = 0, several = 0, shares = 0, pairs = 0;
  for (const auto& [n, cells] : things_)
    for (const double customers : cells) all += customers, several += n > 1 ? customers : 0;
  for (const Occurrence* each : counts) {
    const double n = total_[each->customer], k = each->count;
    shares += k / n;
    if (n > 1) pairs += k * (k - 1) / (n * (n - 1));
  }
  return alike_of(all, several, shares, pairs);
}

void Tallies::fill(OfLevel& level, const std::vector<const Occurrence*>& counts) const {
  const double r = alike(counts);
  std::vector<double> squares(groups_, 0), share_squares(groups_, 0), mixed(groups_, 0);
  level.cells.resize(groups_ * kHalves);
  for (const auto& [n, cells] : things_)
    for (size_t i = 0; i < cells.size(); ++i) {
      const double w = weight(n, r);
      level.cells[i].n += w * cells[i];
      squares[i / kHalves] += w * w * cells[i];
    }
  level.have.assign(groups_, 0);
  for (const Occurrence* each : counts) {
    const uint32_t n = total_[each->customer];
    const double w = weight(std::min(n, kMostThings), r), share = static_cast<double>(each->count) / n;
    const size_t g = group_of_[each->customer];
    level.cells[cell(each->customer)].successes += w * share;
    share_squares[g] += w * w * share * share;
    mixed[g] += w * w * share;
    ++level.have[g];
  }
  level.excess.assign(groups_, 1);
  for (size_t g = 0; g < groups_; ++g) {
    const Tally &a = level.cells[g * kHalves], &b = level.cells[g * kHalves + 1];
    const double n = a.n + b.n, p = n > 0 ? (a.successes + b.successes) / n : 0;
    if (p > 0 && p < 1)
      level.excess[g] = std::max(1.0, (share_squares[g] - 2 * p * mixed[g] + p * p * squares[g]) / (p * (1 - p) * n));
  }
}

double alike_of(double customers, double with_several, double shares, double pairs) {
  const double p = customers > 0 ? shares / customers : 0;
  if (with_several < kFewestSeveral || !(p > 0 && p < 1)) return 1;
  return std::clamp((pairs / with_several - p * p) / (p * (1 - p)), kLeastAlike, 1.0);
}

Tally over(Tally tally, double excess) {
  return {tally.successes / excess, tally.n / excess};
}

double errors_between(Tally a, Tally b) {
  if (!(a.n > 0 && b.n > 0)) return 0;
  const double p = (a.successes + b.successes) / (a.n + b.n), variance = p * (1 - p) * (1 / a.n + 1 / b.n);
  return variance > 0 ? (a.successes / a.n - b.successes / b.n) / std::sqrt(variance) : 0;
}

double p_between(Tally a, Tally b, bool higher) {
  const double z = errors_between(a, b);
  if (a.n < kFewestTested || b.n < kFewestTested || (z > 0) != higher) return 1;
  if (std::min(a.successes + b.successes, a.n) > kExact)
    return std::min(1.0, 2 * stats::normal_upper_tail(std::fabs(z)));
  const auto whole = [](Tally t) {
    const double n = std::round(t.n);
    return Tally{std::clamp(std::round(t.successes), 0.0, n), n};
  };
  return stats::fisher_p(whole(a), whole(b));
}

bool is_worth_saying(double share, double everyone) {
  if (std::fabs(share - everyone) < kWorthShare || everyone <= 0 || everyone >= 1) return false;
  const double low = std::min(share, everyone), high = std::max(share, everyone);
  return high >= 1 || high * (1 - low) >= kWorthOdds * low * (1 - high);
}

std::string percent_text(double share) {
  return share < 0.0995 ? fmt::format("{:.1f} %", 100 * share) : fmt::format("{:.0f} %", 100 * share);
}

std::string range_text(stats::Interval interval) {
  const auto number = [](double x) {
    return x < 0.0995 ? fmt::format("{:.1f}", 100 * x) : fmt::format("{:.0f}", 100 * x);
  };
  return fmt::format("({} to {})", number(interval.low), number(interval.high));
}

}  // namespace tessera::persona
