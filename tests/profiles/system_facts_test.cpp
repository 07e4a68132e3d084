// A stream is the system's by its row, which is stored with it, never by its name; and facts are put by one law.
#include "profiles/system_facts.hpp"

#include "profiles/gate.hpp"
#include "profiles/import_intake.hpp"
#include "profiles/load.hpp"
#include "profiles/rulings.hpp"
#include "profiles/schema.hpp"
#include "profiles/tables.hpp"
#include "profiles/write_rows.hpp"
#include "store/record.hpp"
#include "store/scratch.hpp"

namespace tessera::profiles {
namespace {

const FixedClock kClock(Instant{0});
const Instant kLearnt{1000}, kLater{2000};

class SystemFacts : public testing::Test {
 protected:
  // An event of ann's, as a sender says it.
  Result<IntakeOutcome> send(std::string_view event, uint64_t fingerprint, std::string_view property = "n",
                             std::string_view text = "x") {
    auto intake = TRY(begin_intake(*record, {.description = "a test"}, kLearnt));
    const auto kind = intake->kind(event);
    const Identifier who{IdentifierKind::UserId, "ann"};
    intake->start(kind, {&who, 1}, Instant{0}, fingerprint);
    intake->put(intake->property(kind, property), text);
    SilentProgress progress;
    return intake->commit(progress);
  }
  // As a version that had no such row would have stored it: an event of that name, with these texts.
  void send_as_before(std::string_view event, std::string_view property, std::string_view text) {
    MUST(send("Seen", 1));
    store::Connection& connection = record->connection();
    auto transaction = MUST(store::Transaction::begin(connection));
    EventTables tables = MUST(EventTables::read(connection));
    RowBuffer buffer{StreamName(event)};
    const uint32_t column = buffer.add_property(property);
    buffer.start({.who = 0, .time = 0, .fingerprint = 77, .order = 0});
    buffer.put(column, text);
    buffer.finish_row();
    std::vector<TableColumn> wanted;
    for (const auto& filled : buffer.filled()) wanted.push_back(filled.wanted);
    store::Entry entry = MUST(store::next_entry(connection, "import", kLearnt));
    const KeptRow kept{
        .index = 0, .seq = static_cast<Seq>(entry.first_seq), .profile = 0, .time = 0, .fingerprint = 77};
    const EventTable& table = *MUST(tables.grow(connection, StreamName(event), std::move(wanted)));
    MUST(write_rows(connection, table, buffer, {&kept, 1}));
    MUST(tables.refresh_views(connection));
    entry.until_seq = entry.first_seq + 1;
    MUST(store::append_entry(connection, entry));
    MUST(transaction.commit());
  }
  SystemFact fact(SystemStream stream, std::string_view name, SystemFact::Value value, uint64_t fingerprint = 0) {
    return {.stream = stream,
            .who = {IdentifierKind::UserId, "ann"},
            .time = kLearnt,
            .values = {{std::string(name), std::move(value)}},
            .fingerprint = fingerprint};
  }
  std::string sql(const std::string& query) { return MUST(record->connection().text(query)).value_or("NULL"); }

  std::unique_ptr<store::Record> record = MUST(store::Record::in_memory(kClock));
};

TEST(SystemStreams, TheTableIsInOrder) {
  std::set<std::string_view> names;
  std::set<SystemStream> streams;
  for (const SystemStreamRow& row : kSystemStreams) {
    EXPECT_NE(row.stream, SystemStream::None);
    EXPECT_TRUE(streams.insert(row.stream).second) << row.name;
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(row.name.starts_with('$')) << row.name;
    EXPECT_EQ(system_stream_named(row.name), row.stream);
    EXPECT_TRUE(is_reserved(row.name));
    EXPECT_TRUE(is_reserved(fmt::format("{} (system 2)", row.name)));
    EXPECT_FALSE(is_reserved(fmt::format("{}s", row.name)));
    EXPECT_EQ(row.named.empty(), row.traits != SystemStreamRow::Traits::Named);
    for (const SystemTrait& trait : row.named) EXPECT_EQ(stream_of_trait(trait.name), row.stream);
  }
  EXPECT_EQ(stream_of_trait("country"), SystemStream::Identify);
  EXPECT_TRUE(is_counted(SystemStream::None));
}

TEST_F(SystemFacts, NobodyCanSendAnEventUnderANameOfTheTable) {
  for (const SystemStreamRow& row : kSystemStreams) {
    const auto sent = send(row.name, 1, "$marked", "bot");
    ASSERT_FALSE(sent) << row.name;
    EXPECT_NE(sent.error().message.find(row.name), std::string::npos) << sent.error().text();
  }
  EXPECT_EQ(sql("SELECT count(*) FROM tessera.catalogue WHERE kind = 'event'"), "0");
}

TEST_F(SystemFacts, AnEventWithADollarIsItsSendersAndOneOfAnyEvent) {
  ASSERT_TRUE(send("$pageview", 1));
  ASSERT_TRUE(put(*record, std::vector{fact(SystemStream::Ruling, kMarked, "bot")}, "a test", kLearnt));
  EXPECT_EQ(sql("SELECT system FROM tessera.catalogue WHERE event = '$pageview'"), "0");
  EXPECT_EQ(sql("SELECT system FROM tessera.catalogue WHERE event = '$ruling'"), "3");
  const History history = MUST(load(*record));
  ASSERT_NE(history.stream("$pageview"), nullptr);
  EXPECT_TRUE(history.stream("$pageview")->is_counted());
  EXPECT_FALSE(history.stream("$ruling")->is_counted());
}

// The version that adds a row finds events of its name in the record: they stay their sender's.
TEST_F(SystemFacts, AnEventSentBeforeThereWasARowOfItsNameIsNoFact) {
  send_as_before("$ruling", kMarked, "bot");
  History history = MUST(load(*record));
  EXPECT_EQ(history.stream(SystemStream::Ruling), nullptr);
  ASSERT_NE(history.stream("$ruling"), nullptr);
  EXPECT_TRUE(history.stream("$ruling")->is_counted());
  EXPECT_FALSE(Gate(history).marked(0, kNever)) << "it marks nobody";
  EXPECT_TRUE(MUST(list_marked(record->connection(), 10)).empty());

  // The system's own are a stream beside it.
  Ruling mark{.kind = RulingKind::Mark};
  mark.who = {IdentifierKind::UserId, "ann"};
  mark.mark = Mark::Staff;
  ASSERT_TRUE(rule(*record, mark, kLater));
  EXPECT_EQ(sql("SELECT event FROM tessera.catalogue WHERE system = 3"), "$ruling (system)");
  history = MUST(load(*record));
  EXPECT_EQ(history.stream("$ruling")->system, SystemStream::None) << "the name is still the sender's";
  ASSERT_NE(history.stream(SystemStream::Ruling), nullptr);
  EXPECT_EQ(history.stream(SystemStream::Ruling)->rows(), 1u);
  const auto marked = Gate(history).marked(0, kNever);
  ASSERT_TRUE(marked);
  EXPECT_EQ(Gate(history).mark(*marked), "staff");
  EXPECT_EQ(MUST(list_marked(record->connection(), 10)).size(), 1u);
  Needs needs = Needs::nothing();
  needs.add_property("$ruling", std::string(kMarked));
  EXPECT_EQ(MUST(load(*record, needs)).streams.size(), 2u) << "whose a name means is decided when it is read";
}

TEST_F(SystemFacts, PutIsAllOrNothingAndOnceForAFingerprint) {
  ASSERT_TRUE(send("Seen", 1));
  std::vector<SystemFact> facts = {fact(SystemStream::Identify, "plan", "gold", 7),
                                   fact(SystemStream::Identify, "visits", Number::of(3)),
                                   fact(SystemStream::Identify, "plan", nullptr)};
  facts.push_back(facts[1]);
  facts.back().who.value = "nobody";
  const auto refused = put(*record, facts, "a test", kLearnt);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("nobody"), std::string::npos);
  EXPECT_EQ(sql("SELECT count(*) FROM tessera.catalogue WHERE system > 0"), "0");

  facts.pop_back();
  ASSERT_TRUE(put(*record, facts, "a test", kLearnt));
  ASSERT_TRUE(put(*record, facts, "a test", kLater));
  EXPECT_EQ(sql("SELECT count(*) FROM main.identify"), "5") << "what has a fingerprint is there once";
  EXPECT_EQ(sql("SELECT count(*) FROM main.identify WHERE plan = 'gold'"), "1");
  EXPECT_EQ(sql("SELECT sum(visits)::INTEGER FROM main.identify"), "6");
}

TEST_F(SystemFacts, NothingIsPutOfOneWhoRefusedToBeRecorded) {
  ASSERT_TRUE(send("Seen", 1));
  Ruling consent{.kind = RulingKind::Consent};
  consent.who = {IdentifierKind::UserId, "ann"};
  consent.collection = false;
  ASSERT_TRUE(rule(*record, consent, kLearnt));
  ASSERT_TRUE(put(*record, std::vector{fact(SystemStream::Identify, "plan", "gold")}, "a test", kLater));
  EXPECT_EQ(sql("SELECT count(*) FROM tessera.catalogue WHERE system > 0"), "0");
}

// The law of rulings, over imports: what was refused by one is given back by the next, and neither counts twice.
TEST_F(SystemFacts, AnImportHearsWhatWasSaidBeforeIt) {
  const auto import = [&](bool given, int64_t at, uint64_t fingerprint) {
    auto intake = MUST(begin_intake(*record, {.description = "a test"}, kLearnt));
    const Identifier who[] = {{IdentifierKind::UserId, "ann"}, {IdentifierKind::Email, "ann@shop.test"}};
    EXPECT_TRUE(intake->admits(who, {.collection = {}, .profiling = given, .categories = {}}, fingerprint));
    intake->start(intake->kind("Seen"), who, Instant{at}, fingerprint);
    SilentProgress progress;
    MUST(intake->commit(progress));
  };
  import(true, 0, 1);
  const std::string rulings = "SELECT count(*) FROM main.ruling WHERE \"$profiling\" IS NOT NULL";
  import(false, 1, 2);
  import(false, 2, 3);
  EXPECT_EQ(sql(rulings), "1") << "consent that nobody refused is no news, nor is a second refusal";
  import(true, 3, 4);
  import(false, 1, 2);
  EXPECT_EQ(sql(rulings), "2");
  EXPECT_FALSE(Gate(MUST(load(*record))).refused(0, kNever));
  EXPECT_EQ(sql("SELECT count(*) FROM main.ruling WHERE \"$marked\" = 'test'"), "1") << "one mark a customer";
}

TEST(SystemFactsText, ComesBackAsItWas) {
  const std::vector<SystemFact> facts = {
      {.stream = SystemStream::Ruling,
       .who = {IdentifierKind::Email, "a@b.c"},
       .time = Instant{-5},
       .values = {{"a", nullptr}, {"b", true}, {"c", Number{-1'500'001}}, {"d", std::string("\"ü\n")}},
       .fingerprint = UINT64_MAX},
      {.stream = SystemStream::Group, .who = {IdentifierKind::AnonymousId, "x"}, .time = kEver, .values = {}}};
  EXPECT_EQ(MUST(parse_facts(text_of(facts))), facts);
  EXPECT_TRUE(MUST(parse_facts("[]")).empty());
  for (const char* wrong : {"", "{}", "[1]", R"([{"stream":0,"who":{"user_id":"a"},"time":1,"values":{}}])",
                            R"([{"stream":99,"who":{"user_id":"a"},"time":1,"values":{}}])",
                            R"([{"stream":3,"who":{},"time":1,"values":{}}])",
                            R"([{"stream":3,"who":{"user_id":"a"},"time":1.5,"values":{}}])",
                            R"([{"stream":3,"who":{"user_id":"a"},"time":1,"values":{"x":[]}}])"})
    EXPECT_FALSE(parse_facts(wrong)) << wrong;
}

}  // namespace
}  // namespace tessera::profiles
