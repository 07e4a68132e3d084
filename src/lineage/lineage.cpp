#include "lineage/lineage.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <tuple>

namespace tessera::lineage {

namespace {

constexpr uint64_t kPart = 10;  // a part of a split, a source of a merger holds one of so many

// Of each customer the groups he is in: compressed rows.
struct Memberships {
  std::vector<uint32_t> first, group;

  Memberships(const std::vector<Group>& groups, size_t customers) : first(customers + 1, 0) {
    for (const Group& each : groups)
      for (const uint32_t c : each.members) ++first[c + 1];
    std::partial_sum(first.begin(), first.end(), first.begin());
    group.resize(first.back());
    std::vector<uint32_t> next(first.begin(), first.end() - 1);
    for (uint32_t g = 0; g < groups.size(); ++g)
      for (const uint32_t c : groups[g].members) group[next[c]++] = g;
  }
  bool any(uint32_t c) const { return first[c] < first[c + 1]; }
  int main(uint32_t c) const { return any(c) ? static_cast<int>(group[first[c]]) : kInNone; }
};

struct Overlap {
  uint64_t judged = 0;
  std::vector<uint64_t> of_before, of_now;    // judged members
  std::vector<std::vector<uint64_t>> shared;  // [before][now]

  double jaccard(size_t a, size_t b) const {
    const uint64_t both = shared[a][b], either = of_before[a] + of_now[b] - both;
    return either == 0 ? 0 : static_cast<double>(both) / static_cast<double>(either);
  }
  // More of the two is shared than not.
  bool is_same(size_t a, size_t b) const { return 2 * shared[a][b] > of_before[a] + of_now[b] - shared[a][b]; }
};

Overlap overlap_of(const Generation& before, const Generation& now, const Memberships& was, const Memberships& is) {
  Overlap out;
  out.of_before.assign(before.groups.size(), 0);
  out.of_now.assign(now.groups.size(), 0);
  out.shared.assign(before.groups.size(), std::vector<uint64_t>(now.groups.size(), 0));
  const auto is_apart = [](const Memberships& memberships, const std::vector<Group>& groups, uint32_t c) {
    for (uint32_t i = memberships.first[c]; i < memberships.first[c + 1]; ++i)
      if (groups[memberships.group[i]].set_apart) return true;
    return false;
  };
  for (uint32_t c = 0; c < now.known.size(); ++c) {
    if (!before.known[c] || !now.known[c] || is_apart(was, before.groups, c) || is_apart(is, now.groups, c)) continue;
    ++out.judged;
    for (uint32_t i = was.first[c]; i < was.first[c + 1]; ++i) ++out.of_before[was.group[i]];
    for (uint32_t j = is.first[c]; j < is.first[c + 1]; ++j) {
      ++out.of_now[is.group[j]];
      for (uint32_t i = was.first[c]; i < was.first[c + 1]; ++i) ++out.shared[was.group[i]][is.group[j]];
    }
  }
  return out;
}

// The one-to-one assignment with the least sum of costs (Hungarian method with potentials, O(rows² columns)): of each
// row its column. REQUIRES: no more rows than columns, and at least one.
std::vector<size_t> assign(const std::vector<std::vector<double>>& cost) {
  const size_t rows = cost.size(), columns = cost[0].size();
  std::vector<double> u(rows + 1, 0), v(columns + 1, 0);
  std::vector<size_t> row_of(columns + 1, 0), way(columns + 1, 0);
  for (size_t row = 1; row <= rows; ++row) {
    row_of[0] = row;
    size_t at = 0;
    std::vector<double> least(columns + 1, std::numeric_limits<double>::infinity());
    std::vector<bool> used(columns + 1, false);
    do {
      used[at] = true;
      double delta = std::numeric_limits<double>::infinity();
      size_t next = 0;
      for (size_t j = 1; j <= columns; ++j) {
        if (used[j]) continue;
        const double slack = cost[row_of[at] - 1][j - 1] - u[row_of[at]] - v[j];
        if (slack < least[j]) least[j] = slack, way[j] = at;
        if (least[j] < delta) delta = least[j], next = j;
      }
      for (size_t j = 0; j <= columns; ++j) {
        if (used[j])
          u[row_of[j]] += delta, v[j] -= delta;
        else
          least[j] -= delta;
      }
      at = next;
    } while (row_of[at] != 0);
    for (; at != 0; at = way[at]) row_of[at] = row_of[way[at]];
  }
  std::vector<size_t> out(rows);
  for (size_t j = 1; j <= columns; ++j)
    if (row_of[j] != 0) out[row_of[j] - 1] = j - 1;
  return out;
}

// Indices in an order that does not depend on how the groups are listed, so that neither does the choice between
// assignments of the same sum.
std::vector<size_t> in_their_order(const std::vector<Group>& groups, const std::vector<bool>& wanted) {
  std::vector<size_t> out;
  for (size_t g = 0; g < groups.size(); ++g)
    if (wanted[g]) out.push_back(g);
  std::ranges::sort(out, [&](size_t a, size_t b) {
    if (groups[a].members != groups[b].members) return groups[a].members < groups[b].members;
    return groups[a].id < groups[b].id;
  });
  return out;
}

// How alike two groups are: by who was in the one, and by whom its rule would have now, whichever is more.
struct Likeness {
  const Overlap& by_members;
  const Overlap* by_rules;  // null: not known

  double jaccard(size_t a, size_t b) const {
    return std::max(by_members.jaccard(a, b), by_rules ? by_rules->jaccard(a, b) : 0);
  }
  bool is_same(size_t a, size_t b) const { return by_members.is_same(a, b) || (by_rules && by_rules->is_same(a, b)); }
};

// Of each group of now the one of before that it is, or -1.
std::vector<int> found_again(const Generation& before, const Generation& now, const Likeness& overlap) {
  std::vector<int> continues(now.groups.size(), -1);
  std::vector<bool> has_like(before.groups.size(), false), is_like(now.groups.size(), false);
  for (size_t a = 0; a < before.groups.size(); ++a)
    for (size_t b = 0; b < now.groups.size(); ++b) {
      if (before.groups[a].set_apart != now.groups[b].set_apart) continue;
      if (before.groups[a].set_apart) {
        if (before.groups[a].name == now.groups[b].name) continues[b] = static_cast<int>(a);
      } else if (overlap.is_same(a, b)) {
        has_like[a] = is_like[b] = true;
      }
    }
  auto rows = in_their_order(before.groups, has_like), columns = in_their_order(now.groups, is_like);
  if (rows.empty()) return continues;
  const bool is_turned = rows.size() > columns.size();
  if (is_turned) rows.swap(columns);
  std::vector<std::vector<double>> cost(rows.size(), std::vector<double>(columns.size(), 0));
  const auto pair = [&](size_t i, size_t j) {
    return is_turned ? std::pair(columns[j], rows[i]) : std::pair(rows[i], columns[j]);
  };
  for (size_t i = 0; i < rows.size(); ++i)
    for (size_t j = 0; j < columns.size(); ++j)
      if (const auto [a, b] = pair(i, j); overlap.is_same(a, b)) cost[i][j] = -overlap.jaccard(a, b);
  const auto column = assign(cost);
  for (size_t i = 0; i < rows.size(); ++i)
    if (const auto [a, b] = pair(i, column[i]); overlap.is_same(a, b)) continues[b] = static_cast<int>(a);
  return continues;
}

// Of the groups on the other side, those that came mostly from this one and are parts of it worth the name, if there
// are two or more and they hold most of it. `shared(i)`: with group i of the other side, of `sizes[i]`.
template <class Shared>
std::vector<size_t> parts_of(uint64_t whole, const std::vector<uint64_t>& sizes, const Shared& shared) {
  std::vector<size_t> out;
  uint64_t sum = 0;
  for (size_t i = 0; i < sizes.size(); ++i)
    if (2 * shared(i) > sizes[i] && kPart * shared(i) >= whole) out.push_back(i), sum += shared(i);
  if (out.size() < 2 || 2 * sum <= whole) out.clear();
  return out;
}

std::vector<Turn> turns_of(const Generation& before, const Generation& now, const Overlap& overlap,
                           const std::vector<int>& continues) {
  std::vector<Turn> out;
  std::vector<bool> is_accounted_before(before.groups.size(), false), is_accounted(now.groups.size(), false);
  const auto add = [&](TurnKind kind, std::vector<size_t> from, std::vector<size_t> to) {
    for (const size_t a : from) is_accounted_before[a] = true;
    for (const size_t b : to) is_accounted[b] = true;
    out.push_back({kind, std::move(from), std::move(to)});
  };
  for (size_t b = 0; b < now.groups.size(); ++b)
    if (continues[b] >= 0) add(TurnKind::FoundAgain, {static_cast<size_t>(continues[b])}, {b});
  for (size_t a = 0; a < before.groups.size(); ++a) {
    if (before.groups[a].set_apart) continue;
    auto parts = parts_of(overlap.of_before[a], overlap.of_now, [&](size_t b) { return overlap.shared[a][b]; });
    if (!parts.empty()) add(TurnKind::Split, {a}, std::move(parts));
  }
  for (size_t b = 0; b < now.groups.size(); ++b) {
    if (now.groups[b].set_apart) continue;
    auto sources = parts_of(overlap.of_now[b], overlap.of_before, [&](size_t a) { return overlap.shared[a][b]; });
    if (!sources.empty()) add(TurnKind::Merged, std::move(sources), {b});
  }
  for (size_t b = 0; b < now.groups.size(); ++b)
    if (!is_accounted[b]) add(TurnKind::New, {}, {b});
  for (size_t a = 0; a < before.groups.size(); ++a)
    if (!is_accounted_before[a]) add(TurnKind::Vanished, {a}, {});
  std::ranges::sort(out, [](const Turn& x, const Turn& y) {
    return std::tie(x.kind, x.from, x.to) < std::tie(y.kind, y.from, y.to);
  });
  return out;
}

std::vector<Movement> movements_of(const Generation& before, const Generation& now, const Memberships& was,
                                   const Memberships& is) {
  const size_t width = now.groups.size() + 2;
  std::vector<uint64_t> count((before.groups.size() + 2) * width, 0);
  for (uint32_t c = 0; c < now.known.size(); ++c) {
    if (!before.known[c] && !now.known[c]) continue;
    const int from = before.known[c] ? was.main(c) : kNotThere, to = now.known[c] ? is.main(c) : kNotThere;
    ++count[static_cast<size_t>(from + 2) * width + static_cast<size_t>(to + 2)];
  }
  std::vector<Movement> out;
  for (size_t i = 0; i < count.size(); ++i)
    if (count[i] > 0) out.push_back({static_cast<int>(i / width) - 2, static_cast<int>(i % width) - 2, count[i]});
  return out;
}

GroupRef ref_of(const Group& group) {
  return {.id = group.id, .name = group.name, .set_apart = group.set_apart, .size = group.members.size()};
}

}  // namespace

Lineage lineage_of(const Generation& before, const Generation& now, const Generation* by_old_rules) {
  VERIFY(before.known.size() == now.known.size());
  const Memberships was(before.groups, before.known.size()), is(now.groups, now.known.size());
  const Overlap overlap = overlap_of(before, now, was, is);
  std::optional<Overlap> of_rules;
  if (by_old_rules)
    of_rules = overlap_of(*by_old_rules, now, Memberships(by_old_rules->groups, by_old_rules->known.size()), is);
  const Likeness likeness{overlap, of_rules ? &*of_rules : nullptr};
  const std::vector<int> continues = found_again(before, now, likeness);
  Lineage out{.run = before.run, .as_of = before.as_of, .judged = overlap.judged};
  for (const Group& group : before.groups) out.before.push_back(ref_of(group));
  for (size_t b = 0; b < now.groups.size(); ++b) {
    out.now.push_back(ref_of(now.groups[b]));
    out.now.back().continues = continues[b];
    if (continues[b] >= 0) out.now.back().jaccard = likeness.jaccard(static_cast<size_t>(continues[b]), b);
  }
  out.turns = turns_of(before, now, overlap, continues);
  out.movements = movements_of(before, now, was, is);
  for (const Movement& each : out.movements) {
    if (each.from == kNotThere || each.to == kNotThere) continue;
    const int was_then = each.to >= 0 ? continues[static_cast<size_t>(each.to)] : kInNone;
    const bool stays = each.from == was_then && (each.from >= 0 || each.to == kInNone);
    out.moved += stays ? 0 : each.customers;
  }
  return out;
}

uint64_t moved_between(const Generation& before, const Generation& now) {
  VERIFY(before.known.size() == now.known.size());
  const Memberships was(before.groups, before.known.size()), is(now.groups, now.known.size());
  uint64_t moved = 0;
  for (uint32_t c = 0; c < now.known.size(); ++c) moved += before.known[c] && now.known[c] && was.main(c) != is.main(c);
  return moved;
}

// --- in words

namespace {

constexpr std::array<std::string_view, 5> kTurnNames = {"found again", "split", "merged", "new", "vanished"};

std::string names(const std::vector<GroupRef>& all, const std::vector<size_t>& which) {
  std::string out;
  for (size_t i = 0; i < which.size(); ++i)
    out += fmt::format("{}\"{}\"", i == 0 ? "" : i + 1 < which.size() ? ", " : " and ", all[which[i]].name);
  return out;
}

// Where most of a group's customers came from or went, with their share of it.
std::string most(const Lineage& lineage, size_t group, bool is_before) {
  uint64_t all = 0;
  const Movement* largest = nullptr;
  for (const Movement& each : lineage.movements) {
    if ((is_before ? each.from : each.to) != static_cast<int>(group)) continue;
    all += each.customers;
    if (!largest || each.customers > largest->customers) largest = &each;
  }
  if (!largest) return "";
  const int other = is_before ? largest->to : largest->from;
  const auto& kin = is_before ? lineage.now : lineage.before;
  const std::string where = other >= 0         ? fmt::format("\"{}\"", kin[static_cast<size_t>(other)].name)
                            : other == kInNone ? "no group"
                            : is_before        ? "nowhere: they are gone from the record, or left out"
                                               : "nowhere: they are newcomers";
  const double share = 100 * static_cast<double>(largest->customers) / static_cast<double>(all);
  return fmt::format("; {:.0f} % of its {} {} {}", share, lineage.people, is_before ? "went to" : "came from", where);
}

}  // namespace

std::string_view name_of(TurnKind kind) {
  return kTurnNames[static_cast<size_t>(kind)];
}

std::string sentence_of(const Lineage& lineage, const Turn& turn) {
  switch (turn.kind) {
    case TurnKind::FoundAgain: {
      const GroupRef& now = lineage.now[turn.to[0]];
      return fmt::format("\"{}\" is found again: {} {}, {} before{}", now.name, now.size, lineage.people,
                         lineage.before[turn.from[0]].size,
                         now.set_apart ? "" : fmt::format("; Jaccard {:.2f}", now.jaccard));
    }
    case TurnKind::Split:
      return fmt::format("{} split into {}", names(lineage.before, turn.from), names(lineage.now, turn.to));
    case TurnKind::Merged:
      return fmt::format("{} merged into {}", names(lineage.before, turn.from), names(lineage.now, turn.to));
    case TurnKind::New:
      return fmt::format("{} is new{}", names(lineage.now, turn.to), most(lineage, turn.to[0], false));
    case TurnKind::Vanished:
      return fmt::format("{} vanished{}", names(lineage.before, turn.from), most(lineage, turn.from[0], true));
  }
  return {};
}

// --- as JSON

namespace {

constexpr std::string_view kNoGroup = "(no group)", kNewcomers = "(newcomers)", kGone = "(gone)";

Json ids(const std::vector<GroupRef>& all, const std::vector<size_t>& which) {
  Json out = Json::array();
  for (const size_t i : which) out.add(all[i].id);
  return out;
}

Json end_of(const std::vector<GroupRef>& all, int index, std::string_view not_there) {
  return index >= 0 ? Json(all[static_cast<size_t>(index)].id) : Json(index == kInNone ? kNoGroup : not_there);
}

Json json_of(const GroupRef& kin) {
  return Json::object().set("id", kin.id).set("name", kin.name).set("set_apart", kin.set_apart).set("size", kin.size);
}

// Reads what to_json wrote; anything else is not a lineage.
class Reading {
 public:
  explicit Reading(const Json& json) : json_(json) {}

  std::optional<Lineage> all() {
    const auto as_of = parse_instant(text(json_, "as_of"));
    if (!as_of) return std::nullopt;
    out_.run = count(json_, "run");
    out_.as_of = *as_of;
    out_.people = text(json_, "people");
    out_.judged = count(json_, "known_to_both");
    for (const Json& each : items(json_, "before")) out_.before.push_back(kin(each));
    for (const Json& each : items(json_, "now")) {
      out_.now.push_back(kin(each));
      if (const std::string id = text(each, "continues"); !id.empty())
        out_.now.back().continues = index(out_.before, id, kNotThere);
      if (const Json* jaccard = each.find("jaccard")) out_.now.back().jaccard = jaccard->number_or(0);
    }
    for (const Json& each : items(json_, "turns")) turn(each);
    for (const Json& each : items(json_, "movements"))
      out_.movements.push_back({index(out_.before, text(each, "from"), kNotThere),
                                index(out_.now, text(each, "to"), kNotThere), count(each, "customers")});
    out_.moved = count(json_, "moved");
    if (const Json* moved = json_.find("moved_by_old_rules"); moved && moved->as_literal())
      out_.moved_by_old_rules = count(json_, "moved_by_old_rules");
    for (const Json& each : items(json_, "notes")) out_.notes.push_back(each.text_or(""));
    return is_wrong_ ? std::nullopt : std::optional(std::move(out_));
  }

 private:
  static std::string text(const Json& json, std::string_view name) {
    const Json* found = json.find(name);
    return found ? found->text_or("") : std::string();
  }
  static uint64_t count(const Json& json, std::string_view name) {
    const Json* found = json.find(name);
    return found ? static_cast<uint64_t>(std::max(0.0, found->number_or(0))) : 0;
  }
  static const Json::Array& items(const Json& json, std::string_view name) {
    static const Json::Array kNone;
    const Json* found = json.find(name);
    return found && found->as_array() ? *found->as_array() : kNone;
  }
  static GroupRef kin(const Json& json) {
    const Json* apart = json.find("set_apart");
    return {.id = text(json, "id"),
            .name = text(json, "name"),
            .set_apart = apart && apart->as_bool() && *apart->as_bool(),
            .size = count(json, "size")};
  }
  int index(const std::vector<GroupRef>& all, const std::string& id, int not_there) {
    if (id == kNoGroup) return kInNone;
    if (id == kNewcomers || id == kGone) return not_there;
    const auto found = std::ranges::find(all, id, &GroupRef::id);
    if (found == all.end()) is_wrong_ = true;
    return static_cast<int>(found - all.begin());
  }
  void turn(const Json& json) {
    const auto kind = std::ranges::find(kTurnNames, text(json, "kind"));
    if (kind == kTurnNames.end()) return void(is_wrong_ = true);
    Turn out{.kind = static_cast<TurnKind>(kind - kTurnNames.begin()), .from = {}, .to = {}};
    const auto fill = [&](std::string_view name, const std::vector<GroupRef>& all, std::vector<size_t>& into) {
      for (const Json& id : items(json, name))
        if (const int at = index(all, id.text_or(""), kNotThere); at >= 0) into.push_back(static_cast<size_t>(at));
    };
    fill("from", out_.before, out.from);
    fill("to", out_.now, out.to);
    out_.turns.push_back(std::move(out));
  }

  const Json& json_;
  Lineage out_;
  bool is_wrong_ = false;
};

}  // namespace

Json to_json(const Lineage& lineage) {
  Json before = Json::array(), now = Json::array(), turns = Json::array(), movements = Json::array(),
       notes = Json::array();
  for (const GroupRef& each : lineage.before) before.add(json_of(each));
  for (const GroupRef& each : lineage.now)
    now.add(json_of(each)
                .set("continues",
                     each.continues >= 0 ? Json(lineage.before[static_cast<size_t>(each.continues)].id) : Json())
                .set("jaccard", each.continues >= 0 ? Json::rounded(each.jaccard, 6) : Json()));
  for (const Turn& each : lineage.turns)
    turns.add(Json::object()
                  .set("kind", name_of(each.kind))
                  .set("from", ids(lineage.before, each.from))
                  .set("to", ids(lineage.now, each.to))
                  .set("sentence", sentence_of(lineage, each)));
  for (const Movement& each : lineage.movements)
    movements.add(Json::object()
                      .set("from", end_of(lineage.before, each.from, kNewcomers))
                      .set("to", end_of(lineage.now, each.to, kGone))
                      .set("customers", each.customers));
  for (const std::string& note : lineage.notes) notes.add(note);
  return Json::object()
      .set("run", lineage.run)
      .set("as_of", text_of(lineage.as_of))
      .set("people", lineage.people)
      .set("known_to_both", lineage.judged)
      .set("moved", lineage.moved)
      .set("moved_by_old_rules", lineage.moved_by_old_rules ? Json(*lineage.moved_by_old_rules) : Json())
      .set("before", std::move(before))
      .set("now", std::move(now))
      .set("turns", std::move(turns))
      .set("movements", std::move(movements))
      .set("notes", std::move(notes));
}

std::optional<Lineage> lineage_of_json(const Json& json) {
  return Reading(json).all();
}

}  // namespace tessera::lineage
