#include "persona/preferences.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "core/parallel.hpp"
#include "core/text.hpp"
#include "persona/tallies.hpp"
#include "stats/discoveries.hpp"

namespace tessera::persona {

namespace {

using stats::Tally;

constexpr double kMistakes = 0.05;
constexpr size_t kFewestTold = 20, kFewestEveryone = 50;  // customers of a group, of everyone
constexpr double kWorthFinding = 1.5;                     // standard errors, among those it is found on
constexpr double kAlike = 0.02;                           // shares that far apart may be of the same things
constexpr double kFewestOfGroup = 0.05;                   // of those who take anything, who took a level back
constexpr size_t kFewestTaken = 10;                       // customers who took something of a level back

double h_of(double share, double everyone) {
  return 2 * (std::asin(std::sqrt(share)) - std::asin(std::sqrt(everyone)));
}

}  // namespace

ChoiceStudy::ChoiceStudy(std::span<const Attribute> attributes, const Comparison& groups, std::string_view undone)
    : groups_(groups.groups.size()) {
  std::vector<ChoiceStudy> parts;
  for (size_t i = 0; i < attributes.size(); ++i) parts.push_back(ChoiceStudy());
  parallel_for(attributes.size(), 1, [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      parts[i].look_at(attributes[i], groups);
      if (!attributes[i].undone.empty()) parts[i].look_at_taken_back(attributes[i], groups, undone);
    }
  });
  for (ChoiceStudy& part : parts) {
    comparisons_ += part.comparisons_;
    for (Look& look : part.looks_) {
      if (look.test >= 0) look.test += static_cast<int>(tests_.size());
      looks_.push_back(std::move(look));
    }
    tests_.insert(tests_.end(), part.tests_.begin(), part.tests_.end());
  }
}

void ChoiceStudy::look_at(const Attribute& attribute, const Comparison& groups) {
  const Tallies tallies(attribute.total, attribute.counts, attribute.levels.size(), groups);
  if (tallies.all_customers() < kFewestEveryone) return;
  for (size_t level = 0; level < attribute.levels.size(); ++level)
    for (size_t g = 0; g < groups.groups.size(); ++g) {
      if (tallies.customers(g) < kFewestTold) continue;
      const AttributeLevel& of = attribute.levels[level];
      comparisons_ += !of.made;
      const double excess = tallies.excess(level, g);
      const Tally all = over(tallies.of(level, g), excess), found = over(tallies.of(level, g, FoundOn), excess);
      if (!(all.n > 0)) continue;
      Look look{.group = g, .share_effective = all.successes, .n_effective = all.n};
      Preference& c = look.choice;
      c = {.property = attribute.property,
           .level = of.name,
           .kind = of.kind,
           .is_word = of.is_word,
           .share = all.successes / all.n};
      c.everyone = tallies.everyone(level);
      c.lift = c.everyone > 0 ? c.share / c.everyone : NAN;
      c.effect = h_of(c.share, c.everyone);
      c.customers = tallies.have(level, g);
      c.by_construction = of.made;
      c.sentence = fmt::format(" of {} {}, against {} of everyone's", attribute.of, of.said, percent_text(c.everyone));
      if (!is_worth_saying(c.share, c.everyone)) continue;
      if (!of.made) {
        const double z = errors_between(found, tallies.others(level, g, FoundOn));
        if (std::fabs(z) < kWorthFinding || (z > 0) != c.over()) continue;
        look.test = static_cast<int>(tests_.size());
        tests_.push_back(
            p_between(over(tallies.of(level, g, HeldOut), excess), tallies.others(level, g, HeldOut), c.over()));
      }
      looks_.push_back(std::move(look));
    }
}

namespace {

// How far what one customer takes back is alike, over all things.
double alike_undone(const Attribute& attribute, std::span<const uint32_t> everyone) {
  double customers = 0, several = 0, shares = 0, pairs = 0;
  for (const uint32_t c : everyone) {
    const double n = attribute.total[c], k = std::min<double>(n, attribute.undone_total[c]);
    if (n == 0) continue;
    customers += 1;
    shares += k / n;
    if (n > 1) several += 1, pairs += k * (k - 1) / (n * (n - 1));
  }
  return alike_of(customers, several, shares, pairs);
}

// Of one level of one group: what was taken and what of it was taken back, by half.
struct TakenBack {
  std::array<Tally, kHalves> tally;
  size_t customers = 0, takers = 0;  // who took something back, who took anything
  Tally both() const { return {tally[0].successes + tally[1].successes, tally[0].n + tally[1].n}; }
};

}  // namespace

// Within a group, each level against all that the group takes: a level's customers are the rest's too, which makes the
// test the more careful.
void ChoiceStudy::look_at_taken_back(const Attribute& attribute, const Comparison& groups, std::string_view undone) {
  const double r = alike_undone(attribute, groups.everyone);
  const auto weight = [&](double n) { return n / (1 + (n - 1) * r); };
  const size_t levels = attribute.levels.size();
  std::vector<uint32_t> group_of(attribute.total.size(), UINT32_MAX);
  for (size_t g = groups.groups.size(); g-- > 0;)
    for (const uint32_t c : groups.groups[g]) group_of[c] = static_cast<uint32_t>(g);
  std::vector<TakenBack> of(groups.groups.size() * (levels + 1));  // the last: all levels
  const auto add = [&](uint32_t c, size_t level, double taken, double back) {
    if (group_of[c] == UINT32_MAX || taken == 0) return;
    TakenBack& cell = of[group_of[c] * (levels + 1) + level];
    Tally& tally = cell.tally[groups.held_out[c] ? HeldOut : FoundOn];
    tally.n += weight(taken);
    tally.successes += weight(taken) * std::min(1.0, back / taken);
    cell.customers += back > 0;
    ++cell.takers;
  };
  size_t at = 0;
  for (const Occurrence& taken : attribute.counts) {
    while (at < attribute.undone.size() &&
           (attribute.undone[at].customer < taken.customer ||
            (attribute.undone[at].customer == taken.customer && attribute.undone[at].level < taken.level)))
      ++at;
    const bool has = at < attribute.undone.size() && attribute.undone[at].customer == taken.customer &&
                     attribute.undone[at].level == taken.level;
    add(taken.customer, taken.level, taken.count, has ? attribute.undone[at].count : 0);
  }
  for (uint32_t c = 0; c < attribute.total.size(); ++c) add(c, levels, attribute.total[c], attribute.undone_total[c]);
  for (size_t g = 0; g < groups.groups.size(); ++g) {
    const TakenBack& all = of[g * (levels + 1) + levels];
    for (size_t level = 0; level < levels; ++level) {
      const TakenBack& mine = of[g * (levels + 1) + level];
      ++comparisons_;
      // What a few customers take back says nothing of the group.
      const double fewest = std::max<double>(kFewestTaken, kFewestOfGroup * static_cast<double>(all.takers));
      if (static_cast<double>(mine.customers) < fewest || all.both().n <= 0) continue;
      const Tally both = mine.both(), rest = all.both();
      Look look{.group = g, .taken_back = true, .share_effective = both.successes, .n_effective = both.n};
      Preference& c = look.choice;
      const AttributeLevel& named = attribute.levels[level];
      c = {.property = attribute.property,
           .level = named.name,
           .kind = named.kind,
           .is_word = named.is_word,
           .share = both.successes / both.n};
      c.everyone = rest.successes / rest.n;
      c.lift = c.everyone > 0 ? c.share / c.everyone : NAN;
      c.effect = h_of(c.share, c.everyone);
      c.customers = mine.customers;
      c.sentence = fmt::format(" of their {} {} were {}, against {} of all they take", attribute.of, named.said, undone,
                               percent_text(c.everyone));
      const double z = errors_between(mine.tally[FoundOn], all.tally[FoundOn]);
      if (!c.over() || !is_worth_saying(c.share, c.everyone) || z < kWorthFinding) continue;
      look.test = static_cast<int>(tests_.size());
      tests_.push_back(p_between(mine.tally[HeldOut], all.tally[HeldOut], true));
      looks_.push_back(std::move(look));
    }
  }
}

namespace {

// "alarm clock" after "clock" says nothing new: a level of names goes where a stronger one shares a word with it.
void drop_repeated(std::vector<Preference>& choices) {
  // A word of names that all things of a category have ("saucepan" in the kitchen) is the category.
  const auto is_category = [&](const Preference& word) {
    return word.is_word && std::ranges::any_of(choices, [&](const Preference& other) {
             return !other.is_word && std::fabs(other.share - word.share) < kAlike &&
                    std::fabs(other.everyone - word.everyone) < kAlike &&
                    std::max(other.share, other.everyone) > 2 * kAlike;
           });
  };
  std::vector<bool> drop;
  for (const Preference& choice : choices) drop.push_back(is_category(choice));
  std::vector<Preference> out;
  std::set<std::string> said;
  for (size_t i = 0; i < choices.size(); ++i) {
    Preference& choice = choices[i];
    // A coupon and its discount are one reduction.
    bool repeats = drop[i];
    repeats |= choice.kind == AttributeKind::Reduction && !said.insert(std::string(name_of(choice.kind))).second;
    if (choice.is_word)
      for (const std::string_view word : split(choice.level, ' '))
        repeats |= !said.insert(fmt::format("{} {}", choice.property, word)).second;
    if (!repeats) out.push_back(std::move(choice));
  }
  choices = std::move(out);
}

}  // namespace

std::vector<ChoiceStudy::Found> ChoiceStudy::judged(std::span<const double> q) const {
  double kept = 0;
  for (const Look& look : looks_) kept += look.test >= 0 && q[static_cast<size_t>(look.test)] <= kMistakes;
  const double z_made = stats::z_of(kMistakes),
               z_kept = kept > 0 ? stats::z_of(kMistakes * kept / static_cast<double>(comparisons_)) : z_made;
  std::vector<Found> out(groups_);
  for (const Look& look : looks_) {
    const bool made = look.test < 0;
    if (!made && q[static_cast<size_t>(look.test)] > kMistakes) continue;
    Preference choice = look.choice;
    choice.q = made ? NAN : q[static_cast<size_t>(look.test)];
    choice.interval = stats::wilson(look.share_effective, look.n_effective, made ? z_made : z_kept);
    if (choice.interval.contains(choice.everyone)) continue;
    choice.sentence = fmt::format("{} {}{}", percent_text(choice.share), range_text(choice.interval), choice.sentence);
    Found& found = out[look.group];
    (look.taken_back ? found.taken_back : choice.over() ? found.over : found.avoided).push_back(std::move(choice));
  }
  for (Found& found : out)
    for (auto* list : {&found.over, &found.avoided, &found.taken_back}) {
      std::stable_sort(list->begin(), list->end(), [](const Preference& a, const Preference& b) {
        return std::fabs(a.effect) > std::fabs(b.effect);
      });
      drop_repeated(*list);
    }
  return out;
}

}  // namespace tessera::persona
