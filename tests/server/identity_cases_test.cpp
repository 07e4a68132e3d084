// Runs tests/cases/identity/*.test: what was said and decided about people -> who is who, and what is known of each.
// Every story is told twice: calls as files into a closed record, decisions as the command line makes them; and to a
// running engine, call by call. Both must answer alike. Words:
//
//   people        a new story, a line a call or decision: TIME CALL JSON, with CALL one of Segment's or `rule`. What
//                 is not said (type, timestamp, messageId) is added; consecutive calls are one file
//                 -> customers with their identifiers, how they are marked, and how many identifiers may not be kept
//   then          the story goes on -> the same
//   history WHO   -> the facts of a customer known by this identifier, oldest first
//   members       definitions -> who is in each segment at the end of the story
//   past AS_OF [KNOWN_AT]   definitions -> who was in each segment then, as known now or then; '?' is who is another
//                 customer by now
//
// Times are of 2026-03-01 where they say no day. A customer without a user id is shown by the first identifier.
#include <fstream>
#include <future>

#include "casefile/suite.hpp"
#include "core/text.hpp"
#include "ingest/import.hpp"
#include "language/check.hpp"
#include "language/parse.hpp"
#include "language/schema.hpp"
#include "profiles/load.hpp"
#include "profiles/rulings.hpp"
#include "segment/evaluate.hpp"
#include "server/engine_json.hpp"
#include "server/fake.hpp"

namespace tessera::server {
namespace {

using cases::Shape;

constexpr cases::Word kWords[] = {
    {"people"}, {"then"}, {"history", Shape::Case, true}, {"members"}, {"past", Shape::Case, true}};

struct Line {
  Instant at;
  bool is_ruling = false;
  std::string body;  // JSON
};

Line line_of(std::string_view text, size_t number) {
  const size_t first = text.find(' '), second = text.find(' ', first + 1);
  const std::string_view time = text.substr(0, first), call = text.substr(first + 1, second - first - 1);
  const auto at = parse_instant(time.size() <= 8 ? fmt::format("2026-03-01T{}:00Z", time) : std::string(time));
  EXPECT_TRUE(at.has_value()) << time << " is no time";
  Line out{.at = at.value_or(Instant()), .is_ruling = call == "rule"};
  Json body = MUST(parse_json(text.substr(second + 1), fmt::format("line {}", number)));
  if (!out.is_ruling) {
    if (!body.find("type")) body.set("type", call);
    if (!body.find("timestamp")) body.set("timestamp", text_of(out.at));
    if (!body.find("messageId")) body.set("messageId", fmt::format("m{}", number));
  }
  out.body = body.dump();
  return out;
}

// By the batch evaluator over the record.
std::vector<std::string> members_at(store::Record& record, const std::string& definitions, const std::string& slug,
                                    Instant as_of, Instant known_at) {
  const auto history = MUST(profiles::load(record, {}, known_at));
  const auto checked =
      language::check(language::parse_definitions(definitions).definitions, language::schema_of(history));
  const auto plan = MUST(segment::compile(checked.program));
  const auto bound = MUST(segment::Bound::bind(plan, history));
  const auto found = segment::evaluate_all(bound, as_of, known_at);
  std::vector<std::string> out;
  for (size_t s = 0; s < plan.segments.size(); ++s)
    for (size_t c = 0; c < history.customers(); ++c)
      if (plan.outputs[plan.segments[s]].slug == slug && found.is_member(s, c)) out.push_back(history.customer[c]);
  return out;
}

// One way of being told the story.
class Told {
 public:
  virtual ~Told() = default;
  virtual void hear(std::span<const Line> calls) = 0;
  // What was wrong with it; empty: nothing.
  virtual std::string decide(const Line& ruling) = 0;
  virtual store::Record& record() = 0;
  virtual std::vector<std::string> members(const std::string& definitions, const std::string& slug) = 0;
};

class ToARecord final : public Told {
 public:
  void hear(std::span<const Line> calls) override {
    std::string text;
    for (const Line& line : calls) text += line.body + "\n";
    const std::string path = folder_.file("calls.jsonl");
    std::ofstream(path, std::ios::binary) << text;
    SilentProgress progress;
    now_ = calls.back().at;
    ingest::ImportOptions options{.preset = "segment", .learnt = now_};
    MUST(options.odd.say("all", formats::OddRule::Keep));  // as a server does
    const auto report = ingest::import_files(*record_, std::span(&path, 1), options, {}, progress);
    EXPECT_TRUE(report.has_value()) << report.error().text();
  }
  std::string decide(const Line& line) override {
    now_ = line.at;
    const auto ruling = profiles::parse_ruling(MUST(parse_json(line.body)));
    const auto ruled = ruling ? profiles::rule(*record_, *ruling, now_) : std::unexpected(ruling.error());
    return ruled ? "" : ruled.error().message;
  }
  store::Record& record() override { return *record_; }
  std::vector<std::string> members(const std::string& definitions, const std::string& slug) override {
    return members_at(*record_, definitions, slug, now_, kNever);
  }

 private:
  testing_support::Scratch folder_{testing_support::in_memory()};
  Instant now_;
  SetClock clock_{*parse_instant("2026-03-01")};
  std::unique_ptr<store::Record> record_ = MUST(store::Record::in_memory(clock_, {.database = {.threads = 1}}));
};

class ToAnEngine final : public Told {
 public:
  void hear(std::span<const Line> calls) override {
    clock_.ms = calls.back().at.ms;
    for (const Line& line : calls) {
      std::promise<Result<uint64_t>> logged;
      auto offset = logged.get_future();
      const auto taken =
          engine_->submit({"web", "", line.body}, [&](Result<uint64_t> said) { logged.set_value(said); });
      EXPECT_EQ(taken, live::Taken::Yes);
      MUST(offset.get());
    }
    engine_->catch_up();
  }
  std::string decide(const Line& line) override {
    clock_.ms = line.at.ms;
    const auto ruled = rule(*engine_, line.body);
    return ruled ? "" : ruled.error().message;
  }
  store::Record& record() override {
    MUST(engine_->record_now());
    return *record_;
  }
  std::vector<std::string> members(const std::string& definitions, const std::string& slug) override {
    MUST(engine_->apply_definitions(definitions));
    return MUST(engine_->members(slug, "", 1'000));
  }

 private:
  testing_support::Scratch folder_{testing_support::in_memory()};
  SetClock clock_{*parse_instant("2026-03-01")};
  std::unique_ptr<store::Record> record_ = MUST(store::Record::open(
      folder_.file("r.db"), store::OpenMode::CreateIfMissing, clock_, {.database = {.threads = 1}}));
  std::unique_ptr<live::Engine> engine_ =
      MUST(live::Engine::start(*record_, folder_.file("r.log"), segment_reader(), {}, clock_));
};

// --- what the record then says

using Rows = std::vector<std::vector<std::optional<std::string>>>;

// By public id: its identifiers, strongest first.
std::map<std::string, std::vector<std::string>> people_of(store::Record& record) {
  std::map<std::string, std::vector<std::string>> out;
  for (const auto& row : MUST(record.connection().rows(
           "SELECT customer, kind, value FROM tessera.person JOIN tessera.identity USING (profile) ORDER BY ALL")))
    out[*row[0]].push_back(
        fmt::format("{} {}", profiles::word_of(static_cast<profiles::IdentifierKind>(std::stoi(*row[1]))), *row[2]));
  return out;
}

// The user id; of others the first identifier, since pseudonyms are the record's own.
std::string name_of(const std::string& customer, const std::vector<std::string>& identifiers) {
  return identifiers[0].starts_with("user_id ") ? customer : fmt::format("({})", identifiers[0]);
}

std::string shown_people(store::Record& record) {
  const auto people = people_of(record);
  std::map<std::string, std::string> marks;
  for (const auto& row : MUST(profiles::list_marked(record.connection(), 1'000))) {
    std::string& mark = marks[*row[0]];
    mark = "  " + row[1].value_or("profiling refused");
    for (const auto& cell : {row[2], row[3]})
      if (cell && !cell->empty()) mark += ", " + *cell;
  }
  std::vector<std::string> lines;
  for (const auto& [customer, identifiers] : people) {
    std::string line = fmt::format("{}: {}\n", name_of(customer, identifiers), join(identifiers, ", "));
    if (const auto mark = marks.find(customer); mark != marks.end()) line += mark->second + "\n";
    lines.push_back(line);
  }
  std::ranges::sort(lines);
  const auto refused = MUST(record.connection().integer("SELECT count(*) FROM tessera.refused")).value_or(0);
  return join(lines, "") + (refused > 0 ? fmt::format("{} identifiers may not be kept\n", refused) : "");
}

std::string cell_of(const profiles::Column& column, size_t i, const profiles::Dictionary& dictionary) {
  switch (column.type) {
    case profiles::PropertyType::Number:
      return column.numbers[i] <= profiles::kClearedNumber ? "" : Number{column.numbers[i]}.text();
    case profiles::PropertyType::Text:
      return std::string(dictionary.text(column.texts[i]));
    default:
      return column.truths[i] == profiles::Truth::Yes ? "true" : column.truths[i] == profiles::Truth::No ? "false" : "";
  }
}

std::string shown_history(store::Record& record, std::string_view who) {
  const auto identifier = MUST(profiles::find_identifier(record.connection(), who));
  if (!identifier) return "nobody\n";
  std::string customer;
  for (const auto& [id, identifiers] : people_of(record))
    for (const std::string& each : identifiers)
      if (each == fmt::format("{} {}", profiles::word_of(identifier->kind), identifier->value)) customer = id;
  const auto history = MUST(profiles::load(record));
  const auto index = history.find_customer(customer);
  std::vector<std::tuple<Instant, profiles::Seq, std::string>> facts;
  for (const profiles::Stream& stream : history.streams)
    for (size_t row = index ? stream.first[*index] : 0; row < (index ? stream.first[*index + 1] : 0); ++row) {
      std::string text = stream.event;
      for (const profiles::Column& column : stream.columns)
        if (const auto cell = column.is_list ? "" : cell_of(column, row, history.dictionary); !cell.empty())
          text += fmt::format(" {}={}", column.property, cell);
      facts.emplace_back(stream.time[row], stream.seq[row], text);
    }
  std::ranges::sort(facts);
  std::string out;
  for (const auto& [time, seq, text] : facts)
    out += fmt::format("{} {}\n", time == kEver ? "ever" : tessera::text_of(time), text);
  return out.empty() ? "no facts\n" : out;
}

constexpr std::string_view kDiffer = "A closed record and a running engine differ. record:";

class Runner {
 public:
  std::string run(const cases::Block& block) {
    if (block.kind() == "people") lines_ = 0, told_ = {std::make_shared<ToARecord>(), std::make_shared<ToAnEngine>()};
    std::vector<std::string> found;
    for (const auto& each : told_) found.push_back(answer(block, *each));
    if (block.kind() == "people" || block.kind() == "then") lines_ += split(block.text, '\n').size();
    return found[0] == found[1] ? found[0] : fmt::format("{}\n{}engine:\n{}", kDiffer, found[0], found[1]);
  }

 private:
  std::string answer(const cases::Block& block, Told& told) const {
    if (block.kind() == "history") return shown_history(told.record(), block.arguments);
    if (block.kind() == "members")
      return shown_members(block.text, told, [&](const std::string& slug) { return told.members(block.text, slug); });
    if (block.kind() == "past") return shown_past(block, told);
    std::string said = tell(block.text, told);
    return said + shown_people(told.record());
  }

  std::string tell(const std::string& text, Told& told) const {
    std::vector<Line> calls;
    std::string said;
    size_t number = lines_;
    const auto hear = [&] {
      if (!calls.empty()) told.hear(calls);
      calls.clear();
    };
    for (const std::string_view line : split(text, '\n')) {
      ++number;
      if (line.empty()) continue;
      const Line next = line_of(line, number);
      if (!next.is_ruling) {
        calls.push_back(next);
        continue;
      }
      hear();
      if (const std::string wrong = told.decide(next); !wrong.empty()) said += fmt::format("refused: {}\n", wrong);
    }
    hear();
    return said;
  }

  static Instant time_of(std::string_view text) {
    return parse_instant(fmt::format("2026-03-01T{}:00Z", text)).value();
  }

  std::string shown_past(const cases::Block& block, Told& told) const {
    const auto times = split(block.arguments, ' ');
    const Instant as_of = time_of(times[0]), known_at = times.size() > 1 ? time_of(times[1]) : kNever;
    return shown_members(block.text, told, [&](const std::string& slug) {
      return members_at(told.record(), block.text, slug, as_of, known_at);
    });
  }

  std::string shown_members(const std::string& definitions, Told& told,
                            const std::function<std::vector<std::string>(const std::string&)>& members_of) const {
    const auto people = people_of(told.record());
    std::string out;
    for (const language::Definition& definition : language::parse_definitions(definitions).definitions) {
      if (definition.kind != language::DefinitionKind::Segment) continue;
      std::vector<std::string> names;
      for (const std::string& customer : members_of(definition.slug))
        names.push_back(people.contains(customer) ? name_of(customer, people.at(customer)) : "?");
      std::ranges::sort(names);
      out += fmt::format("{}:{}{}\n", definition.name, names.empty() ? "" : " ", join(names, ", "));
    }
    return out;
  }

  std::vector<std::shared_ptr<Told>> told_;
  size_t lines_ = 0;  // of the story so far
};

class IdentityCase : public testing::TestWithParam<cases::Case> {};

TEST_P(IdentityCase, IsTheSameInARecordAndAnEngine) {
  ASSERT_TRUE(GetParam().is_readable()) << GetParam().place() << ": " << GetParam().file().content.error().text();
  if (!GetParam().is_run()) GTEST_SKIP() << GetParam().block().comment;
  static cases::StoryTeller<Runner> teller;
  const std::string found = teller.answer(GetParam().story("people"));
  if (cases::is_blessing() && GetParam().is_so_today()) {
    ASSERT_FALSE(found.starts_with(kDiffer)) << found;
  }
  cases::expect(GetParam(), found);
}

INSTANTIATE_TEST_SUITE_P(Text, IdentityCase, testing::ValuesIn(cases::all("identity", kWords)),
                         [](const auto& info) { return cases::name_of(info); });

}  // namespace
}  // namespace tessera::server
