#include "profiles/import_intake.hpp"

#include <algorithm>
#include <unordered_set>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "profiles/batch.hpp"
#include "profiles/batch_identities.hpp"
#include "profiles/extra.hpp"
#include "profiles/identifier_rules.hpp"
#include "profiles/message_prints.hpp"
#include "profiles/people.hpp"
#include "profiles/restated_traits.hpp"
#include "profiles/ruling_law.hpp"
#include "profiles/tables.hpp"
#include "profiles/write_rows.hpp"
#include "store/record.hpp"

namespace tessera::profiles {

namespace {

using store::Connection;
using store::StoredText;
using store::Writer;

constexpr size_t kRejectBytes = 4096;
constexpr Profile kNoProfile = UINT32_MAX;

std::unexpected<Error> record_is_full() {
  return fail("the record is full: it holds at most 4,294,967,294 facts", {},
              try_command("import").on("NEW.db").blank("FILE").note("starts another record"));
}

struct BatchLink {
  uint32_t a, b;   // identifiers of the batch
  uint32_t order;  // of the row that says so
};

// Long because an import is one transaction, whose steps share what became of its rows.
class RecordIntake final : public ImportIntake, private OrderMemory {
 public:
  RecordIntake(store::Record& record, Connection connection, IntakeSource source, IntakeLimits limits)
      : key_(record.pseudonym_key()), connection_(std::move(connection)), source_(std::move(source)), limits_(limits) {}

  Result<void> begin(Instant learnt);

  Kind kind(StreamName name) override;
  Property property(Kind kind, std::string_view name) override;
  void start(Kind kind, std::span<const Identifier> who, Instant time, uint64_t fingerprint) override;
  void put_scalar(Property property, Scalar value) override;
  void put_null(Property property) override { put_extra(property, "null"); }
  void put_raw(Property property, std::string_view json) override;
  void put_element(Property property, Scalar value) override;
  void next_element(Kind kind, std::string_view prefix) override;
  bool admits(std::span<const Identifier> who, const ConsentSaid& said, uint64_t fingerprint) override;
  bool knows_user(std::string_view id) override;
  void mark(Mark mark, std::string_view reason) override {
    law_->mark(row_who_.view(), row_time_, mark, std::string(clean(reason)), kByAgent);
  }
  void reject(Reject reject) override;
  OrderMemory& orders() override { return *this; }
  void note(const std::string& name, const Json& value) override { notes_.set(name, value); }
  Result<IntakeOutcome> commit(Progress& progress, const Finally& finally) override;

 private:
  struct PropertyOf {
    Kind kind;
    uint32_t index;  // in the kind's buffer
  };

  Result<std::vector<ToldOrder>> told(std::span<const AskedOrder> orders) override {
    return read_told_orders(connection_, orders);
  }
  bool has_orders() const override { return first_new_ > 0; }
  void keep(KeptVersion version) override { versions_.push_back(std::move(version)); }
  void keep_until(Instant seen) override { notes_.set(std::string(kOrdersUntil), Json(seen.ms)); }

  void start_row(Kind kind, std::span<const Identifier> who, Instant time, uint64_t fingerprint);
  void put_rulings();
  RowBuffer& buffer_of(Property property);
  void put_extra(Property property, std::string_view json);
  std::string_view clean(std::string_view text);

  void flush_if_full();
  Result<void> flush();
  Result<void> flush_rows();
  Result<void> find_profiles();
  Result<std::vector<uint8_t>> find_duplicates();
  Result<void> add_profiles(const std::vector<uint8_t>& is_duplicate);
  Result<void> add_links(const std::vector<uint8_t>& is_duplicate, const std::vector<Seq>& seq);
  Result<void> write_buffer(RowBuffer& buffer, const std::vector<uint8_t>& is_duplicate, const std::vector<Seq>& seq);
  Result<void> note_repeats(const std::vector<uint8_t>& is_duplicate, const std::vector<Seq>& seq);
  Result<void> say_repeats_again();
  Result<void> flush_rejects();
  void count_customers(const std::vector<Profile>& leader);
  void note_times(const std::vector<uint8_t>& is_duplicate);

  const std::string key_;
  Connection connection_;
  IntakeSource source_;
  IntakeLimits limits_;
  std::optional<store::Transaction> transaction_;
  std::optional<Error> failed_;
  bool is_done_ = false;

  EventTables tables_;
  store::Entry entry_;
  IntakeOutcome outcome_;
  std::unordered_map<std::string, Kind> kinds_;  // the sender's
  std::map<SystemStream, Kind> system_kinds_;
  std::vector<RowBuffer> buffers_;  // by kind
  std::vector<std::unordered_map<std::string, Property>> property_index_;
  std::vector<PropertyOf> properties_;
  Kind current_ = 0;

  BatchIdentities identities_;
  KnownUsers users_;
  std::vector<BatchLink> links_;
  std::optional<Rulings> rulings_;
  std::optional<RulingLaw> law_;
  std::vector<std::pair<uint64_t, bool>> refusals_;
  NamedIdentifier row_who_;  // the strongest one of the row at hand
  Instant row_time_ = kEver;
  std::vector<Reject> rejects_;
  std::vector<KeptVersion> versions_;  // of orders
  Json notes_ = Json::object();
  uint32_t repeats_ = 0;  // of rows of traits without a time
  size_t batch_rows_ = 0, batch_bytes_ = 0;
  std::string cleaned_;

  Profile first_new_ = 0, next_profile_ = 0;
  bool record_had_profiles_ = false, has_new_links_ = false;
  std::vector<uint8_t> profile_seen_;  // of this intake's rows
  std::set<std::pair<std::string, std::string>> columnless_;
};

Result<void> RecordIntake::begin(Instant learnt) {
  transaction_.emplace(TRY(store::Transaction::begin(connection_)));
  tables_ = TRY(EventTables::read(connection_));
  entry_ = TRY(store::next_entry(connection_, "import", learnt));
  rulings_ = TRY(read_rulings_for_import(connection_, key_));
  law_.emplace(*rulings_, known_by_itself, RulingLaw::Rows::MayComeAgain);
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

// --- rows come in

Intake::Kind RecordIntake::kind(StreamName name) {
  const auto kind = static_cast<Kind>(buffers_.size());
  if (name.system != SystemStream::None) {
    const auto [found, is_new] = system_kinds_.emplace(name.system, kind);
    if (!is_new) return found->second;
  } else {
    const auto [found, is_new] = kinds_.emplace(name.event, kind);
    if (!is_new) return found->second;
    if (const auto flaw = flaw_of_event_name(name.event); flaw && !failed_)
      failed_ = fail(*flaw + fmt::format(": '{}'", name.event)).error();
    if (is_reserved(name.event) && !failed_) failed_ = reserved_name(name.event).error();
  }
  buffers_.emplace_back(name);
  property_index_.emplace_back();
  return kind;
}

Intake::Property RecordIntake::property(Kind kind, std::string_view name) {
  auto& index = property_index_[kind];
  if (const auto found = index.find(std::string(name)); found != index.end()) return found->second;
  const auto property = static_cast<Property>(properties_.size());
  properties_.push_back(
      {kind, buffers_[kind].add_property(first_invalid_utf8(name) ? repair_utf8(name) : std::string(name))});
  index.emplace(name, property);
  return property;
}

void RecordIntake::flush_if_full() {
  if (failed_ || (batch_rows_ < limits_.batch_rows && batch_bytes_ < limits_.batch_bytes)) return;
  if (auto flushed = flush(); !flushed) failed_ = flushed.error();
}

void RecordIntake::start(Kind kind, std::span<const Identifier> who, Instant time, uint64_t fingerprint) {
  VERIFY(!who.empty() && !is_done_);
  put_rulings();
  start_row(kind, who, time, fingerprint);
  const Identifier& strongest = strongest_of(who);
  row_who_.kind = strongest.kind;
  row_who_.value = strongest.value;  // into the same bytes, row by row
  row_time_ = time;
  law_->row(strongest, time);
  for (const Identifier& identifier : who)
    if (identifier.kind == IdentifierKind::Email) law_->address(identifier, time);
}

bool RecordIntake::knows_user(std::string_view id) {
  if (!users_.is_read() && !failed_)
    if (auto read = users_.read(connection_, identities_); !read) failed_ = read.error();
  return users_.has(clean(id));
}

// What the row before gave away, as rows of their own.
void RecordIntake::put_rulings() {
  if (!law_->has_facts()) return;
  for (const SystemFact& fact : law_->take_facts()) {
    const Kind kind = this->kind(fact.stream);
    const Identifier who = fact.who.view();
    start_row(kind, {&who, 1}, fact.time, fact.fingerprint);
    put_values(*this, kind, fact);
  }
}

bool RecordIntake::admits(std::span<const Identifier> who, const ConsentSaid& said, uint64_t) {
  const bool is_admitted = law_->admits(who, said);
  outcome_.refused += !is_admitted;
  return is_admitted;
}

void RecordIntake::start_row(Kind kind, std::span<const Identifier> who, Instant time, uint64_t fingerprint) {
  if (failed_) return;
  flush_if_full();
  if (failed_) return;
  current_ = kind;
  const auto order = static_cast<uint32_t>(batch_rows_++);
  const Identifier* strongest = &strongest_of(who);
  const uint32_t leader = identities_.intern(strongest->kind, clean(strongest->value));
  if (users_.is_read() && strongest->kind == IdentifierKind::UserId) users_.add(identities_.value(leader));
  for (const Identifier& identifier : who) {
    if (&identifier == strongest) continue;
    const uint32_t other = identities_.intern(identifier.kind, clean(identifier.value));
    if (other != leader && may_join(*strongest) && may_join(identifier)) links_.push_back({leader, other, order});
    batch_bytes_ += identifier.value.size();
  }
  batch_bytes_ += sizeof(BufferedRow) + strongest->value.size();
  buffers_[kind].start({.who = leader, .time = store::stored_time(time), .fingerprint = fingerprint, .order = order});
}

RowBuffer& RecordIntake::buffer_of(Property property) {
  VERIFY(properties_[property].kind == current_);
  return buffers_[current_];
}

// The record holds valid UTF-8 only; what is not is repaired here at the latest.
std::string_view RecordIntake::clean(std::string_view text) {
  if (std::ranges::none_of(text, [](char c) { return c < 0; }) || !first_invalid_utf8(text)) return text;
  cleaned_ = repair_utf8(text);
  return cleaned_;
}

void RecordIntake::put_scalar(Property property, Scalar value) {
  if (failed_) return;
  if (auto* text = std::get_if<std::string_view>(&value)) {
    *text = clean(*text);
    batch_bytes_ += text->size();
  }
  batch_bytes_ += 16;
  buffer_of(property).put(properties_[property].index, value);
}

void RecordIntake::put_element(Property property, Scalar value) {
  if (failed_) return;
  if (auto* text = std::get_if<std::string_view>(&value)) {
    *text = clean(*text);
    batch_bytes_ += text->size();
  }
  batch_bytes_ += 12;
  buffer_of(property).element(properties_[property].index, value);
}

void RecordIntake::put_extra(Property property, std::string_view json) {
  if (failed_) return;
  batch_bytes_ += 16 + json.size();
  buffer_of(property).put_extra(properties_[property].index, json);
}

void RecordIntake::put_raw(Property property, std::string_view json) {
  if (!failed_) put_extra(property, json_of_raw(buffer_of(property).name_of(properties_[property].index), json));
}

void RecordIntake::next_element(Kind kind, std::string_view prefix) {
  if (failed_) return;
  VERIFY(kind == current_);
  buffers_[kind].next_element(prefix);
}

void RecordIntake::reject(Reject reject) {
  if (reject.row.size() > kRejectBytes) reject.row.resize(kRejectBytes);
  for (std::string* text : {&reject.source, &reject.reason, &reject.value, &reject.row, &reject.member})
    *text = std::string(clean(*text));
  batch_bytes_ += sizeof reject + reject.row.size() + reject.value.size();
  rejects_.push_back(std::move(reject));
  flush_if_full();  // a file may be nothing but rejects
}

// --- rows go out

Result<void> RecordIntake::flush() {
  if (batch_rows_ > 0) TRY(flush_rows());
  TRY(flush_rejects());
  batch_rows_ = batch_bytes_ = 0;
  return {};
}

Result<void> RecordIntake::flush_rows() {
  for (RowBuffer& buffer : buffers_) buffer.finish_row();
  TRY(find_profiles());
  const std::vector<uint8_t> is_duplicate = TRY(find_duplicates());
  std::vector<Seq> seq(batch_rows_);
  uint64_t next = entry_.until_seq;
  for (size_t row = 0; row < batch_rows_; ++row) {
    seq[row] = static_cast<Seq>(next);
    next += !is_duplicate[row];
  }
  if (next >= kAllSeqs) return record_is_full();
  entry_.until_seq = static_cast<Seq>(next);
  note_times(is_duplicate);
  TRY(note_repeats(is_duplicate, seq));
  TRY(add_profiles(is_duplicate));
  TRY(add_links(is_duplicate, seq));
  for (RowBuffer& buffer : buffers_) {
    if (!buffer.rows().empty()) TRY(write_buffer(buffer, is_duplicate, seq));
    buffer.clear();
  }
  identities_ = BatchIdentities();
  links_.clear();
  return {};
}

// The profiles of the batch's identifiers that the record knows.
Result<void> RecordIntake::find_profiles() {
  identities_.profile.assign(identities_.size(), kNoProfile);
  if (next_profile_ == 0) return {};
  const std::vector<std::string> columns = {"local", "kind", "value"};
  auto writer = TRY(Writer::open(connection_, "temp", "incoming_identity", columns));
  TRY(write_blocks(writer, identities_.size(), [&](size_t row, size_t from) {
    const auto index = static_cast<uint32_t>(from + row);
    writer.values<uint32_t>(0)[row] = index;
    writer.values<uint8_t>(1)[row] = static_cast<uint8_t>(identities_.kind(index));
    writer.values<StoredText>(2)[row] = StoredText::of(identities_.value(index));
  }));
  auto answer =
      TRY(connection_.stream("SELECT i.local, k.profile FROM tessera.identity k JOIN temp.incoming_identity i ON "
                             "i.kind = k.kind AND i.value = k.value"));
  while (const auto chunk = TRY(answer.next())) {
    const auto local = chunk->column(0).values<uint32_t>(), profile = chunk->column(1).values<uint32_t>();
    for (size_t row = 0; row < chunk->rows(); ++row) identities_.profile[local[row]] = profile[row];
  }
  TRY(connection_.run("DELETE FROM temp.incoming_identity"));
  return {};
}

// Of each row of the batch: is its fingerprint in the record, or in an earlier row of the batch?
Result<std::vector<uint8_t>> RecordIntake::find_duplicates() {
  std::vector<uint8_t> is_duplicate(batch_rows_);
  const std::vector<std::string> sources = TRY(sources_heard(connection_));
  for (const RowBuffer& buffer : buffers_) {
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
Result<void> RecordIntake::note_repeats(const std::vector<uint8_t>& is_duplicate, const std::vector<Seq>& seq) {
  std::vector<std::pair<uint64_t, uint64_t>> repeats;
  const auto found = system_kinds_.find(SystemStream::Identify);
  if (found == system_kinds_.end()) return {};
  for (const BufferedRow& row : buffers_[found->second].rows()) {
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

Result<void> RecordIntake::say_repeats_again() {
  const EventTable* traits = tables_.find(SystemStream::Identify);
  if (repeats_ == 0 || !traits) return {};
  const uint64_t said = TRY(say_again(connection_, *traits, entry_.first_seq, entry_.until_seq));
  if (entry_.until_seq + said >= kAllSeqs) return record_is_full();
  entry_.until_seq += static_cast<Seq>(said);
  outcome_.trait_facts += said;
  return {};
}

void RecordIntake::note_times(const std::vector<uint8_t>& is_duplicate) {
  for (const RowBuffer& buffer : buffers_) {
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
Result<void> RecordIntake::add_profiles(const std::vector<uint8_t>& is_duplicate) {
  std::vector<uint32_t> who(batch_rows_);
  for (const RowBuffer& buffer : buffers_)
    for (const BufferedRow& row : buffer.rows()) who[row.order] = row.who;
  std::vector<uint32_t> added;
  const auto add = [&](uint32_t identity) {
    if (identities_.profile[identity] != kNoProfile) return;
    identities_.profile[identity] = next_profile_ + static_cast<Profile>(added.size());
    added.push_back(identity);
  };
  size_t link = 0;
  for (uint32_t order = 0; order < batch_rows_; ++order) {
    if (!is_duplicate[order]) add(who[order]);
    for (; link < links_.size() && links_[link].order == order; ++link)
      if (!is_duplicate[order]) add(links_[link].b);
  }
  std::vector<std::string> pseudonyms(added.size());
  parallel_for(added.size(), 4096, [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i)
      pseudonyms[i] = pseudonym_of(key_, identities_.kind(added[i]), identities_.value(added[i]));
  });
  const std::vector<std::string> columns = {"profile", "kind", "value", "pseudonym"};
  auto writer = TRY(Writer::open(connection_, "tessera", "identity", columns));
  TRY(write_blocks(writer, added.size(), [&](size_t row, size_t from) {
    const uint32_t identity = added[from + row];
    writer.values<uint32_t>(0)[row] = identities_.profile[identity];
    writer.values<uint8_t>(1)[row] = static_cast<uint8_t>(identities_.kind(identity));
    writer.values<StoredText>(2)[row] = StoredText::of(identities_.value(identity));
    writer.values<StoredText>(3)[row] = StoredText::of(pseudonyms[from + row]);
  }));
  next_profile_ += static_cast<Profile>(added.size());
  profile_seen_.resize(next_profile_);
  for (const uint32_t identity : who)
    if (const Profile profile = identities_.profile[identity]; profile != kNoProfile) profile_seen_[profile] = 1;
  return {};
}

// A link is written once, with the seq of the first row that says it; and never against what a person has decided about
// the pair, for the rows that made the mistake keep coming.
Result<void> RecordIntake::add_links(const std::vector<uint8_t>& is_duplicate, const std::vector<Seq>& seq) {
  std::unordered_set<uint64_t> seen;
  std::vector<Link> fresh;
  for (const BatchLink& link : links_) {
    if (is_duplicate[link.order]) continue;
    const Profile a = identities_.profile[link.a], b = identities_.profile[link.b];
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

Result<void> RecordIntake::write_buffer(RowBuffer& buffer, const std::vector<uint8_t>& is_duplicate,
                                        const std::vector<Seq>& seq) {
  std::vector<KeptRow> kept;
  for (uint32_t index = 0; index < buffer.rows().size(); ++index) {
    const BufferedRow& row = buffer.rows()[index];
    if (is_duplicate[row.order]) continue;
    kept.push_back({.index = index,
                    .seq = seq[row.order],
                    .profile = identities_.profile[row.who],
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

Result<void> RecordIntake::flush_rejects() {
  if (rejects_.empty()) return {};
  outcome_.rejects += TRY(write_rejects(connection_, rejects_, entry_.id));
  rejects_.clear();
  return {};
}

// --- the end

void RecordIntake::count_customers(const std::vector<Profile>& leader) {
  std::vector<uint8_t> seen(leader.size()), old(leader.size());
  for (Profile p = 0; p < leader.size(); ++p) {
    if (p < profile_seen_.size() && profile_seen_[p]) seen[leader[p]] = 1;
    if (p < first_new_) old[leader[p]] = 1;
  }
  for (Profile p = 0; p < leader.size(); ++p) {
    outcome_.customers += seen[p];
    outcome_.new_customers += seen[p] && !old[p];
  }
}

Result<IntakeOutcome> RecordIntake::commit(Progress& progress, const Finally& finally) {
  VERIFY(!is_done_);
  is_done_ = true;
  // Whatever happens from here on, the transaction ends with this call.
  const struct End {
    std::optional<store::Transaction>& transaction;
    Connection& connection;
    ~End() {
      transaction.reset();
      (void)connection.run(
          "DROP TABLE IF EXISTS temp.incoming_identity; DROP TABLE IF EXISTS temp.incoming_row;"
          "DROP TABLE IF EXISTS temp.incoming_again;"
          "DROP TABLE IF EXISTS temp.incoming_link; DROP TABLE IF EXISTS temp.incoming_reject");
    }
  } end{transaction_, connection_};
  if (failed_) return std::unexpected(*failed_);
  progress.step("storing", 0, 0);
  put_rulings();
  if (failed_) return std::unexpected(*failed_);
  TRY(flush());
  refusals_ = law_->take_refusals();
  TRY(write_refusals(connection_, refusals_, entry_.learnt));
  const std::vector<Profile> leader =
      has_new_links_ ? TRY(restitch(connection_)).leader : TRY(read_leaders(connection_, next_profile_));
  TRY(say_repeats_again());
  TRY(write_order_versions(connection_, versions_));
  const bool is_new =
      entry_.until_seq > entry_.first_seq || outcome_.rejects > 0 || !refusals_.empty() || !versions_.empty();
  count_customers(leader);
  outcome_.columnless_properties = columnless_.size();
  if (!is_new) return std::move(outcome_);
  TRY(tables_.refresh_views(connection_));
  Json files = Json::array();
  for (const std::string& file : source_.files) files.add(file);
  Json detail;
  detail.set("files", std::move(files)).set("preset", source_.preset).set("stored", outcome_.stored);
  detail.set("trait_facts", outcome_.trait_facts)
      .set("duplicates", outcome_.duplicates)
      .set("rejects", outcome_.rejects)
      .set("refused", outcome_.refused);
  for (const auto& [name, value] : *notes_.as_object()) detail.set(name, value);
  entry_.source = clean(source_.description);
  entry_.detail = detail.dump();
  TRY(store::append_entry(connection_, entry_));
  if (finally) TRY(finally(connection_));
  TRY(transaction_->commit());
  progress.finish();
  outcome_.entry = entry_.id;
  return std::move(outcome_);
}

}  // namespace

Result<std::unique_ptr<ImportIntake>> begin_intake(store::Record& record, IntakeSource source, Instant learnt,
                                                   IntakeLimits limits) {
  auto intake = std::make_unique<RecordIntake>(record, TRY(record.connect()), std::move(source), limits);
  TRY(intake->begin(learnt));
  return intake;
}

}  // namespace tessera::profiles
