#include "profiles/people.hpp"

#include <map>

#include "core/hash.hpp"
#include "profiles/identifier_rules.hpp"
#include "profiles/ruling.hpp"

namespace tessera::profiles {

using store::Connection;
using store::Writer;

std::string pseudonym_of(const std::string& key, IdentifierKind kind, std::string_view value) {
  std::string text(1, static_cast<char>('0' + static_cast<int>(kind)));
  text += value;
  return "c-" + hex_of(hmac_sha256(key, text)).substr(0, 16);
}

std::string report_pseudonym(const std::string& key, std::string_view public_id) {
  return "p-" + hex_of(hmac_sha256(key, public_id)).substr(0, 8);
}

Result<People> read_people(Connection& connection) {
  const auto count = TRY(connection.integer("SELECT count(*) FROM tessera.identity")).value_or(0);
  People people;
  people.kinds.resize(static_cast<size_t>(count), IdentifierKind::AnonymousId);
  people.public_id.resize(static_cast<size_t>(count));
  auto answer = TRY(connection.stream("SELECT profile, kind, value, pseudonym FROM tessera.identity"));
  while (const auto chunk = TRY(answer.next())) {
    const auto profiles = chunk->column(0).values<Profile>();
    const auto kinds = chunk->column(1).values<uint8_t>();
    for (size_t row = 0; row < chunk->rows(); ++row) {
      if (profiles[row] >= people.kinds.size())
        return fail("the record's identifiers are not numbered without gaps", {},
                    try_command("doctor").note("see what is damaged"));
      people.kinds[profiles[row]] = static_cast<IdentifierKind>(kinds[row]);
      const bool is_itself = is_shown_itself({people.kinds[profiles[row]], chunk->column(2).text(row)});
      people.public_id[profiles[row]] = chunk->column(is_itself ? 2 : 3).text(row);
    }
  }
  return people;
}

Result<std::vector<Link>> read_links(Connection& connection, Seq visible_until) {
  auto answer = TRY(connection.stream("SELECT a, b, seq, joins FROM tessera.link WHERE seq < ?",
                                      std::array{store::Value(uint64_t{visible_until})}));
  std::vector<Link> links;
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row)
      links.push_back({.a = chunk->column(0).values<Profile>()[row],
                       .b = chunk->column(1).values<Profile>()[row],
                       .seq = chunk->column(2).values<Seq>()[row],
                       .joins = chunk->column(3).values<bool>()[row]});
  return links;
}

Result<StitchRules> read_stitch_rules(Connection& connection, Seq visible_until) {
  StitchRules rules;
  std::map<Profile, RulingKind> last;
  const auto rows = TRY(connection.rows(
      "SELECT i.profile, r.kind FROM tessera.ruling r JOIN tessera.identity i ON i.kind = r.identifier AND i.value = "
      "r.value WHERE r.kind IN (6, 7, 8) AND r.seq < ? ORDER BY r.seq",
      {uint64_t{visible_until}}));
  for (const auto& row : rows)
    last[static_cast<Profile>(std::stoul(row[0].value_or("0")))] =
        static_cast<RulingKind>(std::stoi(row[1].value_or("0")));
  for (const auto& [profile, kind] : last) {
    if (kind == RulingKind::Block) rules.blocked.push_back(profile);
    if (kind == RulingKind::Allow) rules.allowed.push_back(profile);
  }
  return rules;
}

Result<std::vector<Profile>> read_leaders(Connection& connection, size_t profiles) {
  std::vector<Profile> leader(profiles);
  for (Profile p = 0; p < profiles; ++p) leader[p] = p;
  auto answer = TRY(connection.stream("SELECT profile, leader FROM tessera.stitched"));
  while (const auto chunk = TRY(answer.next())) {
    const auto from = chunk->column(0).values<Profile>(), to = chunk->column(1).values<Profile>();
    for (size_t row = 0; row < chunk->rows(); ++row) {
      if (from[row] >= profiles || to[row] >= profiles)
        return fail("the record links identifiers it does not have", {},
                    try_command("doctor").note("see what is damaged"));
      leader[from[row]] = to[row];
    }
  }
  return leader;
}

Result<Stitching> restitch(Connection& connection) {
  const People people = TRY(read_people(connection));
  Stitching stitching = stitch(people.kinds, TRY(read_links(connection)), TRY(read_stitch_rules(connection)));
  TRY(connection.run("DELETE FROM tessera.stitched"));
  const std::vector<std::string> columns = {"profile", "leader"};
  auto writer = TRY(Writer::open(connection, "tessera", "stitched", columns));
  size_t row = 0;
  for (Profile p = 0; p < stitching.leader.size(); ++p) {
    if (stitching.leader[p] == p) continue;
    writer.values<Profile>(0)[row] = p;
    writer.values<Profile>(1)[row] = stitching.leader[p];
    if (++row == Writer::kRows) TRY(writer.put(std::exchange(row, 0)));
  }
  if (row > 0) TRY(writer.put(row));
  TRY(writer.finish());
  return stitching;
}

Result<std::vector<Contact>> contacts(Connection& connection) {
  auto answer =
      TRY(connection.stream("SELECT customer, kind, value FROM tessera.person JOIN tessera.identity USING (profile) "
                            "ORDER BY customer, leader, kind, value"));
  std::vector<Contact> contacts;
  while (const auto chunk = TRY(answer.next())) {
    const auto kinds = chunk->column(1).values<uint8_t>();
    for (size_t row = 0; row < chunk->rows(); ++row) {
      const std::string_view id = chunk->column(0).text(row);
      std::string value(chunk->column(2).text(row));
      if (contacts.empty() || contacts.back().public_id != id) contacts.push_back({.public_id = std::string(id)});
      const auto kind = static_cast<IdentifierKind>(kinds[row]);
      if (kind == IdentifierKind::UserId)
        contacts.back().user_id = std::move(value);
      else if (kind == IdentifierKind::Email)
        contacts.back().emails.push_back(std::move(value));
      else if (kind == IdentifierKind::Phone)
        contacts.back().phones.push_back(std::move(value));
    }
  }
  return contacts;
}

Result<std::vector<SuspectedDuplicate>> suspected_duplicates(Connection& connection, size_t limit) {
  const People people = TRY(read_people(connection));
  auto suspicions = stitch(people.kinds, TRY(read_links(connection)), TRY(read_stitch_rules(connection))).suspicions;
  if (limit > 0 && suspicions.size() > limit) suspicions.resize(limit);
  if (suspicions.empty()) return std::vector<SuspectedDuplicate>{};
  const auto entries = TRY(store::entries(connection));
  const auto shown = [&](Profile profile) -> Result<std::string> {
    const auto value =
        TRY(connection.text("SELECT value FROM tessera.identity WHERE profile = ?", {uint64_t{profile}}));
    return fmt::format("{} {}", name_of(people.kinds[profile]), value.value_or("?"));
  };
  std::vector<SuspectedDuplicate> duplicates;
  for (const Suspicion& suspicion : suspicions) {
    SuspectedDuplicate duplicate{.user_a = people.public_id[suspicion.user_a],
                                 .user_b = people.public_id[suspicion.user_b],
                                 .through_a = TRY(shown(suspicion.link.a)),
                                 .through_b = TRY(shown(suspicion.link.b))};
    const auto entry = std::ranges::upper_bound(entries, suspicion.link.seq, {}, &store::Entry::until_seq);
    if (entry != entries.end()) duplicate.learnt = entry->learnt;
    duplicates.push_back(std::move(duplicate));
  }
  return duplicates;
}

namespace {

Result<Profile> find_profile(Connection& connection, Identifier identifier) {
  const auto profile = TRY(connection.integer("SELECT profile FROM tessera.identity WHERE kind = ? AND value = ?",
                                              {uint64_t{static_cast<uint8_t>(identifier.kind)}, identifier.value}));
  if (!profile)
    return fail(fmt::format("the record knows no {} '{}'", name_of(identifier.kind), identifier.value), {},
                try_command("sql").argument("SELECT * FROM customers").note("lists the known ones"));
  return static_cast<Profile>(*profile);
}

}  // namespace

Result<void> link_identifiers(store::Record& record, Identifier a, Identifier b, LinkFact fact, std::string_view reason,
                              Instant learnt) {
  Connection& connection = record.connection();
  const bool joins = fact == LinkFact::AreOne;
  if (joins && a.kind == IdentifierKind::UserId && b.kind == IdentifierKind::UserId && a.value != b.value)
    return fail(fmt::format("user ids '{}' and '{}' cannot be one customer: a customer has at most one user id",
                            a.value, b.value));
  auto transaction = TRY(store::Transaction::begin(connection));
  const Profile from = TRY(find_profile(connection, a)), to = TRY(find_profile(connection, b));
  store::Entry entry = TRY(store::next_entry(connection, "links", learnt));
  if (entry.first_seq >= kAllSeqs - 1) return fail("the record is full: it holds 4,294,967,294 facts");
  entry.until_seq = entry.first_seq + 1;
  entry.source = std::string(reason);
  TRY(connection.run("INSERT INTO tessera.link VALUES (?, ?, ?, ?, ?, ?)",
                     {uint64_t{from}, uint64_t{to}, uint64_t{entry.first_seq}, entry.id, joins, reason}));
  TRY(store::append_entry(connection, entry));
  TRY(restitch(connection));
  return transaction.commit();
}

}  // namespace tessera::profiles
