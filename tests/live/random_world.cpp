#include "live/random_world.hpp"

#include <algorithm>

namespace tessera::live {

using profiles::HistoryBuilder;
using profiles::IdentifierKind;
using profiles::Profile;
using Value = HistoryBuilder::Value;

namespace {

constexpr Instant kStart{20'000 * kDay.ms};
constexpr int64_t kHours = 24 * 120;

const char* const kEvents[] = {"Order Completed", "Product Viewed", "Product Added", "ping", "$message", "$identify"};
const char* const kMarks[] = {"bot", "staff", "test"};
const char* const kWords[] = {"DE", "größe", "GRÖSSE", "50% _off_", "web", "2024-11-02", "2024-12-24T12:00:00Z"};

struct Named {
  const char* name;
  char kind;
};
constexpr Named kProperties[] = {{"total", 'n'},   {"quantity", 'n'}, {"Item price", 'n'}, {"count", 'n'},
                                 {"channel", 't'}, {"coupon", 't'},   {"a.b", 't'},        {"last", 't'},
                                 {"is_gift", 'b'}, {"is_test", 'b'},  {"date", 'd'}};
constexpr Named kTraits[] = {
    {"age", 'n'}, {"country", 't'}, {"Home address", 't'}, {"signed_up", 'd'}, {"newsletter", 'b'}};

Value scalar(Rng& rng, char kind) {
  const uint64_t odd = rng.below(14);
  if (odd == 0) return nullptr;
  if (odd == 1) kind = "ntb"[rng.below(3)];
  if (kind == 'n') {
    if (rng.chance(0.02)) return Number{rng.between(-Number::kLimit + 1, Number::kLimit - 1)};
    return rng.chance(0.7) ? Number::of(rng.between(-1, 4)) : Number{rng.between(-3'000'000, 9'000'000)};
  }
  if (kind == 't') return std::string(kWords[rng.below(std::size(kWords))]);
  if (kind == 'd') return text_of(kStart + kHour * rng.between(0, kHours));
  return rng.chance(0.5);
}

void fill(Rng& rng, HistoryBuilder::Row& row) {
  if (row.event == "$ruling") {
    if (rng.chance(0.3))
      row.properties[std::string(profiles::kProfiling)] = rng.chance(0.4);
    else
      row.properties[std::string(profiles::kMarked)] =
          rng.chance(0.5) ? Value(std::string(kMarks[rng.below(3)])) : Value(nullptr);
    return;
  }
  if (row.event == "$identify") {
    for (const Named& trait : kTraits)
      if (rng.chance(0.6)) row.properties[trait.name] = scalar(rng, trait.kind);
  } else {
    for (const Named& property : kProperties)
      if (rng.chance(0.6)) row.properties[property.name] = scalar(rng, property.kind);
  }
  // Lists of elements: equally long, now and then without one of their properties.
  if (const int64_t elements = rng.between(-2, 3); elements > 0) {
    const bool has_price = rng.chance(0.8), has_category = !has_price || rng.chance(0.8);
    std::vector<Value> prices, categories;
    for (int64_t e = 0; e < elements; ++e) {
      prices.push_back(Number::of(rng.between(-1, 4)));
      categories.push_back(std::string(kWords[rng.below(std::size(kWords))]));
    }
    if (has_price) row.properties["products.price"] = prices;
    if (has_category) row.properties["products.category"] = categories;
  }
  if (rng.chance(0.3)) {
    std::vector<Value> tags(static_cast<size_t>(rng.between(1, 3)));
    for (Value& tag : tags) tag = std::string(kWords[rng.below(std::size(kWords))]);
    row.properties["tags"] = tags;
  }
}

std::vector<std::pair<IdentifierKind, std::string>> random_who(Rng& rng, const WorldSettings& settings) {
  const auto c = rng.below(static_cast<uint64_t>(settings.customers));
  std::vector<std::pair<IdentifierKind, std::string>> who;
  const auto user = std::pair(IdentifierKind::UserId, fmt::format("u{}", c));
  if (!settings.many_ids) return {user};
  // Mostly the customer's own; a device or an address is shared now and then.
  const auto other = [&] { return rng.chance(0.06) ? rng.below(static_cast<uint64_t>(settings.customers)) : c; };
  const auto device = std::pair(IdentifierKind::AnonymousId, fmt::format("a{}-{}", other(), rng.below(2)));
  const auto email = std::pair(IdentifierKind::Email, fmt::format("e{}@x.y", other()));
  switch (rng.below(10)) {
    case 0:
    case 1:
    case 2:
      return {user};
    case 3:
    case 4:
    case 5:
      return {device};
    case 6:
      return {email};
    case 7:
      return {device, user};
    case 8:
      return {device, email};
    default:
      return {user, device, email};
  }
}

profiles::Ruling random_ruling(Rng& rng, const WorldSettings& settings) {
  using profiles::RulingKind;
  const auto c = [&] { return rng.below(static_cast<uint64_t>(settings.customers)); };
  const auto identifier = [&](uint64_t of) {
    const uint64_t kind = rng.below(3);
    return kind == 0 ? profiles::NamedIdentifier{IdentifierKind::UserId, fmt::format("u{}", of)}
           : kind == 1
               ? profiles::NamedIdentifier{IdentifierKind::Email, fmt::format("e{}@x.y", of)}
               : profiles::NamedIdentifier{IdentifierKind::AnonymousId, fmt::format("a{}-{}", of, rng.below(2))};
  };
  const uint64_t of = c();
  profiles::Ruling out;
  out.who = identifier(of);
  switch (rng.below(8)) {
    case 0:
    case 1:
    case 2:
      out.kind = RulingKind::Unlink;
      break;
    case 3:
      out.kind = RulingKind::Link;
      break;
    case 4:
      out.kind = RulingKind::Block;
      break;
    case 5:
      out.kind = RulingKind::Unblock;
      break;
    case 6:
      out.kind = rng.chance(0.5) ? RulingKind::Mark : RulingKind::Unmark;
      if (out.kind == RulingKind::Mark) out.mark = static_cast<profiles::Mark>(1 + rng.below(3));
      break;
    default:
      out.kind = RulingKind::Consent;
      out.profiling = rng.chance(0.4);
  }
  if (out.kind == RulingKind::Unlink || out.kind == RulingKind::Link)
    out.other = identifier(rng.chance(0.8) ? of : c());
  return out;
}

}  // namespace

profiles::StitchLimits world_limits() {
  return {.most = {0, 1, 1, 10, 2}, .storm = {0, 3, 2, 2, 2}};
}

std::vector<WorldRow> random_world(Rng& rng, const WorldSettings& settings) {
  std::vector<Instant> learnt;
  for (int r = 0; r < settings.rows; ++r)
    learnt.push_back(settings.instants > 0
                         ? kStart + kHour * (kHours * rng.between(0, settings.instants) / settings.instants)
                         : kStart + kHour * rng.between(0, kHours) +
                               Duration{rng.chance(0.3) ? rng.between(-1, 1) : 0});
  std::ranges::sort(learnt);
  std::vector<WorldRow> rows;
  for (size_t r = 0; r < learnt.size(); ++r) {
    WorldRow row{
        .learnt = learnt[r], .who = random_who(rng, settings), .row = {}, .fingerprint = 1000 + r, .ruling = {}};
    if (settings.words > 0 && rng.chance(settings.words)) {
      row.ruling = random_ruling(rng, settings);
      rows.push_back(std::move(row));
      continue;
    }
    row.row.event = rng.chance(settings.rulings) ? "$ruling" : kEvents[rng.below(std::size(kEvents))];
    row.row.time =
        rng.chance(settings.late) ? kStart + kHour * rng.between(0, kHours) : row.learnt - kHour * rng.between(0, 2);
    if (row.row.event == "$identify" && rng.chance(0.1)) row.row.time = kEver;
    fill(rng, row.row);
    rows.push_back(std::move(row));
    if (rng.chance(0.1)) rows.push_back(rows.back());  // sent again
  }
  return rows;
}

void put(profiles::Intake& intake, const WorldRow& row) {
  std::vector<profiles::Identifier> who;
  for (const auto& [kind, value] : row.who) who.push_back({kind, value});
  const auto system = row.row.is_sent ? profiles::SystemStream::None : profiles::system_stream_named(row.row.event);
  const auto kind = intake.kind(system == profiles::SystemStream::None ? profiles::StreamName(row.row.event)
                                                                       : profiles::StreamName(system));
  intake.start(kind, who, row.row.time, row.fingerprint);
  const auto put_value = [&](profiles::Intake::Property property, const Value& value) {
    std::visit(
        Match{[&](std::nullptr_t) { intake.put_null(property); }, [&](bool truth) { intake.put(property, truth); },
              [&](Number number) { intake.put(property, number); },
              [&](const std::string& text) { intake.put(property, std::string_view(text)); }},
        value);
  };
  const auto put_element = [&](const std::string& name, const Value& value) {
    const auto property = intake.property(kind, name);
    if (const auto* number = std::get_if<Number>(&value))
      intake.element(property, *number);
    else
      intake.element(property, std::string_view(std::get<std::string>(value)));
  };
  size_t elements = 0;
  for (const auto& [name, values] : row.row.properties) {
    const auto* list = std::get_if<std::vector<Value>>(&values);
    if (!list) {
      put_value(intake.property(kind, name), std::get<Value>(values));
    } else if (name.starts_with("products.")) {
      elements = list->size();
    } else {
      for (const Value& element : *list) put_element(name, element);
    }
  }
  for (size_t e = 0; e < elements; ++e) {
    for (const char* name : {"products.price", "products.category"})
      if (const auto found = row.row.properties.find(name); found != row.row.properties.end())
        put_element(name, std::get<std::vector<Value>>(found->second)[e]);
    intake.next_element(kind, "products");
  }
}

BatchWorld::BatchWorld(const segment::Plan& plan, std::span<const WorldRow> rows, Instant known_at,
                       const profiles::StitchLimits& limits) {
  std::vector<IdentifierKind> kinds;
  std::map<std::pair<IdentifierKind, std::string>, Profile> profiles;
  const auto profile_of = [&](const auto& identifier) {
    const auto [found, is_new] = profiles.try_emplace(identifier, static_cast<Profile>(kinds.size()));
    if (is_new) kinds.push_back(identifier.first);
    return found->second;
  };
  std::vector<profiles::Link> links;
  std::vector<std::pair<const WorldRow*, Profile>> kept;
  std::set<uint64_t> seen;
  std::set<std::pair<IdentifierKind, std::string>> blocked;
  profiles::Seq seq = 0;
  const auto rules_now = [&] {
    profiles::StitchRules rules{.limits = limits, .blocked = {}, .allowed = {}};
    for (const auto& [identifier, profile] : profiles)
      if (blocked.contains(identifier)) rules.blocked.push_back(profile);
    std::ranges::sort(rules.blocked);
    return rules;
  };
  const auto rule = [&](const WorldRow& row) {
    using profiles::RulingKind;
    const profiles::Ruling& ruling = *row.ruling;
    const std::pair who(ruling.who->kind, ruling.who->value);
    if (ruling.kind == RulingKind::Block) blocked.insert(who);
    if (ruling.kind == RulingKind::Unblock) blocked.erase(who);
    const auto found = profiles.find(who);
    if (found == profiles.end()) return;
    if (ruling.other) {
      const auto other = profiles.find({ruling.other->kind, ruling.other->value});
      if (other == profiles.end()) return;
      links.push_back({.a = found->second, .b = other->second, .seq = seq++, .joins = ruling.kind == RulingKind::Link});
    }
    if (ruling.kind != RulingKind::Mark && ruling.kind != RulingKind::Unmark && !ruling.profiling) return;
    WorldRow& fact = ruled_.emplace_back(row);
    fact.row = {.customer = {}, .event = "$ruling", .time = row.learnt, .properties = {}};
    if (ruling.profiling)
      fact.row.properties[std::string(profiles::kProfiling)] = *ruling.profiling;
    else
      fact.row.properties[std::string(profiles::kMarked)] =
          ruling.mark ? Value(std::string(name_of(*ruling.mark))) : Value(nullptr);
    ++seq;
    kept.emplace_back(&fact, found->second);
  };
  // A pair that came together is noted once, never against a person's word, and not where one of them is a storm.
  const auto note = [&](Profile a, Profile b) {
    for (const profiles::Link& link : links)
      if (std::minmax(link.a, link.b) == std::minmax(a, b)) return;
    const auto is = profiles::stitch(kinds, links, rules_now());
    const auto is_storm = [&](Profile each) {
      const auto found = is.refused.find(each);
      return found != is.refused.end() && found->second >= limits.storm[static_cast<size_t>(kinds[each])];
    };
    if (is.leader[a] != is.leader[b] && (is_storm(a) || is_storm(b))) return;
    links.push_back({.a = a, .b = b, .seq = seq});
  };
  for (const WorldRow& row : rows) {
    if (row.learnt > known_at) continue;
    if (row.ruling) {
      rule(row);
      continue;
    }
    if (!seen.insert(row.fingerprint).second) continue;
    auto who = row.who;
    std::erase_if(who, [&](const auto& each) { return blocked.contains(each); });
    if (who.empty()) continue;
    const auto strongest = std::ranges::min_element(who, {}, [](const auto& each) { return each.first; });
    const Profile profile = profile_of(*strongest);
    std::set<std::pair<Profile, Profile>> together;
    for (const auto& identifier : who)
      if (const Profile other = profile_of(identifier); other != profile) together.insert(std::minmax(profile, other));
    for (const auto& [a, b] : together) note(a, b);
    ++seq;
    kept.emplace_back(&row, profile);
  }
  const auto leader = profiles::stitch(kinds, links, rules_now()).leader;
  HistoryBuilder builder;
  for (Profile p = 0; p < leader.size(); ++p) {
    if (leader[p] != p) continue;
    builder.add_customer(fmt::format("{:08}", p));
    begin_[p] = kNever;
  }
  for (const auto& [row, profile] : kept) {
    HistoryBuilder::Row copy = row->row;
    copy.customer = fmt::format("{:08}", leader[profile]);
    Instant& begin = begin_[leader[profile]];
    begin = std::min(begin, copy.time == kEver ? row->learnt : std::min(copy.time, row->learnt));
    builder.add(std::move(copy), row->learnt);
  }
  history_ = std::move(builder).build();
  bound_ = std::make_unique<segment::Bound>(*segment::Bound::bind(plan, history_));
}

std::vector<Profile> BatchWorld::leaders() const {
  std::vector<Profile> out;
  for (const auto& [leader, begin] : begin_)
    if (begin != kNever) out.push_back(leader);  // else only named beside others
  return out;
}

profiles::CustomerIndex BatchWorld::index_of(Profile leader) const {
  return *history_.find_customer(fmt::format("{:08}", leader));
}

std::vector<bool> BatchWorld::members(Profile leader, Instant as_of) const {
  const profiles::CustomerIndex index = index_of(leader);
  const auto found = segment::evaluate(*bound_, {index, index + 1}, as_of, kNever);
  std::vector<bool> out;
  for (size_t s = 0; s < found.members.size(); ++s) out.push_back(found.is_member(s, 0));
  return out;
}

segment::Timeline BatchWorld::timeline(Profile leader, Instant from, Instant to) const {
  return segment::timeline(*bound_, index_of(leader), from, to, kNever);
}

}  // namespace tessera::live
