#include <cmath>

#include "report/amounts_json.hpp"
#include "report/letter_words.hpp"

namespace tessera::report {

namespace {

Json figure(double x) {
  return std::isfinite(x) ? Json::rounded(x, 6) : Json();
}

std::string_view name_of(Applied applied) {
  constexpr std::string_view kNames[] = {"before", "new", "changed"};
  return kNames[static_cast<size_t>(applied)];
}
std::string_view name_of(NotableKind kind) {
  constexpr std::string_view kNames[] = {"riser", "faller", "went silent", "first big"};
  return kNames[static_cast<size_t>(kind)];
}

Json json_of(const LetterFigure& f) {
  Json before = Json::array();
  for (const double x : f.before) before.add(figure(x));
  return Json::object()
      .set("now", figure(f.now))
      .set("before", std::move(before))
      .set("usual",
           f.usual.tells ? Json::array().add(figure(f.usual.range.low)).add(figure(f.usual.range.high)) : Json())
      .set("p", f.usual.tells || f.usual.p < 1 ? figure(f.usual.p) : Json())
      .set("more_than_usual", f.is_beyond);
}

Json json_of(const LetterSegment& s) {
  return Json::object()
      .set("id", s.slug)
      .set("name", s.name)
      .set("applied", name_of(s.applied))
      .set("definition_since", text_of(s.since))
      .set("then", uint64_t{s.then})
      .set("then_by_old_definition", s.then_by_old ? Json(uint64_t{*s.then_by_old}) : Json())
      .set("now", uint64_t{s.now})
      .set("entered", uint64_t{s.entered})
      .set("left", uint64_t{s.left})
      .set("change", json_of(s.change))
      .set("by_chance_alone", s.by_chance_alone)
      .set("money", json_of(s.money))
      .set("entered_money", figure(s.entered_money))
      .set("left_money", figure(s.left_money))
      .set("largest_who_left", s.leaver.empty() ? Json() : Json(s.leaver));
}

Json json_of(const Notable& n) {
  Json out = Json::object()
                 .set("kind", name_of(n.kind))
                 .set("pseudonym", n.pseudonym)
                 .set("now", figure(n.now))
                 .set("before", figure(n.before))
                 .set("is_extreme", n.is_extreme);
  if (n.kind != NotableKind::WentSilent) return out;
  return out.set("year", figure(n.year))
      .set("last", text_of(n.last))
      .set("usual_gap_ms", n.usual_gap.ms)
      .set("longest_gap_ms", n.longest_gap.ms);
}

Json json_of(const LetterRun& run) {
  return Json::object()
      .set("run", run.number)
      .set("as_of", text_of(run.as_of))
      .set("in_force", run.in_force)
      .set("lineage", run.lineage ? to_json(*run.lineage) : Json());
}

}  // namespace

Json to_json(const Letter& letter) {
  Json segments = Json::array(), notables = Json::array(), silences = Json::array(), removed = Json::array(),
       splits = Json::array();
  for (const LetterSegment& each : letter.segments) segments.add(json_of(each));
  for (const Notable& each : letter.notables) notables.add(json_of(each));
  for (const Silence& each : letter.silences)
    silences.add(Json::object()
                     .set("name", each.name)
                     .set("is_source", each.is_source)
                     .set("newest", text_of(each.newest))
                     .set("usual_gap_ms", each.usual_gap.ms)
                     .set("longest_gap_ms", each.is_source ? Json() : Json(each.longest_gap.ms)));
  for (const auto& each : letter.removed) removed.add(each.slug);
  for (const std::string& each : letter.splits) splits.add(each);
  return Json::object()
      .set("since", text_of(letter.since))
      .set("until", text_of(letter.until))
      .set("nothing_happened", letter.nothing_happened())
      .set("events", uint64_t{letter.events})
      .set("periods_before", uint64_t{letter.periods})
      .set("as_known_then", letter.as_known_then)
      .set("comparisons", uint64_t{letter.comparisons})
      .set("value_definition", letter.parts.value_definition)
      .set("currency", letter.parts.currency.empty() ? Json() : Json(letter.parts.currency))
      .set("amounts_left_out", json_of_left_out(letter.parts.left_out))
      .set("value", json_of(letter.money))
      .set("customers", json_of(letter.buyers))
      .set("first_timers", json_of(letter.first_timers))
      .set("segments", std::move(segments))
      .set("removed", std::move(removed))
      .set("splits", std::move(splits))
      .set("notables", std::move(notables))
      .set("silences", std::move(silences))
      .set("silent_before", uint64_t{letter.silent_before})
      .set("discovery", letter.run ? json_of(*letter.run) : Json());
}

}  // namespace tessera::report
