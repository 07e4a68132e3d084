// Segments: which are in force, applying and removing them, who is in one or was, and who would be.
#include "core/csv.hpp"
#include "core/text.hpp"
#include "server/call_values.hpp"
#include "server/engine_json.hpp"
#include "server/questions.hpp"
#include "workspace/apply.hpp"
#include "workspace/ask.hpp"

namespace tessera::server {

namespace {

using workspace::Workspace;

// --- segments

void list_segments(Service& service, Call, http::Responder responder) {
  Json list = Json::array();
  for (const live::SegmentState& segment : service.engine.segments()) list.add(json_of(segment));
  responder.send(json_response(Json::object().set("segments", std::move(list))));
}

void get_segment(Service& service, Call call, http::Responder responder) {
  for (const live::SegmentState& segment : service.engine.segments())
    if (segment.slug == call.parts[0]) return responder.send(json_response(json_of(segment)));
  responder.send(problem(404, fmt::format("there is no segment '{}'", call.parts[0]), try_command("segments list")));
}

void apply_segments(Service& service, Call call, http::Responder responder) {
  const auto applied = service.engine.apply_definitions(call.request.body);
  responder.send(applied ? json_response(json_of(*applied)) : problem_of(applied.error()));
}

void remove_segment(Service& service, Call call, http::Responder responder) {
  const auto removed = service.engine.remove_definition(call.parts[0]);
  responder.send(removed ? json_response(json_of(*removed)) : problem_of(removed.error(), 404));
}

// --- members

constexpr std::string_view kCsvHead = "customer\r\n";
enum class Lines : uint8_t { Csv, RawCsv, Json };
std::string member_line(const std::string& member, Lines lines) {
  if (lines == Lines::Json) return fmt::format("{{\"customer\":{}}}\n", quoted_json(member));
  return csv_field(member, lines == Lines::RawCsv ? CsvFor::Programs : CsvFor::Spreadsheets) + "\r\n";
}

// Page after page, so that a segment of a million needs no more memory than one of ten.
class MemberStream final : public http::Stream {
 public:
  MemberStream(live::Engine& engine, std::string segment, std::string after, Lines lines)
      : engine_(engine), segment_(std::move(segment)), after_(std::move(after)), lines_(lines) {}

  Piece next() override {
    Piece out{.text = {}, .then = Then::More};
    if (lines_ != Lines::Json && std::exchange(is_first_, false)) out.text = kCsvHead;
    const auto page = engine_.members(segment_, after_, kPage);
    // Removed while it was read: the reader sees where it ends.
    if (!page || page->size() < kPage) out.then = Then::End;
    if (!page || page->empty()) return out;
    for (const std::string& member : *page) out.text += member_line(member, lines_);
    after_ = page->back();
    return out;
  }

 private:
  live::Engine& engine_;
  std::string segment_, after_;
  Lines lines_;
  bool is_first_ = true;
};

std::string type_of_lines(Lines lines) {
  return lines == Lines::Json ? "application/x-ndjson" : "text/csv; charset=utf-8";
}

struct Wish {
  std::string after;
  size_t limit;
  std::optional<Lines> lines;  // nullopt: a page of JSON
};

// --- members of then

struct PastMembers {
  bool is_known = true;  // false: no such segment was in force at known_at
  workspace::Moment moment;
  Instant known_at;
  std::string definition;
  std::vector<std::string> members{};  // ascending
};

// Default of known_at: now; of as_of: known_at.
Result<PastMembers> members_at(Service& service, const Call& call, workspace::Look look) {
  const std::string& slug = call.parts[0];
  const Instant known = look.known_at.value_or(service.clock.now());
  look.known_at = known;
  if (!call.query.get("as_of")) look.as_of = known;
  return answered(service, call, look, [&](Workspace& workspace) -> Result<PastMembers> {
    auto found = TRY(workspace::members_then(workspace, slug));
    PastMembers out{.is_known = found.has_value(), .moment = workspace.moment, .known_at = known, .definition = {}};
    if (found) out.definition = std::move(found->definition), out.members = std::move(found->members);
    return out;
  });
}

// Who was in it, evaluated again over the record.
void list_past_members(Service& service, const Call& call, const Wish& wish, http::Responder& responder) {
  const auto past = [&]() -> Result<PastMembers> { return members_at(service, call, TRY(look_in(call))); }();
  if (!past) return responder.send(problem_of(past.error(), 503));
  if (!past->is_known)
    return responder.send(problem(404, fmt::format("there was no segment '{}' in force then", call.parts[0]),
                                  "leave out known_at: the definition of today, looked at from as_of"));
  const auto from = std::upper_bound(past->members.begin(), past->members.end(), wish.after);
  if (wish.lines) {
    std::string body(*wish.lines == Lines::Json ? "" : kCsvHead);
    for (auto at = from; at != past->members.end(); ++at) body += member_line(*at, *wish.lines);
    return responder.send({.type = type_of_lines(*wish.lines), .body = std::move(body)});
  }
  Json members = Json::array();
  auto at = from;
  for (; at != past->members.end() && static_cast<size_t>(at - from) < wish.limit; ++at) members.add(*at);
  Json out = Json::object();
  out.set("as_of", text_of(past->moment.at)).set("known_at", text_of(past->known_at));
  out.set("as_of_is", workspace::name_of(past->moment.is)).set("count", past->members.size());
  out.set("definition", past->definition).set("members", std::move(members));
  out.set("next", at == past->members.end() ? Json() : Json(*std::prev(at)));
  responder.send(json_response(out));
}

void list_members(Service& service, Call call, http::Responder responder) {
  const auto limit = limit_of(call);
  if (!limit) return responder.send(bad_limit());
  const std::string after = call.query.get("after").value_or(""), format = call.query.get("format").value_or("");
  const bool is_csv = format == "csv" || (format.empty() && accepts(call.request, "text/csv"));
  const bool is_lines = format == "jsonl" || (format.empty() && accepts(call.request, "application/x-ndjson"));
  if (!format.empty() && !is_csv && !is_lines && format != "json")
    return responder.send(problem(400, fmt::format("there is no format '{}'", format), "format=json, csv or jsonl"));
  std::optional<Lines> lines;
  if (is_lines) lines = Lines::Json;
  if (is_csv) lines = call.query.get("raw") ? Lines::RawCsv : Lines::Csv;
  if (call.query.get("as_of") || call.query.get("known_at") || call.query.get("zone") || call.query.get("currency"))
    return list_past_members(service, call, {after, *limit, lines}, responder);
  const auto page = service.engine.members(call.parts[0], after, lines ? 1 : *limit);
  if (!page) return responder.send(problem_of(page.error(), 404));
  if (lines) {
    auto stream = std::make_shared<MemberStream>(service.engine, call.parts[0], after, *lines);
    return responder.send({.type = type_of_lines(*lines), .stream = std::move(stream)});
  }
  Json stale = Json::array();
  for (const live::SegmentState& segment : service.engine.segments())
    if (segment.slug == call.parts[0] || segment.name == call.parts[0]) stale = json_of(segment.stale_sources);
  Json out = Json::object().set("members", json_of(*page));
  out.set("next", page->size() == *limit ? Json(page->back()) : Json()).set("stale_sources", std::move(stale));
  responder.send(json_response(out));
}

// --- who would be

// Sources that have fallen silent and ever sent what the segment looks at.
Json stale_sources(const std::vector<live::SourceState>& sources, const std::optional<std::set<std::string>>& events) {
  const auto is_looked_at = [&](const std::string& event) { return events->contains(event); };
  Json out = Json::array();
  for (const live::SourceState& source : sources)
    if (source.is_silent && (!events || std::ranges::any_of(source.events, is_looked_at))) out.add(source.name);
  return out;
}

Json json_of(const workspace::SegmentPreview& segment) {
  const bool has_name = !segment.slug.empty();
  Json sample = Json::array(), overlaps = Json::array();
  for (const std::string& customer : segment.sample) sample.add(customer);
  for (const workspace::Overlap& other : segment.overlaps)
    overlaps.add(Json::object()
                     .set("id", other.slug)
                     .set("name", other.name)
                     .set("members", other.members)
                     .set("both", other.both));
  Json out = Json::object();
  out.set("id", has_name ? Json(segment.slug) : Json()).set("name", has_name ? Json(segment.name) : Json());
  out.set("count", segment.count).set("sample", std::move(sample));
  if (segment.is_in_force) out.set("would_enter", segment.enter).set("would_leave", segment.leave);
  return out.set("overlaps", std::move(overlaps));
}

Result<Json> preview(Service& service, const Call& call) {
  return answered(service, call, {}, [&](Workspace& workspace) -> Result<Json> {
    const workspace::Preview found = TRY(workspace::preview(workspace, call.request.body));
    const live::Status status = service.engine.status();
    Json segments = Json::array();
    for (const workspace::SegmentPreview& each : found.segments)
      segments.add(json_of(each).set("stale_sources", stale_sources(status.sources, each.events)));
    return Json::object()
        .set("as_of", text_of(found.as_of))
        .set("customers", found.customers)
        .set("segments", std::move(segments))
        .set("warnings", found.warnings);
  });
}

void preview_segments(Service& service, Call call, http::Responder responder) {
  const auto out = preview(service, call);
  responder.send(out ? json_response(*out) : problem_of(out.error(), 503));
}

// --- the table

constexpr Parameter kSlug[] = {{"slug", "path", "string", "The segment's id"}};
constexpr Parameter kMembers[] = {
    {"slug", "path", "string", "The segment's id"},
    {"after", "query", "string", "Those behind this customer, in the order of ids"},
    {"limit", "query", "integer", "At most so many, 1 to 10000 (default 1000); json only"},
    {"as_of", "query", "string",
     "Who was in it then: a date or a time, now, or newest (the newest event); with the definition in force at "
     "known_at"},
    {"known_at", "query", "string", "As known then (default: as known now); alone it is as_of too"},
    {"zone", "query", "string", "Zone of $hour, $weekday, $month and $day (default: the record's, else UTC)"},
    {"currency", "query", "string", "In which amounts are read, such as EUR (default: the record's)"},
    {"format", "query", "string", "json (a page), csv or jsonl (all of them, streamed); or as Accept says"},
    {"raw", "query", "string", "Given, with csv: ids as they are, which a spreadsheet may run as formulas"}};

constexpr http::BodyLimit kDefinitionsBody{4 << 20, 413};

constexpr Route kRoutes[] = {
    {"GET",
     "/api/v1/segments",
     "The segments in force",
     {},
     "",
     "{\"segments\": [...]}",
     Needs::Read,
     Runs::Worker,
     list_segments},
    {"PUT",
     "/api/v1/segments",
     "Apply definitions: added, changed or the same as before",
     {},
     "text in the segment language",
     "What changed, when it is in force",
     Needs::Write,
     Runs::Worker,
     apply_segments,
     kDefinitionsBody},
    {"POST",
     "/api/v1/segments",
     "The same as PUT",
     {},
     "text in the segment language",
     "What changed, when it is in force",
     Needs::Write,
     Runs::Worker,
     apply_segments,
     kDefinitionsBody},
    {"GET", "/api/v1/segments/{slug}", "One segment", kSlug, "", "As in the list", Needs::Read, Runs::Worker,
     get_segment},
    {"DELETE", "/api/v1/segments/{slug}", "Remove a segment; its members leave it", kSlug, "", "What changed",
     Needs::Write, Runs::Worker, remove_segment},
    {"GET", "/api/v1/segments/{slug}/members", "Who is in it, or was", kMembers, "",
     "{\"members\": [...], \"next\": ...}", Needs::Identified, Runs::Worker, list_members},
    {"POST",
     "/api/v1/segments/preview",
     "Who would be in it: count, sample, overlap; nothing is applied",
     {},
     "text: definitions, or one condition, in the segment language",
     "{\"segments\": [...]}",
     Needs::Identified,
     Runs::Worker,
     preview_segments,
     kDefinitionsBody},
};

}  // namespace

std::span<const Route> segment_routes() {
  return kRoutes;
}

}  // namespace tessera::server
