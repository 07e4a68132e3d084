// An outlook in words, and as JSON.
#include "core/text.hpp"
#include "segment/outlook.hpp"

namespace tessera::segment {

namespace {

// "orders at least 3 (orders = 5)"
std::string with_values(const Explanation& condition) {
  std::vector<std::string> found;
  for (const auto& each : condition.found) found.push_back(fmt::format("{} = {}", each.expression, each.value));
  return found.empty() ? condition.condition : fmt::format("{} ({})", condition.condition, join(found, ", "));
}

std::string_view verb_of(std::optional<bool> holds) {
  return !holds ? "is unknown" : *holds ? "holds" : "does not hold";
}

// Why they are in it, or not. What a person or a detector decided comes before any condition.
std::vector<std::string> why_lines(const Prospect& one) {
  if (one.why.because.starts_with("left out")) return {one.why.because};
  std::vector<std::string> out;
  for (const Explanation* reason : reasons(one.why))
    out.push_back(fmt::format("{}: {}", verb_of(reason->holds), with_values(*reason)));
  return out;
}

std::string unless_text(const Prospect& one) {
  std::vector<std::string> words;
  for (const Unless& each : one.unless) words.push_back(plain_line(text_of(each)));
  return words.empty() ? "" : ", unless " + join(words, " or ");
}

void write_change(const Prospect& one, const Zone& zone, std::string& out) {
  const auto& first = one.changes[0];
  out += fmt::format("    {} {}{}\n", first.member ? "enters" : "leaves", spoken(first.at, zone), unless_text(one));
  for (const Explanation& turning : one.turning)
    out += fmt::format("      then {}: {}\n", verb_of(turning.holds), plain_line(with_values(turning)));
  for (size_t i = 1; i < one.changes.size(); ++i)
    out +=
        fmt::format("      and {} {}\n", one.changes[i].member ? "enters" : "leaves", spoken(one.changes[i].at, zone));
}

void write(const Prospect& one, const Zone& zone, std::string& out) {
  out += fmt::format("  {}\n", plain_line(one.name));
  if (one.is_member) out += fmt::format("    since {}\n", one.since ? spoken(*one.since, zone) : "ever");
  for (const std::string& line : why_lines(one)) out += fmt::format("    {}\n", plain_line(line));
  if (!one.changes.empty())
    write_change(one, zone, out);
  else if (one.is_member)
    out += "    time alone does not end it\n";
}

template <typename Is>
void write_those(const Outlook& outlook, std::string_view title, const Zone& zone, Is is, std::string& out) {
  bool is_first = true;
  for (const Prospect& one : outlook.segments) {
    if (!is(one)) continue;
    if (std::exchange(is_first, false)) out += fmt::format("\n{}:\n", title);
    write(one, zone, out);
  }
}

}  // namespace

std::string text_of(const Unless& unless) {
  if (unless.is_trait) return fmt::format("{} changes", unless.what);
  const std::string_view when = unless.any_time ? "" : " late enough";
  const std::string_view like = unless.like_theirs ? " like theirs" : "";
  if (unless.count > 1)
    return fmt::format("{} {}of {}{} come{}", unless.count, unless.another ? "more " : "", unless.what, like, when);
  return fmt::format("{} {}{} comes{}", unless.another ? "another" : "a first", unless.what, like, when);
}

std::string text_of(const Outlook& outlook, const Zone& zone, std::string_view store) {
  size_t members = 0;
  for (const Prospect& one : outlook.segments) members += one.is_member;
  std::string out;
  if (outlook.segments.empty()) return "No segment is applied: " + try_command("segments library").text(store) + "\n";
  const auto turns = [](const Prospect& one) { return !one.is_member && !one.changes.empty(); };
  write_those(
      outlook, fmt::format("In {} of {} segments", members, outlook.segments.size()), zone,
      [](const Prospect& one) { return one.is_member; }, out);
  write_those(outlook, "Enters by time alone", zone, turns, out);
  write_those(
      outlook, "Not in, and time alone does not change it", zone,
      [&](const Prospect& one) { return !one.is_member && one.changes.empty(); }, out);
  if (members == 0) out = "\nIn no segment.\n" + out;
  if (outlook.later_facts > 0)
    out += fmt::format("\n{} facts of theirs are dated after this instant and are left out.\n", outlook.later_facts);
  return out;
}

Json to_json(const Outlook& outlook) {
  Json segments = Json::array();
  for (const Prospect& one : outlook.segments) {
    Json changes = Json::array(), turning = Json::array(), unless = Json::array();
    for (const auto& change : one.changes)
      changes.add(Json::object().set("at", text_of(change.at)).set("is_member", change.member));
    for (const Explanation& each : one.turning) turning.add(to_json(each));
    for (const Unless& each : one.unless)
      unless.add(Json::object()
                     .set("what", each.what)
                     .set("count", uint64_t{each.count})
                     .set("another", each.another)
                     .set("like_theirs", each.like_theirs)
                     .set("any_time", each.any_time)
                     .set("is_trait", each.is_trait)
                     .set("text", text_of(each)));
    segments.add(Json::object()
                     .set("id", one.slug)
                     .set("name", one.name)
                     .set("is_member", one.is_member)
                     .set("since", one.since ? Json(text_of(*one.since)) : Json())
                     .set("explanation", to_json(one.why))
                     .set("changes", std::move(changes))
                     .set("turning", std::move(turning))
                     .set("unless", std::move(unless)));
  }
  return Json::object()
      .set("as_of", text_of(outlook.as_of))
      .set("looked_until", text_of(outlook.until))
      .set("later_facts", uint64_t{outlook.later_facts})
      .set("segments", std::move(segments));
}

}  // namespace tessera::segment
