// Bad input: what is refused (with place, value and a remedy), what becomes a reject, what is kept with a warning.
#include "ingest/fed.hpp"
#include "profiles/intake.hpp"
#include "store/record.hpp"

namespace tessera::ingest {
namespace {

struct Refusal {
  std::string name, text;
  std::string place_ends, message, remedy;  // parts of them
  ImportOptions options = {};
  std::string file = "file.csv";
};

std::string wide(size_t columns) {
  std::string header, row;
  for (size_t i = 0; i < columns; ++i) {
    header += fmt::format("{}c{}", i ? "," : "", i);
    row += i ? ",1" : "1";
  }
  return header + "\n" + row + "\n";
}

TEST(BadInput, RefusedWithPlaceValueAndRemedy) {
  const std::string good = "customer,date,amount\nA,2024-03-13,5\nB,2024-03-14,6\n";
  const std::vector<Refusal> refusals = {
      {"empty", "", "file.csv", "empty", "ls -l"},
      {"blank lines alone", "\n\n\n", "file.csv", "only blank lines", "head"},
      {"header alone", "customer,date,amount\n", "file.csv", "3 columns and no row", "head"},
      {"wrong delimiter, said",
       "customer;date;amount\nA;2024-03-13;5\n",
       "file.csv:1",
       "one column only",
       "--delimiter ';'",
       {.yes = true, .delimiter = ','}},
      {"unknown delimiter",
       "customer:date:amount\nA:2024-03-13:5\n",
       "file.csv:1",
       "one column only",
       "--delimiter :",
       {.yes = true}},
      {"a quote that never closes",
       "customer,date,amount\nA,2024-03-13,5\nB,\"2024-03-14,6\nC,2024-03-15,7\n",
       "file.csv:3:3",
       "never closes",
       "sed -i.bak '3s/\"//g'",
       {.yes = true}},
      {"binary", std::string("\x01\x02\x00\x03", 4), "file.csv", "binary file", "od -c "},
      {"workbook", "PK\x03\x04rest of it", "file.csv", "workbook", "libreoffice --headless --convert-to csv"},
      {"not UTF-8",
       "customer,date,amount\nJos\xE9,2024-03-13,5\nB,2024-03-14,6\n",
       "file.csv:2:4",
       "0xE9",
       "--encoding windows-1252",
       {.yes = true}},
      {"three forms of dates",
       "customer,date,amount\nA,2024-03-13,5\nB,14/03/2024,6\nC,15 Mar 2024,7\n",
       "column 'date'",
       "dates are written in 3 forms",
       "--dates dmy",
       {.yes = true}},
      {"day first here, month first there",
       "customer,date,amount\nA,13/03/2024,5\nB,03/14/2024,6\n",
       "column 'date'",
       "some the month",
       "--dates dmy",
       {.yes = true}},
      {"10,000 columns", wide(10'000), "file.csv:1", "10000 columns", "--map customer=COLUMN"},
      {"nobody",
       "date,amount,shop\n2024-03-13,5.5,x\n2024-03-14,6.5,x\n",
       "file.csv:1",
       "no column says who",
       "--map customer=",
       {.yes = true}},
      {"no row of use", "customer,date,amount\n0,2024-03-13,5\n", "", "none", "--map", {.preset = "transactions"}},
      {"data in the place of names", "17850,2024-03-13,5\n17851,2024-03-14,6\n", "file.csv:1", "looks like data",
       "sed -i.bak '1i customer,time,amount'"},
      {"a column that is not there",
       good,
       "file.csv:1",
       "no column 'custmer'",
       "--map customer=customer,time=date",
       {.map = "customer=custmer,time=date"}},
      {"an unknown preset", good, "", "no preset 'transacitons'", "--preset transactions", {.preset = "transacitons"}},
      {"an unknown zone",
       "customer,date,amount\nA,2024-03-13 10:00,5\n",
       "",
       "Europe/Londn",
       "",
       {.yes = true, .zone = "Europe/Londn"}},
      {"JSON that is cut off", "[{\"customer\":\"A\"", "file.csv:1", "cut off", "tail"},
  };
  for (const Refusal& refusal : refusals) {
    if (refusal.name == "no row of use") continue;  // import_files' to say: below
    const Fed fed = feed(refusal.text, refusal.options, refusal.file);
    ASSERT_TRUE(fed.error) << refusal.name;
    EXPECT_TRUE(fed.error->place.ends_with(refusal.place_ends)) << refusal.name << ": " << fed.error->place;
    EXPECT_NE(fed.error->message.find(refusal.message), std::string::npos)
        << refusal.name << ": " << fed.error->message;
    EXPECT_NE(fed.error->remedy.text().find(refusal.remedy), std::string::npos)
        << refusal.name << ": " << fed.error->remedy.text();
  }
}

TEST(BadInput, MissingFileAndFolder) {
  const Folder folder;
  const Fed missing = feed_path(folder.path("nothing.csv"));
  ASSERT_TRUE(missing.error);
  EXPECT_EQ(missing.error->message, "no such file");
  const Fed empty = feed_path(folder.path(""));
  ASSERT_TRUE(empty.error);
  EXPECT_TRUE(empty.error->remedy.text().starts_with("ls -l")) << empty.error->remedy.text();
  folder.write("a.jsonl", "{}");
  const Fed dir = feed_path(folder.path(""));
  ASSERT_TRUE(dir.error);
  EXPECT_NE(dir.error->remedy.text().find("*.jsonl"), std::string::npos) << dir.error->remedy.text();
}

TEST(BadInput, TheRemediesWork) {
  const std::string latin = "customer,date,amount\nJos\xE9,2024-03-13,5\n";
  const Fed decoded = feed(latin, {.yes = true, .encoding = formats::Encoding::Windows1252});
  ASSERT_FALSE(decoded.error) << decoded.error->text();
  EXPECT_EQ(decoded.intake.rows[0].who[0], "user José");
  const Fed strict = feed(latin + "B,2024-03-14,6\n", {.yes = true, .encoding = formats::Encoding::Utf8});
  EXPECT_EQ(strict.rejects("invalid-utf8"), 1u);
  EXPECT_EQ(strict.intake.rows.size(), 1u);
  const Fed colons = feed("customer:date:amount\nA:2024-03-13:5\n", {.yes = true, .delimiter = ':'});
  EXPECT_EQ(colons.intake.rows.size(), 1u);
  const Fed mixed = feed("customer,date,amount\nA,2024-03-13,5\nB,14/03/2024,6\nC,15 Mar 2024,7\n",
                         {.yes = true, .dates = formats::DateOrder::DayMonth});
  ASSERT_FALSE(mixed.error) << mixed.error->text();
  EXPECT_EQ(mixed.intake.rows.size(), 3u);
  EXPECT_EQ(feed(wide(10'000), {.map = "customer='c0',trait.x=c9999"}).intake.rows.size(),
            0u);  // a constant is no column
  EXPECT_EQ(feed(wide(10'000), {.map = "customer=c0,trait.x=c9999"}).intake.rows.size(), 1u);
}

TEST(BadInput, AStrayQuoteCostsItsOwnLineAlone) {
  const Fed fed = feed(
      "customer,date,amount\nA,2024-03-13,5\nB,\"2024-03-14,6\nC,2024-03-15,7\nD,2024-03-16,\"8\"\nE,2024-03-17,9\n",
      {.map = "customer=customer,time=date,amount=amount"});
  ASSERT_FALSE(fed.error) << fed.error->text();
  EXPECT_EQ(fed.findings().rejects.begin()->second.line, 3u);
  std::vector<std::string> who;
  for (const RecordedRow& row : fed.intake.rows) who.push_back(row.who[0]);
  EXPECT_EQ(who, (std::vector<std::string>{"user A", "user C", "user D", "user E"}));
}

TEST(BadInput, GzipAndUtf16AndOldLineEnds) {
  const std::string rows = "customer,date,amount\r\nJos\xC3\xA9,2024-03-13,5\r\nB,2024-03-14,6\r\n";
  EXPECT_EQ(feed(rows, {.yes = true}).intake.rows.size(), 2u);
  EXPECT_EQ(feed("\xEF\xBB\xBF" + rows, {.yes = true}).intake.rows[0].who[0], "user José");
  std::string wide_text("\xFF\xFE", 2);
  for (const char c : std::string("customer\tdate\tamount\r\nJo\t2024-03-13\t5\r\n")) wide_text += std::string{c, '\0'};
  EXPECT_EQ(feed(wide_text, {.yes = true}).intake.rows.size(), 1u);
  std::string old = rows;
  std::erase(old, '\n');
  EXPECT_EQ(feed(old, {.yes = true}).intake.rows.size(), 2u);
  const Folder folder;
  const std::string path = folder.write("x.csv", rows);
  ASSERT_EQ(system(fmt::format("gzip -k {}", path).c_str()), 0);
  EXPECT_EQ(feed_path(path + ".gz", {.yes = true}).intake.rows.size(), 2u);
  std::ifstream packed(path + ".gz", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(packed)), {});
  const Fed cut = feed(bytes.substr(0, bytes.size() - 12), {.yes = true}, "cut.csv.gz");
  ASSERT_TRUE(cut.error);
  EXPECT_NE(cut.error->remedy.text().find("gzip -t"), std::string::npos) << cut.error->text();
}

TEST(BadInput, ARemedyIsTheOptionThatHelps) {
  const FixedClock clock(*parse_instant("2026-03-01"));
  auto record = store::Record::in_memory(clock);
  SilentProgress progress;
  const Folder folder;
  const std::string path = folder.write("a.csv", "customer,date,amount\nA,03/04/2024,5\n");
  const auto advice = [&](const ImportOptions& options) {
    const auto result = import_files(**record, std::vector{path}, options, {}, progress);
    return result ? Advice() : result.error().remedy.advice();
  };
  using Part = Advice::Part;
  const Advice dates = advice({.yes = true, .currency = "EUR"});
  EXPECT_EQ(dates.kind, Advice::Kind::Again);
  EXPECT_EQ(dates.parts, std::vector{(Part{.option = "--dates", .value = "dmy"})});
  EXPECT_EQ(dates.note, "or mdy");
  const Advice guessed = advice({});
  EXPECT_EQ(guessed.parts, std::vector{Part{.option = "--yes"}});
  EXPECT_TRUE(guessed.note.starts_with("or change it: --map customer=customer,time=date")) << guessed.note;
  EXPECT_EQ(advice({.yes = true, .delimiter = ';'}).parts, std::vector{(Part{.option = "--delimiter", .value = ","})});
}

TEST(BadInput, TheRecordStaysAsItWas) {
  const FixedClock clock(*parse_instant("2026-03-01"));
  auto record = store::Record::in_memory(clock);
  ASSERT_TRUE(record);
  SilentProgress progress;
  const Folder folder;
  const std::string good = folder.write("good.csv", "customer,date,amount\nA,2024-03-13,5\n0,2024-03-13,5\n");
  const std::string bad = folder.write("bad.csv", "customer,date,amount\nB,\"2024-03-14,6\n");
  const std::string useless = folder.write("useless.csv", "customer,date,amount\n0,2024-03-13,5\n");
  ImportOptions options{.yes = true, .learnt = clock.now()};
  const auto refused = [&](std::vector<std::string> files) {
    const auto result = import_files(**record, files, options, {}, progress);
    EXPECT_FALSE(result);
    EXPECT_EQ((*record)->connection().integer("SELECT count(*) FROM tessera.entry").value(), 0);
    EXPECT_EQ((*record)->connection().integer("SELECT count(*) FROM tessera.identity").value(), 0);
    return result ? Error{} : result.error();
  };
  refused({good, bad});  // all or nothing, over all files
  options.preset = "transactions";
  EXPECT_NE(refused({useless}).message.find("none of its 1 rows"), std::string::npos);
  const Error odd = refused({good});
  EXPECT_EQ(odd.place, good + ":3");
  EXPECT_NE(odd.message.find("blocked-id"), std::string::npos) << odd.text();
  EXPECT_NE(odd.remedy.text().find("--keep blocked-id"), std::string::npos) << odd.remedy.text();
  options.odd.set(formats::Odd::FutureTime, formats::OddRule::Keep);
  options.odd.set(formats::Odd::ZeroPrice, formats::OddRule::Reject);
  EXPECT_NE(refused({good}).remedy.text().find("--keep future-time,blocked-id"), std::string::npos);
  // Where somebody is there to ask, an answer does.
  options.yes = false;
  std::string asked;
  const formats::Asker no = [&](const std::string& text, const std::string&) {
    return asked = text, std::optional(false);
  };
  EXPECT_FALSE(import_files(**record, std::vector{good}, options, no, progress));
  EXPECT_NE(asked.find("blocked-id"), std::string::npos) << asked;
  options.yes = true;
  options.odd.set(formats::Odd::BlockedId, formats::OddRule::Keep);
  const auto fine = import_files(**record, std::vector{good}, options, {}, progress);
  ASSERT_TRUE(fine) << fine.error().text();
  EXPECT_EQ(fine->events_stored, 1u);
  EXPECT_EQ(fine->findings.rows_without_customer, 1u);
  const std::string json = fine->json().dump();
  for (const std::string_view key : {"rows_read", "rows_rejected", "rejects", "rows_without_customer", "events_stored",
                                     "duplicates", "customers", "from", "to"}) {
    EXPECT_NE(json.find(fmt::format("\"{}\"", key)), std::string::npos) << key;
  }
}

}  // namespace
}  // namespace tessera::ingest
