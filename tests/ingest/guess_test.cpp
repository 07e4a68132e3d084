// Layouts of files, each with the mapping that a person would make of it. One line of expectations a layout: the roles
// found, as --map would write them.
#include "ingest/fed.hpp"

namespace tessera::ingest {

using namespace formats;
namespace {

struct Layout {
  std::string name, text;
  std::vector<std::string> expected;  // "customer=CustomerID"; for money "amount=..." or "total=..."
  std::string first;                  // the first event: "Order Completed 2024-03-01T08:26:00Z 12.5"
  ingest::ImportOptions options = {};
};

// Ten orders of four customers, the same in every layout: dates 25 Feb to 5 Mar, so that day and month can be told.
struct Order {
  const char *customer, *iso, *dmy, *mdy, *serial, *seconds;
  const char *item, *category;
  int quantity;
  const char *price, *amount;
};
constexpr Order kOrders[] = {
    {"C101", "2024-02-25 09:15:00", "25.02.2024 09:15", "02/25/2024 9:15 AM", "45347.3854166667", "1708852500", "Lamp",
     "Light", 2, "12.50", "25.00"},
    {"C102", "2024-02-25 10:00:00", "25.02.2024 10:00", "02/25/2024 10:00 AM", "45347.4166666667", "1708855200", "Mug",
     "Kitchen", 1, "8.00", "8.00"},
    {"C101", "2024-02-26 11:30:00", "26.02.2024 11:30", "02/26/2024 11:30 AM", "45348.4791666667", "1708947000",
     "Chair", "Living", 1, "1250.00", "1250.00"},
    {"C103", "2024-02-27 12:00:00", "27.02.2024 12:00", "02/27/2024 12:00 PM", "45349.5", "1709035200", "Mug",
     "Kitchen", 4, "8.00", "32.00"},
    {"C104", "2024-02-28 14:45:00", "28.02.2024 14:45", "02/28/2024 2:45 PM", "45350.6145833333", "1709131500", "Lamp",
     "Light", 1, "12.50", "12.50"},
    {"C102", "2024-02-29 16:20:00", "29.02.2024 16:20", "02/29/2024 4:20 PM", "45351.6805555556", "1709223600", "Rug",
     "Living", 1, "99.90", "99.90"},
    {"C101", "2024-03-01 08:05:00", "01.03.2024 08:05", "03/01/2024 8:05 AM", "45352.3368055556", "1709280300", "Mug",
     "Kitchen", 2, "8.00", "16.00"},
    {"C104", "2024-03-02 19:10:00", "02.03.2024 19:10", "03/02/2024 7:10 PM", "45353.7986111111", "1709406600", "Rug",
     "Living", 2, "99.90", "199.80"},
    {"C103", "2024-03-04 07:55:00", "04.03.2024 07:55", "03/04/2024 7:55 AM", "45355.3298611111", "1709538900", "Lamp",
     "Light", 3, "12.50", "37.50"},
    {"C102", "2024-03-05 21:40:00", "05.03.2024 21:40", "03/05/2024 9:40 PM", "45356.9027777778", "1709674800", "Mug",
     "Kitchen", 1, "8.00", "8.00"},
};

std::string with_comma(std::string text) {
  std::replace(text.begin(), text.end(), '.', ',');
  return text;
}

template <typename Line>
std::string table(const std::string& header, Line line) {
  std::string out = header + "\n";
  int n = 0;
  for (const Order& order : kOrders) out += line(order, ++n) + "\n";
  return out;
}

std::vector<Layout> layouts() {
  std::vector<Layout> all;
  const ingest::ImportOptions utc{.zone = "UTC"};
  const auto add = [&](std::string name, std::string text, std::vector<std::string> expected, std::string first,
                       ingest::ImportOptions options) {
    options.yes = true;
    all.push_back({std::move(name), std::move(text), std::move(expected), std::move(first), options});
  };
  add("online retail with other names",
      table("Invoice,Stock Code,Description,Quantity,Invoice Date,Unit Price,Customer ID,Country",
            [](const Order& o, int n) {
              return fmt::format("{},S{},{},{},{},{},{},UK", 5000 + n, n, o.item, o.quantity, o.iso, o.price,
                                 o.customer);
            }),
      {"order=Invoice", "item=Description", "quantity=Quantity", "time=Invoice Date", "price=Unit Price",
       "customer=Customer ID"},
      "Order Completed 2024-02-25T09:15:00Z 25", utc);
  add("three columns",
      table("user_id,date,amount",
            [](const Order& o, int) {
              return fmt::format("{},{},{}", o.customer, std::string(o.iso).substr(0, 10), o.amount);
            }),
      {"customer=user_id", "time=date", "amount=amount"}, "Order Completed 2024-02-25T00:00:00Z 25", {});
  add("German, semicolons, decimal comma",
      table("Kundennummer;Bestelldatum;Bestellnummer;Artikelbezeichnung;Menge;Einzelpreis",
            [](const Order& o, int n) {
              return fmt::format("{};{};B{};{};{};{}", o.customer, o.dmy, n, o.item, o.quantity, with_comma(o.price));
            }),
      {"customer=Kundennummer", "time=Bestelldatum", "order=Bestellnummer", "item=Artikelbezeichnung", "quantity=Menge",
       "price=Einzelpreis"},
      "Order Completed 2024-02-25T08:15:00Z 25", {.zone = "Europe/Berlin"});
  add("German, thousands points and euro signs",
      table("Rechnungs-Nr.;Kunden-Nr.;Datum;Betrag;Währung",
            [](const Order& o, int n) {
              return fmt::format("R{};{};{};{} €;EUR", n, o.customer, o.dmy,
                                 std::string(o.amount) == "1250.00" ? "1.250,00" : with_comma(o.amount));
            }),
      {"order=Rechnungs-Nr.", "customer=Kunden-Nr.", "time=Datum", "total=Betrag", "currency=Währung"},
      "Order Completed 2024-02-25T09:15:00Z 25", utc);
  add("French",
      table("N° client;Date de commande;N° commande;Désignation;Quantité;Prix unitaire",
            [](const Order& o, int n) {
              return fmt::format("{};{};{};{};{};{}", o.customer, o.dmy, 900 + n, o.item, o.quantity,
                                 with_comma(o.price));
            }),
      {"customer=N° client", "time=Date de commande", "order=N° commande", "item=Désignation", "quantity=Quantité",
       "price=Prix unitaire"},
      "Order Completed 2024-02-25T09:15:00Z 25", utc);
  add("French, one line an order",
      table("courriel;date;montant;devise",
            [](const Order& o, int) {
              return fmt::format("{}@exemple.fr;{};{};EUR", o.customer, std::string(o.dmy).substr(0, 10),
                                 with_comma(o.amount));
            }),
      {"email=courriel", "time=date", "amount=montant", "currency=devise"}, "Order Completed 2024-02-25T00:00:00Z 25",
      {});
  add("Spanish",
      table("id_cliente,fecha_pedido,id_pedido,producto,cantidad,precio_unitario,categoría",
            [](const Order& o, int n) {
              return fmt::format("{},{},P{},{},{},{},{}", o.customer, o.iso, n, o.item, o.quantity, o.price,
                                 o.category);
            }),
      {"customer=id_cliente", "time=fecha_pedido", "order=id_pedido", "item=producto", "quantity=cantidad",
       "price=precio_unitario", "category=categoría"},
      "Order Completed 2024-02-25T09:15:00Z 25", utc);
  add("Spanish, tabs",
      table("Cliente\tFecha\tImporte total",
            [](const Order& o, int) { return fmt::format("{}\t{}\t{}", o.customer, o.dmy, with_comma(o.amount)); }),
      {"customer=Cliente", "time=Fecha", "amount=Importe total"}, "Order Completed 2024-02-25T09:15:00Z 25", utc);
  add("American dates, dollar signs",
      table("Order Number,Customer Email,Order Date,Grand Total",
            [](const Order& o, int n) {
              return fmt::format("#{},{}@x.com,{},\"${}\"", n, o.customer, o.mdy,
                                 std::string(o.amount) == "1250.00" ? "1,250.00" : o.amount);
            }),
      {"order=Order Number", "email=Customer Email", "time=Order Date", "total=Grand Total"},
      "Order Completed 2024-02-25T14:15:00Z 25", {.zone = "America/New_York"});
  add("Excel day numbers",
      table("customer,when,value",
            [](const Order& o, int) { return fmt::format("{},{},{}", o.customer, o.serial, o.amount); }),
      {"customer=customer", "time=when", "amount=value"}, "Order Completed 2024-02-25T09:15:00Z 25", utc);
  add("epoch seconds",
      table("uid|ts|total",
            [](const Order& o, int) { return fmt::format("{}|{}|{}", o.customer, o.seconds, o.amount); }),
      {"customer=uid", "time=ts", "amount=total"}, "Order Completed 2024-02-25T09:15:00Z 25", {});
  add("epoch milliseconds",
      table("timestamp,visitorid,event,itemid",
            [](const Order& o, int n) {
              return fmt::format("{}000,{},{},{}", o.seconds, o.customer, n % 3 ? "view" : "addtocart", 700 + n);
            }),
      {"time=timestamp", "anonymous=visitorid", "event=event", "product_id=itemid"}, "view 2024-02-25T09:15:00Z -", {});
  add("ids from a spreadsheet",
      table("CustomerNo,TransactionDate,Amount",
            [](const Order& o, int) { return fmt::format("{}.0,{},{}", o.customer + 1, o.iso, o.amount); }),
      {"customer=CustomerNo", "time=TransactionDate", "amount=Amount"}, "Order Completed 2024-02-25T09:15:00Z 25", utc);
  add("month names",
      table("Member ID,Purchase Date,Item,Qty,Price",
            [](const Order& o, int) {
              return fmt::format("{},{} {} 2024,{},{},{}", o.customer, std::string(o.iso).substr(8, 2),
                                 std::string(o.iso)[6] == '2' ? "Feb" : "Mar", o.item, o.quantity, o.price);
            }),
      {"customer=Member ID", "time=Purchase Date", "item=Item", "quantity=Qty", "price=Price"},
      "Order Completed 2024-02-25T00:00:00Z 25", {});
  add("events with a name",
      table("user,event_name,event_time,page",
            [](const Order& o, int n) {
              return fmt::format("{},{},{}Z,/p{}", o.customer, n % 2 ? "Page Viewed" : "Signed Up", o.iso, n);
            }),
      {"customer=user", "event=event_name", "time=event_time", "page=page"}, "Page Viewed 2024-02-25T09:15:00Z -", {});
  add("date and time apart",
      table("Date,Time,Receipt,Customer,Total",
            [](const Order& o, int n) {
              return fmt::format("{},{},R{},{},{}", std::string(o.iso).substr(0, 10), std::string(o.iso).substr(11, 5),
                                 n, o.customer, o.amount);
            }),
      {"time=Date", "clock=Time", "order=Receipt", "customer=Customer", "total=Total"},
      "Order Completed 2024-02-25T09:15:00Z 25", utc);
  add("the order's total on each of its lines",
      "order_id,email,created_at,order_total,sku,qty\n"
      "1,a@x.org,2024-03-01T10:00:00Z,30.00,A,1\n1,a@x.org,2024-03-01T10:00:00Z,30.00,B,2\n"
      "2,b@x.org,2024-03-13T10:00:00Z,7.00,A,1\n",
      {"order=order_id", "email=email", "time=created_at", "total=order_total", "product_id=sku", "quantity=qty"},
      "Order Completed 2024-03-01T10:00:00Z 30", {});
  add("customers with traits",
      "Kunden-ID;Vorname;Geschlecht;Alter;PLZ;Newsletter\nK1;Jo;w;31;01067;ja\nK2;Al;m;45;80331;nein\nK3;Bo;m;29;20095;"
      "ja\n",
      {"customer=Kunden-ID", "trait.vorname=Vorname", "trait.geschlecht=Geschlecht", "trait.alter=Alter",
       "trait.plz=PLZ", "trait.newsletter=Newsletter"},
      "$identify - -", {});
  add("customers, French",
      "Identifiant client,Prénom,Ville,Date de naissance\n1,Zoé,Lyon,1990-05-17\n2,Luc,Nice,1985-11-30\n",
      {"customer=Identifiant client", "trait.prénom=Prénom", "trait.ville=Ville",
       "trait.date_de_naissance=Date de naissance"},
      "$identify - -", {});
  add("columns the other way round, one unknown",
      table("loyalty,price,qty,sku,category,sold_date,client_id",
            [](const Order& o, int n) {
              return fmt::format("{},{},{},S{},{},{}Z,{}", n % 2 ? "gold" : "silver", o.price, o.quantity, n,
                                 o.category, o.iso, o.customer);
            }),
      {"loyalty=loyalty", "price=price", "quantity=qty", "product_id=sku", "category=category", "time=sold_date",
       "customer=client_id"},
      "Order Completed 2024-02-25T09:15:00Z 25", {});
  add("JSON lines with nested members",
      R"({"customer":{"id":"C1","email":"a@x.org"},"created_at":"2024-03-01T10:00:00Z","total":12.5,"channel":"web"}
{"customer":{"id":"C2","email":"b@x.org"},"created_at":"2024-03-13T10:00:00Z","total":8,"channel":"shop"}
)",
      {"customer=customer.id", "email=customer.email", "time=created_at", "amount=total", "channel=channel"},
      "Order Completed 2024-03-01T10:00:00Z 12.5", {});
  add("e-mail addresses under another name",
      table("who,happened,spent",
            [](const Order& o, int) { return fmt::format("{}@mail.de,{}Z,{}", o.customer, o.iso, o.amount); }),
      {"email=who", "time=happened", "amount=spent"}, "Order Completed 2024-02-25T09:15:00Z 25", {});
  add("bank transactions",
      table("account_id;booking_date;amount;currency;type",
            [](const Order& o, int n) {
              return fmt::format("{};{};-{};EUR;{}", o.customer, std::string(o.iso).substr(0, 10), with_comma(o.amount),
                                 n % 2 ? "card" : "transfer");
            }),
      {"customer=account_id", "time=booking_date", "amount=amount", "currency=currency", "type=type"},
      "Order Refunded 2024-02-25T00:00:00Z 25", {});
  return all;
}

TEST(Guess, LayoutsAreMappedAsAPersonWould) {
  const auto all = layouts();
  EXPECT_GE(all.size(), 20u);
  size_t right = 0;
  for (const Layout& layout : all) {
    const Fed fed = feed(layout.text, layout.options, layout.text[0] == '{' ? "file.jsonl" : "file.csv");
    ASSERT_FALSE(fed.error) << layout.name << ": " << fed.error->text();
    ASSERT_EQ(fed.report.files.size(), 1u);
    const std::string got = "," + fed.report.files[0].mapping.map_option() + ",";
    bool fine = true;
    for (const std::string& expected : layout.expected) {
      const bool found = got.find("," + expected + ",") != std::string::npos;
      fine &= found;
      EXPECT_TRUE(found) << layout.name << ": expected " << expected << " in " << got;
    }
    ASSERT_FALSE(fed.intake.rows.empty()) << layout.name;
    const RecordedRow& row = fed.intake.rows.front();
    const std::string first =
        fmt::format("{} {} {}", row.event, row.time == kEver ? "-" : text_of(row.time), row.get("total"));
    EXPECT_EQ(first, layout.first) << layout.name << ": " << got;
    EXPECT_EQ(fed.findings().rejected(), 0u) << layout.name;
    right += fine && first == layout.first ? 1 : 0;
  }
  fmt::print("  {} of {} layouts mapped right\n", right, all.size());
}

TEST(Guess, ADayAboveTwelveFarDownTheFileSettlesTheOrder) {
  std::string rows = "customer,date,amount\n";
  for (int i = 0; i < 5000; ++i) rows += fmt::format("C{},0{}/0{}/2024,5\n", i % 50, 1 + i % 9, 1 + i % 7);
  rows += "C1,25/03/2024,5\n";
  const Fed fed = feed(rows, {.yes = true});
  ASSERT_FALSE(fed.error) << fed.error->text();
  EXPECT_EQ(fed.intake.rows.size(), 5001u);
  EXPECT_EQ(fed.findings().rejected(), 0u);
}

TEST(Guess, AsksWhereSomebodyIsThereAndStopsWhereNobodyIs) {
  const std::string rows = "customer,date,amount\nA,2024-04-13,5\nB,2024-05-06,7\n";
  const Folder folder;
  const std::string path = folder.write("shop.csv", rows);
  SilentProgress progress;
  std::string shown;
  const auto answer = [&shown](bool yes) {
    return [&shown, yes](const std::string& text, const std::string&) -> std::optional<bool> {
      shown = text;
      return yes;
    };
  };
  const ingest::ImportOptions options{.learnt = *parse_instant("2026-03-01")};
  for (const bool yes : {true, false}) {
    RecordingIntake intake;
    ingest::ImportReport report;
    EXPECT_EQ(ingest::feed_file(intake, path, options, answer(yes), progress, report).has_value(), yes);
    EXPECT_NE(shown.find("its name says so"), std::string::npos) << shown;
  }
  const Fed silent = feed_path(path, options);
  ASSERT_TRUE(silent.error);
  EXPECT_NE(silent.error->remedy.text().find("--map customer=customer,time=date,amount=amount"), std::string::npos)
      << silent.error->remedy.text();
}

}  // namespace
}  // namespace tessera::ingest
