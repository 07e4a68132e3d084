#include "profiles/import_intake.hpp"

#include <algorithm>
#include <future>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "profiles/batch_writer.hpp"
#include "profiles/extra.hpp"
#include "profiles/identifier_rules.hpp"
#include "profiles/people.hpp"
#include "profiles/ruling_law.hpp"
#include "profiles/tables.hpp"
#include "store/record.hpp"

namespace tessera::profiles {

namespace {

using store::Connection;

constexpr size_t kRejectBytes = 4096;
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

  Result<std::vector<ToldOrder>> told(std::span<const AskedOrder> orders) override;
  bool has_orders() const override { return had_profiles_; }
  void keep(KeptVersion version) override { versions_.push_back(std::move(version)); }
  void keep_until(Instant seen) override { notes_.set(std::string(kOrdersUntil), Json(seen.ms)); }

  void start_row(Kind kind, std::span<const Identifier> who, Instant time, uint64_t fingerprint);
  void put_rulings();
  RowBuffer& buffer_of(Property property);
  void put_extra(Property property, std::string_view json);
  std::string_view clean(std::string_view text);

  void hand_over_if_full();
  void hand_over();
  void await_writer();

  const std::string key_;
  Connection connection_;
  IntakeSource source_;
  IntakeLimits limits_;
  std::optional<store::Transaction> transaction_;
  std::optional<Error> failed_;
  bool is_done_ = false;

  uint64_t refused_ = 0;
  std::unordered_map<std::string, Kind> kinds_;  // the sender's
  std::map<SystemStream, Kind> system_kinds_;
  std::vector<std::unordered_map<std::string, Property>> property_index_;
  std::vector<PropertyOf> properties_;
  Kind current_ = 0;

  KnownUsers users_;
  std::optional<Rulings> rulings_;
  std::optional<RulingLaw> law_;
  std::vector<std::pair<uint64_t, bool>> refusals_;
  NamedIdentifier row_who_;  // the strongest one of the row at hand
  Instant row_time_ = kEver;
  std::vector<KeptVersion> versions_;  // of orders
  Json notes_ = Json::object();
  std::string cleaned_;
  bool had_profiles_ = false;  // the record, before this intake

  Batch batch_;                        // being filled
  Batch written_;                      // being written
  std::optional<BatchWriter> writer_;  // of the connection; while writing_ is at work neither is touched
  std::future<Result<void>> writing_;  // last: what it uses outlives it
};

Result<void> RecordIntake::begin(Instant learnt) {
  transaction_.emplace(TRY(store::Transaction::begin(connection_)));
  rulings_ = TRY(read_rulings_for_import(connection_, key_));
  law_.emplace(*rulings_, known_by_itself, RulingLaw::Rows::MayComeAgain);
  writer_.emplace(connection_, key_, TRY(store::next_entry(connection_, "import", learnt)));
  TRY(writer_->begin());
  had_profiles_ = writer_->first_new() > 0;
  return {};
}

// --- rows come in

Intake::Kind RecordIntake::kind(StreamName name) {
  const auto kind = static_cast<Kind>(batch_.buffers.size());
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
  batch_.buffers.emplace_back(name);
  property_index_.emplace_back();
  return kind;
}

Intake::Property RecordIntake::property(Kind kind, std::string_view name) {
  auto& index = property_index_[kind];
  if (const auto found = index.find(std::string(name)); found != index.end()) return found->second;
  const auto property = static_cast<Property>(properties_.size());
  properties_.push_back(
      {kind, batch_.buffers[kind].add_property(first_invalid_utf8(name) ? repair_utf8(name) : std::string(name))});
  index.emplace(name, property);
  return property;
}

void RecordIntake::hand_over_if_full() {
  if (!failed_ && (batch_.rows >= limits_.batch_rows || batch_.bytes >= limits_.batch_bytes)) hand_over();
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
  if (!users_.is_read()) {
    await_writer();
    if (!failed_)
      if (auto read = users_.read(connection_, batch_.identities); !read) failed_ = read.error();
  }
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
  refused_ += !is_admitted;
  return is_admitted;
}

void RecordIntake::start_row(Kind kind, std::span<const Identifier> who, Instant time, uint64_t fingerprint) {
  if (failed_) return;
  hand_over_if_full();
  if (failed_) return;
  current_ = kind;
  const auto order = static_cast<uint32_t>(batch_.rows++);
  const Identifier* strongest = &strongest_of(who);
  const uint32_t leader = batch_.identities.intern(strongest->kind, clean(strongest->value));
  if (users_.is_read() && strongest->kind == IdentifierKind::UserId) users_.add(batch_.identities.value(leader));
  for (const Identifier& identifier : who) {
    if (&identifier == strongest) continue;
    const uint32_t other = batch_.identities.intern(identifier.kind, clean(identifier.value));
    if (other != leader && may_join(*strongest) && may_join(identifier)) batch_.links.push_back({leader, other, order});
    batch_.bytes += identifier.value.size();
  }
  batch_.bytes += sizeof(BufferedRow) + strongest->value.size();
  batch_.buffers[kind].start(
      {.who = leader, .time = store::stored_time(time), .fingerprint = fingerprint, .order = order});
}

RowBuffer& RecordIntake::buffer_of(Property property) {
  VERIFY(properties_[property].kind == current_);
  return batch_.buffers[current_];
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
    batch_.bytes += text->size();
  }
  batch_.bytes += 16;
  buffer_of(property).put(properties_[property].index, value);
}

void RecordIntake::put_element(Property property, Scalar value) {
  if (failed_) return;
  if (auto* text = std::get_if<std::string_view>(&value)) {
    *text = clean(*text);
    batch_.bytes += text->size();
  }
  batch_.bytes += 12;
  buffer_of(property).element(properties_[property].index, value);
}

void RecordIntake::put_extra(Property property, std::string_view json) {
  if (failed_) return;
  batch_.bytes += 16 + json.size();
  buffer_of(property).put_extra(properties_[property].index, json);
}

void RecordIntake::put_raw(Property property, std::string_view json) {
  if (!failed_) put_extra(property, json_of_raw(buffer_of(property).name_of(properties_[property].index), json));
}

void RecordIntake::next_element(Kind kind, std::string_view prefix) {
  if (failed_) return;
  VERIFY(kind == current_);
  batch_.buffers[kind].next_element(prefix);
}

void RecordIntake::reject(Reject reject) {
  if (reject.row.size() > kRejectBytes) reject.row.resize(kRejectBytes);
  for (std::string* text : {&reject.source, &reject.reason, &reject.value, &reject.row, &reject.member})
    *text = std::string(clean(*text));
  batch_.bytes += sizeof reject + reject.row.size() + reject.value.size();
  batch_.rejects.push_back(std::move(reject));
  hand_over_if_full();  // a file may be nothing but rejects
}

// --- rows go out

// The batch before must be written first: two are in memory at most.
void RecordIntake::hand_over() {
  await_writer();
  if (failed_) return;
  batch_.finish_rows();
  written_ = std::move(batch_);
  batch_ = written_.like();
  writing_ = std::async(std::launch::async, [this] { return writer_->write(written_); });
}

void RecordIntake::await_writer() {
  if (!writing_.valid()) return;
  if (auto written = writing_.get(); !written && !failed_) failed_ = written.error();
  written_ = Batch();
}

Result<std::vector<ToldOrder>> RecordIntake::told(std::span<const AskedOrder> orders) {
  await_writer();
  if (failed_) return std::unexpected(*failed_);
  return read_told_orders(connection_, orders);
}

// --- the end

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
  await_writer();
  if (failed_) return std::unexpected(*failed_);
  batch_.finish_rows();
  TRY(writer_->write(batch_));
  refusals_ = law_->take_refusals();
  store::Entry& entry = writer_->entry();
  TRY(write_refusals(connection_, refusals_, entry.learnt));
  const std::vector<Profile> leader = writer_->has_new_links()
                                          ? TRY(restitch(connection_)).leader
                                          : TRY(read_leaders(connection_, writer_->next_profile()));
  TRY(writer_->say_repeats_again());
  TRY(write_order_versions(connection_, versions_));
  IntakeOutcome& outcome = writer_->outcome();
  outcome.refused = refused_;
  const bool is_new =
      entry.until_seq > entry.first_seq || outcome.rejects > 0 || !refusals_.empty() || !versions_.empty();
  writer_->count_customers(leader);
  if (!is_new) return std::move(outcome);
  TRY(writer_->tables().refresh_views(connection_));
  Json files = Json::array();
  for (const std::string& file : source_.files) files.add(file);
  Json detail;
  detail.set("files", std::move(files)).set("preset", source_.preset).set("stored", outcome.stored);
  detail.set("trait_facts", outcome.trait_facts)
      .set("duplicates", outcome.duplicates)
      .set("rejects", outcome.rejects)
      .set("refused", outcome.refused);
  for (const auto& [name, value] : *notes_.as_object()) detail.set(name, value);
  entry.source = clean(source_.description);
  entry.detail = detail.dump();
  TRY(store::append_entry(connection_, entry));
  if (finally) TRY(finally(connection_));
  TRY(transaction_->commit());
  progress.finish();
  outcome.entry = entry.id;
  return std::move(outcome);
}

}  // namespace

Result<std::unique_ptr<ImportIntake>> begin_intake(store::Record& record, IntakeSource source, Instant learnt,
                                                   IntakeLimits limits) {
  auto intake = std::make_unique<RecordIntake>(record, TRY(record.connect()), std::move(source), limits);
  TRY(intake->begin(learnt));
  return intake;
}

}  // namespace tessera::profiles
