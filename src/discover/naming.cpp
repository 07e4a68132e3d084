#include "discover/naming.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "features/industry.hpp"
#include "stats/intervals.hpp"

namespace tessera::discover {

namespace {

void add_group(const Segment& segment, lineage::Generation& out) {
  lineage::Group group{.id = segment.id, .name = segment.persona.name, .set_apart = segment.set_apart, .members = {}};
  for (const uint32_t c : segment.members)
    if (out.known[c]) group.members.push_back(c);
  out.groups.push_back(std::move(group));
}

// The text itself, or with the first number that makes it another than those taken, which it then is too.
template <class Numbered, class Key>
std::string another(const std::string& text, std::set<std::string>& taken, const Numbered& numbered, const Key& key) {
  std::string out = text;
  for (int n = 2; !taken.insert(key(out)).second; ++n) out = numbered(text, n);
  return out;
}

std::string note_on(const Segment& segment, const std::string& fresh, const std::vector<std::string>& stale) {
  std::string parts;
  for (size_t i = 0; i < stale.size(); ++i)
    parts += fmt::format("{}\"{}\"", i == 0 ? "" : i + 1 < stale.size() ? ", " : " and ", stale[i]);
  return fmt::format("\"{}\" keeps its name, but {} {} not what sets it apart now; named today it would be \"{}\".",
                     segment.persona.name, parts, stale.size() == 1 ? "is" : "are", fresh);
}

}  // namespace

double usual_count(const std::vector<double>& counts) {
  if (counts.empty()) return 2;
  const double median = stats::median_of(counts);
  const auto more = std::ranges::count_if(counts, [](double x) { return x > 1; });
  return median <= 1 && 10 * static_cast<size_t>(more) > counts.size() ? 1.4 : median;
}

std::vector<std::string> settle_names(std::vector<Segment>& segments, const std::vector<bool>& known,
                                      const Before* before, const std::optional<lineage::Generation>& by_old_rules,
                                      const NameGrounds& grounds) {
  std::vector<std::string> notes;
  std::vector<int> continues(segments.size(), -1);
  std::set<std::string> ids, names;
  if (before) ids = before->ids, names = before->names;
  if (before && before->generation) {
    lineage::Generation now{.as_of = {}, .groups = {}, .known = known};
    for (const Segment& segment : segments) add_group(segment, now);
    const lineage::Lineage lineage = lineage_of(*before->generation, now, by_old_rules ? &*by_old_rules : nullptr);
    for (size_t s = 0; s < segments.size(); ++s) continues[s] = lineage.now[s].continues;
    for (const lineage::Group& group : before->generation->groups) {
      ids.insert(group.id);
      names.insert(fold_case(group.name));
    }
  }
  const auto folded = [](const std::string& name) { return fold_case(name); };
  for (size_t s = 0; s < segments.size(); ++s) {
    Segment& segment = segments[s];
    if (continues[s] < 0) {
      segment.persona.name = another(
          segment.persona.name, names, [](const std::string& name, int n) { return fmt::format("{} ({})", name, n); },
          folded);
      segment.id = another(
          slug_of(segment.persona.name), ids, [](const std::string& id, int n) { return fmt::format("{}-{}", id, n); },
          std::identity());
      continue;
    }
    const lineage::Group& old = before->generation->groups[static_cast<size_t>(continues[s])];
    const std::string fresh = std::exchange(segment.persona.name, old.name);
    segment.id = old.id;
    if (segment.set_apart || fresh == old.name || s >= grounds.claims.size() || grounds.claims.size() < 2) continue;
    const auto stale = persona::stale_parts(old.name, grounds.claims[s], grounds.main_events[s], grounds.parts);
    if (!stale.empty()) notes.push_back(note_on(segment, fresh, stale));
  }
  return notes;
}

lineage::Generation generation_of(const Discovery& discovery) {
  lineage::Generation out{
      .run = discovery.run.value_or(0), .as_of = discovery.as_of, .groups = {}, .known = discovery.known};
  for (const auto* list : {&discovery.segments, &discovery.set_apart})
    for (const Segment& segment : *list) add_group(segment, out);
  return out;
}

std::optional<lineage::Generation> by_old_rules(const Before* before, const std::vector<bool>& known,
                                                const features::Setting& setting) {
  if (!before || !before->generation) return std::nullopt;
  const auto asked = features::members_of(setting, before->definitions);
  if (!asked) return std::nullopt;
  lineage::Generation out{.run = before->generation->run, .as_of = setting.as_of, .groups = {}, .known = known};
  for (const lineage::Group& group : before->generation->groups) {
    out.groups.push_back({.id = group.id, .name = group.name, .set_apart = group.set_apart, .members = {}});
    const auto rule = std::ranges::find(asked->ids, group.id);
    if (rule == asked->ids.end()) return std::nullopt;
    for (const uint32_t c : asked->members[static_cast<size_t>(rule - asked->ids.begin())])
      if (known[c]) out.groups.back().members.push_back(c);
  }
  return out;
}

// How many would be in another group had the rules stayed as they were tells whether customers moved, or the cut did.
lineage::Lineage lineage_of(const Before& before, const Discovery& found,
                            const std::optional<lineage::Generation>& by_old_rules, std::vector<std::string> notes) {
  lineage::Lineage out = lineage_of(*before.generation, generation_of(found), by_old_rules ? &*by_old_rules : nullptr);
  out.people = found.parts.words.customers;
  out.notes = std::move(notes);
  if (by_old_rules) out.moved_by_old_rules = lineage::moved_between(*before.generation, *by_old_rules);
  return out;
}

}  // namespace tessera::discover
