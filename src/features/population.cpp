#include "features/population.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "profiles/gate.hpp"
#include "stats/intervals.hpp"

namespace tessera::features {

namespace {

using profiles::Column;
using profiles::History;
using profiles::PropertyType;
using profiles::Stream;

constexpr size_t kBotEvents = 100;  // events within kBotWindow that no person makes
constexpr Duration kBotWindow = kHour;
constexpr double kShortestGap = 7, kLongestGap = 120;  // days within which someone is too new to tell
constexpr double kLargeShare = 0.1;       // of all value that very large accounts make together, to be set apart
constexpr double kLargeCustomers = 0.02;  // share of customers they are at most
constexpr size_t kFewestForLarge = 500;

bool looks_like_test(std::string_view text) {
  const std::string folded = fold_case(text);
  return folded == "test" || folded.starts_with("test-") || folded.starts_with("test_") ||
         folded.starts_with("test@") || folded.starts_with("test+") || folded.find("@test.") != std::string::npos;
}

void mark_tests(const History& history, std::vector<bool>& test) {
  for (size_t c = 0; c < history.customers(); ++c)
    if (looks_like_test(history.customer[c])) test[c] = true;
  for (const Stream& stream : history.streams)
    for (const Column& column : stream.columns) {
      const bool flag = column.property == "is_test" || column.property == "is_staff" ||
                        column.property == "is_employee" || column.property == "internal";
      const bool mail = column.property == "email" && stream.system == profiles::SystemStream::Identify;
      if (column.is_list || (!flag && !mail)) continue;
      for (size_t c = 0; c < history.customers(); ++c)
        for (uint32_t row = stream.first[c]; row < stream.first[c + 1]; ++row) {
          if (flag && column.type == PropertyType::Bool && column.truths[row] == profiles::Truth::Yes) test[c] = true;
          if (flag && column.type == PropertyType::Text &&
              fold_case(history.dictionary.text(column.texts[row])) == "true")
            test[c] = true;
          if (mail && column.type == PropertyType::Text && looks_like_test(history.dictionary.text(column.texts[row])))
            test[c] = true;
        }
    }
}

void mark_bots(const History& history, std::vector<bool>& bot) {
  std::vector<Instant> times;
  for (size_t c = 0; c < history.customers(); ++c) {
    size_t events = 0;
    for (const Stream& stream : history.streams)
      if (stream.is_counted()) events += stream.first[c + 1] - stream.first[c];
    if (events < kBotEvents) continue;
    times.clear();
    for (const Stream& stream : history.streams)
      if (stream.is_counted())
        times.insert(times.end(), stream.time.begin() + stream.first[c], stream.time.begin() + stream.first[c + 1]);
    std::sort(times.begin(), times.end());
    // Different instants: one order's lines at one instant are no beat.
    times.erase(std::unique(times.begin(), times.end()), times.end());
    for (size_t i = 0; i + kBotEvents <= times.size() && !bot[c]; ++i)
      bot[c] = times[i + kBotEvents - 1] - times[i] < kBotWindow;
  }
}

// What the record itself says (the gate of segment/plan.hpp): the last word of each of its two traits.
void mark_ruled(const History& history, Instant as_of, std::vector<bool>& marked, std::vector<bool>& refused) {
  const profiles::Gate gate(history);
  for (profiles::CustomerIndex c = 0; c < history.customers(); ++c) {
    marked[c] = marked[c] || gate.marked(c, as_of);
    // Whoever refuses now is not looked at in the past either.
    refused[c] = refused[c] || gate.refused(c, kNever);
  }
}

std::vector<double> values_of(const FeatureColumn& column, const std::vector<uint32_t>& customers) {
  std::vector<double> out;
  for (const uint32_t c : customers)
    if (!std::isnan(column.values[c])) out.push_back(column.values[c]);
  return out;
}

class Divider {
 public:
  Divider(const EventRoles& parts, const FeatureTable& features, Population& out)
      : parts_(parts), words_(parts.words), features_(features), out_(out) {}

  void never() {
    const std::string name =
        std::string(words_.mains) == words_.main ? fmt::format("number_of_{}", words_.main) : std::string(words_.mains);
    if (const FeatureColumn* count = features_.find(name))
      take({.name = fmt::format("No {} yet", words_.main),
            .why = fmt::format("the record has no {} of theirs", words_.main),
            .condition = {.column = index(*count), .high = 1}});
  }

  void newcomers() {
    const FeatureColumn* first = features_.find(fmt::format("since_first_{}", words_.main));
    const FeatureColumn* gap = features_.find("usual_gap");
    if (!first || !gap) return;
    const auto gaps = values_of(*gap, out_.grouped);
    if (gaps.size() < 50) return;
    const double days = std::clamp(std::round(stats::median_of(gaps) / 5) * 5, kShortestGap, kLongestGap);
    const size_t before = out_.grouped.size();
    const cluster::Condition condition{.column = index(*first), .high = days};
    // Where most are new, being new tells nothing.
    const auto young = static_cast<size_t>(
        std::count_if(out_.grouped.begin(), out_.grouped.end(), [&](uint32_t c) { return first->values[c] < days; }));
    if (young * 2 > before) return;
    take({.name = "Too new to tell",
          .why = fmt::format("their first {} is younger than the usual time between two {}, {:.0f} days: neither "
                             "lapsed nor of low value, just new",
                             words_.main, words_.mains, days),
          .condition = condition});
  }

  void large() {
    const FeatureColumn* money = features_.find(words_.money_name);
    if (!money || out_.grouped.size() < kFewestForLarge) return;
    auto amounts = values_of(*money, out_.grouped);
    std::erase_if(amounts, [](double x) { return x <= 0; });
    if (amounts.size() < kFewestForLarge) return;
    std::sort(amounts.begin(), amounts.end());
    std::vector<double> logs;
    double sum = 0;
    for (const double x : amounts) logs.push_back(std::log(x)), sum += x;
    const double middle = logs[logs.size() / 2], spread = (logs[logs.size() * 3 / 4] - logs[logs.size() / 4]) / 1.34;
    const double edge = std::max(std::exp(middle + 2.3 * spread),
                                 amounts[static_cast<size_t>(0.98 * static_cast<double>(amounts.size()))]);
    const double cut =
        cluster::round_number(std::max(edge, amounts[static_cast<size_t>(0.99 * static_cast<double>(amounts.size()))]));
    double above = 0;
    size_t count = 0;
    for (const double x : amounts)
      if (x >= cut) above += x, ++count;
    if (count == 0 || above < kLargeShare * sum ||
        static_cast<double>(count) > kLargeCustomers * static_cast<double>(amounts.size()))
      return;
    take({.name = words_.industry == "shop" ? "Wholesale-like accounts" : "Very large accounts",
          .why = fmt::format("{:.1f} % of {} who make {:.0f} % of all {}: averaged in, they would hide everyone else",
                             100.0 * static_cast<double>(count) / static_cast<double>(amounts.size()), words_.customers,
                             100 * above / sum, words_.money),
          .condition = {.column = index(*money), .low = cut}});
  }

 private:
  uint32_t index(const FeatureColumn& column) const {
    return static_cast<uint32_t>(&column - features_.columns.data());
  }
  void take(ApartGroup group) {
    const auto& values = features_.columns[group.condition.column].values;
    std::vector<uint32_t> rest;
    for (const uint32_t c : out_.grouped) {
      const double x = values[c];
      (x >= group.condition.low && x < group.condition.high ? group.customers : rest).push_back(c);
    }
    if (group.customers.empty()) return;
    out_.grouped = std::move(rest);
    out_.apart.push_back(std::move(group));
  }

  const EventRoles& parts_;
  const IndustryTerms& words_;
  const FeatureTable& features_;
  Population& out_;
};

}  // namespace

Population divide(const History& history, const EventRoles& parts, const FeatureTable& features, Instant as_of,
                  Unwanted unwanted) {
  Population out;
  std::vector<bool> test(history.customers(), false), bot(history.customers(), false);
  if (unwanted == Unwanted::LeftOut) {
    mark_tests(history, test);
    mark_bots(history, bot);
  }
  std::vector<bool> marked(history.customers(), false), refused(history.customers(), false);
  mark_ruled(history, as_of, marked, refused);
  if (unwanted == Unwanted::Kept) marked.assign(history.customers(), false);
  LeftOut ruled{"marked", "marked in the record as bots, staff or tests", {}};
  LeftOut refusals{"refused", "they have refused profiling", {}};
  LeftOut tests{"test", "staff or tests: the id, the e-mail or a flag says so", {}};
  LeftOut bots{"bot", fmt::format("{} events within an hour: no person does that", kBotEvents), {}};
  for (uint32_t c = 0; c < history.customers(); ++c) {
    if (refused[c])
      refusals.customers.push_back(c);
    else if (marked[c])
      ruled.customers.push_back(c);
    else if (test[c])
      tests.customers.push_back(c);
    else if (bot[c])
      bots.customers.push_back(c);
    else
      out.counted.push_back(c);
  }
  for (LeftOut* group : {&tests, &bots, &ruled, &refusals})
    if (!group->customers.empty()) out.left_out.push_back(std::move(*group));
  out.grouped = out.counted;
  Divider divider(parts, features, out);
  divider.never();
  divider.newcomers();
  divider.large();
  return out;
}

std::vector<bool> known_customers(const History& history, const std::vector<uint32_t>& among, Instant as_of) {
  std::vector<bool> known(history.customers(), false);
  for (const uint32_t c : among)
    known[c] = std::ranges::any_of(history.streams, [&](const Stream& stream) {
      const uint32_t first = stream.first[c];
      return first < stream.first[c + 1] && stream.time[first] <= as_of;
    });
  return known;
}

std::vector<bool> active_customers(const History& history, Instant as_of, Duration within) {
  std::vector<bool> active(history.customers(), false);
  for (const Stream& stream : history.streams) {
    if (!stream.is_counted()) continue;
    for (size_t c = 0; c < history.customers(); ++c)
      for (uint32_t row = stream.first[c]; row < stream.first[c + 1] && !active[c]; ++row)
        active[c] = stream.time[row] > as_of - within && stream.time[row] <= as_of;
  }
  return active;
}

}  // namespace tessera::features
