// Kept runs of discover: which there are, and putting the definitions of one into use.
#include <algorithm>
#include <iostream>
#include <set>

#include "cli/applying.hpp"
#include "cli/commands.hpp"
#include "cli/table.hpp"
#include "core/text.hpp"
#include "language/parse.hpp"
#include "language/uses.hpp"
#include "lineage/runs.hpp"
#include "report/report_lineage.hpp"

namespace tessera::cli {

namespace {

using language::Definition;
using language::DefinitionKind;
using lineage::KeptRun;
using lineage::KeptSegment;
using store::DefinitionChange;

constexpr Option kListOptions[] = {{"RUN", "RUN", "Show this run: its segments, and what became of those before"}};
constexpr Option kAdoptOptions[] = {
    {"RUN", "RUN", "The run (default: the newest)"},
    {"--only", "SEGMENT", "Only this segment of it, by id or name", Takes::Many},
    {"--retire", "", "Take segments out of use that earlier runs brought and this one has not", Takes::Flag},
    {"--dry-run", "", "Show what would change, and change nothing", Takes::Flag},
    {"--yes", "", "Do not ask", Takes::Flag},
};

std::string number(uint64_t count) {
  return grouped(static_cast<double>(count));
}

// --- which run

Result<const KeptRun*> find_run(const std::vector<KeptRun>& runs, const Arguments& given) {
  if (runs.empty()) return fail("no run of discover is kept", {}, "tessera discover");
  const auto asked = given.text("RUN");
  if (!asked) return &runs.back();
  std::vector<std::string> numbers;
  for (const KeptRun& run : runs) numbers.push_back(std::to_string(run.number));
  const auto found = std::ranges::find(numbers, *asked);
  if (found != numbers.end()) return &runs[static_cast<size_t>(found - numbers.begin())];
  return fail(fmt::format("there is no run '{}'; kept are: {}", *asked, fmt::join(numbers, ", ")), {},
              "tessera discoveries");
}

// --- tessera discoveries

std::string status_of(const KeptRun& run) {
  return !run.adopted ? "" : run.in_force ? "in use" : "was in use";
}

Json json_of(const KeptRun& run) {
  Json options;
  if (auto parsed = parse_json(run.options)) options = std::move(*parsed);
  return Json::object()
      .set("run", run.number)
      .set("as_of", text_of(run.as_of))
      .set("made", text_of(run.made))
      .set("goal", run.goal.empty() ? Json() : Json(run.goal))
      .set("options", std::move(options))
      .set("k", uint64_t{run.k})
      .set("customers", run.customers)
      .set("held_against", run.lineage ? Json(run.lineage->run) : Json())
      .set("adopted", run.adopted ? Json(text_of(*run.adopted)) : Json())
      .set("in_use", run.in_force);
}

Json json_of(const KeptSegment& segment) {
  return Json::object()
      .set("id", segment.id)
      .set("name", segment.name)
      .set("set_apart", segment.set_apart)
      .set("size", segment.size)
      .set("active", segment.active)
      .set("value", Json::rounded(segment.value, 6))
      .set("rule", segment.rule)
      .set("parent", segment.parent.empty() ? Json() : Json(segment.parent));
}

void show_all(const Context& context, const std::vector<KeptRun>& runs) {
  if (context.format == Format::Json) {
    Json list = Json::array();
    for (const KeptRun& run : runs) list.add(json_of(run));
    return context.print(list.dump(2));
  }
  std::vector<ListRow> rows;
  for (const KeptRun& run : runs)
    rows.push_back({std::to_string(run.number), text_of(run.as_of), std::to_string(run.k),
                    std::to_string(run.customers), run.goal, run.lineage ? std::to_string(run.lineage->run) : "",
                    status_of(run)});
  context.print(render_list({{"run", true},
                             {"as_of"},
                             {"segments", true},
                             {"customers", true},
                             {"goal"},
                             {"held_against", true},
                             {"adopted"}},
                            rows, context.format));
}

void show_one(const Context& context, const KeptRun& run) {
  if (context.format == Format::Json) {
    Json segments = Json::array();
    for (const KeptSegment& each : run.segments) segments.add(json_of(each));
    return context.print(json_of(run)
                             .set("segments", std::move(segments))
                             .set("lineage", run.lineage ? lineage::to_json(*run.lineage) : Json())
                             .set("definitions", run.definitions)
                             .dump(2));
  }
  std::vector<ListRow> rows;
  for (const KeptSegment& each : run.segments)
    rows.push_back({each.id, each.name, std::to_string(each.size), std::to_string(each.active), each.parent});
  context.print(render_list({{"id"}, {"name"}, {"customers", true}, {"active", true}, {"was"}}, rows, context.format));
  if (run.lineage && context.format == Format::Text)
    for (const std::string& sentence : report::sentences_of(*run.lineage)) context.print("- " + sentence);
}

Result<int> run_discoveries(const Context& context, const Arguments& given) {
  const auto record = TRY(context.world.open_record(store::OpenMode::ReadOnly));
  const auto runs = TRY(lineage::kept_runs(record->connection()));
  if (given.has("RUN"))
    show_one(context, *TRY(find_run(runs, given)));
  else
    show_all(context, runs);
  if (runs.empty() && context.format == Format::Text) context.note("no run of discover is kept: tessera discover");
  return 0;
}

// --- tessera adopt

struct Adoption {
  const KeptRun* run = nullptr;
  bool is_whole = true;
  NewDefinitions fresh;
  std::vector<std::pair<std::string, std::string>> gone;  // in use, from earlier runs, not in this one: slug, name
  std::vector<SegmentEffect> effects;
};

// The run's segments that are asked for, with what they use.
Result<std::vector<Definition>> definitions_of(const KeptRun& run, const std::vector<std::string>& only) {
  auto parsed = language::parse_definitions(run.definitions);
  if (!parsed.ok())
    return std::unexpected(
        language::error_of(parsed.diagnostics, run.definitions, fmt::format("definitions of run {}", run.number)));
  if (only.empty()) return std::move(parsed.definitions);
  std::set<std::string> wanted;
  for (const std::string& name : only) {
    const auto found = find_segment(parsed.definitions, name);
    if (!found) {
      Error error = found.error();
      error.remedy = fmt::format("tessera discoveries {}", run.number);
      return std::unexpected(std::move(error));
    }
    wanted.insert(parsed.definitions[*found].name);
  }
  return language::with_what_they_use(parsed.definitions, std::move(wanted));
}

// What earlier runs brought into use and this one knows no more.
std::vector<std::pair<std::string, std::string>> gone_from(const KeptRun& run, const std::vector<KeptRun>& runs,
                                                           const std::vector<Definition>& applied) {
  std::set<std::string> brought;
  for (const KeptRun& each : runs)
    if (each.adopted)
      for (const KeptSegment& segment : each.segments) brought.insert(segment.id);
  for (const KeptSegment& segment : run.segments) brought.erase(segment.id);
  std::vector<std::pair<std::string, std::string>> out;
  for (const Definition& one : applied)
    if (one.kind == DefinitionKind::Segment && brought.contains(one.slug)) out.emplace_back(one.slug, one.name);
  return out;
}

// In words, as it stands before the segment.
std::string_view said(const SegmentEffect& effect) {
  constexpr std::string_view kSaid[] = {"new", "changed", "same", "retired"};
  return effect.is_given ? kSaid[static_cast<size_t>(effect.change)] : "follows";
}

std::string plan_text(const Adoption& plan, Instant as_of) {
  std::string out = fmt::format("Run {} (as of {}); who enters and leaves as of {}\n\n", plan.run->number,
                                text_of(plan.run->as_of), text_of(as_of));
  size_t width = length_of("segment");
  for (const SegmentEffect& each : plan.effects) width = std::max(width, length_of(each.name));
  const auto row = [&](std::string_view change, const std::string& name, const std::string& enter,
                       const std::string& leave, const std::string& customers) {
    out += fmt::format("{:9}{}{:{}}{:>9}{:>9}{:>11}\n", change, name, "", width - length_of(name), enter, leave,
                       customers);
  };
  row("", "segment", "enter", "leave", "customers");
  bool follows = false;
  for (const SegmentEffect& each : plan.effects) {
    row(said(each), each.name, number(each.enter), number(each.leave), number(each.members));
    follows |= !each.is_given;
  }
  if (follows) out += "\nfollows: not in this run, but it uses a definition that changes.\n";
  if (!plan.gone.empty()) out += "\nNot in this run, and staying in use (--retire takes them out of it):\n";
  for (const auto& [slug, name] : plan.gone) out += fmt::format("  {} ({})\n", name, slug);
  return out;
}

Json plan_json(const Adoption& plan, Instant as_of, bool is_done) {
  Json segments = Json::array(), stay = Json::array();
  for (const SegmentEffect& each : plan.effects)
    segments.add(Json::object()
                     .set("id", each.slug)
                     .set("name", each.name)
                     .set("change", said(each))
                     .set("enter", each.enter)
                     .set("leave", each.leave)
                     .set("customers", each.members));
  for (const auto& [slug, name] : plan.gone) stay.add(Json::object().set("id", slug).set("name", name));
  return Json::object()
      .set("run", plan.run->number)
      .set("as_of", text_of(as_of))
      .set("adopted", is_done)
      .set("segments", std::move(segments))
      .set("stay", std::move(stay));
}

Result<Adoption> plan_of(const std::vector<KeptRun>& runs, const Session& session, const Arguments& given) {
  Adoption out{.run = TRY(find_run(runs, given))};
  const auto only = given.all("only");
  out.is_whole = only.empty();
  if (!out.is_whole && given.has("retire"))
    return usage("--retire looks at a whole run, --only at a part of it", "tessera segments remove SEGMENT");
  out.fresh.applied = TRY(definitions_of(*out.run, only));
  out.fresh.source = fmt::format("adoption of run {} of discover", out.run->number);
  const auto checked = language::check(out.fresh.applied, session.schema, session.applied);
  if (!checked.ok()) return std::unexpected(language::error_of(checked.diagnostics, out.run->definitions));
  if (out.is_whole) out.gone = gone_from(*out.run, runs, session.applied);
  if (given.has("retire"))
    for (const auto& [slug, name] : std::exchange(out.gone, {})) out.fresh.removed.push_back(slug);
  return out;
}

// Nothing changes without a yes: of the command line, or typed.
Result<void> agreed(const Context& context, const Adoption& plan, const Arguments& given) {
  if (given.has("yes")) return {};
  if (context.interactive) {
    std::cerr << "Put this into use? [y/N] " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    if (answer == "y" || answer == "yes") return {};
  }
  return usage("nothing was changed: it is not done without a yes",
               fmt::format("tessera adopt {} --yes", plan.run->number));
}

Result<int> run_adopt(const Context& context, const Arguments& given) {
  if (context.known_at) return usage("what is adopted is in use from now on: --known-at has no place here");
  if (context.format == Format::Csv) return usage("what an adoption changes is said as text or json", "--format json");
  const bool is_dry = given.has("dry-run");
  const bool reads = is_dry || !given.has("yes") || context.world.server();
  auto session = TRY(open_session(context, reads ? store::OpenMode::ReadOnly : store::OpenMode::MustExist));
  const auto runs = TRY(lineage::kept_runs(session.record->connection()));
  Adoption plan = TRY(plan_of(runs, session, given));
  const Instant at = context.as_of.value_or(context.clock.now());
  if (at - plan.run->as_of > kDay * 30 && !context.as_of)
    context.note(fmt::format("note: looking from now; the run looked from {} (--as-of looks from another day)",
                             text_of(plan.run->as_of)));
  plan.effects = TRY(effect_of(session, plan.fresh, at));
  const bool is_text = context.format == Format::Text;
  if (is_text) context.print(plan_text(plan, at));
  if (!is_dry) {
    TRY(agreed(context, plan, given));
    // Agreed to on the terminal: what was opened to be read is opened to be written.
    if (reads && !context.world.server()) {
      session = {};
      session = TRY(open_session(context, store::OpenMode::MustExist));
    }
    const Instant now = context.clock.now();
    TRY(put_into_use(context, session, plan.fresh, [&](store::Connection& connection) {
      return lineage::mark_adopted(connection, plan.run->number,
                                   plan.is_whole ? lineage::Adopted::Wholly : lineage::Adopted::InPart, now);
    }));
  }
  if (!is_text)
    context.print(plan_json(plan, at, !is_dry).dump(2));
  else if (!is_dry)
    context.print(fmt::format("\nRun {} is in use.\n", plan.run->number));
  return 0;
}

}  // namespace

const Command& discoveries_command() {
  static const Command kCommand{"discoveries", "The runs of discover that are kept, or one of them", kListOptions,
                                run_discoveries, Remote::There};
  return kCommand;
}

const Command& adopt_command() {
  static const Command kCommand{"adopt",
                                "Put the segments of a run of discover into use, having shown who enters and leaves",
                                kAdoptOptions, run_adopt, Remote::There};
  return kCommand;
}

}  // namespace tessera::cli
