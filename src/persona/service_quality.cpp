#include "persona/service_quality.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/text.hpp"
#include "stats/discoveries.hpp"

namespace tessera::persona {

namespace {

using profiles::Column;
using profiles::History;
using profiles::PropertyType;
using profiles::Stream;
using profiles::TextId;

constexpr double kMistakes = 0.05;
constexpr size_t kFewestTold = 20, kFewestEveryone = 50;  // customers
constexpr double kWorthRating = 0.2;                      // standard deviations of everyone
constexpr std::string_view kRatings[] = {"rating", "stars",        "nps",   "nps_score",          "csat",
                                         "score",  "satisfaction", "grade", "satisfaction_score", "note"};
constexpr std::string_view kTopics[] = {"topic",   "kind",  "type",  "reason", "category",
                                        "subject", "thema", "sujet", "tema"};
constexpr std::string_view kComplaints =
    "complain|beschwerde|reklamation|réclamation|reclamation|plainte|queja|reclamación";

// Rows of these events of a customer until then, as many as `counts` says.
template <typename Counts>
uint32_t count_of(const std::vector<const Stream*>& streams, uint32_t c, Instant as_of, const Counts& counts) {
  uint32_t out = 0;
  for (const Stream* stream : streams)
    for (uint32_t row = stream->first[c]; row < stream->first[c + 1]; ++row)
      out += stream->time[row] <= as_of && counts(*stream, row);
  return out;
}

std::vector<const Stream*> streams_of(const ExperienceBasis& b, features::EventRole part) {
  std::vector<const Stream*> out;
  for (const std::string& event : b.parts.of(part)) out.push_back(b.history.stream(event));
  return out;
}

// `some` of `total` of each customer, as an attribute of one level.
Attribute share_attribute(size_t customers) {
  Attribute out;
  out.total.assign(customers, 0);
  out.levels.resize(1);
  return out;
}

}  // namespace

ExperienceStudy::ExperienceStudy(const ExperienceBasis& basis, const Comparison& comparison)
    : groups_(comparison.groups.size()) {
  taken_back(basis, comparison);
  help(basis, comparison);
  ratings(basis, comparison);
}

void ExperienceStudy::taken_back(const ExperienceBasis& b, const Comparison& comparison) {
  if (!b.parts.has(features::EventRole::Undo)) return;
  const auto mains = streams_of(b, features::EventRole::Main), undos = streams_of(b, features::EventRole::Undo);
  const auto any = [](const Stream&, uint32_t) { return true; };
  Attribute counted = share_attribute(b.history.customers());
  const bool by_thing = !b.things.total.empty();
  for (const uint32_t c : comparison.everyone) {
    const uint32_t n = by_thing ? b.things.total[c] : count_of(mains, c, b.as_of, any);
    counted.total[c] = n;
    if (const uint32_t k = std::min(n, by_thing ? b.things.undone_total[c] : count_of(undos, c, b.as_of, any)))
      counted.counts.push_back({c, 0, k});
  }
  rate({.about = Trouble::TakenBack, .name = std::string(b.parts.words.undos)},
       fmt::format("of {} {}", by_thing ? b.parts.words.things : b.parts.words.mains, b.parts.words.undo_phrase),
       counted, b.made_by_undo && !by_thing, comparison);
}

void ExperienceStudy::help(const ExperienceBasis& b, const Comparison& comparison) {
  const auto asked = streams_of(b, features::EventRole::Service);
  if (asked.empty()) return;
  std::set<TextId> complaints;
  for (const Stream* stream : asked)
    for (const Column& column : stream->columns) {
      if (column.type != PropertyType::Text || column.is_list ||
          std::find(std::begin(kTopics), std::end(kTopics), fold_case(column.property)) == std::end(kTopics))
        continue;
      for (const TextId text : std::set<TextId>(column.texts.begin(), column.texts.end())) {
        const std::string said = fold_case(b.history.dictionary.text(text).substr(0, 200));
        for (const std::string_view word : split(kComplaints, '|'))
          if (said.find(word) != std::string::npos) complaints.insert(text);
      }
    }
  const auto complains = [&](const Stream& stream, uint32_t row) {
    return std::any_of(stream.columns.begin(), stream.columns.end(), [&](const Column& column) {
      return column.type == PropertyType::Text && !column.is_list && complaints.contains(column.texts[row]);
    });
  };
  const auto any = [](const Stream&, uint32_t) { return true; };
  const auto mains = streams_of(b, features::EventRole::Main);
  Attribute helped = share_attribute(b.history.customers()), complained = helped;
  for (const uint32_t c : comparison.everyone) {
    const uint32_t n = count_of(mains, c, b.as_of, any);
    helped.total[c] = complained.total[c] = n;
    if (const uint32_t k = std::min(n, count_of(asked, c, b.as_of, any))) helped.counts.push_back({c, 0, k});
    if (complaints.empty()) continue;
    if (const uint32_t k = std::min(n, count_of(asked, c, b.as_of, complains))) complained.counts.push_back({c, 0, k});
  }
  rate({.about = Trouble::Help, .name = "help"},
       fmt::format("{} for 100 {}", b.parts.words.service, b.parts.words.mains), helped, true, comparison);
  if (!complained.counts.empty())
    rate({.about = Trouble::Complaints, .name = "complaints"},
         fmt::format("complaints for 100 {}", b.parts.words.mains), complained, false, comparison);
}

void ExperienceStudy::ratings(const ExperienceBasis& b, const Comparison& comparison) {
  for (const std::string_view name : kRatings) {
    if (std::find(b.withheld.begin(), b.withheld.end(), name) != b.withheld.end()) continue;
    std::vector<const Stream*> streams;
    for (const features::EventRole part :
         {features::EventRole::Review, features::EventRole::Survey, features::EventRole::Service})
      for (const Stream* stream : streams_of(b, part))
        if (stream->column(name, PropertyType::Number, false)) streams.push_back(stream);
    if (streams.empty()) continue;
    std::vector<double> of(b.history.customers(), NAN);
    for (const uint32_t c : comparison.everyone) {
      double sum = 0, n = 0;
      for (const Stream* stream : streams) {
        const auto& numbers = stream->column(name, PropertyType::Number, false)->numbers;
        for (uint32_t row = stream->first[c]; row < stream->first[c + 1]; ++row)
          if (stream->time[row] <= b.as_of && numbers[row] > profiles::kClearedNumber)
            sum += Number{numbers[row]}.as_double(), n += 1;
      }
      if (n > 0) of[c] = sum / n;
    }
    rating(std::string(name), of, comparison);
  }
}

void ExperienceStudy::rate(Experience like, const std::string& phrase, const Attribute& counted, bool made,
                           const Comparison& comparison) {
  const Tallies tallies(counted.total, counted.counts, 1, comparison);
  if (tallies.all_customers() < kFewestEveryone) return;
  std::vector<stats::Tally> effective;
  for (size_t g = 0; g < groups_; ++g) effective.push_back(over(tallies.of(0, g), tallies.excess(0, g)));
  const stats::Pool pool = stats::pool_rates(effective, stats::z_of(kMistakes));
  const double everyone = tallies.everyone(0);
  const bool for_100 = like.about != Trouble::TakenBack;
  for (size_t g = 0; g < groups_; ++g) {
    const stats::Pooled& figure = pool.groups[g];
    Look look{.experience = like, .group = g};
    Experience& e = look.experience;
    e.value = figure.estimate;
    e.everyone = everyone;
    e.interval = figure.interval;
    e.tells = tallies.customers(g) >= kFewestTold && stats::rate_tells(figure.interval, everyone);
    const auto said = [&](std::string text) {
      if (for_100 && text.ends_with(" %")) text.resize(text.size() - 2);
      return text;
    };
    e.sentence = e.tells ? fmt::format("{} {} {}, against {} of everyone", said(percent_text(e.value)),
                                       range_text(e.interval), phrase, said(percent_text(everyone)))
                         : fmt::format("{}: too few to tell", phrase);
    look.stands_out = e.tells && e.interval.low > everyone && is_worth_saying(e.value, everyone);
    if (!made && look.stands_out) {
      look.test = static_cast<int>(tests_.size());
      const double excess = tallies.excess(0, g);
      const double found = errors_between(over(tallies.of(0, g, FoundOn), excess), tallies.others(0, g, FoundOn));
      tests_.push_back(
          found > 0 ? p_between(over(tallies.of(0, g, HeldOut), excess), tallies.others(0, g, HeldOut), true) : 1);
    }
    looks_.push_back(std::move(look));
  }
}

void ExperienceStudy::rating(const std::string& property, const std::vector<double>& of, const Comparison& comparison) {
  const auto known = [&](std::span<const uint32_t> customers, int held_out) {
    std::vector<double> out;
    for (const uint32_t c : customers)
      if (!std::isnan(of[c]) && (held_out < 0 || comparison.held_out[c] == (held_out == 1))) out.push_back(of[c]);
    return out;
  };
  const stats::Moments all = stats::moments_of(known(comparison.everyone, -1)),
                       all_held = stats::moments_of(known(comparison.everyone, 1));
  if (all.n < kFewestEveryone || !(all.variance > 0)) return;
  std::vector<stats::Moments> moments;
  for (const auto& members : comparison.groups) moments.push_back(stats::moments_of(known(members, -1)));
  const stats::Pool pool = stats::pool_means(moments, stats::z_of(kMistakes));
  for (size_t g = 0; g < groups_; ++g) {
    const stats::Pooled& figure = pool.groups[g];
    Look look{.experience = {.about = Trouble::Rating, .name = property}, .group = g};
    Experience& e = look.experience;
    e.value = figure.estimate;
    e.everyone = all.mean;
    e.interval = figure.interval;
    // A rating has an end, so half and twice say little: an interval as wide as everyone's spread says nothing.
    e.tells = moments[g].n >= kFewestTold && figure.interval.finite() &&
              figure.interval.high - figure.interval.low < 2 * std::sqrt(all.variance);
    e.sentence = e.tells ? fmt::format("{} {:.2f} ({:.2f} to {:.2f}) on average, against {:.2f} of everyone", property,
                                       e.value, e.interval.low, e.interval.high, all.mean)
                         : fmt::format("{}: too few to tell", property);
    look.stands_out =
        e.tells && e.interval.high < all.mean && all.mean - e.value >= kWorthRating * std::sqrt(all.variance);
    if (look.stands_out) {
      look.test = static_cast<int>(tests_.size());
      const auto held = known(comparison.groups[g], 1);
      const double mean = held.empty() ? all.mean : stats::mean_of(held);
      tests_.push_back(held.size() >= 8 && mean < all_held.mean
                           ? stats::drawn_mean_p(mean, static_cast<double>(held.size()), all_held)
                           : 1);
    }
    looks_.push_back(std::move(look));
  }
}

std::vector<std::vector<Experience>> ExperienceStudy::judged(std::span<const double> q) const {
  std::vector<std::vector<Experience>> out(groups_);
  for (const Look& look : looks_) {
    Experience e = look.experience;
    e.q = look.test < 0 ? NAN : q[static_cast<size_t>(look.test)];
    e.worse = look.stands_out && (look.test < 0 || e.q <= kMistakes);
    out[look.group].push_back(std::move(e));
  }
  return out;
}

}  // namespace tessera::persona
