#include "profiles/batch_writer.hpp"

#include <algorithm>
#include <unordered_set>

#include "core/parallel.hpp"
#include "profiles/identifier_rules.hpp"
#include "profiles/message_prints.hpp"
#include "profiles/people.hpp"
#include "profiles/restated_traits.hpp"
#include "profiles/write_rows.hpp"

namespace tessera::profiles {

using store::StoredText;
using store::Writer;

namespace {

constexpr Profile kNoProfile = UINT32_MAX;

std::unexpected<Error> record_is_full() {
  return fail("the record is full: it holds at most 4,294,967,294 facts", {},
              try_command("import").on("NEW.db").blank("FILE").note("starts another record"));
}

}  // namespace

Batch Batch::like() const {
  Batch out;
  for (const RowBuffer& buffer : buffers) out.buffers.push_back(buffer.like());
  return out;
}

Result<void> BatchWriter::begin() {
  tables_ = TRY(EventTables::read(connection_));
  first_new_ = next_profile_ = static_cast<Profile>(
      TRY(connection_.integer("SELECT coalesce(max(profile) + 1, 0) FROM tessera.identity")).value_or(0));
  TRY(connection_.run(
      "CREATE TEMP TABLE incoming_identity(local UINTEGER, kind UTINYINT, value VARCHAR);"
      "CREATE TEMP TABLE incoming_row(row UINTEGER, fingerprint UBIGINT);"
      "CREATE TEMP TABLE incoming_again(fingerprint UBIGINT, place UBIGINT);"
      "CREATE TEMP TABLE incoming_link(a UINTEGER, b UINTEGER, seq UINTEGER);"
      "CREATE TEMP TABLE incoming_reject(entry UBIGINT, source VARCHAR, line UBIGINT, reason VARCHAR, value VARCHAR,"
      " row VARCHAR, fingerprint UBIGINT, member VARCHAR)"));
  return {};
}

Result<void> BatchWriter::write(Batch& batch) {
  if (batch.rows > 0) TRY(write_rows_of(batch));
  if (!batch.rejects.empty()) outcome_.rejects += TRY(write_rejects(connection_, batch.rejects, entry_.id));
  return {};
}

Result<void> BatchWriter::write_rows_of(Batch& batch) {
  TRY(find_profiles(batch));
  const std::vector<uint8_t> is_duplicate = TRY(find_duplicates(batch));
  std::vector<Seq> seq(batch.rows);
  uint64_t next = entry_.until_seq;
  for (size_t row = 0; row < batch.rows; ++row) {
    seq[row] = static_cast<Seq>(next);
    next += !is_duplicate[row];
  }
  if (next >= kAllSeqs) return record_is_full();
  entry_.until_seq = static_cast<Seq>(next);
  note_times(batch, is_duplicate);
  TRY(note_repeats(batch, is_duplicate, seq));
  TRY(add_profiles(batch, is_duplicate));
  TRY(add_links(batch, is_duplicate, seq));
  for (const RowBuffer& buffer : batch.buffers)
    if (!buffer.rows().empty()) TRY(write_buffer(batch, buffer, is_duplicate, seq));
  return {};
}

// The profiles of the batch's identifiers that the record knows.
Result<void> BatchWriter::find_profiles(Batch& batch) {
  BatchIdentities& identities = batch.identities;
  identities.profile.assign(identities.size(), kNoProfile);
  if (next_profile_ == 0) return {};
  const std::vector<std::string> columns = {"local", "kind", "value"};
  auto writer = TRY(Writer::open(connection_, "temp", "incoming_identity", columns));
  TRY(write_blocks(writer, identities.size(), [&](size_t row, size_t from) {
    const auto index = static_cast<uint32_t>(from + row);
    writer.values<uint32_t>(0)[row] = index;
    writer.values<uint8_t>(1)[row] = static_cast<uint8_t>(identities.kind(index));
    writer.values<StoredText>(2)[row] = StoredText::of(identities.value(index));
  }));
  auto answer =
      TRY(connection_.stream("SELECT i.local, k.profile FROM tessera.identity k JOIN temp.incoming_identity i ON "
                             "i.kind = k.kind AND i.value = k.value"));
  while (const auto chunk = TRY(answer.next())) {
    const auto local = chunk->column(0).values<uint32_t>(), profile = chunk->column(1).values<uint32_t>();
    for (size_t row = 0; row < chunk->rows(); ++row) identities.profile[local[row]] = profile[row];
  }
  TRY(connection_.run("DELETE FROM temp.incoming_identity"));
  return {};
}

// Of each row of the batch: is its fingerprint in the record, or in an earlier row of the batch?
Result<std::vector<uint8_t>> BatchWriter::find_duplicates(const Batch& batch) {
  std::vector<uint8_t> is_duplicate(batch.rows);
  const std::vector<std::string> sources = TRY(sources_heard(connection_));
  for (const RowBuffer& buffer : batch.buffers) {
    if (buffer.rows().empty()) continue;
    std::vector<std::pair<uint64_t, uint32_t>> prints;
    for (const BufferedRow& row : buffer.rows()) prints.emplace_back(row.fingerprint, row.order);
    std::ranges::sort(prints);
    for (size_t i = 1; i < prints.size(); ++i) is_duplicate[prints[i].second] = prints[i].first == prints[i - 1].first;
    const std::string known = tables_.rows_of(buffer.name());
    if (known.empty()) continue;
    for (size_t i = 0, rows = prints.size(); i < rows * sources.size(); ++i) {
      const auto [print, order] = prints[i % rows];
      prints.emplace_back(print_of_source(print, sources[i / rows]), order);
    }
    const std::vector<std::string> columns = {"row", "fingerprint"};
    auto writer = TRY(Writer::open(connection_, "temp", "incoming_row", columns));
    TRY(write_blocks(writer, prints.size(), [&](size_t row, size_t from) {
      writer.values<uint32_t>(0)[row] = prints[from + row].second;
      writer.values<uint64_t>(1)[row] = prints[from + row].first;
    }));
    auto answer = TRY(connection_.stream(
        fmt::format("SELECT row FROM temp.incoming_row WHERE fingerprint IN (SELECT fingerprint FROM {})", known)));
    while (const auto chunk = TRY(answer.next()))
      for (const uint32_t row : chunk->column(0).values<uint32_t>()) is_duplicate[row] = 1;
    TRY(connection_.run("DELETE FROM temp.incoming_row"));
  }
  outcome_.duplicates += static_cast<uint64_t>(std::ranges::count(is_duplicate, 1));
  return is_duplicate;
}

// Rows of traits without a time that are there already: say_again() looks at them when all is written.
Result<void> BatchWriter::note_repeats(const Batch& batch, const std::vector<uint8_t>& is_duplicate,
                                       const std::vector<Seq>& seq) {
  std::vector<std::pair<uint64_t, uint64_t>> repeats;
  const auto found = std::ranges::find(batch.buffers, StreamName(SystemStream::Identify), &RowBuffer::name);
  if (found == batch.buffers.end()) return {};
  for (const BufferedRow& row : found->rows()) {
    if (is_duplicate[row.order] && store::instant_of_stored(row.time) == kEver)
      repeats.emplace_back(row.fingerprint, place_before(seq[row.order], repeats_++));
  }
  if (repeats.empty()) return {};
  const std::vector<std::string> columns = {"fingerprint", "place"};
  auto writer = TRY(Writer::open(connection_, "temp", "incoming_again", columns));
  return write_blocks(writer, repeats.size(), [&](size_t row, size_t from) {
    writer.values<uint64_t>(0)[row] = repeats[from + row].first;
    writer.values<uint64_t>(1)[row] = repeats[from + row].second;
  });
}

Result<void> BatchWriter::say_repeats_again() {
  const EventTable* traits = tables_.find(SystemStream::Identify);
  if (repeats_ == 0 || !traits) return {};
  const uint64_t said = TRY(say_again(connection_, *traits, entry_.first_seq, entry_.until_seq));
  if (entry_.until_seq + said >= kAllSeqs) return record_is_full();
  entry_.until_seq += static_cast<Seq>(said);
  outcome_.trait_facts += said;
  return {};
}

void BatchWriter::note_times(const Batch& batch, const std::vector<uint8_t>& is_duplicate) {
  for (const RowBuffer& buffer : batch.buffers) {
    const SystemStream system = buffer.name().system;
    if (system != SystemStream::None && row_of(system)->room != "ingest") continue;  // not what the source said
    const bool is_trait = system == SystemStream::Identify;
    for (const BufferedRow& row : buffer.rows()) {
      if (!is_duplicate[row.order]) ++(is_trait ? outcome_.trait_facts : outcome_.stored);
      const Instant time = store::instant_of_stored(row.time);
      if (is_trait || time == kEver) continue;
      outcome_.from = std::min(outcome_.from, time);
      outcome_.to = std::max(outcome_.to, time);
    }
  }
}

// Numbers the identifiers that are new, in the order in which the rows that are kept name them.
Result<void> BatchWriter::add_profiles(Batch& batch, const std::vector<uint8_t>& is_duplicate) {
  BatchIdentities& identities = batch.identities;
  std::vector<uint32_t> who(batch.rows);
  for (const RowBuffer& buffer : batch.buffers)
    for (const BufferedRow& row : buffer.rows()) who[row.order] = row.who;
  std::vector<uint32_t> added;
  const auto add = [&](uint32_t identity) {
    if (identities.profile[identity] != kNoProfile) return;
    identities.profile[identity] = next_profile_ + static_cast<Profile>(added.size());
    added.push_back(identity);
  };
  size_t link = 0;
  for (uint32_t order = 0; order < batch.rows; ++order) {
    if (!is_duplicate[order]) add(who[order]);
    for (; link < batch.links.size() && batch.links[link].order == order; ++link)
      if (!is_duplicate[order]) add(batch.links[link].b);
  }
  std::vector<std::string> pseudonyms(added.size());
  parallel_for(added.size(), 4096, [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i)
      pseudonyms[i] = pseudonym_of(key_, identities.kind(added[i]), identities.value(added[i]));
  });
  const std::vector<std::string> columns = {"profile", "kind", "value", "pseudonym"};
  auto writer = TRY(Writer::open(connection_, "tessera", "identity", columns));
  TRY(write_blocks(writer, added.size(), [&](size_t row, size_t from) {
    const uint32_t identity = added[from + row];
    writer.values<uint32_t>(0)[row] = identities.profile[identity];
    writer.values<uint8_t>(1)[row] = static_cast<uint8_t>(identities.kind(identity));
    writer.values<StoredText>(2)[row] = StoredText::of(identities.value(identity));
    writer.values<StoredText>(3)[row] = StoredText::of(pseudonyms[from + row]);
  }));
  next_profile_ += static_cast<Profile>(added.size());
  profile_seen_.resize(next_profile_);
  for (const uint32_t identity : who)
    if (const Profile profile = identities.profile[identity]; profile != kNoProfile) profile_seen_[profile] = 1;
  return {};
}

// A link is written once, with the seq of the first row that says it; and never against what a person has decided about
// the pair, for the rows that made the mistake keep coming.
Result<void> BatchWriter::add_links(const Batch& batch, const std::vector<uint8_t>& is_duplicate,
                                    const std::vector<Seq>& seq) {
  const std::vector<BatchLink>& links = batch.links;
  const std::vector<Profile>& profile = batch.identities.profile;
  std::unordered_set<uint64_t> seen;
  std::vector<Link> fresh;
  for (const BatchLink& link : links) {
    if (is_duplicate[link.order]) continue;
    const Profile a = profile[link.a], b = profile[link.b];
    if (seen.insert(uint64_t{std::min(a, b)} << 32 | std::max(a, b)).second)
      fresh.push_back({.a = std::min(a, b), .b = std::max(a, b), .seq = seq[link.order]});
  }
  if (fresh.empty()) return {};
  const std::vector<std::string> columns = {"a", "b", "seq"};
  auto writer = TRY(Writer::open(connection_, "temp", "incoming_link", columns));
  TRY(write_blocks(writer, fresh.size(), [&](size_t row, size_t from) {
    writer.values<uint32_t>(0)[row] = fresh[from + row].a;
    writer.values<uint32_t>(1)[row] = fresh[from + row].b;
    writer.values<uint32_t>(2)[row] = fresh[from + row].seq;
  }));
  const uint64_t added = TRY(connection_.run(
      "INSERT INTO tessera.link SELECT a, b, seq, ?, true, 'came together' FROM temp.incoming_link i WHERE NOT EXISTS "
      "(SELECT 1 FROM tessera.link k WHERE least(k.a, k.b) = i.a AND greatest(k.a, k.b) = i.b) ORDER BY seq",
      {entry_.id}));
  has_new_links_ |= added > 0;
  TRY(connection_.run("DELETE FROM temp.incoming_link"));
  return {};
}

Result<void> BatchWriter::write_buffer(const Batch& batch, const RowBuffer& buffer,
                                       const std::vector<uint8_t>& is_duplicate, const std::vector<Seq>& seq) {
  std::vector<KeptRow> kept;
  for (uint32_t index = 0; index < buffer.rows().size(); ++index) {
    const BufferedRow& row = buffer.rows()[index];
    if (is_duplicate[row.order]) continue;
    kept.push_back({.index = index,
                    .seq = seq[row.order],
                    .profile = batch.identities.profile[row.who],
                    .time = row.time,
                    .fingerprint = row.fingerprint});
  }
  if (kept.empty()) return {};
  std::vector<TableColumn> wanted;
  for (const auto& filled : buffer.filled()) wanted.push_back(filled.wanted);
  const EventTable& table = *TRY(tables_.grow(connection_, buffer.name(), std::move(wanted)));
  const WrittenRows written = TRY(write_rows(connection_, table, buffer, kept));
  for (const auto& [property, count] : written.raw) outcome_.inexact[property] += count;
  for (const auto& [property, count] : written.columnless) {
    outcome_.columnless_values += count;
    columnless_.emplace(buffer.name().event, property);
  }
  return {};
}

void BatchWriter::count_customers(const std::vector<Profile>& leader) {
  std::vector<uint8_t> seen(leader.size()), old(leader.size());
  for (Profile p = 0; p < leader.size(); ++p) {
    if (p < profile_seen_.size() && profile_seen_[p]) seen[leader[p]] = 1;
    if (p < first_new_) old[leader[p]] = 1;
  }
  for (Profile p = 0; p < leader.size(); ++p) {
    outcome_.customers += seen[p];
    outcome_.new_customers += seen[p] && !old[p];
  }
  outcome_.columnless_properties = columnless_.size();
}

}  // namespace tessera::profiles
