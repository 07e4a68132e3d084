#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/hash.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"
#include "profiles/describe.hpp"
#include "profiles/doctor.hpp"
#include "profiles/import_intake.hpp"
#include "profiles/load.hpp"
#include "profiles/people.hpp"
#include "profiles/schema.hpp"
#include "profiles/tables.hpp"
#include "store/record.hpp"
#include "store/scratch.hpp"

using namespace tessera;
using namespace tessera::profiles;
using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::describe;
using testing_support::Scratch;

namespace {

const FixedClock kClock(Instant{0});

class IntakeTest : public testing::Test {
 protected:
  std::unique_ptr<ImportIntake> begin(Instant learnt = Instant{1000}) {
    return MUST(begin_intake(*record, {.description = "a test"}, learnt));
  }
  IntakeOutcome commit(ImportIntake& intake) {
    SilentProgress progress;
    return MUST(intake.commit(progress));
  }
  // One order of a user, at a day, worth `total`.
  static void order(Intake& intake, std::string_view user, int day, int64_t total, uint64_t fingerprint) {
    const auto kind = intake.kind("Order Completed");
    const Identifier who{IdentifierKind::UserId, user};
    intake.start(kind, {&who, 1}, Instant{day * kDay.ms}, fingerprint);
    intake.put(intake.property(kind, "total"), Number::of(total));
  }
  static void seen(Intake& intake, std::initializer_list<Identifier> who, uint64_t fingerprint) {
    intake.start(intake.kind("Page Viewed"), std::span(who.begin(), who.size()), Instant{0}, fingerprint);
  }
  std::string sql(const std::string& query) { return MUST(record->connection().text(query)).value_or("NULL"); }
  std::string damage() {
    const auto findings = MUST(examine(*record));
    return has_problems(findings) ? text_of(findings) : "";
  }

  std::unique_ptr<store::Record> record = MUST(store::Record::in_memory(kClock));
};

// What the caller adds at the end is part of the import: it sees the rows, and its error leaves nothing of them.
TEST_F(IntakeTest, WhatIsDoneFinallyIsInTheSameTransaction) {
  SilentProgress progress;
  const auto classify = [](store::Connection& connection) -> Result<void> {
    EXPECT_EQ(TRY(connection.integer("SELECT count(*) FROM order_completed")), 1);
    TRY(connection.run("UPDATE tessera.property SET class = 'money'"));
    return {};
  };
  auto failing = begin();
  order(*failing, "ann", 1, 10, 101);
  EXPECT_FALSE(failing->commit(progress, [&](store::Connection& connection) -> Result<void> {
    TRY(classify(connection));
    return fail("no");
  }));
  EXPECT_EQ(sql("SELECT (SELECT count(*) FROM tessera.entry) + (SELECT count(*) FROM tessera.property)"), "0");
  auto intake = begin();
  order(*intake, "ann", 1, 10, 101);
  EXPECT_EQ(MUST(intake->commit(progress, classify)).stored, 1u);
  EXPECT_EQ(sql("SELECT class FROM tessera.property"), "money");
  EXPECT_EQ(damage(), "");
}

// Traits without a time: the last import's last word holds, however often its rows came before; the same import again
// changes nothing. Against a model that just overwrites.
TEST_F(IntakeTest, WhatIsSaidOfATraitLastHolds) {
  struct Said {
    std::string who, trait, value;  // values beginning with a digit are put as numbers
  };
  using Import = std::vector<std::vector<Said>>;  // rows; of one customer each
  Rng rng(20260301);
  const auto put_down = [&](const Import& import, size_t batch_rows) {
    auto intake = MUST(begin_intake(*record, {.description = "a test"}, Instant{1000}, {.batch_rows = batch_rows}));
    const auto kind = intake->kind(SystemStream::Identify);
    std::map<uint64_t, uint64_t> occurrences;
    for (const auto& row : import) {
      uint64_t content = hash64(row[0].who);
      for (const Said& said : row) content = hash64(said.value, hash64(said.trait, content));
      const Identifier who{IdentifierKind::UserId, row[0].who};
      intake->start(kind, {&who, 1}, kEver, mix64(content + occurrences[content]++));
      for (const Said& said : row) {
        const auto property = intake->property(kind, said.trait);
        if (said.value == "null")
          intake->put_null(property);
        else if (said.value[0] == '5')
          intake->put(property, Number::of(5));
        else
          intake->put(property, std::string_view(said.value));
      }
    }
    return commit(*intake);
  };
  put_down({{{"ann", "a/b", "x"}, {"ann", "city", "x"}}, {{"ann", "a/b", "5"}, {"ann", "city", "5"}}}, 100);
  std::map<std::string, std::string> model{{"ann a/b", "5"}, {"ann city", "5"}};
  const auto values = [&] {
    std::map<std::string, std::string> found;
    for (const auto& [column, trait] : {std::pair("a/b", "a/b"), std::pair("city", "city")}) {
      const auto rows = MUST(record->connection().rows(
          fmt::format("SELECT customer, arg_max(v, seq) FROM (SELECT customer, seq, coalesce(\"{0}\", "
                      "\"{0}__number\"::INT::VARCHAR, json_extract(extra, '/{1}')::VARCHAR) AS v FROM v_identify) "
                      "GROUP BY ALL HAVING count(v) > 0",
                      column, trait == std::string("a/b") ? "a~1b" : trait)));
      for (const auto& row : rows) found[*row[0] + " " + trait] = *row[1];
    }
    return found;
  };
  const char* people[] = {"ann", "bob", "cy"};
  const char* traits[] = {"a/b", "city"};
  const char* kinds[] = {"x", "y", "5", "null"};
  std::vector<Import> imports;
  for (int round = 0; round < 60; ++round) {
    if (imports.empty() || rng.below(3) == 0) {
      Import import;
      for (uint64_t row = 0; row <= rng.below(4); ++row) {
        const char* who = people[rng.below(3)];
        import.push_back({{who, traits[rng.below(2)], kinds[rng.below(4)]}});
        if (rng.below(2) == 0) {
          const char* other = import.back()[0].trait == traits[0] ? traits[1] : traits[0];
          import.back().push_back({who, other, kinds[rng.below(4)]});
        }
      }
      imports.push_back(import);
    }
    const Import& import = imports[rng.below(imports.size())];
    for (const auto& row : import)
      for (const Said& said : row) model[said.who + " " + said.trait] = said.value;
    put_down(import, 1 + rng.below(3));
    ASSERT_EQ(values(), model) << "round " << round;
    const auto again = put_down(import, 1 + rng.below(3));
    ASSERT_EQ(again.trait_facts, 0u) << "round " << round;
    ASSERT_EQ(again.entry, 0u);
  }
  EXPECT_EQ(damage(), "");
}

// Said of one customer through two identifiers, once they are known to be one.
TEST_F(IntakeTest, WhatIsSaidLastHoldsAcrossIdentifiers) {
  const auto city = [&](Identifier who, std::string_view value, uint64_t fingerprint) {
    auto intake = begin();
    const auto kind = intake->kind(SystemStream::Identify);
    intake->start(kind, {&who, 1}, kEver, fingerprint);
    intake->put(intake->property(kind, "city"), value);
    return commit(*intake).trait_facts;
  };
  const Identifier user{IdentifierKind::UserId, "ann"}, mail{IdentifierKind::Email, "ann@x.org"};
  auto intake = begin();
  seen(*intake, {user, mail}, 1);
  commit(*intake);
  EXPECT_EQ(city(user, "Ulm", 2), 1u);
  EXPECT_EQ(city(mail, "Bonn", 3), 1u);
  EXPECT_EQ(city(user, "Ulm", 2), 1u);
  EXPECT_EQ(city(user, "Ulm", 2), 0u);
  EXPECT_EQ(city(mail, "Bonn", 3), 1u);
  EXPECT_EQ(sql("SELECT arg_max(city, seq) || count(*) FROM identify"), "Bonn4");
}

TEST_F(IntakeTest, WhatTheRecordHasIsNotStoredTwice) {
  for (int round = 0; round < 2; ++round) {
    auto intake = begin();
    order(*intake, "ann", 1, 10, 101);
    order(*intake, "bob", 2, 20, 102);
    order(*intake, "bob", 2, 20, 102);
    intake->reject({.source = "f.csv", .line = 7, .reason = "bad-time", .value = "31.2.", .row = "x,y"});
    const auto outcome = commit(*intake);
    EXPECT_EQ(outcome.entry, round == 0 ? 1u : 0u);
    EXPECT_EQ(outcome.stored, round == 0 ? 2u : 0u);
    EXPECT_EQ(outcome.duplicates, round == 0 ? 1u : 3u);
    EXPECT_EQ(outcome.customers, 2u);
    EXPECT_EQ(outcome.new_customers, round == 0 ? 2u : 0u);
    EXPECT_EQ(outcome.rejects, round == 0 ? 1u : 0u);
    EXPECT_EQ(outcome.from, Instant{kDay.ms});
    EXPECT_EQ(outcome.to, Instant{2 * kDay.ms});
    EXPECT_EQ(sql("SELECT count(*) FROM tessera.entry"), "1");
    EXPECT_EQ(sql("SELECT count(*) FROM order_completed"), "2");
    EXPECT_EQ(sql("SELECT source || line || reason || value || row FROM tessera.reject"), "f.csv7bad-time31.2.x,y");
  }
  EXPECT_EQ(damage(), "");
}

TEST_F(IntakeTest, WithoutCommitNothingHappened) {
  {
    auto intake = begin();
    order(*intake, "ann", 1, 10, 101);
  }
  EXPECT_EQ(sql("SELECT count(*) FROM tessera.catalogue WHERE kind = 'event'"), "0");
  EXPECT_EQ(sql("SELECT count(*) FROM tessera.identity"), "0");
}

TEST_F(IntakeTest, OnesOwnSqlReadsWell) {
  auto intake = begin();
  const auto kind = intake->kind("Order Completed");
  const Identifier who[] = {{IdentifierKind::UserId, "ann"}, {IdentifierKind::Email, "ann@example.com"}};
  intake->start(kind, who, Instant{kDay.ms}, 1);
  intake->put(intake->property(kind, "total"), Number{19'900'000});
  intake->put(intake->property(kind, "currency"), std::string_view("EUR"));
  const auto category = intake->property(kind, "products.category"), price = intake->property(kind, "products.price");
  intake->element(category, std::string_view("tea"));
  intake->element(price, Number::of(5));
  intake->next_element(kind, "products");
  intake->next_element(kind, "products");  // an element of which nothing is known
  intake->element(price, Number::of(7));
  intake->next_element(kind, "products");
  const auto traits = intake->kind(SystemStream::Identify);
  const Identifier email{IdentifierKind::Email, "zoe@example.com"};
  intake->start(traits, {&email, 1}, kEver, 2);
  intake->put(intake->property(traits, "country"), std::string_view("DE"));
  commit(*intake);
  EXPECT_EQ(
      sql("SELECT v_order_completed FROM v_order_completed"),
      "{'customer': ann, 'seq': 0, 'time': '1970-01-02 00:00:00', 'extra': NULL, 'total': 19.900000, 'currency': EUR, "
      "'products.category': [tea, NULL, NULL], 'products.price': [5.000000, NULL, 7.000000], 'products__count': 3}");
  EXPECT_EQ(sql("SELECT country FROM v_identify WHERE customer LIKE 'c-%' AND time = '-infinity'"), "DE");
  EXPECT_EQ(sql("SELECT list(event ORDER BY seq) FROM events WHERE event <> '$ruling'"),
            "[Order Completed, $identify]");
  EXPECT_EQ(sql("SELECT emails FROM customers WHERE user_id = 'ann'"), "[ann@example.com]");
  EXPECT_EQ(sql("SELECT count(*) FROM customers"), "2");
  EXPECT_EQ(damage(), "");
}

TEST_F(IntakeTest, PseudonymsHideAndStayTheSame) {
  auto intake = begin();
  seen(*intake, {{IdentifierKind::Email, "ann@example.com"}}, 1);
  commit(*intake);
  const std::string id = MUST(load(*record)).customer.at(0);
  EXPECT_TRUE(id.starts_with("c-") && id.size() == 18) << id;
  EXPECT_EQ(id, pseudonym_of(record->pseudonym_key(), IdentifierKind::Email, "ann@example.com"));
  EXPECT_NE(id, pseudonym_of("another key", IdentifierKind::Email, "ann@example.com"));
  EXPECT_NE(id, pseudonym_of(record->pseudonym_key(), IdentifierKind::Phone, "ann@example.com"));
}

TEST_F(IntakeTest, IdentifiersThatComeTogetherAreOneCustomerFromThenOn) {
  auto intake = begin(Instant{1000});
  seen(*intake, {{IdentifierKind::AnonymousId, "tablet"}}, 1);
  commit(*intake);
  intake = begin(Instant{2000});
  seen(*intake, {{IdentifierKind::AnonymousId, "tablet"}, {IdentifierKind::UserId, "ann"}}, 2);
  seen(*intake, {{IdentifierKind::UserId, "ann"}, {IdentifierKind::AnonymousId, "tablet"}}, 3);
  const auto outcome = commit(*intake);
  EXPECT_EQ(outcome.customers, 1u);
  EXPECT_EQ(outcome.new_customers, 0u) << "the person was known, by another identifier";
  EXPECT_EQ(sql("SELECT count(*) FROM tessera.link"), "1");
  const History now = MUST(load(*record));
  EXPECT_THAT(now.customer, ElementsAre("ann"));
  EXPECT_EQ(now.events(), 3u);

  // As far as was known in between, the tablet was someone of their own, and there was no ann.
  const History then = MUST(load(*record, {}, Instant{1500}));
  EXPECT_EQ(then.events(), 1u);
  ASSERT_EQ(then.customers(), 1u);
  EXPECT_NE(then.customer[0], "ann");
}

TEST_F(IntakeTest, ASharedDeviceIsASuspicionNotAMerge) {
  auto intake = begin();
  seen(*intake, {{IdentifierKind::UserId, "ann"}, {IdentifierKind::AnonymousId, "tablet"}}, 1);
  seen(*intake, {{IdentifierKind::UserId, "bob"}, {IdentifierKind::AnonymousId, "tablet"}}, 2);
  seen(*intake, {{IdentifierKind::AnonymousId, "tablet"}}, 3);
  EXPECT_EQ(commit(*intake).customers, 2u);
  const auto suspected = MUST(suspected_duplicates(record->connection()));
  ASSERT_EQ(suspected.size(), 1u);
  EXPECT_EQ(suspected[0].user_a, "ann");
  EXPECT_EQ(suspected[0].user_b, "bob");
  EXPECT_EQ(suspected[0].through_a + suspected[0].through_b, "anonymous id tabletuser id bob");
  EXPECT_EQ(suspected[0].learnt, Instant{1000});
  EXPECT_THAT(MUST(load(*record)).customer, ElementsAre("ann", "bob"));
}

TEST_F(IntakeTest, WhatAPersonDecidedAboutTwoIdentifiersStands) {
  const Identifier ann{IdentifierKind::UserId, "ann"}, tablet{IdentifierKind::AnonymousId, "tablet"},
      bob{IdentifierKind::UserId, "bob"};
  auto intake = begin();
  seen(*intake, {ann, tablet}, 1);
  seen(*intake, {bob}, 2);
  commit(*intake);
  MUST(link_identifiers(*record, ann, tablet, LinkFact::AreNotOne, "ann says so", Instant{5000}));
  EXPECT_THAT(MUST(load(*record)).customer, ElementsAre("ann", "bob"))
      << "the tablet has no fact of its own: nobody yet";
  intake = begin(Instant{6000});
  seen(*intake, {ann, tablet}, 3);
  seen(*intake, {tablet}, 4);
  commit(*intake);
  EXPECT_EQ(MUST(load(*record)).customers(), 3u) << "the same rows keep coming; the decision stands";
  EXPECT_EQ(MUST(load(*record, {}, Instant{4000})).customers(), 2u) << "as was known before";
  MUST(link_identifiers(*record, bob, tablet, LinkFact::AreOne, "it is bob's", Instant{7000}));
  EXPECT_THAT(MUST(load(*record)).customer, ElementsAre("ann", "bob"));
  EXPECT_THAT(link_identifiers(*record, ann, bob, LinkFact::AreOne, "", Instant{8000}).error().text(),
              HasSubstr("at most one user id"));
  EXPECT_THAT(link_identifiers(*record, {IdentifierKind::UserId, "eve"}, bob, LinkFact::AreNotOne, "", Instant{8000})
                  .error()
                  .text(),
              HasSubstr("knows no user id 'eve'"));
  EXPECT_EQ(damage(), "");
}

TEST_F(IntakeTest, WhatHasNoExactFormIsKeptAndUnknown) {
  auto intake = begin();
  const auto kind = intake->kind(SystemStream::Identify);
  const Identifier who{IdentifierKind::UserId, "ann"};
  intake->start(kind, {&who, 1}, Instant{1}, 1);
  intake->put(intake->property(kind, "income"), Number::of(5));
  intake->start(kind, {&who, 1}, Instant{2}, 2);
  intake->put_raw(intake->property(kind, "income"), "1e300");
  intake->put_raw(intake->property(kind, "address"), R"({"city":"Köln","lines":[1,2]})");
  intake->put_null(intake->property(kind, "phone"));
  intake->start(kind, {&who, 1}, Instant{3}, 3);
  intake->put_raw(intake->property(kind, "income"), "not json");
  const auto outcome = commit(*intake);
  EXPECT_EQ(outcome.inexact, (std::map<std::string, uint64_t>{{"address", 1}, {"income", 2}}));
  EXPECT_EQ(sql("SELECT extra FROM identify WHERE fingerprint = 2"),
            R"({"address":{"city":"Köln","lines":[1,2]},"income":1e300,"phone":null})");
  EXPECT_EQ(sql("SELECT extra FROM identify WHERE fingerprint = 3"), R"({"income":{"raw":"not json"}})");
  const History history = MUST(load(*record));
  EXPECT_EQ(history.streams[0].column("income", PropertyType::Number, false)->numbers,
            (std::vector<int64_t>{5'000'000, kClearedNumber, kClearedNumber}));
}

// One transaction that touches every column there may be is written in the memory that decided how many there are.
TEST_F(IntakeTest, LittleMemoryHasFewColumnsAndTakesEverything) {
  const uint64_t memory = 64 << 20;
  record = MUST(store::Record::in_memory(kClock, {.database = {.memory = memory}}));
  const ColumnRoom room = column_room(memory);
  EXPECT_EQ(room.of_one, 16u);
  EXPECT_EQ(room.in_all, 256u);
  EXPECT_EQ(column_room(uint64_t{1} << 40).of_one, kMaxColumns);
  EXPECT_EQ(column_room(uint64_t{1} << 40).in_all, kMaxColumnsInAll);
  const Identifier who{IdentifierKind::UserId, "ann"};
  for (int time = 0; time < 2; ++time) {  // the tables are made, then they are there
    auto intake = begin(Instant{1000 + time});
    for (int event = 0; event < 20; ++event) {
      const auto kind = intake->kind(fmt::format("Event {}", event));
      intake->start(kind, {&who, 1}, Instant{0}, static_cast<uint64_t>(time * 100 + event));
      for (int p = 0; p < 150; ++p) intake->put(intake->property(kind, fmt::format("p{}", p)), std::string_view("x"));
    }
    EXPECT_EQ(commit(*intake).stored, 20u);
  }
  const auto tables = MUST(EventTables::read(record->connection()));
  size_t all = 0;
  for (const EventTable& table : tables.all()) {
    EXPECT_LE(table.columns.size(), room.of_one);
    all += table.columns.size();
  }
  EXPECT_EQ(all, room.in_all);
  Needs needs = Needs::nothing();
  for (const char* event : {"Event 0", "Event 19"}) needs.add_property(event, "p149");
  for (const auto& stream : MUST(load(*record, needs)).streams)
    EXPECT_EQ(stream.column("p149", PropertyType::Text, false)->texts.size(), 2u);
}

TEST_F(IntakeTest, TenThousandPropertiesDoNotKillIt) {
  record = MUST(store::Record::in_memory(kClock, {.database = {.memory = uint64_t{8} << 30}}));
  auto intake = begin();
  const auto kind = intake->kind("Everything");
  const Identifier who{IdentifierKind::UserId, "ann"};
  for (uint64_t row = 0; row < 3; ++row) {
    intake->start(kind, {&who, 1}, Instant{0}, row);
    for (int p = 0; p < 10'000; ++p) intake->put(intake->property(kind, fmt::format("p{}", p)), Number::of(p));
  }
  const auto outcome = commit(*intake);
  EXPECT_EQ(outcome.stored, 3u);
  EXPECT_EQ(outcome.columnless_properties, 10'000 - kMaxColumns);
  EXPECT_EQ(outcome.columnless_values, 3 * (10'000 - kMaxColumns));
  EXPECT_EQ(sql("SELECT p999 FROM everything LIMIT 1"), "999.000000");
  EXPECT_EQ(sql("SELECT extra->>'p9999' FROM everything LIMIT 1"), "9999");
  EXPECT_EQ(MUST(load(*record)).streams[0].columns.size(), kMaxColumns);
  Needs needs = Needs::nothing();
  needs.add_property("Everything", "p9999");
  EXPECT_EQ(MUST(load(*record, needs)).streams[0].column("p9999", PropertyType::Number, false)->numbers,
            (std::vector<int64_t>(3, 9'999'000'000)));
}

// Names beyond the tables share one, are loaded by name or together, and come again as what they are.
TEST_F(IntakeTest, EventNamesBeyondTheTablesAreRareAndKept) {
  const Identifier who{IdentifierKind::UserId, "ann"};
  constexpr size_t kRare = 3;
  const auto put = [&](ImportIntake& intake, size_t e) {
    const auto kind = intake.kind(fmt::format("Order {:04} Completed", e));
    intake.start(kind, {&who, 1}, Instant{static_cast<int64_t>(e)}, 1);  // known by event and fingerprint
    intake.put(intake.property(kind, "total"), Number::of(static_cast<int64_t>(e)));
    for (const char* tag : {"a", "b"}) intake.element(intake.property(kind, "tags"), std::string_view(tag));
  };
  auto intake = begin();
  for (size_t e = 0; e < kMaxEvents + kRare; ++e) put(*intake, e);
  intake->start(intake->kind("Page Viewed"), {&who, 1}, Instant{0}, 1);
  EXPECT_EQ(commit(*intake).stored, kMaxEvents + kRare + 1);
  EXPECT_EQ(sql("SELECT count(*) FROM tessera.catalogue WHERE kind = 'event' AND event <> ''"),
            std::to_string(kMaxEvents + 1))
      << "what calls are made into has its table";
  EXPECT_EQ(sql("SELECT list(event ORDER BY event) FROM rare_events"),
            "[Order 1000 Completed, Order 1001 Completed, Order 1002 Completed]");
  EXPECT_EQ(sql("SELECT count(*) FROM events"), std::to_string(kMaxEvents + kRare + 1));

  Needs needs = Needs::nothing();
  needs.add_property("Order 1001 Completed", "total");
  needs.add_property("Order 1001 Completed", "tags");
  needs.add_event("");
  const History history = MUST(load(*record, needs));
  ASSERT_EQ(history.streams.size(), 2u);
  EXPECT_EQ(history.stream("")->rows(), kRare - 1);
  const Stream& rare = *history.stream("Order 1001 Completed");
  EXPECT_EQ(rare.column("total", PropertyType::Number, false)->numbers, (std::vector<int64_t>{1'001'000'000}));
  EXPECT_EQ(rare.column("tags", PropertyType::Text, true)->list_first, (std::vector<uint32_t>{0, 2}));
  const auto events = MUST(list_events(record->connection(), Counting::Yes));
  const auto listed = std::ranges::find(events, "Order 1001 Completed", &EventListing::event);
  EXPECT_TRUE(listed->is_rare);
  EXPECT_THAT(listed->properties,
              testing::Contains(PropertyListing{.property = "total", .type = PropertyType::Number, .column = "extra"}));

  intake = begin(Instant{2000});
  put(*intake, kMaxEvents);
  put(*intake, 0);
  EXPECT_EQ(commit(*intake).duplicates, 2u);
  EXPECT_EQ(damage(), "");
}

TEST_F(IntakeTest, HostileNamesGetUsableTables) {
  auto intake = begin();
  const Identifier who{IdentifierKind::UserId, "'; DROP TABLE tessera.entry; --"};
  const std::string events[] = {"a; DROP TABLE x", "customers", "events", "v_events", "Events", "123", "!!!",
                                "\"quoted\"",      "日本語",    "select"};
  uint64_t fingerprint = 0;
  for (const auto& event : events) {
    const auto kind = intake->kind(event);
    intake->start(kind, {&who, 1}, Instant{0}, ++fingerprint);
    for (const std::string& property :
         {std::string("a\"b"), std::string("x'; --"), std::string("nul\0byte", 8), std::string(), std::string(500, 'x'),
          std::string("\xff\xfe"), std::string("Select"), std::string("rowid")})
      intake->put(intake->property(kind, property), std::string_view("\xc3\x28 bad utf-8"));
  }
  commit(*intake);
  const History history = MUST(load(*record));
  EXPECT_EQ(history.streams.size(), std::size(events));
  for (const Stream& stream : history.streams) EXPECT_EQ(stream.columns.size(), 8u) << stream.event;
  EXPECT_EQ(history.customer[0], who.value);
  EXPECT_EQ(sql("SELECT count(*) FROM events"), std::to_string(std::size(events)));
  EXPECT_EQ(damage(), "");
  EXPECT_EQ(table_name_of("Order Completed"), "order_completed");
  EXPECT_EQ(table_name_of("$identify"), "identify");
  EXPECT_EQ(table_name_of("Bestellung Übernommen"), "bestellung_übernommen");
  for (const std::string& bad :
       {std::string(), std::string("  "), std::string("a\nb"), std::string("\xff"), std::string(201, 'x')})
    EXPECT_TRUE(flaw_of_event_name(bad));
}

TEST_F(IntakeTest, SchemaGrowsWhileOldRowsStay) {
  auto intake = begin();
  order(*intake, "ann", 1, 10, 1);
  commit(*intake);
  intake = begin(Instant{2000});
  const auto kind = intake->kind("Order Completed");
  const Identifier who{IdentifierKind::UserId, "ann"};
  intake->start(kind, {&who, 1}, Instant{2 * kDay.ms}, 2);
  intake->put(intake->property(kind, "total"), std::string_view("12,50"));
  intake->put(intake->property(kind, "gift"), true);
  intake->element(intake->property(kind, "tags"), std::string_view("new"));
  commit(*intake);
  EXPECT_EQ(sql("SELECT list(struct_pack(total, t := total__text, gift, tags) ORDER BY seq) FROM order_completed"),
            "[{'total': 10.000000, 't': NULL, 'gift': NULL, 'tags': NULL}, {'total': NULL, 't': '12,50', 'gift': true, "
            "'tags': [new]}]");
  const auto events = MUST(list_events(record->connection(), Counting::Yes));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].rows, 2u);
  EXPECT_EQ(events[0].to, Instant{2 * kDay.ms});
  const PropertyListing text{.property = "total", .type = PropertyType::Text, .column = "total__text", .values = 1};
  EXPECT_THAT(events[0].properties, testing::Contains(text));
  EXPECT_EQ(MUST(classify_property(*record, "gift", "sensitive")), 1u);
  EXPECT_THAT(json_of(MUST(list_events(record->connection(), Counting::No))).dump(),
              HasSubstr("\"class\":\"sensitive\""));
  EXPECT_EQ(damage(), "");
}

TEST_F(IntakeTest, LoadsOnlyWhatIsNeeded) {
  auto intake = begin();
  order(*intake, "ann", 1, 10, 1);
  const auto kind = intake->kind("Order Completed");
  intake->put(intake->property(kind, "currency"), std::string_view("EUR"));
  intake->element(intake->property(kind, "products.sku"), std::string_view("a"));
  intake->next_element(kind, "products");
  intake->element(intake->property(kind, "products.price"), Number::of(1));
  intake->next_element(kind, "products");
  seen(*intake, {{IdentifierKind::UserId, "zoe"}}, 2);
  commit(*intake);
  Needs needs = Needs::nothing();
  EXPECT_EQ(MUST(load(*record, needs)).streams.size(), 0u);
  EXPECT_EQ(MUST(load(*record, needs)).customers(), 2u);
  needs.add_property("Order Completed", "products.sku");
  needs.add_property("Never Seen", "x");
  History history = MUST(load(*record, needs));
  ASSERT_EQ(history.streams.size(), 1u);
  ASSERT_EQ(history.streams[0].columns.size(), 1u);
  EXPECT_EQ(history.streams[0].columns[0].list_first, (std::vector<uint32_t>{0, 2}))
      << "as long as products.price, which is not loaded";
  needs.add_property("Order Completed", "products");
  EXPECT_EQ(MUST(load(*record, needs)).streams[0].columns.size(), 2u);
}

TEST_F(IntakeTest, NotesAreKeptWithTheEntry) {
  auto intake = begin();
  order(*intake, "ann", 1, 10, 1);
  intake->note("zone_known", false);
  commit(*intake);
  EXPECT_EQ(sql("SELECT detail->>'zone_known' || (detail->>'stored') FROM tessera.entry"), "false1");
}

TEST_F(IntakeTest, ContactsAreInTheOrderOfTheHistory) {
  auto intake = begin();
  seen(*intake,
       {{IdentifierKind::Email, "z@b.c"},
        {IdentifierKind::UserId, "ann"},
        {IdentifierKind::Email, "a@b.c"},
        {IdentifierKind::Phone, "+491701234567"}},
       1);
  seen(*intake, {{IdentifierKind::Email, "only@b.c"}}, 2);
  seen(*intake, {{IdentifierKind::AnonymousId, "x"}}, 3);
  commit(*intake);
  const auto all = MUST(contacts(record->connection()));
  std::vector<std::string> ids;
  for (const Contact& contact : all) ids.push_back(contact.public_id);
  EXPECT_EQ(ids, MUST(load(*record)).customer);
  const auto ann = std::ranges::find(all, "ann", &Contact::user_id);
  ASSERT_NE(ann, all.end());
  EXPECT_THAT(ann->emails, ElementsAre("a@b.c", "z@b.c"));
  EXPECT_THAT(ann->phones, ElementsAre("+491701234567"));
}

TEST(IntakeInLittleMemory, SpillsInsteadOfFailing) {
  const Scratch scratch;
  const auto record = MUST(store::Record::open(scratch.file("a.db"), store::OpenMode::CreateIfMissing, kClock,
                                               {.database = {.memory = 64 << 20}}));
  for (int round = 0; round < 2; ++round) {
    auto intake = MUST(begin_intake(*record, {.description = "test"}, Instant{0}, {.batch_rows = 100'000}));
    const auto kind = intake->kind("Page Viewed");
    const auto path = intake->property(kind, "path");
    for (uint64_t row = 0; row < 250'000; ++row) {
      const std::string user = fmt::format("a user whose id is long, {}", row);
      const Identifier who{IdentifierKind::UserId, user};
      intake->start(kind, {&who, 1}, Instant{static_cast<int64_t>(row)}, mix64(row));
      intake->put(path, std::string_view(user));
    }
    SilentProgress progress;
    const auto outcome = MUST(intake->commit(progress));
    EXPECT_EQ(outcome.stored, round == 0 ? 250'000u : 0u);
  }
  EXPECT_EQ(MUST(load(*record)).events(), 250'000u);
}

TEST_F(IntakeTest, LogTimesNeverGoBack) {
  for (const int64_t learnt : {5000, 3000, 5000, 9000}) {
    auto intake = begin(Instant{learnt});
    order(*intake, "ann", 1, 1,
          static_cast<uint64_t>(MUST(record->connection().integer("SELECT count(*) FROM tessera.entry")).value()));
    commit(*intake);
  }
  const auto learnt = MUST(load(*record)).learnt;
  ASSERT_EQ(learnt.size(), 2u);
  EXPECT_EQ(learnt[0].at, Instant{5000});
  EXPECT_EQ(learnt[0].until, 3u);
  EXPECT_EQ(learnt[1].until, 4u);
}

TEST(IntakeOnDisk, AFullDiskLeavesTheRecordAsItWas) {
  const Scratch scratch;
  const auto fill = [](store::Record& record, size_t rows, uint64_t salt) -> Result<IntakeOutcome> {
    auto intake = TRY(begin_intake(record, {.description = "test"}, Instant{0}, {.batch_rows = 20'000}));
    const auto kind = intake->kind("Order Completed");
    const auto property = intake->property(kind, "note");
    for (size_t row = 0; row < rows; ++row) {
      const std::string user = fmt::format("user {} {}", salt, row);
      const Identifier who{IdentifierKind::UserId, user};
      intake->start(kind, {&who, 1}, Instant{static_cast<int64_t>(row)}, mix64(row ^ salt << 40));
      intake->put(property, std::string_view(hex_of(hmac_sha256("x", user))));
    }
    SilentProgress progress;
    return intake->commit(progress);
  };
  MUST(fill(*MUST(store::Record::open(scratch.file("a.db"), store::OpenMode::CreateIfMissing, kClock)), 1000, 1));
  const auto before =
      describe(MUST(load(*MUST(store::Record::open(scratch.file("a.db"), store::OpenMode::MustExist, kClock)))));
  const uint64_t size = std::filesystem::file_size(scratch.file("a.db"));
  const pid_t child = fork();
  if (child == 0) {
    set_threads(1);  // the pool's threads were not forked along
    signal(SIGXFSZ, SIG_IGN);
    const rlimit small{size + 1'000'000, size + 1'000'000};
    if (setrlimit(RLIMIT_FSIZE, &small) != 0) _exit(99);
    const auto record = MUST(store::Record::open(scratch.file("a.db"), store::OpenMode::MustExist, kClock));
    const auto outcome = fill(*record, 60'000, 2);
    _exit(!outcome && outcome.error().text().find("the disk is full") != std::string::npos ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  const auto record = MUST(store::Record::open(scratch.file("a.db"), store::OpenMode::MustExist, kClock));
  EXPECT_EQ(describe(MUST(load(*record))), before);
  const auto findings = MUST(examine(*record));
  EXPECT_FALSE(has_problems(findings)) << text_of(findings);
}

// --- the doctor notices what is wrong

TEST_F(IntakeTest, TheDoctorNoticesDamage) {
  auto intake = begin();
  order(*intake, "ann", 1, 10, 1);
  seen(*intake, {{IdentifierKind::UserId, "ann"}, {IdentifierKind::Email, "a@b.c"}}, 2);
  commit(*intake);
  ASSERT_EQ(damage(), "");
  const struct {
    const char* damage;
    const char* found;
  } kCases[] = {
      {"INSERT INTO order_completed SELECT * FROM order_completed", "rows are there more than once"},
      {"UPDATE order_completed SET seq = 77", "rows have a seq of no entry"},
      {"UPDATE order_completed SET seq = 1", "rows share their seq"},
      {"UPDATE order_completed SET profile = 9", "rows belong to nobody"},
      {"UPDATE order_completed SET extra = '{'", "broken `extra`"},
      {"UPDATE tessera.entry SET first_seq = 1", "do not begin where the one before ends"},
      {"UPDATE tessera.entry SET id = 3", "wrong number"},
      {"DELETE FROM tessera.stitched", "with the wrong customer"},
      {"UPDATE tessera.identity SET profile = 5 WHERE profile = 1", "identifiers have the wrong number"},
      {"UPDATE tessera.identity SET value = 'ann', kind = 1", "identifiers are there more than once"},
      {"UPDATE tessera.link SET a = 12", "links point at nobody"},
      {"UPDATE tessera.link SET entry = 12", "belong to no entry"},
      {"DROP VIEW events; DROP VIEW v_order_completed; DROP TABLE order_completed", "tables are missing"},
      {"DROP VIEW v_order_completed; ALTER TABLE order_completed DROP total", "properties have no column"},
  };
  for (const auto& each : kCases) {
    const auto transaction = MUST(store::Transaction::begin(record->connection()));
    MUST(record->connection().run(each.damage));
    EXPECT_THAT(damage(), HasSubstr(each.found)) << each.damage;
  }
  EXPECT_EQ(damage(), "");
  MUST(record->connection().run("CREATE TABLE my_notes(a INTEGER)"));
  EXPECT_EQ(damage(), "");
  EXPECT_THAT(text_of(MUST(examine(*record))), HasSubstr("notice  every table is in the catalogue"));
}

}  // namespace
