// Importing again changes nothing: the same file, a longer one, columns in another order, orders that changed.
#include "ingest/fed.hpp"
#include "profiles/intake.hpp"
#include "store/record.hpp"

namespace tessera::ingest {
namespace {

const ImportOptions kLines{.map = "customer=customer,time=date,order=order,item=item,quantity=quantity,price=price"};
const std::string kHeader = "order,customer,date,item,quantity,price\n";
const std::string kOld = "1,A,2024-03-01,Mug,1,5\n1,A,2024-03-01,Rug,1,20\n2,B,2024-03-02,Mug,2,5\n";

bool contains_all(const Fed& longer, const Fed& shorter) {
  const auto all = longer.intake.fingerprints();
  for (const uint64_t one : shorter.intake.fingerprints()) {
    if (!all.contains(one)) return false;
  }
  return true;
}

TEST(Identity, ALongerExportHoldsTheOldOne) {
  const Fed old = feed(kHeader + kOld, kLines), longer = feed(kHeader + kOld + "3,A,2024-03-05,Mug,1,5\n", kLines);
  EXPECT_EQ(old.intake.rows.size(), 2u);
  EXPECT_EQ(longer.intake.fingerprints().size(), 3u);
  EXPECT_TRUE(contains_all(longer, old));
}

TEST(Identity, AnOrderThatGainedLinesIsTheOrderItWas) {
  const Fed old = feed(kHeader + kOld, kLines);
  const Fed grown = feed(kHeader + "1,A,2024-03-01,Pin,1,1\n" + kOld, kLines);
  EXPECT_EQ(old.intake.fingerprints(), grown.intake.fingerprints());
  // Its refund later is another event.
  const Fed refunded = feed(kHeader + kOld + "1,A,2024-03-09,Mug,-1,50\n", kLines);
  EXPECT_EQ(refunded.intake.of("Order Refunded").size(), 1u);
}

TEST(Identity, LinesOfAnOrderNeedNotStandTogether) {
  const Fed fed = feed(kHeader + "1,A,2024-03-02,Mug,1,5\n2,B,2024-03-02,Mug,2,5\n1,A,2024-03-01,Rug,1,20\n", kLines);
  const auto orders = fed.intake.of("Order Completed");
  ASSERT_EQ(orders.size(), 2u);
  EXPECT_EQ(orders[0]->list("products.name"), "'Mug' 'Rug'");
  EXPECT_EQ(text_of(orders[0]->time), "2024-03-01T00:00:00Z");  // the earlier of its two times
}

TEST(Identity, EqualRowsAreCountedAndColumnsMayMove) {
  const ImportOptions events{.map = "customer=who,time=at,event=what,page=page"};
  const Fed twice =
      feed("who,at,what,page\nA,2024-03-13,Seen,/a\nA,2024-03-13,Seen,/a\nA,2024-03-14,Seen,/a\n", events);
  EXPECT_EQ(twice.intake.rows.size(), 3u);
  EXPECT_EQ(twice.intake.fingerprints().size(), 3u);
  const Fed moved =
      feed("page,what,at,who\n/a,Seen,2024-03-13,A\n/a,Seen,2024-03-14,A\n/a,Seen,2024-03-13,A\n", events);
  EXPECT_EQ(moved.intake.fingerprints(), twice.intake.fingerprints());
}

TEST(Identity, TraitsAreFactsInTheOrderOfTimeWhateverTheFiles) {
  const ImportOptions options{.map = "customer=who,time=at,amount=sum,trait.country=land"};
  const Fed backwards =
      feed("who,at,sum,land\nA,2024-03-14,1,UK\nA,2024-03-13,1,UK\nA,2024-03-12,1,FR\nB,2024-03-01,1,\n", options);
  const auto facts = backwards.intake.of("$identify");
  ASSERT_EQ(facts.size(), 2u);
  EXPECT_EQ(text_of(facts[0]->time) + facts[0]->get("country"), "2024-03-12T00:00:00Z'FR'");
  EXPECT_EQ(text_of(facts[1]->time) + facts[1]->get("country"), "2024-03-13T00:00:00Z'UK'");
  const Fed longer =
      feed("who,at,sum,land\nA,2024-03-15,1,UK\nA,2024-03-14,1,UK\nA,2024-03-13,1,UK\nA,2024-03-12,1,FR\n", options);
  EXPECT_EQ(longer.intake.of("$identify").size(), 2u);
  EXPECT_EQ(longer.intake.of("$identify")[1]->fingerprint, facts[1]->fingerprint);
}

TEST(Identity, ATraitThatGoesBackIsWhatItIsNow) {
  const FixedClock clock(*parse_instant("2026-03-01"));
  auto record = store::Record::in_memory(clock);
  ASSERT_TRUE(record);
  SilentProgress progress;
  const Folder folder;
  const std::string ulm = folder.write("ulm.csv", "customer_id,city,age\nA,Ulm,31\nB,Ulm,44\n");
  const std::string bonn = folder.write("bonn.csv", "customer_id,city,age\nA,Bonn,31\n");
  const auto facts = [&](const std::string& file) {
    const auto report = import_files(**record, std::vector{file}, {.yes = true, .learnt = clock.now()}, {}, progress);
    EXPECT_TRUE(report) << report.error().text();
    return report ? report->trait_facts : 99;
  };
  const auto city = [&] {
    return (*record)->connection().text("SELECT arg_max(city, seq) FROM v_identify WHERE customer = 'A'")->value_or("");
  };
  EXPECT_EQ(facts(ulm), 2u);
  EXPECT_EQ(facts(bonn), 1u);
  EXPECT_EQ(city(), "Bonn");
  EXPECT_EQ(facts(ulm), 1u);
  EXPECT_EQ(city(), "Ulm");
  EXPECT_EQ(facts(ulm), 0u);
  EXPECT_EQ(facts(bonn), 1u);
  EXPECT_EQ(city(), "Bonn");
  // Age was 31 all along: it is not said again.
  EXPECT_EQ((*record)->connection().integer("SELECT count(age) FROM v_identify WHERE customer = 'A'").value(), 2);
}

TEST(Identity, FilesAreJoinedOnSharedIdsAndImportedOnce) {
  const FixedClock clock(*parse_instant("2026-03-01"));
  auto record = store::Record::in_memory(clock);
  ASSERT_TRUE(record);
  SilentProgress progress;
  const Folder folder;
  const std::vector<std::string> files{
      folder.write("orders.csv", "order_id,customer_id,date,total\n1,A,2024-03-13,5\n2,B,2024-03-14,6\n"),
      folder.write("customers.csv",
                   "customer_id,email,age\nA,jo@example.com,31\nB,al@example.com,44\nC,zoe@example.com,20\n"),
      folder.write("mail.csv",
                   "Email Address,Action,Timestamp\nJO@example.com,open,2024-03-15 "
                   "10:00:00\nnew@example.com,open,2024-03-15 10:00:00\n")};
  const ImportOptions options{.yes = true, .zone = "UTC", .learnt = clock.now()};
  const auto report = import_files(**record, files, options, {}, progress);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->customers, 4u);
  EXPECT_EQ(report->events_stored, 4u);
  EXPECT_EQ(report->trait_facts, report->findings.rows_used - 4u);
  EXPECT_EQ(report->classes.at("$identify.email"), "contact");
  EXPECT_EQ(report->classes.at("$identify.age"), "demographic");
  const auto again = import_files(**record, files, options, {}, progress);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->events_stored, 0u);
  EXPECT_EQ(again->new_customers, 0u);
  EXPECT_EQ((*record)->connection().integer("SELECT count(*) FROM tessera.entry").value(), 1);
  const auto zone = (*record)->connection().text("SELECT detail FROM tessera.entry");
  EXPECT_NE(zone->value_or("").find("\"zone_known\":true"), std::string::npos);
  EXPECT_NE(zone->value_or("").find("\"files\""), std::string::npos);
}

}  // namespace
}  // namespace tessera::ingest
