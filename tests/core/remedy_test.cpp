// Advice as data: how it stands in a line, and that members of a document give it back.
#include "core/remedy.hpp"

#include "core/remedy_json.hpp"
#include "core/result.hpp"

namespace tessera {
namespace {

TEST(Remedy, StandsInALineThatAShellTakes) {
  EXPECT_EQ(Remedy().text("x.db"), "");
  EXPECT_EQ(Remedy("free some disk").text("x.db"), "free some disk");
  EXPECT_EQ(try_command("doctor").text(), "tessera doctor");
  EXPECT_EQ(try_command("doctor").note("what is damaged").text("x y.db"),
            "tessera --store 'x y.db' doctor   # what is damaged");
  EXPECT_EQ(try_command("doctor").on("other.db").text("x.db"), "tessera --store other.db doctor");
  EXPECT_EQ(try_command("").flag("--help").text(), "tessera --help");
  EXPECT_EQ(try_command("import").argument("it's.csv").option("--keep", "bad-time").blank("FILE").text(),
            "tessera import 'it'\\''s.csv' --keep bad-time FILE");
  EXPECT_EQ(try_command("customer").argument("-7").option("--as-of", "-1").text(), "tessera customer --as-of=-1 -- -7");
  EXPECT_EQ(try_again().option("--dates", "dmy").note("or mdy").text("x.db"), "--dates dmy   # or mdy");
  EXPECT_EQ(try_again().without("--preset").note("without it").text(), "without it");
  EXPECT_EQ(try_again().files("a b", "csv.gz").text(), "'a b'/*.csv.gz");
  EXPECT_EQ(try_shell("od -c").argument("a b").raw("| head -5").text(), "od -c 'a b' | head -5");
  EXPECT_EQ(try_get("/api/v1/webhooks").note("lists them").text(), "GET /api/v1/webhooks lists them");
}

TEST(Remedy, MembersOfADocumentGiveItBack) {
  const std::vector<Remedy> all = {
      Remedy(),
      Remedy("free some disk"),
      try_command("keys add").flag("--admin").argument("a b").blank("FILE").on("s.db").note("makes one"),
      try_again().option("--dates", "dmy").without("--preset").files("d", "csv"),
      try_shell("od -c").argument("f").raw("| head"),
      try_get("/api/v1/webhooks").note("lists them"),
  };
  for (const Remedy& remedy : all) {
    Json document = Json::object();
    put_remedy(document, remedy);
    EXPECT_EQ(remedy_from(document).advice(), remedy.advice()) << document.dump();
    const Json* text = document.find("remedy");
    EXPECT_EQ(text ? text->text_or("") : "", remedy.text());
  }
  // Of a server that knows no actions, or others.
  EXPECT_EQ(remedy_from(*parse_json(R"({"remedy": "wait"})")).text(), "wait");
  EXPECT_EQ(remedy_from(*parse_json(R"({"remedy": "wait", "action": {"kind": "sing"}})")).text(), "wait");
  EXPECT_TRUE(remedy_from(*parse_json(R"({"action": 7})")).empty());
}

TEST(Remedy, IsCopiedAsAValueAndKeepsAnErrorSmall) {
  static_assert(sizeof(Error) <= 2 * sizeof(std::string) + 2 * sizeof(void*));
  const Remedy one = try_command("doctor");
  Remedy two = one;
  two = std::move(two).flag("--help");
  EXPECT_EQ(one.text(), "tessera doctor");
  EXPECT_EQ(two.text(), "tessera doctor --help");
}

}  // namespace
}  // namespace tessera
