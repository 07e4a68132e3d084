#include <algorithm>
#include <cmath>

#include "profiles/people.hpp"
#include "report/letter_parts.hpp"
#include "stats/intervals.hpp"

namespace tessera::report {

namespace {

using profiles::History;
using profiles::Stream;

constexpr size_t kShown = 3, kShownSilent = 5;
constexpr size_t kFewestFirsts = 20;   // first main events before T, to know what is big
constexpr double kBig = 0.95;          // quantile of them
constexpr double kBest = 0.9;          // quantile of a year's money: the best customers
constexpr size_t kFewestOfRhythm = 5;  // days with a main event from which a customer has a rhythm
constexpr Duration kShortestRhythm = kDay * 28;
constexpr int64_t kSilentGaps = 3;  // usual gaps
constexpr Duration kYear = kDay * 365;

struct Ranked {
  double at_stake;
  Notable notable;
};

// The largest first; of equal ones by pseudonym.
std::vector<Notable> largest(std::vector<Ranked> all, size_t most) {
  std::ranges::sort(all, [](const Ranked& a, const Ranked& b) {
    return std::pair(-a.at_stake, a.notable.pseudonym) < std::pair(-b.at_stake, b.notable.pseudonym);
  });
  all.resize(std::min(all.size(), most));
  std::vector<Notable> out;
  for (Ranked& each : all) out.push_back(std::move(each.notable));
  return out;
}

double quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
}

class Finding {
 public:
  explicit Finding(const LetterView& view) : view_(view), since_(view.question.since), until_(view.question.until) {}

  void all(Letter& letter) {
    largest_moves(letter);
    movers();
    silent();
    firsts();
    std::vector<Notable>& out = letter.notables;
    for (auto* part : {&risers_, &fallers_})
      for (Notable& each : largest(std::move(*part), kShown)) out.push_back(std::move(each));
    for (Notable& each : largest(std::move(silent_), kShownSilent)) out.push_back(std::move(each));
    for (Notable& each : largest(std::move(firsts_), kShown)) out.push_back(std::move(each));
    const auto is_most = [](double move, const std::vector<double>& before) {
      return !before.empty() && move > *std::ranges::max_element(before);
    };
    for (Notable& each : out) {
      if (each.kind == NotableKind::Riser) each.is_extreme = is_most(each.now - each.before, letter.largest_rises);
      if (each.kind == NotableKind::Faller) each.is_extreme = is_most(each.before - each.now, letter.largest_falls);
    }
  }

 private:
  void largest_moves(Letter& letter) const {
    for (size_t p = 1; p < view_.periods; ++p) {
      double rise = 0, fall = 0;
      for (size_t c = 0; c < view_.history.customers(); ++c) {
        // A first order is no rise.
        if (view_.apart[c] || view_.taken.first[c] > view_.taken.bounds[p + 1]) continue;
        const double move = view_.taken.of(c, p) - view_.taken.of(c, p + 1);
        rise = std::max(rise, move);
        fall = std::max(fall, -move);
      }
      letter.largest_rises.push_back(rise);
      letter.largest_falls.push_back(fall);
    }
  }
  Notable of(size_t customer, NotableKind kind) const {
    return {.kind = kind,
            .pseudonym = profiles::report_pseudonym(view_.question.pseudonym_key, view_.history.customer[customer]),
            .now = view_.taken.of(customer, 0),
            .before = view_.taken.of(customer, 1)};
  }

  // Above or below each of their own periods before; with fewer than three of these there is nothing to be above.
  void movers() {
    if (view_.periods < 3) return;
    for (size_t c = 0; c < view_.history.customers(); ++c) {
      if (view_.apart[c] || view_.taken.first[c] > since_) continue;
      const double now = view_.taken.of(c, 0), before = view_.taken.of(c, 1);
      double most = before, least = before;
      for (size_t p = 1; p <= view_.periods; ++p) {
        most = std::max(most, view_.taken.of(c, p));
        least = std::min(least, view_.taken.of(c, p));
      }
      if (now > most && now > 0) risers_.push_back({now - before, of(c, NotableKind::Riser)});
      if (now < least && before > 0) fallers_.push_back({before - now, of(c, NotableKind::Faller)});
    }
  }

  // The first main event of each day that has one, up to U, ascending: two orders of one afternoon are no rhythm.
  std::vector<Instant> rhythm(size_t customer) const {
    std::vector<Instant> out;
    for (const std::string& name : view_.parts.of(features::EventRole::Main)) {
      const Stream& stream = *view_.history.stream(name);
      for (uint32_t row = stream.first[customer]; row < stream.first[customer + 1]; ++row)
        if (stream.time[row] <= until_ && stream.time[row] > kEver) out.push_back(stream.time[row]);
    }
    std::ranges::sort(out);
    const auto day = [](Instant at) { return at.ms / kDay.ms; };
    out.erase(std::unique(out.begin(), out.end(), [&](Instant a, Instant b) { return day(a) == day(b); }), out.end());
    return out;
  }

  void silent() {
    const std::vector<double> year = features::taken_between(view_.history, view_.parts, until_ - kYear, until_);
    std::vector<double> some;
    for (size_t c = 0; c < year.size(); ++c)
      if (year[c] > 0 && !view_.apart[c]) some.push_back(year[c]);
    if (some.size() < kFewestFirsts) return;
    const double best = quantile(std::move(some), kBest);
    for (size_t c = 0; c < year.size(); ++c) {
      if (view_.apart[c] || year[c] < best || view_.taken.last[c] > until_) continue;
      const std::vector<Instant> times = rhythm(c);
      if (times.size() < kFewestOfRhythm || times.back() - times.front() < kShortestRhythm) continue;
      std::vector<int64_t> gaps;
      for (size_t i = 1; i < times.size(); ++i) gaps.push_back((times[i] - times[i - 1]).ms);
      std::ranges::sort(gaps);
      const Duration usual{gaps[gaps.size() / 2]}, longest{gaps.back()};
      // When they became silent; named once, in the letter of that time.
      const Instant became = view_.taken.last[c] + std::max(usual * kSilentGaps, longest);
      if (became <= since_ || became > until_) continue;
      Notable one = of(c, NotableKind::WentSilent);
      one.year = year[c], one.last = view_.taken.last[c], one.usual_gap = usual, one.longest_gap = longest;
      silent_.push_back({year[c], std::move(one)});
    }
  }

  void firsts() {
    std::vector<double> before;
    for (size_t c = 0; c < view_.history.customers(); ++c)
      if (!view_.apart[c] && view_.taken.first[c] <= since_) before.push_back(view_.taken.first_value[c]);
    if (before.size() < kFewestFirsts || view_.parts.money.empty()) return;
    const double big = quantile(std::move(before), kBig);
    for (size_t c = 0; c < view_.history.customers(); ++c) {
      const Instant first = view_.taken.first[c];
      if (view_.apart[c] || first <= since_ || first > until_ || view_.taken.first_value[c] <= big) continue;
      Notable one = of(c, NotableKind::FirstBig);
      one.now = view_.taken.first_value[c], one.before = big, one.last = first;
      firsts_.push_back({one.now, std::move(one)});
    }
  }

  const LetterView& view_;
  const Instant since_, until_;
  std::vector<Ranked> risers_, fallers_, silent_, firsts_;
};

}  // namespace

void note_notables(const LetterView& view, Letter& out) {
  Finding(view).all(out);
}

}  // namespace tessera::report
