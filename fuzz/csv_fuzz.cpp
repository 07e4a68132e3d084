// Any bytes as delimited text: every record is a row as wide as the header or a reject, lines ascend, and what was read
// once reads the same when written again with every field quoted. Then the whole way: guessed, settled and carried out.
#include "formats/csv.hpp"
#include "formats/guess.hpp"
#include "ingest/discard.hpp"
#include "ingest/rows.hpp"

namespace {

using namespace tessera;
using namespace tessera::formats;
using namespace tessera::ingest;

using Table = std::vector<std::vector<std::string>>;

std::optional<Table> read(std::string text, char delimiter, size_t& rejects) {
  auto reader = csv_of_text(std::move(text), {.delimiter = delimiter, .encoding = Encoding::Utf8}, [&](Malformed bad) {
    VERIFY(bad.line > 0 && !bad.reason.empty());
    ++rejects;
  });
  if (!reader) return std::nullopt;
  Table table{(*reader)->columns()};
  Row row;
  uint64_t last = 0;
  for (;;) {
    const auto more = (*reader)->next(row);
    if (!more) return std::nullopt;
    if (!*more) return table;
    VERIFY(row.line > last && row.fields.size() == table[0].size());
    last = row.line;
    auto& fields = table.emplace_back();
    for (const Field& field : row.fields) fields.emplace_back(field.text);
  }
}

std::string written(const Table& table) {
  std::string out;
  for (const auto& row : table) {
    for (size_t i = 0; i < row.size(); ++i) {
      out += i ? ",\"" : "\"";
      for (const char c : row[i]) out += c == '"' ? std::string("\"\"") : std::string(1, c);
      out += '"';
    }
    out += '\n';
  }
  return out;
}

void import_all(const std::string& text) {
  const auto open = [&text] { return csv_of_text(text, {.encoding = Encoding::Utf8}, [](Malformed) {}); };
  auto first = open();
  if (!first) return;
  const auto profile = profile_table(**first);
  if (!profile) return;
  auto mapping = guess_mapping(*profile, "fuzz");
  if (!mapping) return;
  const auto plan = settle(std::move(*mapping), *profile, {.dates = DateOrder::DayMonth, .zone = "none"}, "fuzz");
  if (!plan) return;
  DiscardIntake intake;
  Findings findings;
  NormaliserContext context{.intake = intake, .findings = findings, .file = "fuzz"};
  const auto normaliser = make_normaliser(*plan, context);
  auto reader = open();
  Row row;
  for (auto more = (*reader)->next(row); more && *more; more = (*reader)->next(row)) VERIFY(normaliser->add(row));
  VERIFY(normaliser->finish());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  size_t rejects = 0;
  const auto table = read(text, ',', rejects);
  // A first line that begins with a byte order mark, or blank names, are read in their own way.
  if (table && text.find('\r') == std::string::npos && text.find('\xEF') == std::string::npos) {
    size_t none = 0;
    const auto again = read(written(*table), ',', none);
    VERIFY(none == 0 && again);
    VERIFY(*again == *table);
  }
  import_all(text);
  return 0;
}
