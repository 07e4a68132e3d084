#include "profiles/rulings.hpp"

#include <algorithm>
#include <array>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "profiles/identifier_rules.hpp"
#include "profiles/load.hpp"
#include "profiles/tables.hpp"

namespace tessera::profiles {

using store::Connection;

namespace {

struct CategoryName {
  std::string_view name;
  Purpose purpose;
};
// OneTrust's codes, and what consent banners call their categories. Others (strictly necessary, functional, social) say
// nothing of what is done here.
constexpr CategoryName kCategories[] = {
    {"c0002", Purpose::Collection},          {"analytics", Purpose::Collection},
    {"performance", Purpose::Collection},    {"statistics", Purpose::Collection},
    {"measurement", Purpose::Collection},    {"collection", Purpose::Collection},
    {"c0004", Purpose::Profiling},           {"advertising", Purpose::Profiling},
    {"targeting", Purpose::Profiling},       {"marketing", Purpose::Profiling},
    {"personalization", Purpose::Profiling}, {"personalisation", Purpose::Profiling},
    {"profiling", Purpose::Profiling}};

// Not example.com and ".example": who tries the product out, documents and simulated companies live there.
constexpr std::string_view kTestDomains[] = {"test.example"};
constexpr std::string_view kReservedEndings[] = {".test", ".invalid", ".localhost"};

std::string_view domain_of(std::string_view email) {
  const size_t at = email.rfind('@');
  return at == std::string_view::npos ? std::string_view() : email.substr(at + 1);
}

}  // namespace

std::string_view name_of(Mark mark) {
  constexpr std::string_view kNames[] = {"", "bot", "staff", "test"};
  return kNames[static_cast<size_t>(mark)];
}

std::optional<Mark> mark_named(std::string_view name) {
  for (const Mark mark : {Mark::Bot, Mark::Staff, Mark::Test})
    if (name_of(mark) == name) return mark;
  return std::nullopt;
}

std::optional<std::string_view> test_address(std::string_view email) {
  const std::string_view domain = domain_of(email);
  if (domain.empty()) return std::nullopt;
  for (const std::string_view each : kTestDomains)
    if (domain == each || (domain.ends_with(each) && domain[domain.size() - each.size() - 1] == '.')) return each;
  for (const std::string_view each : kReservedEndings)
    if (domain.ends_with(each)) return each;
  if (email.substr(0, email.size() - domain.size()).ends_with("+test@")) return "+test@";
  return std::nullopt;
}

Rulings::Rulings(std::string_view key) : key_(hash64(key, 0x5265667573616C73)) {}

void Rulings::block(IdentifierKind kind, std::string_view value, RulingKind ruling) {
  const auto found = values_.find({kind, std::string(value)});
  if (found != values_.end()) {
    blocked_ -= found->second == RulingKind::Block;
    values_.erase(found);
  }
  if (ruling == RulingKind::Unblock) return;
  values_.emplace(std::pair(kind, std::string(value)), ruling);
  blocked_ += ruling == RulingKind::Block;
}

bool Rulings::is_blocked(IdentifierKind kind, std::string_view value) const {
  if (blocked_ == 0) return false;
  return any_spelling({kind, value}, [&](const Identifier& one) {
    const auto found = values_.find({one.kind, std::string(one.value)});
    return found != values_.end() && found->second == RulingKind::Block;
  });
}

bool Rulings::is_staff(std::string_view email) const {
  if (staff_domains_.empty()) return false;
  for (std::string_view domain = domain_of(email); !domain.empty();) {
    if (staff_domains_.contains(domain)) return true;
    const size_t dot = domain.find('.');
    if (dot == std::string_view::npos) break;
    domain.remove_prefix(dot + 1);
  }
  return false;
}

void Rulings::set_category(const std::string& name, std::string_view purpose) {
  categories_[fold_case(name)] = purpose == "collection"  ? Purpose::Collection
                                 : purpose == "profiling" ? Purpose::Profiling
                                                          : Purpose::None;
}

Purpose Rulings::purpose_of(std::string_view category) const {
  const std::string folded = fold_case(trim(category));
  if (const auto found = categories_.find(folded); found != categories_.end()) return found->second;
  for (const CategoryName& known : kCategories)
    if (known.name == folded) return known.purpose;
  return Purpose::None;
}

ConsentSaid Rulings::resolve(const ConsentSaid& said) const {
  ConsentSaid out{.collection = said.collection, .profiling = said.profiling, .categories = {}};
  for (const auto& [category, given] : said.categories) {
    const Purpose purpose = purpose_of(category);
    if (purpose == Purpose::None) continue;
    auto& of = purpose == Purpose::Collection ? out.collection : out.profiling;
    of = of.value_or(true) && given;
  }
  return out;
}

uint64_t Rulings::fingerprint(IdentifierKind kind, std::string_view value) const {
  return hash64(value, key_ + static_cast<uint64_t>(kind));
}

void Rulings::say_mark(uint64_t fingerprint, std::optional<Mark> mark, std::string_view by) {
  Standing& standing = standing_[fingerprint];
  standing.mark = mark;
  standing.is_persons = !by.starts_with(kDetector);
}

// What was said before the last word changes nothing now.
void Rulings::say_profiling(uint64_t fingerprint, bool given, Instant time, uint64_t order) {
  Standing& standing = standing_[fingerprint];
  if (standing.profiling && std::pair(time, order) < standing.profiling_at) return;
  standing.profiling = given;
  standing.profiling_at = {time, order};
}

size_t Rulings::bytes() const {
  return standing_.size() * 48 + values_.size() * 112 + refused_.size() * 40;
}

// --- the record

namespace {

// The profiles that somebody has ruled on, as SQL; nullopt: none.
Result<std::optional<std::string>> select_ruled(Connection& connection) {
  const EventTables tables = TRY(EventTables::read(connection));
  const EventTable* table = tables.find(SystemStream::Ruling);
  if (!table) return std::nullopt;
  return fmt::format("SELECT profile FROM main.{}", store::quoted_name(table->name));
}

Result<std::unordered_map<Profile, uint64_t>> fingerprints_of_ruled(Connection& connection, const Rulings& rulings) {
  std::unordered_map<Profile, uint64_t> out;
  const auto ruled = TRY(select_ruled(connection));
  if (!ruled) return out;
  auto answer = TRY(connection.stream(
      fmt::format("SELECT profile, kind, value FROM tessera.identity WHERE profile IN ({})", *ruled)));
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row)
      out[chunk->column(0).values<Profile>()[row]] = rulings.fingerprint(
          static_cast<IdentifierKind>(chunk->column(1).values<uint8_t>()[row]), chunk->column(2).text(row));
  return out;
}

// The last word on each profile, in the order in which it was learnt.
Result<void> read_standings(Connection& connection, Rulings& out) {
  Needs needs = Needs::nothing();
  for (const std::string_view property : {kMarked, kProfiling, kRuledBy})
    needs.add_property(std::string(row_of(SystemStream::Ruling)->name), std::string(property));
  const auto prints = TRY(fingerprints_of_ruled(connection, out));
  if (prints.empty()) return {};
  const Dictionary dictionary;
  const History history = TRY(load_by_profile(connection, needs, dictionary));
  const Stream* rulings = history.stream(SystemStream::Ruling);
  if (!rulings) return {};
  const Column* marked = rulings->column(kMarked, PropertyType::Text, false);
  const Column* profiling = rulings->column(kProfiling, PropertyType::Bool, false);
  const Column* by = rulings->column(kRuledBy, PropertyType::Text, false);
  std::vector<uint32_t> order;
  for (Profile profile = 0; profile + 1 < rulings->first.size(); ++profile) {
    order.clear();
    for (uint32_t row = rulings->first[profile]; row < rulings->first[profile + 1]; ++row) order.push_back(row);
    std::ranges::sort(order, {}, [&](uint32_t row) { return rulings->seq[row]; });
    for (const uint32_t row : order) {
      const auto found = prints.find(profile);
      if (found == prints.end()) continue;
      const uint64_t print = found->second;
      if (marked && marked->texts[row] != kAbsentText)
        out.say_mark(print, mark_named(history.dictionary.text(marked->texts[row])),
                     by ? history.dictionary.text(by->texts[row]) : std::string_view());
      if (profiling && profiling->truths[row] != Truth::Absent)
        out.say_profiling(print, profiling->truths[row] == Truth::Yes, rulings->time[row], rulings->seq[row]);
    }
  }
  return {};
}

}  // namespace

Result<Rulings> read_rulings(Connection& connection, std::string_view key) {
  Rulings out(key);
  TRY(read_standings(connection, out));
  for (const auto& row :
       TRY(connection.rows("SELECT kind, identifier, value, coalesce(purpose, '') FROM tessera.ruling ORDER BY seq"))) {
    const auto kind = static_cast<RulingKind>(std::stoi(row[0].value_or("0")));
    const std::string value = row[2].value_or("");
    if (kind == RulingKind::StaffDomain)
      out.add_staff_domain(value);
    else if (kind == RulingKind::ConsentCategory)
      out.set_category(value, row[3].value_or(""));
    else
      out.block(static_cast<IdentifierKind>(std::stoi(row[1].value_or("0"))), value, kind);
  }
  auto answer = TRY(connection.stream("SELECT fingerprint FROM tessera.refused"));
  while (const auto chunk = TRY(answer.next()))
    for (const uint64_t print : chunk->column(0).values<uint64_t>()) out.set_refused(print, true);
  return out;
}

Result<Rulings> read_rulings_for_import(Connection& connection, std::string_view key) {
  Rulings out = TRY(read_rulings(connection, key));
  const auto ruled = TRY(select_ruled(connection));
  if (!ruled) return out;
  std::map<std::string, std::vector<uint64_t>> customers;
  for (const auto& row : TRY(connection.rows(fmt::format(
           "SELECT customer, kind, value FROM tessera.identity JOIN tessera.person USING (profile) WHERE customer IN "
           "(SELECT customer FROM tessera.person WHERE profile IN ({}))",
           *ruled))))
    customers[row[0].value_or("")].push_back(
        out.fingerprint(static_cast<IdentifierKind>(std::stoi(row[1].value_or("1"))), row[2].value_or("")));
  for (const auto& [customer, prints] : customers) {
    Rulings::Standing all;
    for (const uint64_t print : prints)
      if (const Rulings::Standing* one = out.standing(print)) {
        if (one->mark) all.mark = one->mark;
        all.is_persons |= one->is_persons;
        if (one->profiling && (!all.profiling || one->profiling_at > all.profiling_at)) {
          all.profiling = one->profiling;
          all.profiling_at = one->profiling_at;
        }
      }
    for (const uint64_t print : prints) out.stand(print, all);
  }
  return out;
}

Result<void> write_value_rulings(Connection& connection, std::span<const ValueRuling> rulings, Instant learnt) {
  for (const ValueRuling& ruling : rulings)
    TRY(connection.run(
        "INSERT INTO tessera.ruling VALUES (?, ?, ?, ?, ?, nullif(?, ''), nullif(?, ''), ?)",
        {uint64_t{ruling.seq}, learnt, uint64_t{static_cast<uint8_t>(ruling.kind)},
         uint64_t{static_cast<uint8_t>(ruling.identifier)}, std::string_view(ruling.value),
         std::string_view(ruling.purpose), std::string_view(ruling.reason), std::string_view(ruling.by)}));
  return {};
}

Result<void> write_refusals(Connection& connection, std::span<const std::pair<uint64_t, bool>> refusals,
                            Instant learnt) {
  if (refusals.empty()) return {};
  // The last word on each counts.
  std::map<uint64_t, bool> last;
  for (const auto& [print, refused] : refusals) last[print] = refused;
  TRY(connection.run("CREATE OR REPLACE TEMP TABLE incoming_refused(fingerprint UBIGINT, refused BOOLEAN)"));
  const std::vector<std::string> columns = {"fingerprint", "refused"};
  auto writer = TRY(store::Writer::open(connection, "temp", "incoming_refused", columns));
  size_t row = 0;
  for (const auto& [print, refused] : last) {
    writer.values<uint64_t>(0)[row] = print;
    writer.values<bool>(1)[row] = refused;
    if (++row == store::Writer::kRows) TRY(writer.put(std::exchange(row, 0)));
  }
  if (row > 0) TRY(writer.put(row));
  TRY(writer.finish());
  TRY(connection.run(
      "DELETE FROM tessera.refused WHERE fingerprint IN (SELECT fingerprint FROM temp.incoming_refused)"));
  TRY(connection.run("INSERT INTO tessera.refused SELECT fingerprint, ? FROM temp.incoming_refused WHERE refused",
                     {learnt}));
  TRY(connection.run("DROP TABLE temp.incoming_refused"));
  return {};
}

}  // namespace tessera::profiles
