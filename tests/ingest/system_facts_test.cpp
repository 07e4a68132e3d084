// Every door of ingest is tried with every name of the table of system facts: what is sent under one is a reject, and
// beside it nothing is put down as a fact of the system but what identify and group calls and customers' rows say.
#include "profiles/system_facts.hpp"

#include "ingest/fed.hpp"
#include "ingest/row_stream.hpp"
#include "ingest/segment_spec_body.hpp"

namespace tessera::ingest {
namespace {

using profiles::SystemStream;

struct Door {
  const char* name;
  const char* file;
  const char* text;  // NAME stands for the event's name
  ImportOptions options;
};

const std::vector<Door>& doors() {
  static const std::vector<Door> kDoors = {
      {"a column of a CSV",
       "log.csv",
       "who,at,what,mark\nann,2024-03-13,NAME,bot\nbob,2024-03-13,Seen,bot\n",
       {.map = "customer=who,time=at,event=what,$marked=mark"}},
      {"a column of a CSV, guessed",
       "log.csv",
       "user_id,timestamp,event,$marked\nann,2024-03-13T10:00:00Z,NAME,bot\nbob,2024-03-13T10:00:00Z,Seen,bot\n",
       {.yes = true}},
      {"a mapping's event",
       "log.csv",
       "who,at,mark\nann,2024-03-13,bot\n",
       {.map = "customer=who,time=at,event='NAME',$marked=mark"}},
      {"JSON lines",
       "log.jsonl",
       "{\"user\":\"ann\",\"at\":\"2024-03-13T10:00:00Z\",\"what\":\"NAME\",\"$marked\":\"bot\"}\n",
       {.map = "customer=user,time=at,event=what,$marked=$marked"}},
      {"calls in a file",
       "calls.jsonl",
       "{\"type\":\"track\",\"userId\":\"ann\",\"event\":\"NAME\",\"timestamp\":\"2024-03-13T10:00:00Z\","
       "\"properties\":{\"$marked\":\"bot\"}}\n",
       {.preset = "segment"}},
      {"an export of GA4",
       "ga4.jsonl",
       "{\"event_name\":\"NAME\",\"event_timestamp\":1710324000000000,\"user_pseudo_id\":\"1.2\",\"event_params\":"
       "[{\"key\":\"$marked\",\"value\":{\"string_value\":\"bot\"}}]}\n",
       {.preset = "ga4"}},
      {"an export of Mailchimp",
       "activity.jsonl",
       "{\"ann@mail.example\":[{\"action\":\"NAME\",\"timestamp\":\"2024-03-13T10:00:00Z\"}]}\n",
       {.preset = "mailchimp-activity"}},
  };
  return kDoors;
}

std::string with_name(std::string text, std::string_view name) {
  for (size_t at = text.find("NAME"); at != std::string::npos; at = text.find("NAME", at + name.size()))
    text.replace(at, 4, name);
  return text;
}

void expect_no_fact(const RecordingIntake& intake, const std::string& what) {
  for (const RecordedRow& row : intake.rows)
    EXPECT_EQ(intake.systems.at(row.event), SystemStream::None) << what << ": " << row.event;
}

TEST(SystemFacts, NoFileSaysOne) {
  for (const Door& door : doors())
    for (const profiles::SystemStreamRow& row : profiles::kSystemStreams) {
      ImportOptions options = door.options;
      options.map = with_name(options.map, row.name);
      const Fed fed = feed(with_name(door.text, row.name), options, door.file);
      const std::string what = fmt::format("{} with {}", door.name, row.name);
      EXPECT_FALSE(fed.error) << what << ": " << fed.error->text();
      EXPECT_EQ(fed.rejects(profiles::kReservedName), 1u) << what;
      expect_no_fact(fed.intake, what);
    }
}

// The same doors let an event through that has a dollar and no row.
TEST(SystemFacts, EveryFileSaysADollarEvent) {
  for (const Door& door : doors()) {
    ImportOptions options = door.options;
    options.map = with_name(options.map, "$pageview");
    const Fed fed = feed(with_name(door.text, "$pageview"), options, door.file);
    EXPECT_EQ(fed.rejects(profiles::kReservedName), 0u) << door.name;
    EXPECT_EQ(fed.intake.of("$pageview").size(), 1u) << door.name;
    expect_no_fact(fed.intake, door.name);
  }
}

// The bodies of the tracking API, of SDKs and of Kafka are read by one reader.
TEST(SystemFacts, NoBodySaysOne) {
  const Instant now = *parse_instant("2026-03-01T12:00:00Z");
  for (const profiles::SystemStreamRow& row : profiles::kSystemStreams)
    for (const auto& [type, text] :
         {std::pair("track", R"({"userId":"u","event":"NAME","properties":{"$marked":"bot"}})"),
          std::pair("", R"({"type":"track","userId":"u","event":" NAME ","properties":{"$marked":"bot"}})"),
          std::pair("batch", R"({"batch":[{"type":"track","userId":"u","event":"NAME"}]})")}) {
      RecordingIntake intake;
      SegmentBody body{intake};
      body.read("web", type, with_name(text, row.name), now);
      EXPECT_EQ(body.findings().rejects.at(profiles::kReservedName).count, 1u) << row.name << " " << text;
      EXPECT_TRUE(intake.rows.empty()) << row.name << " " << text;
    }
}

TEST(SystemFacts, PagesAndScreensOfThatNameAreWhatTheyAre) {
  RecordingIntake intake;
  SegmentBody body{intake};
  for (const profiles::SystemStreamRow& row : profiles::kSystemStreams)
    for (const char* type : {"page", "screen"})
      body.read("web", type, with_name(R"({"userId":"u","name":"NAME"})", row.name),
                *parse_instant("2026-03-01T12:00:00Z"));
  EXPECT_EQ(intake.rows.size(), 2 * std::size(profiles::kSystemStreams));
  expect_no_fact(intake, "page or screen");
}

// A piece of an import, made by whoever has the key of a server: what it may say of the system is identify and group.
TEST(SystemFacts, NoPieceOfAnImportSaysOneThatIngestDoesNotWrite) {
  const auto text = [](std::string_view bytes) {
    return std::string(1, static_cast<char>(bytes.size())) + std::string(bytes);
  };
  for (const profiles::SystemStreamRow& row : profiles::kSystemStreams) {
    std::string piece = "TSR1K" + text(row.name) + "P" + std::string(1, 0) + text("$marked") + "R";
    piece += std::string(1, 0) + std::string(1, 2) + std::string(8, 1) + std::string("\1\1", 2) + text("ann");
    piece += "t" + std::string(1, 0) + text("bot");
    RecordingIntake intake;
    ASSERT_TRUE(read_piece(piece, intake)) << row.name;
    ASSERT_EQ(intake.rows.size(), 1u);
    const SystemStream system = intake.systems.at(std::string(row.name));
    if (row.room == "ingest")
      EXPECT_EQ(system, row.stream) << row.name;
    else
      EXPECT_EQ(system, SystemStream::None) << row.name;
  }
  // And none is made here; an event of another name of the table is left to the intake at the end, which refuses it.
  for (const profiles::StreamName name : {profiles::StreamName("$identify"), profiles::StreamName("$group"),
                                          profiles::StreamName(SystemStream::Ruling)}) {
    WireIntake wire([](std::string) { return Result<void>(); }, [](const Json&) { return profiles::IntakeOutcome(); });
    wire.kind(name);
    SilentProgress silent;
    EXPECT_FALSE(wire.commit(silent)) << name.event;
  }
}

}  // namespace
}  // namespace tessera::ingest
