#include "discover/pipeline.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "cluster/continuum.hpp"
#include "core/hash.hpp"
#include "core/stop.hpp"
#include "core/text.hpp"
#include "discover/as_of.hpp"
#include "discover/goal.hpp"
#include "discover/naming.hpp"
#include "discover/overview.hpp"
#include "discover/previous_division.hpp"
#include "discover/segment_rules.hpp"
#include "features/extent.hpp"
#include "features/measure.hpp"
#include "features/population.hpp"
#include "features/rule_text.hpp"
#include "profiles/people.hpp"

namespace tessera::discover {

namespace {

using profiles::History;

constexpr size_t kSteps = 7;
constexpr size_t kContinuum =
    8;                        // where the data has no gaps: at least so many groups, if there are customers for them
constexpr size_t kBroad = 3;  // so few natural groups are too broad for micro-segments
constexpr double kSubstantial = 0.3;   // silhouette under which few groups are no substantial structure
constexpr uint64_t kHeldOutOfTen = 3;  // customers on whom rules are judged, not found
constexpr size_t kDistinct = 8;        // claims shown of a segment
constexpr size_t kTypical = 3;

class Run {
  // Long because it is the way of a discovery: one method a step, each over what the steps before it found.
 public:
  Run(const History& history, const language::Schema& schema, const Options& options, Progress& progress)
      : history_(history), schema_(schema), options_(options), progress_(progress) {}

  Result<Discovery> all() {
    TRY(read());
    TRY(step("measuring customers", 1));
    TRY(measure_all());
    TRY(step("choosing whom to group", 2));
    choose_whom();
    if (population_.grouped.size() < kFewestCustomers)
      return one_group(too_few(population_.grouped.size(), out_.parts.words));
    TRY(step("straightening and scaling", 3));
    straighten();
    if (transformed_.table.columns == 0) return one_group(all_alike(out_.parts.words));
    TRY(weigh_by_goal());
    TRY(step("clustering", 4));
    TRY(group());
    TRY(step("finding rules", 5));
    TRY(find_rules_and_names());
    TRY(step("drawing", 6));
    draw();
    out_.lineage = lineage();
    progress_.finish();
    return std::move(out_);
  }

 private:
  Result<void> step(const char* what, uint64_t done) {
    return next_step(progress_, what, done, options_.hides ? 2 * kSteps : kSteps);
  }
  features::Setting setting() const {
    return {history_, schema_, out_.as_of, options_.zone ? *options_.zone : Zone::utc()};
  }

  bool has_events() const { return out_.parts.has(features::EventRole::Main); }

  Result<void> read() {
    if (history_.customers() == 0)
      return fail("the record holds no customers, so there is nothing to discover", "",
                  try_command("import").blank("FILE"));
    out_.parts = TRY(features::recognise_any(history_));
    if (!has_events()) {
      if (!options_.goal.empty())
        return fail("the record has no dates, so no goal can be learnt from what came later", "--goal",
                    try_again().without("--goal"));
      out_.said.emplace_back(kWithoutEvents);
    }
    features::EventRoles& parts = out_.parts;
    const auto is_withheld = [&](const std::string& property) {
      return std::find(options_.withheld.begin(), options_.withheld.end(), property) != options_.withheld.end();
    };
    for (std::string* property : {&parts.category, &parts.item_name, &parts.channel, &parts.device, &parts.count})
      if (is_withheld(*property)) property->clear();
    if (is_withheld(parts.list + "." + parts.category)) parts.category.clear();
    if (is_withheld(parts.list + "." + parts.item_name)) parts.item_name.clear();
    std::erase_if(parts.promotion, is_withheld);
    out_.value_definition = out_.parts.value_definition;
    out_.as_of_given = options_.as_of.has_value();
    out_.as_of = as_of_for(history_, options_);
    out_.customers = history_.customers();
    out_.active_within = options_.active;
    out_.min_size = options_.min_size;
    const features::Extent extent = features::extent_of(history_, out_.parts.of(features::EventRole::Main), out_.as_of);
    out_.from = extent.is_empty() ? out_.as_of : extent.first;
    out_.to = extent.is_empty() ? out_.as_of : extent.newest;
    if (extent.is_empty() && has_events())
      return fail(fmt::format("there is no event '{}' up to {}", out_.parts.of(features::EventRole::Main)[0],
                              text_of(out_.as_of)),
                  "--as-of", "give a later --as-of, or none");
    return {};
  }

  Result<void> measure_all() {
    std::vector<features::Feature> features =
        features::default_features(history_, out_.parts, options_.zone.has_value());
    std::erase_if(features, [&](const features::Feature& f) {
      return f.family == features::Family::Trait &&
             std::find(options_.withheld.begin(), options_.withheld.end(), f.trait) != options_.withheld.end();
    });
    // Totals do not make groups of their own accord; what they say about a goal is weighed.
    for (features::Feature& feature : features)
      if (!options_.goal.empty() &&
          (feature.family == features::Family::Money || feature.family == features::Family::Tenure))
        feature.clusters = true;
    std::string text = features::text_of_definitions(out_.parts, features);
    if (!options_.features.empty()) {
      // The user's own make the groups; of ours those stay that set apart and describe.
      for (features::Feature& feature : features) feature.clusters = feature.in_rules = false;
      std::vector<features::Feature> own =
          TRY(features::features_of_text(setting(), options_.features, options_.features_name));
      std::erase_if(features, [&](const features::Feature& f) {
        return std::any_of(own.begin(), own.end(), [&](const features::Feature& o) { return o.name == f.name; });
      });
      features::FeatureTable ours =
          TRY(features::measure(setting(), features::text_of_definitions(out_.parts, features), features));
      out_.features = TRY(features::measure(setting(), options_.features, own));
      for (features::FeatureColumn& column : ours.columns) out_.features.columns.push_back(std::move(column));
      out_.definitions = options_.features;
      return {};
    }
    out_.features = TRY(features::measure(setting(), text, std::move(features)));
    out_.definitions = std::move(text);
    return {};
  }

  void choose_whom() {
    population_ = divide(history_, out_.parts, out_.features, options_.as_of.value_or(kNever),
                         options_.keep_unwanted ? features::Unwanted::Kept : features::Unwanted::LeftOut);
    // Without events nobody is known to have lapsed.
    const auto active = has_events() ? features::active_customers(history_, out_.as_of, options_.active)
                                     : std::vector<bool>(history_.customers(), true);
    active_ = active;
    for (const uint32_t c : population_.counted) out_.active += active[c];
    out_.known = features::known_customers(history_, population_.counted, out_.as_of);
    by_old_rules_ = by_old_rules(options_.before, out_.known, setting());
    out_.grouped = population_.grouped.size();
    out_.left_out = population_.left_out;
    const size_t inactive = population_.counted.size() - out_.active;
    if (inactive > 0)
      out_.said.push_back(
          fmt::format("{} {} had no event in the last {}: they are grouped with everyone else, as lapsed; each group "
                      "says how many of its members are active.",
                      grouped(static_cast<double>(inactive)), out_.parts.words.customers, text_of(options_.active)));
    for (const features::ApartGroup& group : population_.apart)
      out_.said.push_back(fmt::format("Set apart: {} ({}), {}.", group.name,
                                      grouped(static_cast<double>(group.customers.size())), group.why));
    for (const features::LeftOut& group : population_.left_out)
      out_.said.push_back(fmt::format("Left out: {} as {} ({}).", grouped(static_cast<double>(group.customers.size())),
                                      group.kind, group.why));
    const features::FeatureColumn* money = out_.features.find(out_.parts.words.money_name);
    const features::FeatureColumn* count = out_.features.find(std::string(out_.parts.words.mains));
    value_.assign(history_.customers(), 0);
    if (const features::FeatureColumn* column = money ? money : count)
      for (size_t c = 0; c < value_.size(); ++c) value_[c] = std::isnan(column->values[c]) ? 0 : column->values[c];
    for (const uint32_t c : population_.counted) out_.value += value_[c];
    label_.assign(history_.customers(), -1);
    out_.held_out.assign(history_.customers(), false);
    for (const uint32_t c : population_.counted)
      out_.held_out[c] = hash64(history_.customer[c], options_.seed) % 10 < kHeldOutOfTen;
    out_.maturity = persona::maturity_of(out_.parts, out_.features);
  }

  std::string why_too_few() const {
    return fmt::format(
        "{} {} can be grouped; under {} no micro-segment could be told from chance, so they stay one group.",
        population_.grouped.size(), out_.parts.words.customers, kFewestCustomers);
  }
  std::string why_all_alike() const {
    return fmt::format("Nothing that is known tells these {} apart, so they are one group: no groups is an answer.",
                       out_.parts.words.customers);
  }
  Result<Discovery> one_group(std::string why) {
    out_.k = 1;
    out_.chosen_by = std::move(why);
    for (const uint32_t c : population_.grouped) label_[c] = 0;
    out_.quality = {.silhouette = NAN, .davies_bouldin = NAN, .calinski_harabasz = NAN, .dunn = NAN, .stability = NAN};
    rules_ = {cluster::Conjunction{}};
    TRY(count_rules());
    out_.lineage = lineage();
    progress_.finish();
    return std::move(out_);
  }

  void straighten() {
    keep_supported_in_place();
    transformed_ = features::transform(out_.features, population_.grouped);
    out_.treatment = transformed_.columns;
    for (const std::string& sentence : transformed_.said) out_.said.push_back(sentence);
    out_.transform = fmt::format("{}", fmt::join(transformed_.said, " "));
  }

  // Conditions of set-apart groups point into the table, so they move with it.
  void keep_supported_in_place() {
    std::vector<std::string> names;
    for (const features::ApartGroup& group : population_.apart)
      names.push_back(out_.features.columns[group.condition.column].feature.name);
    features::keep_supported(out_.features, population_.grouped);
    std::vector<features::ApartGroup> kept;
    for (size_t i = 0; i < names.size(); ++i)
      if (out_.features.find(names[i])) {
        population_.apart[i].condition.column = static_cast<uint32_t>(out_.features.index(names[i]));
        kept.push_back(std::move(population_.apart[i]));
      }
    population_.apart = std::move(kept);
  }

  // No gaps, or so few and broad groups that there is no substantial structure in the sense of Kaufman and Rousseeuw.
  bool is_continuum() const {
    const double silhouette = clustering_.quality.silhouette;
    return clustering_.k < kContinuum &&
           (!clustering_.natural || clustering_.k <= kBroad || !(silhouette >= kSubstantial));
  }

  // A continuum is still worth dividing; the report says that it is one.
  Result<void> divide_broad() {
    const size_t most = population_.grouped.size() / (2 * std::max<size_t>(1, options_.min_size));
    if (most < 2) return {};
    std::vector<std::vector<double>> values;
    std::vector<cluster::RuleColumn> columns;
    rule_columns(values, columns);
    cluster::Division division = cluster::divide_continuum(transformed_.table, columns,
                                                           {.least = std::min(kContinuum, most),
                                                            .most = std::clamp<size_t>(most, 2, 30),
                                                            .min_size = static_cast<double>(options_.min_size),
                                                            .seed = options_.seed});
    TRY(go_on());
    if (division.clustering.k == 0) return {};
    const size_t found = clustering_.k;
    const auto kept = as_before(division.clustering);
    for (size_t j = 0; j < transformed_.table.columns; ++j) {
      transformed_.columns[j].weight *= division.weights[j];
      for (size_t i = 0; i < transformed_.table.rows; ++i) transformed_.table.at(i, j) *= division.weights[j];
    }
    out_.treatment = transformed_.columns;
    clustering_ = std::move(division.clustering);
    if (kept) {
      std::vector<size_t> order;
      auto candidates = std::move(clustering_.candidates);
      const std::string said = clustering_.chosen_by;
      clustering_ = cluster::clustering_of(transformed_.table, kept->labels, kept->k, order);
      clustering_.candidates = std::move(candidates);
      clustering_.chosen_by = said;
    }
    clustering_.chosen_by =
        (found > 1
             ? fmt::format("{} broad groups stand apart; inside them {} shade into each other. ", found,
                           out_.parts.words.customers)
             : fmt::format("No natural groups: {} shade into each other. Here is a useful slicing by {} instead. ",
                           out_.parts.words.customers, weightiest(out_.features, transformed_.columns))) +
        clustering_.chosen_by;
    return {};
  }

  // The division of the run before, where it tells about as much as the new one.
  std::optional<DivisionBefore> as_before(cluster::Clustering& anew) const {
    if (options_.anew) return std::nullopt;
    auto kept = division_before(by_old_rules_, population_, transformed_.table, static_cast<double>(options_.min_size));
    if (!kept) return std::nullopt;
    const double old_share = share_between(transformed_.table, kept->labels, kept->k),
                 new_share = share_between(transformed_.table, anew.labels, anew.k);
    if (old_share < kAsGood * new_share) return std::nullopt;
    anew.chosen_by = fmt::format(
        "{} groups: no gaps say how many there are, and those of run {} still tell {:.1f} % of what varies between {}, "
        "{} groups found anew {:.1f} %; so it is cut where it was (--anew cuts it anew).",
        kept->k, options_.before->generation->run, 100 * old_share, out_.parts.words.customers, anew.k,
        100 * new_share);
    return kept;
  }

  // What rules may speak of, one value for each grouped customer.
  void rule_columns(std::vector<std::vector<double>>& values, std::vector<cluster::RuleColumn>& columns) const {
    for (const features::FeatureColumn& column : out_.features.columns) {
      if (!column.feature.in_rules) continue;
      auto& copy = values.emplace_back();
      for (const uint32_t c : population_.grouped) copy.push_back(column.values[c]);
      columns.push_back(rule_column_of(column));
    }
    for (size_t j = 0; j < columns.size(); ++j) columns[j].values = values[j];
  }

  Result<void> group() {
    const size_t n = population_.grouped.size();
    cluster::ClusterOptions how{.min_size = static_cast<double>(options_.min_size), .seed = options_.seed};
    how.max_k = std::clamp<size_t>(n / std::max<size_t>(1, options_.min_size), 1, 64);
    if (options_.segments) {
      if (*options_.segments > n)
        return fail(fmt::format("{} segments of {} customers", *options_.segments, n), "--segments",
                    "ask for fewer, or --segments auto");
      how.k = *options_.segments;
      how.min_size = 0;
    }
    clustering_ = TRY(cluster::cluster(transformed_.table, how));
    if (!options_.segments && is_continuum()) TRY(divide_broad());
    take_clustering();
    return {};
  }

  void take_clustering() {
    out_.k = clustering_.k;
    out_.natural = clustering_.natural;
    out_.quality = clustering_.quality;
    out_.candidates = clustering_.candidates;
    out_.chosen_by = clustering_.chosen_by;
    for (size_t i = 0; i < population_.grouped.size(); ++i)
      label_[population_.grouped[i]] = static_cast<int>(clustering_.labels[i]);
    for (size_t g = 0; g < population_.apart.size(); ++g)
      for (const uint32_t c : population_.apart[g].customers) label_[c] = static_cast<int>(out_.k + g);
  }

  Result<void> find_rules_and_names() {
    rules_ = write_rules(out_.features, population_, label_, out_.k, out_.held_out).of_cluster;
    TRY(go_on());
    if (goal_) TRY(divide_by_goal());
    return count_rules();
  }

  // --- the goal

  // Columns count by what they say about the goal; those that say nothing are dropped.
  Result<void> weigh_by_goal() {
    if (options_.goal.empty()) return {};
    goal_ = TRY(Goal::of(setting(), out_.parts, options_.goal, options_.horizon, options_.seed));
    out_.goal = goal_->phrase();
    const auto said = TRY(goal_->weigh(today(), transformed_));
    out_.treatment = transformed_.columns;
    out_.said.push_back(
        said.value_or(fmt::format("Nothing that is measured foretells {}: the structure alone decides.", out_.goal)));
    if (!said) goal_.reset();
    return {};
  }

  Result<void> divide_by_goal() {
    auto choice =
        TRY(goal_->choose(today(), file_of_rules(out_.parts, out_.features, plain_rules(), "", options_.features),
                          transformed_, static_cast<double>(options_.min_size), options_.segments));
    if (!choice.clustering) {
      out_.chosen_by += " " + choice.said;
      return {};
    }
    clustering_ = std::move(*choice.clustering);
    clustering_.chosen_by = std::move(choice.said);
    take_clustering();
    rules_ = std::move(choice.rules);
    return {};
  }
  Goal::Today today() const { return {setting(), out_.parts, out_.definitions, out_.features, population_}; }

  std::vector<NamedRule> plain_rules() const {
    std::vector<NamedRule> named;
    for (size_t s = 0; s < rules_.size(); ++s)
      named.push_back({fmt::format("Segment {}", s + 1), fmt::format("s{}", s + 1), "", text_of_rule(rules_[s])});
    return named;
  }

  std::string text_of_rule(const cluster::Conjunction& rule) const {
    if (!rule.empty()) return text_of(rule, out_.features, out_.parts.words);
    // Everyone; the mark of the record is known of somebody or not.
    return has_events() ? fmt::format("count({}) >= 1", out_.parts.alias(features::EventRole::Main))
                        : "(trait $marked is known or trait $marked is unknown)";
  }

  // Members by the evaluator, then everything that is said about them.
  Result<void> count_rules() {
    std::vector<NamedRule> named = plain_rules();
    for (size_t g = 0; g < population_.apart.size(); ++g)
      named.push_back({population_.apart[g].name, fmt::format("a{}", g + 1), "",
                       text_of(population_.apart[g].condition,
                               out_.features.columns[population_.apart[g].condition.column], out_.parts.words)});
    features::Members counted =
        TRY(features::members_of(setting(), file_of_rules(out_.parts, out_.features, named, "", options_.features)));
    std::vector<bool> is_counted(history_.customers(), false);
    for (const uint32_t c : population_.counted) is_counted[c] = true;
    for (auto& members : counted.members) std::erase_if(members, [&](uint32_t c) { return !is_counted[c]; });

    const size_t k = rules_.size();
    std::vector<bool> judged(history_.customers());
    for (size_t c = 0; c < judged.size(); ++c) judged[c] = label_[c] >= 0 && out_.held_out[c];
    const RuleQuality quality =
        judge_rules({counted.members.begin(), counted.members.begin() + static_cast<long>(k)}, label_, k, judged);
    out_.macro_f1 = quality.macro_f1;
    std::vector<uint8_t> in(history_.customers(), 0);
    for (const auto& members : counted.members)
      for (const uint32_t c : members) in[c] = static_cast<uint8_t>(std::min(2, in[c] + 1));
    out_.in_exactly_one = static_cast<double>(std::count_if(population_.counted.begin(), population_.counted.end(),
                                                            [&](uint32_t c) { return in[c] == 1; })) /
                          static_cast<double>(std::max<size_t>(1, population_.counted.size()));

    std::vector<Segment> segments(named.size());
    for (size_t s = 0; s < segments.size(); ++s) {
      Segment& segment = segments[s];
      segment.rule = named[s].rule;
      segment.conditions = s < k ? rules_[s].size() : 1;
      segment.members = std::move(counted.members[s]);
      fill_sizes(segment);
      if (s < k) {
        segment.precision = quality.precision[s];
        segment.recall = quality.recall[s];
        segment.f1 = quality.f1[s];
        segment.precision_interval = quality.precision_interval[s];
        segment.recall_interval = quality.recall_interval[s];
      } else {
        segment.set_apart = true;
        segment.why_apart = population_.apart[s - k].why;
        segment.precision = segment.recall = segment.f1 = 1;
        segment.precision_interval = segment.recall_interval = {1, 1};
      }
    }
    for (const int label : label_)
      if (label >= 0) ++segments[static_cast<size_t>(label)].clustered;
    describe(segments, k);
    settle(std::move(segments));
    return write_file();
  }

  void fill_sizes(Segment& segment) const {
    segment.size = segment.members.size();
    for (const uint32_t c : segment.members) segment.active += active_[c], segment.value += value_[c];
    segment.customer_share =
        static_cast<double>(segment.size) / static_cast<double>(std::max<size_t>(1, population_.counted.size()));
    segment.value_share = out_.value > 0 ? segment.value / out_.value : 0;
  }

  void describe(std::vector<Segment>& segments, size_t k) {
    std::vector<std::vector<uint32_t>> groups;
    for (size_t s = 0; s < k; ++s) groups.push_back(segments[s].members);
    auto [claims, needs, said] =
        persona::portray({history_, out_.parts, out_.as_of, options_.withheld, options_.allowed, out_.features,
                          made_the_groups(), options_.needs && has_events()},
                         {population_.grouped, out_.held_out, groups});
    out_.said.insert(out_.said.end(), said.begin(), said.end());
    const auto figures = persona::figures_of(
        persona::measures_of(out_.parts, out_.features, rules_, active_, options_.active, value_), groups);
    const features::FeatureColumn* count = count_of_mains();
    std::vector<double> mains;
    for (size_t s = 0; s < k; ++s) {
      std::vector<double> values;
      for (const uint32_t c : segments[s].members)
        if (count) values.push_back(count->values[c]);
      mains.push_back(usual_count(values));
    }
    const auto names = persona::names_of(claims, mains, out_.parts);
    for (size_t s = 0; s < segments.size(); ++s) {
      Segment& segment = segments[s];
      if (s < k) {
        segment.persona = persona::persona_of(claims[s], out_.parts, out_.features);
        segment.persona.name = k == 1 ? capitalised(out_.parts.words.customers) : names[s];
        segment.persona.typical = typical(s, segment);
        segment.needs = std::move(needs[s]);
        persona::settle_unknown(segment.persona, segment.needs);
        segment.figures = figures[s];
      } else {
        segment.persona.name = population_.apart[s - k].name;
        segment.persona.unknown = {"what kind of group they will belong to: they were set apart, not described"};
      }
    }
    name_notes_ = settle_names(segments, out_.known, options_.before, by_old_rules_, {claims, mains, out_.parts});
    for (size_t s = 0; s < segments.size(); ++s) {
      if (s < k) {
        segments[s].distinct = std::move(claims[s]);
        if (segments[s].distinct.size() > kDistinct) segments[s].distinct.resize(kDistinct);
      }
      segments[s].persona.summary = summary_of(out_, segments[s]);
    }
  }

  // Of each column: it made the groups, or stands in a rule.
  std::vector<bool> made_the_groups() const {
    std::vector<bool> made(out_.features.columns.size(), false);
    for (const features::ColumnTreatment& treatment : out_.treatment)
      if (treatment.weight > 0) made[out_.features.index(features::feature_of(treatment))] = true;
    for (const cluster::Conjunction& rule : rules_)
      for (const cluster::Condition& condition : rule) made[condition.column] = true;
    return made;
  }

  const features::FeatureColumn* count_of_mains() const {
    return out_.features.find(std::string(out_.parts.words.mains));
  }

  // Members nearest to the centre of their cluster, under pseudonyms.
  std::vector<std::string> typical(size_t s, const Segment& segment) const {
    if (clustering_.k == 0) return {};
    std::vector<std::pair<double, uint32_t>> near;
    for (size_t i = 0; i < population_.grouped.size(); ++i) {
      if (clustering_.labels[i] != s ||
          !std::binary_search(segment.members.begin(), segment.members.end(), population_.grouped[i]))
        continue;
      near.push_back(
          {cluster::squared_distance(transformed_.table.row(i), clustering_.centroids.row(s)), population_.grouped[i]});
    }
    const size_t count = std::min(kTypical, near.size());
    std::partial_sort(near.begin(), near.begin() + static_cast<long>(count), near.end());
    std::vector<std::string> out;
    for (size_t i = 0; i < count; ++i)
      out.push_back(profiles::report_pseudonym(options_.pseudonym_key, history_.customer[near[i].second]));
    return out;
  }

  // Micro-segments by size, set-apart groups after them; labels follow.
  void settle(std::vector<Segment> segments) {
    std::vector<size_t> order(segments.size());
    std::iota(order.begin(), order.end(), 0);
    const auto rank = [&](size_t s) {
      return !segments[s].set_apart ? 0 : segments[s].size >= options_.min_size ? 1 : 2;
    };
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return rank(a) != rank(b) ? rank(a) < rank(b) : segments[a].size > segments[b].size;
    });
    place_.assign(segments.size(), 0);
    for (size_t i = 0; i < order.size(); ++i) {
      place_[order[i]] = static_cast<int>(i);
      (rank(order[i]) < 2 ? out_.segments : out_.set_apart).push_back(std::move(segments[order[i]]));
    }
    out_.label.assign(label_.size(), -1);
    for (size_t c = 0; c < label_.size(); ++c)
      if (label_[c] >= 0) out_.label[c] = place_[static_cast<size_t>(label_[c])];
    for (const cluster::SmallCluster& small : clustering_.absorbed) {
      const Segment& into = out_.segments[static_cast<size_t>(place_[small.into])];
      out_.absorbed.push_back(fmt::format("{:.0f} customers were too few for a group of their own and joined \"{}\"",
                                          small.weight, into.persona.name));
    }
  }

  Result<void> write_file() {
    std::vector<NamedRule> named;
    const auto note = [&](const Segment& s) {
      std::string text = s.persona.summary;
      if (!s.set_apart)
        text += fmt::format(
            "\nThe rule against the cluster, on customers it was not found on: precision {:.0f} %, recall {:.0f} %.",
            100 * s.precision, 100 * s.recall);
      return text;
    };
    for (const auto* list : {&out_.segments, &out_.set_apart})
      for (const Segment& s : *list) named.push_back({s.persona.name, s.id, note(s), s.rule});
    const std::string head = fmt::format("# Micro-segments discovered{}: {} {} in {} groups.\n# Value is {}.\n",
                                         has_events() ? " as of " + text_of(out_.as_of) : ", without dates",
                                         grouped(static_cast<double>(out_.grouped)), out_.parts.words.customers, out_.k,
                                         out_.value_definition);
    out_.tsl = TRY(features::formatted(file_of_rules(out_.parts, out_.features, named, head, options_.features)));
    return {};
  }

  std::optional<lineage::Lineage> lineage() const {
    if (!options_.before || !options_.before->generation) return std::nullopt;
    return lineage_of(*options_.before, out_, by_old_rules_, name_notes_);
  }

  void draw() {
    draw_tree(clustering_, place_, out_);
    draw_map(transformed_, clustering_, population_.grouped, place_, out_);
  }

  const History& history_;
  const language::Schema& schema_;
  const Options& options_;
  Progress& progress_;
  Discovery out_;
  features::Population population_;
  features::Transformed transformed_;
  cluster::Clustering clustering_;
  std::optional<Goal> goal_;
  std::vector<cluster::Conjunction> rules_;
  std::vector<int> label_;  // cluster, or k + apart group, or -1
  std::vector<int> place_;  // of cluster or apart group in segments + set_apart
  std::vector<double> value_;
  std::vector<bool> active_;
  std::optional<lineage::Generation> by_old_rules_;  // the groups of the run before, asked today
  std::vector<std::string> name_notes_;
};

}  // namespace

Result<Discovery> find_segments(const History& history, const language::Schema& schema, const Options& options,
                                Progress& progress) {
  return Run(history, schema, options, progress).all();
}

}  // namespace tessera::discover
