// tessera discover: the flags are made of the options of a discovery (workspace/discovery_options.hpp).
#include "cli/asking.hpp"
#include "cli/command_line.hpp"
#include "report/report.hpp"

namespace tessera::cli {

namespace {

using workspace::DiscoveryOption;
using Kind = DiscoveryOption::Kind;
using Value = DiscoveryOption::Value;

constexpr Option kFiles[] = {
    {"--out", "DIR", "Write report.html, segments.tsl and discovery.json", Takes::One, false, Means::Folder},
    {"--labels", "FILE", "Write customer,segment_id of the clustering", Takes::One, false, Means::Output},
};

Takes takes(Kind kind) {
  return kind == Kind::Flag ? Takes::Flag : kind == Kind::Texts ? Takes::Many : Takes::One;
}

std::vector<Option> make_options() {
  std::vector<Option> out;
  for (const DiscoveryOption& one : workspace::discovery_options())
    if (one.given == DiscoveryOption::Given::Itself)
      out.push_back({one.flag, one.stands, one.help, takes(one.kind), false,
                     one.kind == Kind::Definitions ? Means::Input : Means::Itself, one.otherwise});
  out.insert(out.end(), std::begin(kFiles), std::end(kFiles));
  return out;
}

Result<Value> value_of(const Context& context, const Arguments& given, const DiscoveryOption& option) {
  const std::string name = long_name(option.flag);
  switch (option.kind) {
    case Kind::WholeOrAuto:
      if (given.text(name) == "auto") return Value();
      [[fallthrough]];
    case Kind::Whole:
      return *TRY(given.whole(name, option.least, option.most));
    case Kind::Duration: {
      const Duration length = *TRY(given.duration(name));
      if (length.ms >= option.least) return length;
      return usage(fmt::format("{} is a time above nought", option.flag),
                   fmt::format("{} {}", option.flag, option.otherwise));
    }
    case Kind::Instant:
      return *TRY(given.instant(name));
    case Kind::Flag:
      return true;
    case Kind::Texts:
      return given.all(name);
    case Kind::Definitions:
      return TRY(context.world.read(*given.text(name)));
    case Kind::Zone:
    case Kind::Text:
      return *given.text(name);
  }
  return Value();
}

Result<workspace::DiscoveryWish> wish_of(const Context& context, const Arguments& given) {
  workspace::DiscoveryWish out{.look = TRY(look_of(context))};
  out.options.seed = context.seed.value_or(1);
  if (const auto file = given.text("features")) out.options.features_name = *file;
  for (const DiscoveryOption& option : workspace::discovery_options())
    if (option.given == DiscoveryOption::Given::Itself && given.has(long_name(option.flag)))
      option.put(out, TRY(value_of(context, given, option)));
  return out;
}

Result<int> run_discover(const Context& context, const Arguments& given) {
  if (context.format == Format::Csv)
    return usage("a discovery is said as text or json; its customers as a table: --labels",
                 try_again().option("--format", "json"));
  const auto wish = TRY(wish_of(context, given));
  const auto made =
      TRY(workspace::discover(context.world.holder(), context.clock, wish, context.caller.who, context.progress));
  note_moment(context, made.moment);
  const discover::Discovery& found = made.found;
  if (!made.not_kept.empty())
    context.note(
        fmt::format("note: this run is not kept, so that no later one finds its groups again: {}", made.not_kept));
  const auto out = given.text("out");
  if (out)
    for (const auto& [name, text] : report::report_files(found))
      TRY(context.world.write((std::filesystem::path(*out) / name).string(), text));
  if (const auto labels = given.text("labels"))
    TRY(context.world.write(*labels, report::labels_csv(made.history, found)));
  context.progress.finish();
  const auto is = found.as_of_given ? made.moment.is : workspace::Moment::Is::Newest;
  const Json json = report::to_json(found).set("as_of_is", workspace::name_of(is));
  context.print(context.format == Format::Json ? json.dump(2) : report::text_of(found));
  if (out && context.format == Format::Text)
    context.print(fmt::format("Report: {}\n", (std::filesystem::path(*out) / "report.html").string()));
  if (found.run && context.format == Format::Text)
    context.print(
        fmt::format("Kept as run {}; to see what it would change: {}\n", *found.run,
                    context.line(try_command("adopt").argument(std::to_string(*found.run)).flag("--dry-run"))));
  return 0;
}

}  // namespace

std::span<const Command> discover_rows() {
  static const std::vector<Option> kOptions = make_options();
  static const Command kRows[] = {{"discover",
                                   "Find the natural micro-segments and explain them",
                                   kOptions,
                                   run_discover,
                                   Remote::There,
                                   Needs::Write,
                                   {},
                                   Looks::FromAnInstant}};
  return kRows;
}

}  // namespace tessera::cli
