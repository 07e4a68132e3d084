// Amounts in several currencies, end to end: a question over them is refused with what helps, a definition in force keeps
// its currency, rates convert, and reports say what they left out.
#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/json.hpp"

namespace tessera::cli {
namespace {

const std::string kSpent = "tessera segments members -e 'sum(\"Order Completed\".total) > 100' --as-of 2026-06-01";

class TwoCurrencies : public testing::Test {
 protected:
  void SetUp() override {
    work.write(
        "euros.csv",
        "customer,date,order,total,currency\nann,2026-01-05T12:00:00Z,o1,90,EUR\nbob,2026-01-05T12:00:00Z,o2,120,EUR\n");
    work.write(
        "others.csv",
        "customer,date,order,total,currency\nann,2026-01-06T12:00:00Z,o3,20,usd\neve,2026-01-06T12:00:00Z,o4,9000,JPY\n"
        "fay,2026-03-06T12:00:00Z,o5,500,USD\n");
    work.write("rates.csv", "Date,USD,JPY,\n2026-01-06,1.25,160,\n2026-01-05,N/A,150,\n");
    import("euros.csv");
  }
  void import(const std::string& file) {
    const Ran ran = work.sh("tessera import " + file + " --yes");
    ASSERT_EQ(ran.code, 0) << ran.err;
  }
  Json json(const std::string& command) {
    const Ran ran = work.sh("tessera --format json " + command);
    EXPECT_EQ(ran.code, 0) << ran.err;
    return parse_json(ran.out).value_or(Json());
  }
  Workplace work;
};

TEST_F(TwoCurrencies, AreRefusedWithWhatHelpsAndNotMixed) {
  EXPECT_EQ(work.sh(kSpent).out, "bob\n") << "one currency is no question";
  import("others.csv");
  const Ran mixed = work.sh(kSpent);
  EXPECT_EQ(mixed.code, 1);
  EXPECT_NE(mixed.err.find("total came in several currencies: EUR (2), USD (2), JPY (1)"), std::string::npos)
      << mixed.err;
  EXPECT_NE(mixed.err.find("tessera currency EUR"), std::string::npos) << mixed.err;
  EXPECT_EQ(work.sh(kSpent + " --currency USD").out, "fay\n");
  EXPECT_EQ(work.sh("tessera segments members -e 'did \"Order Completed\" where (currency = \"JPY\" and total > 1000)' "
                    "--as-of 2026-06-01")
                .out,
            "eve\n");
  EXPECT_EQ(work.sh("tessera segments count -e 'at least 2 \"Order Completed\"' --as-of 2026-06-01").out, "1\n");
  work.write("new.tsl", "segment \"New\" = sum(\"Order Completed\".total) > 100");
  EXPECT_NE(work.sh("tessera segments apply new.tsl").code, 0);
  ASSERT_EQ(work.sh("tessera currency EUR").code, 0);
  EXPECT_EQ(work.sh(kSpent).out, "bob\n");
  EXPECT_EQ(work.sh("tessera segments apply new.tsl").code, 0);
}

TEST_F(TwoCurrencies, WhatIsInForceKeepsItsOwnAndCountsWhatItCannotRead) {
  work.write("own.tsl", "segment \"Spenders\" = sum(\"Order Completed\".total) > 100");
  ASSERT_EQ(work.sh("tessera segments apply own.tsl").code, 0);
  import("others.csv");
  const std::string members = "tessera segments members Spenders --as-of 2026-06-01";
  EXPECT_EQ(work.sh(members).out, "bob\n");
  EXPECT_NE(work.sh("tessera --format json segments list").out.find("other currencies than EUR, without a rate"),
            std::string::npos);
  ASSERT_EQ(work.sh("tessera currency USD").code, 0);
  EXPECT_EQ(work.sh(members).out, "bob\n") << "it was applied with euros";
  EXPECT_EQ(work.sh(kSpent).out, "fay\n");
  ASSERT_EQ(work.sh("tessera currency --rates rates.csv").code, 0);
  EXPECT_EQ(work.sh(members).out, "ann\nbob\n") << "90 + 20 / 1.25";
  EXPECT_EQ(work.sh(kSpent).out, "fay\n") << "there is no rate of dollars on the day before";
}

TEST_F(TwoCurrencies, AServerAnswersAsTheFileDoes) {
  work.write("own.tsl", "segment \"Spenders\" = sum(\"Order Completed\".total) > 100");
  ASSERT_EQ(work.sh("tessera segments apply own.tsl && tessera currency EUR --rates rates.csv").code, 0);
  Serving server{work.path("tessera.duckdb")};
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  const std::string there = fmt::format("tessera --store http://127.0.0.1:{} ", server.port());
  EXPECT_EQ(work.sh(there + "segments members Spenders").out, "bob\n");
  ASSERT_EQ(work.sh(there + "import others.csv --yes").code, 0);
  EXPECT_EQ(work.sh(there + "segments members Spenders").out, "ann\nbob\n");
  EXPECT_NE(work.sh(there + "currency USD").code, 0);
  EXPECT_EQ(server.stop(), 0) << server.errors();
  EXPECT_EQ(work.sh("tessera segments members Spenders").out, "ann\nbob\n");
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  EXPECT_EQ(work.sh(fmt::format("tessera --store http://127.0.0.1:{} segments members Spenders", server.port())).out,
            "ann\nbob\n");
}

TEST_F(TwoCurrencies, SaysWhatTheRecordKnows) {
  import("others.csv");
  Json said = json("currency");
  EXPECT_EQ(said.find("currency")->text_or(""), "EUR");
  EXPECT_EQ(*said.find("is_set")->as_bool(), false);
  EXPECT_EQ(said.find("amounts")->as_array()->size(), 3u);
  said = json("currency usd --rates rates.csv");
  EXPECT_EQ(said.find("currency")->text_or(""), "USD");
  EXPECT_EQ(said.find("rates")->find("rates")->number_or(0), 3);
  EXPECT_EQ(said.find("rates")->find("from")->text_or(""), "2026-01-05");
  // A day that comes again is replaced, the others stay.
  work.write("again.csv", "Date,USD\n2026-01-06,2\n");
  EXPECT_EQ(json("currency --rates again.csv").find("rates")->find("rates")->number_or(0), 3);
  EXPECT_EQ(work.sh("tessera sql 'SELECT micros FROM tessera.rate WHERE currency = '\"'USD'\" --format csv").out,
            "micros\n2000000\n");
  EXPECT_NE(work.sh("tessera currency €").err.find("is no code of a currency"), std::string::npos);
  work.write("bad.csv", "Date,USD\n2026-01-06,abc\n");
  const Ran bad = work.sh("tessera currency --rates bad.csv");
  EXPECT_NE(bad.code, 0);
  EXPECT_NE(bad.err.find("bad.csv:2:12"), std::string::npos) << bad.err;
}

// What a letter adds up is of one currency; what it left out can be counted again.
TEST_F(TwoCurrencies, ALetterSaysWhatItLeftOut) {
  import("others.csv");
  const std::string letter = "letter --since 2026-01-01 --as-of 2026-06-01";
  const Json said = json(letter);
  EXPECT_EQ(said.find("currency")->text_or(""), "EUR");
  EXPECT_EQ(said.find("value")->find("now")->number_or(0), 210);
  double sum = 0, values = 0;
  for (const Json& one : *said.find("amounts_left_out")->as_array()) {
    if (one.find("currency")->text_or("") != "USD") continue;
    sum += one.find("sum")->number_or(0);
    values += one.find("values")->number_or(0);
  }
  EXPECT_EQ(fmt::format("n,s\n{},{}\n", values, sum),
            work.sh("tessera sql \"SELECT count(*) AS n, sum(total)::INTEGER AS s FROM order_completed WHERE "
                    "upper(currency) = 'USD'\" --format csv")
                .out);
  EXPECT_NE(work.sh("tessera " + letter).out.find("tessera currency EUR --rates FILE"), std::string::npos);
  ASSERT_EQ(work.sh("tessera currency --rates rates.csv").code, 0);
  EXPECT_EQ(json(letter).find("value")->find("now")->number_or(0), 210 + 20 / 1.25 + 9000 / 160.0);
}

}  // namespace
}  // namespace tessera::cli
