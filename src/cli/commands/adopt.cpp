// Kept runs of discover: which there are, and putting the definitions of one into use.
#include <iostream>

#include "cli/asking.hpp"
#include "cli/table.hpp"
#include "core/text.hpp"
#include "lineage/runs.hpp"
#include "report/report_lineage.hpp"

namespace tessera::cli {

namespace {

using lineage::KeptRun;
using lineage::KeptSegment;
using workspace::Adoption;
using workspace::SegmentEffect;

constexpr Option kListOptions[] = {{"RUN", "RUN", "Show this run: its segments, and what became of those before"}};
constexpr Option kAdoptOptions[] = {
    {"RUN", "RUN", "The run (default: the newest)"},
    {"--only", "SEGMENT", "Only this segment of it, by id or name", Takes::Many},
    {"--retire", "", "Take segments out of use that earlier runs brought and this one has not", Takes::Flag},
    {"--dry-run", "", "Show what would change, and change nothing", Takes::Flag},
    {"--yes", "", "Do not ask", Takes::Flag},
    kTheZone,
};

std::string number(uint64_t count) {
  return grouped(static_cast<double>(count));
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
    show_one(context, *TRY(workspace::find_run(runs, given.text("RUN"))));
  else
    show_all(context, runs);
  if (runs.empty() && context.format == Format::Text)
    context.note("no run of discover is kept: " + context.line(try_command("discover")));
  return 0;
}

// --- tessera adopt

// In words, as it stands before the segment.
std::string_view said(const SegmentEffect& effect) {
  constexpr std::string_view kSaid[] = {"new", "changed", "same", "retired"};
  return effect.is_given ? kSaid[static_cast<size_t>(effect.change)] : "follows";
}

std::string plan_text(const Adoption& plan) {
  std::string out = fmt::format("Run {} (as of {}); who enters and leaves as of {}\n\n", plan.run.number,
                                text_of(plan.run.as_of), text_of(plan.as_of));
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
  if (!plan.staying.empty()) out += "\nNot in this run, and staying in use (--retire takes them out of it):\n";
  for (const auto& [slug, name] : plan.staying) out += fmt::format("  {} ({})\n", name, slug);
  return out;
}

Json plan_json(const Adoption& plan, const workspace::Moment& moment, bool is_done) {
  Json segments = Json::array(), stay = Json::array();
  for (const SegmentEffect& each : plan.effects)
    segments.add(Json::object()
                     .set("id", each.slug)
                     .set("name", each.name)
                     .set("change", said(each))
                     .set("enter", each.enter)
                     .set("leave", each.leave)
                     .set("customers", each.members));
  for (const auto& [slug, name] : plan.staying) stay.add(Json::object().set("id", slug).set("name", name));
  return Json::object()
      .set("run", plan.run.number)
      .set("as_of", text_of(plan.as_of))
      .set("as_of_is", workspace::name_of(moment.is))
      .set("adopted", is_done)
      .set("segments", std::move(segments))
      .set("stay", std::move(stay));
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
               try_again().argument(std::to_string(plan.run.number)).flag("--yes"));
}

Result<int> run_adopt(const Context& context, const Arguments& given) {
  if (context.known_at) return usage("what is adopted is in use from now on: --known-at has no place here");
  if (context.format == Format::Csv)
    return usage("what an adoption changes is said as text or json", try_again().option("--format", "json"));
  const bool is_dry = given.has("dry-run");
  const bool reads = is_dry || !given.has("yes") || context.world.server();
  std::optional workspace =
      TRY(open_to_ask(context, given, reads ? store::OpenMode::ReadOnly : store::OpenMode::MustExist));
  const Adoption plan = TRY(workspace::plan_adoption(
      *workspace, {.run = given.text("RUN"), .only = given.all("only"), .retire = given.has("retire")}));
  const workspace::Moment moment = workspace->moment;
  if (plan.as_of - plan.run.as_of > kDay * 30 && moment.is_usual && moment.is == workspace::Moment::Is::Now)
    context.note(fmt::format("note: looking from now; the run looked from {} (--as-of looks from another day)",
                             text_of(plan.run.as_of)));
  const bool is_text = context.format == Format::Text;
  if (is_text) context.print(plan_text(plan));
  if (!is_dry) {
    TRY(agreed(context, plan, given));
    // Agreed to on the terminal: what was opened to be read is opened to be written.
    if (reads && !context.world.server()) {
      workspace.reset();
      workspace = TRY(open(context, store::OpenMode::MustExist));
    }
    TRY(workspace::adopt(*workspace, plan));
  }
  if (!is_text)
    context.print(plan_json(plan, moment, !is_dry).dump(2));
  else if (!is_dry)
    context.print(fmt::format("\nRun {} is in use.\n", plan.run.number));
  return 0;
}

}  // namespace

std::span<const Command> adopt_rows() {
  static const Command kRows[] = {{"discoveries", "The runs of discover that are kept, or one of them", kListOptions,
                                   run_discoveries, Remote::There, Needs::Read},
                                  {"adopt",
                                   "Put the segments of a run of discover into use, having shown who enters and leaves",
                                   kAdoptOptions,
                                   run_adopt,
                                   Remote::There,
                                   Needs::Write,
                                   {},
                                   Looks::FromAnInstant}};
  return kRows;
}

}  // namespace tessera::cli
