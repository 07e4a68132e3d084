#include "live/recorder.hpp"

#include <algorithm>

#include "core/hash.hpp"
#include "core/parallel.hpp"
#include "language/record_schema.hpp"
#include "profiles/currencies.hpp"
#include "profiles/identifier_rules.hpp"
#include "profiles/load.hpp"
#include "profiles/people.hpp"
#include "profiles/write_rows.hpp"
#include "store/database_memory.hpp"

namespace tessera::live {

using profiles::write_blocks;
using store::StoredText;
using store::Writer;

Result<std::unique_ptr<Recorder>> Recorder::open(store::Record& record,
                                                 std::function<Result<void>(store::Connection&)> classify) {
  std::unique_ptr<Recorder> recorder(new Recorder(TRY(record.connect())));
  recorder->key_ = record.pseudonym_key();
  recorder->classify_ = std::move(classify);
  recorder->tables_ = TRY(profiles::EventTables::read(recorder->connection_));
  return recorder;
}

// --- a page

Result<void> Recorder::write(RecordPage& page) {
  const auto written = [&]() -> Result<void> {
    auto transaction = TRY(store::Transaction::begin(connection_));
    for (WritePage& part : page.parts) TRY(part(connection_));
    TRY(connection_.run("DELETE FROM tessera.applied"));
    TRY(connection_.run("INSERT INTO tessera.applied VALUES (?, ?)", {page.until_offset, page.learnt_until}));
    auto committed = transaction.commit();
    is_half_committed_ = !committed && store::is_of_memory(committed.error());
    return committed;
  }();
  if (is_half_committed_) return written;
  // What was grown in a transaction that did not end well is not there; it is over here, so that it is not seen.
  if (!written) tables_ = TRY(profiles::EventTables::read(connection_));
  return written;
}

Result<void> Recorder::write_fold(const fold::Page& page, const fold::InForce::Changed* changed) {
  store::Entry entry = TRY(store::next_entry(connection_, "live", page.learnt_until));
  if (entry.first_seq != page.first_seq)
    return fail(fmt::format("the record changed behind the server: it goes on at fact {}, the log at {}",
                            entry.first_seq, page.first_seq),
                {}, "stop the server before other programs write to its record");
  entry.until_seq = page.until_seq;
  entry.source = "events received";
  TRY(write_identities(page));
  TRY(write_rows(page));
  TRY(write_links(page, entry.id));
  TRY(profiles::write_value_rulings(connection_, page.rulings, page.learnt_until));
  TRY(profiles::write_refusals(connection_, page.refusals, page.learnt_until));
  TRY(write_rejects(page, entry.id));
  TRY(write_flips(page));
  if (page.until_seq > page.first_seq || !page.rejects.empty()) TRY(store::append_entry(connection_, entry));
  const std::vector<std::string> columns = {"until_seq", "learnt"};
  auto learnt = TRY(Writer::open(connection_, "tessera", "learnt", columns));
  TRY(write_blocks(learnt, page.learnt.size(), [&](size_t row, size_t from) {
    learnt.values<uint32_t>(0)[row] = page.learnt[from + row].until;
    learnt.values<int64_t>(1)[row] = store::stored_time(page.learnt[from + row].at);
  }));
  if (changed && !changed->written.empty())
    TRY(store::write_definitions(connection_, changed->written, "applied on the server", page.learnt_until));
  if (changed) TRY(store::write_settled(connection_, changed->resettled));
  if (changed)
    for (const auto& [kind, slug] : changed->removed)
      TRY(store::write_removal(connection_, kind, slug, page.learnt_until));
  return {};
}

Result<void> Recorder::write_identities(const fold::Page& page) {
  if (page.identities.empty()) return {};  // a writer lays out a block of its table's columns for nothing too
  std::vector<std::string> pseudonyms(page.identities.size());
  parallel_for(pseudonyms.size(), 4096, [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i)
      pseudonyms[i] = profiles::pseudonym_of(key_, page.identities[i].kind, page.identities[i].value);
  });
  const std::vector<std::string> columns = {"profile", "kind", "value", "pseudonym"};
  auto writer = TRY(Writer::open(connection_, "tessera", "identity", columns));
  return write_blocks(writer, page.identities.size(), [&](size_t row, size_t from) {
    const auto& identity = page.identities[from + row];
    writer.values<uint32_t>(0)[row] = page.first_profile + static_cast<uint32_t>(from + row);
    writer.values<uint8_t>(1)[row] = static_cast<uint8_t>(identity.kind);
    writer.values<StoredText>(2)[row] = StoredText::of(identity.value);
    writer.values<StoredText>(3)[row] = StoredText::of(pseudonyms[from + row]);
  });
}

Result<void> Recorder::write_rows(const fold::Page& page) {
  for (const fold::Page::Rows& rows : page.rows) {
    if (rows.kept.empty()) continue;
    std::vector<profiles::TableColumn> wanted;
    for (const auto& filled : rows.buffer.filled()) wanted.push_back(filled.wanted);
    const auto& table = *TRY(tables_.grow(connection_, rows.buffer.name(), std::move(wanted)));
    TRY(profiles::write_rows(connection_, table, rows.buffer, rows.kept));
  }
  if (!tables_.has_grown()) return {};
  TRY(tables_.refresh_views(connection_));
  if (classify_) TRY(classify_(connection_));
  return {};
}

Result<void> Recorder::write_links(const fold::Page& page, uint64_t entry) {
  if (!page.links.empty()) {
    const std::vector<std::string> columns = {"a", "b", "seq", "entry", "joins", "reason"};
    auto links = TRY(Writer::open(connection_, "tessera", "link", columns));
    TRY(write_blocks(links, page.links.size(), [&](size_t row, size_t from) {
      const profiles::Link& link = page.links[from + row];
      links.values<uint32_t>(0)[row] = link.a;
      links.values<uint32_t>(1)[row] = link.b;
      links.values<uint32_t>(2)[row] = link.seq;
      links.values<uint64_t>(3)[row] = entry;
      links.values<bool>(4)[row] = true;
      links.values<StoredText>(5)[row] = StoredText::of("came together");
    }));
  }
  for (const auto& [link, reason] : page.ruled_links)
    TRY(connection_.run(
        "INSERT INTO tessera.link VALUES (?, ?, ?, ?, ?, ?)",
        {uint64_t{link.a}, uint64_t{link.b}, uint64_t{link.seq}, entry, link.joins, std::string_view(reason)}));
  if (page.leaders.empty()) return {};
  // A page may relabel a profile more than once; all say the same leader.
  std::map<profiles::Profile, profiles::Profile> leaders(page.leaders.begin(), page.leaders.end());
  TRY(connection_.run("CREATE OR REPLACE TEMP TABLE relabelled(profile UINTEGER, leader UINTEGER)"));
  const std::vector<std::string> both = {"profile", "leader"};
  auto writer = TRY(Writer::open(connection_, "temp", "relabelled", both));
  auto next = leaders.begin();
  TRY(write_blocks(writer, leaders.size(), [&](size_t row, size_t) {
    writer.values<uint32_t>(0)[row] = next->first;
    writer.values<uint32_t>(1)[row] = next->second;
    ++next;
  }));
  TRY(connection_.run("DELETE FROM tessera.stitched WHERE profile IN (SELECT profile FROM temp.relabelled)"));
  TRY(connection_.run("INSERT INTO tessera.stitched SELECT * FROM temp.relabelled WHERE profile <> leader"));
  return {};
}

Result<void> Recorder::write_rejects(const fold::Page& page, uint64_t entry) {
  if (page.rejects.empty()) return {};
  const std::vector<std::string> columns = {"entry", "source", "line",        "reason",
                                            "value", "row",    "fingerprint", "member"};
  auto writer = TRY(Writer::open(connection_, "tessera", "reject", columns));
  return write_blocks(writer, page.rejects.size(), [&](size_t row, size_t from) {
    const profiles::Reject& reject = page.rejects[from + row];
    writer.values<uint64_t>(0)[row] = entry;
    writer.values<StoredText>(1)[row] = StoredText::of(reject.source);
    writer.values<uint64_t>(2)[row] = reject.line;
    writer.values<StoredText>(3)[row] = StoredText::of(reject.reason);
    writer.values<StoredText>(4)[row] = StoredText::of(reject.value);
    writer.values<StoredText>(5)[row] = StoredText::of(reject.row);
    writer.values<uint64_t>(6)[row] =
        fold::print_of(reject).value_or(hash64(reject.row, hash64(reject.reason, hash64(reject.source, entry))));
    if (reject.member.empty())
      writer.set_null(7, row);
    else
      writer.values<StoredText>(7)[row] = StoredText::of(reject.member);
  });
}

Result<void> Recorder::write_flips(const fold::Page& page) {
  if (page.flips.empty()) return {};
  const std::vector<std::string> columns = {"log_offset",
                                            "ordinal",
                                            "profile",
                                            "segment",
                                            "version",
                                            "kind",
                                            "cause",
                                            "happened",
                                            "learnt",
                                            "correction_offset",
                                            "correction_ordinal",
                                            "into_profile",
                                            "is_member"};
  auto writer = TRY(Writer::open(connection_, "tessera", "change", columns));
  return write_blocks(writer, page.flips.size(), [&](size_t row, size_t from) {
    const fold::Flip& flip = page.flips[from + row];
    const bool is_merge = flip.kind == feed::ChangeKind::Merged;
    writer.values<uint64_t>(0)[row] = flip.id.offset;
    writer.values<uint32_t>(1)[row] = flip.id.ordinal;
    writer.values<uint32_t>(2)[row] = flip.profile;
    writer.values<uint8_t>(5)[row] = static_cast<uint8_t>(flip.kind);
    writer.values<uint8_t>(6)[row] = static_cast<uint8_t>(flip.cause);
    writer.values<int64_t>(7)[row] = store::stored_time(flip.at);
    writer.values<int64_t>(8)[row] = store::stored_time(flip.learnt);
    writer.values<bool>(12)[row] = flip.is_member;
    if (is_merge) {
      writer.set_null(3, row);
      writer.values<uint32_t>(4)[row] = 0;
      writer.values<uint32_t>(11)[row] = *flip.into;
    } else {
      writer.values<StoredText>(3)[row] = StoredText::of(page.versions[flip.segment].slug);
      writer.values<uint32_t>(4)[row] = page.versions[flip.segment].version;
      writer.set_null(11, row);
    }
    if (flip.correction_of) {
      writer.values<uint64_t>(9)[row] = flip.correction_of->offset;
      writer.values<uint32_t>(10)[row] = flip.correction_of->ordinal;
    } else {
      writer.set_null(9, row);
      writer.set_null(10, row);
    }
  });
}

// --- the way back

Result<Recorder::Applied> Recorder::applied() {
  Applied out;
  out.offset = static_cast<uint64_t>(TRY(connection_.integer("SELECT log_offset FROM tessera.applied")).value_or(0));
  auto answer = TRY(connection_.query(
      "SELECT max(learnt), max(seq)::UINTEGER FROM (SELECT learnt, 0 AS seq FROM tessera.applied UNION ALL "
      "SELECT learnt, until_seq FROM tessera.entry)"));
  if (const auto chunk = TRY(answer.next()); chunk && chunk->rows() > 0) {
    if (!chunk->column(0).is_null(0)) out.at = store::instant_of_stored(chunk->column(0).values<int64_t>()[0]);
    if (!chunk->column(1).is_null(0)) out.next_seq = chunk->column(1).values<uint32_t>()[0];
  }
  return out;
}

Result<std::optional<LogClock::Known>> Recorder::clock() {
  return LogClock::parse(TRY(connection_.text("SELECT value FROM tessera.meta WHERE key = 'clock'")).value_or(""));
}

// '?' before it: restored (store/backup.cpp).
Result<Recorder::FollowedLog> Recorder::followed_log() {
  std::string text = TRY(connection_.text("SELECT value FROM tessera.meta WHERE key = 'log'")).value_or("");
  const bool is_restored = text.starts_with('?');
  return FollowedLog{.id = is_restored ? text.substr(1) : text, .may_be_missing = is_restored};
}

Result<void> Recorder::follow_log(const std::string& id) {
  auto transaction = TRY(store::Transaction::begin(connection_));
  TRY(connection_.run("DELETE FROM tessera.meta WHERE key = 'log'"));
  if (!id.empty()) TRY(connection_.run("INSERT INTO tessera.meta VALUES ('log', ?)", {std::string_view(id)}));
  return transaction.commit();
}

Result<bool> Recorder::is_to_be_restated() {
  return TRY(connection_.integer("SELECT count(*) FROM tessera.meta WHERE key = 'restate'")).value_or(0) > 0;
}

Result<void> Recorder::note_restated() {
  TRY(connection_.run("DELETE FROM tessera.meta WHERE key = 'restate'"));
  return {};
}

Result<std::vector<fold::Fold::Said>> Recorder::said() {
  auto answer = TRY(connection_.stream(
      "SELECT profile, segment FROM tessera.change WHERE segment IS NOT NULL QUALIFY row_number() OVER (PARTITION BY "
      "profile, segment ORDER BY log_offset DESC, ordinal DESC) = 1 AND is_member"));
  std::vector<fold::Fold::Said> out;
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row)
      out.push_back({chunk->column(0).values<uint32_t>()[row], std::string(chunk->column(1).text(row))});
  return out;
}

Result<language::Schema> Recorder::schema() {
  return language::schema_of_record(connection_);
}

Result<uint64_t> Recorder::count(const language::OtherType& type, uint64_t recorded_until) {
  if (std::exchange(counted_at_, recorded_until) != recorded_until) {
    counted_.clear();
    book_.reset();
    tables_ = TRY(profiles::EventTables::read(connection_));
  }
  if (const auto known = counted_.find(type); known != counted_.end()) return known->second;
  if (!type.currency.empty() && !book_) book_ = TRY(profiles::money_book(connection_));
  const uint64_t count = TRY(language::count_unread(connection_, tables_, type, book_.value_or(profiles::MoneyBook{})));
  counted_.emplace(type, count);
  return count;
}

Result<std::unique_ptr<fold::Memory>> Recorder::memory(fold::Wanted wanted) {
  auto memory = std::make_unique<fold::Memory>(std::move(wanted));
  memory->money = TRY(profiles::money_book(connection_));
  memory->histories.append(
      TRY(profiles::load_by_profile(connection_, memory->shape.wanted().needs(tables_), memory->dictionary)));
  return memory;
}

Result<void> Recorder::fill(fold::Fold& fold, Instant remembered_from) {
  fold::Identities& identities = fold.identities();
  auto people = TRY(connection_.stream("SELECT profile, kind, value FROM tessera.identity ORDER BY profile"));
  while (const auto chunk = TRY(people.next()))
    for (size_t row = 0; row < chunk->rows(); ++row) {
      const auto found = identities.find_or_add(
          static_cast<profiles::IdentifierKind>(chunk->column(1).values<uint8_t>()[row]), chunk->column(2).text(row));
      if (!found.is_new || found.profile != chunk->column(0).values<uint32_t>()[row])
        return fail("the record's identifiers are not numbered without gaps", {},
                    try_command("doctor").note("see what is damaged"));
    }
  auto links = TRY(profiles::read_links(connection_));
  std::ranges::stable_sort(links, {}, &profiles::Link::seq);
  for (const profiles::Link& link : links)
    if (link.a < identities.size() && link.b < identities.size()) identities.restore_link(link);
  const auto leaders = TRY(profiles::read_leaders(connection_, identities.size()));
  for (profiles::Profile profile = 0; profile < leaders.size(); ++profile)
    if (leaders[profile] != profile) identities.restore_leader(profile, leaders[profile]);
  fold.rulings() = TRY(profiles::read_rulings(connection_, key_));
  for (const auto& [identifier, ruling] : fold.rulings().values())
    if (const auto profile = identities.find(identifier.first, identifier.second))
      identities.rule_value(*profile, ruling);
  identities.recount();
  const Instant newest = TRY(applied()).at;
  auto rejects = TRY(connection_.query(
      "SELECT r.fingerprint FROM tessera.reject r JOIN tessera.entry e ON e.id = r.entry WHERE e.kind = 'live' AND "
      "e.learnt >= ? AND contains(r.source, '/') ORDER BY r.entry",
      {remembered_from}));
  while (const auto chunk = TRY(rejects.next()))
    for (const uint64_t print : chunk->column(0).values<uint64_t>()) (void)fold.recent().seen(print, newest);
  // The messages of late, in the order in which they came.
  const auto from = TRY(connection_.integer(
      "SELECT coalesce(max(until_seq), 0)::BIGINT FROM tessera.learnt_until WHERE learnt < ?", {remembered_from}));
  if (from.value_or(0) > 0) fold.recent().starts_after(remembered_from);
  // Table by table: a sort over all of them takes some 300 KB of the database's memory for each.
  std::vector<std::pair<profiles::Seq, uint64_t>> prints;
  for (const auto& table : tables_.all()) {
    auto answer = TRY(connection_.stream(fmt::format("SELECT seq, fingerprint FROM main.{} WHERE seq >= {}",
                                                     store::quoted_name(table.name), from.value_or(0))));
    while (const auto chunk = TRY(answer.next()))
      for (size_t row = 0; row < chunk->rows(); ++row)
        prints.emplace_back(chunk->column(0).values<profiles::Seq>()[row], chunk->column(1).values<uint64_t>()[row]);
  }
  std::ranges::sort(prints);
  for (const auto& [seq, print] : prints) (void)fold.recent().seen(print, newest);
  return {};
}

// An undated fact counts from when it was learnt.
Result<std::vector<Instant>> Recorder::begins() {
  const auto all_learnt = TRY(profiles::read_learnt(connection_));
  const auto learnt = [&](profiles::Seq seq) {
    const auto entry = std::ranges::upper_bound(all_learnt, seq, {}, &profiles::Learnt::until);
    return entry == all_learnt.end() ? kNever : entry->at;
  };
  std::vector<Instant> begins;
  for (const auto& table : tables_.all()) {
    // Per table and not over all: as above.
    auto answer = TRY(connection_.stream(
        fmt::format("SELECT profile, isfinite(time), min(time), min(seq) FROM main.{} GROUP BY profile, isfinite(time)",
                    store::quoted_name(table.name))));
    while (const auto chunk = TRY(answer.next()))
      for (size_t row = 0; row < chunk->rows(); ++row) {
        const profiles::Profile profile = chunk->column(0).values<uint32_t>()[row];
        Instant begin = learnt(chunk->column(3).values<profiles::Seq>()[row]);
        if (begin == kNever) continue;  // nobody knows when
        if (chunk->column(1).values<bool>()[row])
          begin = std::min(begin, store::instant_of_stored(chunk->column(2).values<int64_t>()[row]));
        if (profile >= begins.size()) begins.resize(profile + 1, kNever);
        begins[profile] = std::min(begins[profile], begin);
      }
  }
  return begins;
}

Result<std::optional<feed::ChangeId>> Recorder::find_change(const fold::Flip& like,
                                                            const fold::SegmentVersion& segment) {
  auto answer =
      TRY(connection_.query("SELECT log_offset, ordinal FROM tessera.change WHERE profile = ? AND segment = ? AND "
                            "version = ? AND kind = ? AND "
                            "happened = ? ORDER BY log_offset DESC, ordinal DESC LIMIT 1",
                            {uint64_t{like.profile}, std::string_view(segment.slug), uint64_t{segment.version},
                             uint64_t{static_cast<uint8_t>(like.kind)}, like.at}));
  const auto chunk = TRY(answer.next());
  if (!chunk || chunk->rows() == 0) return std::nullopt;
  return feed::ChangeId{chunk->column(0).values<uint64_t>()[0], chunk->column(1).values<uint32_t>()[0]};
}

Result<std::optional<feed::ChangeId>> Recorder::last_change() {
  auto answer = TRY(connection_.query(
      "SELECT log_offset, ordinal FROM tessera.change ORDER BY log_offset DESC, ordinal DESC LIMIT 1", {}));
  const auto chunk = TRY(answer.next());
  if (!chunk || chunk->rows() == 0) return std::nullopt;
  return feed::ChangeId{chunk->column(0).values<uint64_t>()[0], chunk->column(1).values<uint32_t>()[0]};
}

Result<std::vector<feed::Change>> Recorder::changes_after(std::optional<feed::ChangeId> after, size_t limit) {
  const feed::ChangeId from = after.value_or(feed::ChangeId{});
  auto answer = TRY(connection_.query(
      fmt::format(
          "SELECT c.log_offset, c.ordinal, c.profile, c.segment, c.version, c.kind, c.cause, c.happened, c.learnt, "
          "c.correction_offset, c.correction_ordinal, {}, {}, c.is_member FROM tessera.change c "
          "JOIN tessera.identity i ON i.profile = c.profile LEFT JOIN tessera.identity o ON o.profile = c.into_profile "
          "WHERE ? OR c.log_offset > ? OR (c.log_offset = ? AND c.ordinal > ?) ORDER BY c.log_offset, c.ordinal LIMIT ?",
          profiles::shown_sql("i"), profiles::shown_sql("o")),
      {!after, from.offset, from.offset, uint64_t{from.ordinal}, uint64_t{limit}}));
  std::vector<feed::Change> out;
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row) {
      const auto text = [&](size_t column) {
        return chunk->column(column).is_null(row) ? std::string() : std::string(chunk->column(column).text(row));
      };
      feed::Change change{.id = {chunk->column(0).values<uint64_t>()[row], chunk->column(1).values<uint32_t>()[row]},
                          .profile = chunk->column(2).values<uint32_t>()[row],
                          .customer = text(11),
                          .segment = text(3),
                          .version = chunk->column(4).values<uint32_t>()[row],
                          .kind = static_cast<feed::ChangeKind>(chunk->column(5).values<uint8_t>()[row]),
                          .cause = static_cast<feed::Cause>(chunk->column(6).values<uint8_t>()[row]),
                          .is_member = chunk->column(13).values<bool>()[row],
                          .at = store::instant_of_stored(chunk->column(7).values<int64_t>()[row]),
                          .learnt = store::instant_of_stored(chunk->column(8).values<int64_t>()[row]),
                          .correction_of = {},
                          .into = text(12)};
      if (!chunk->column(9).is_null(row))
        change.correction_of = {chunk->column(9).values<uint64_t>()[row], chunk->column(10).values<uint32_t>()[row]};
      out.push_back(std::move(change));
    }
  return out;
}

}  // namespace tessera::live
