#include "fold/inflow.hpp"

#include <algorithm>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "profiles/extra.hpp"
#include "profiles/identifier_rules.hpp"
#include "profiles/message_prints.hpp"
#include "profiles/money_names.hpp"
#include "store/database.hpp"

namespace tessera::fold {

using profiles::BufferedColumn;
using profiles::Identifier;
using profiles::PropertyType;
using profiles::RowBuffer;
using profiles::Scalar;
using profiles::Seq;
using profiles::StoredType;

namespace {

constexpr size_t kRejectBytes = 4096;

}  // namespace

Inflow::Inflow(Identities& identities, Memory& memory, Recent& recent, profiles::Rulings& rulings, Seq next_seq)
    : identities_(identities),
      memory_(&memory),
      recent_(recent),
      rulings_(rulings),
      law_(
          rulings,
          [this](const Identifier& who, const auto& visit) {
            const auto found = identities_.find(who.kind, who.value);
            if (!found) return visit(who);
            std::vector<Profile> members;
            identities_.members(identities_.leader(*found), members);
            for (const Profile each : members) visit({identities_.kind(each), identities_.value(each)});
          },
          profiles::RulingLaw::Rows::AreNew),
      next_seq_(next_seq) {
  page_.first_seq = page_.until_seq = next_seq;
  page_.first_profile = static_cast<Profile>(identities.size());
}

void Inflow::use(Memory& memory) {
  memory_ = &memory;
  for (KindOf& kind : kinds_)
    if (!kind.refusal) kind.stream = memory.shape.stream(name_of(kind));
}

profiles::StreamName Inflow::name_of(const KindOf& kind) const {
  if (kind.system != profiles::SystemStream::None) return kind.system;
  return kind.event;
}

size_t Inflow::rows_kept(profiles::SystemStream stream) const {
  const auto found = by_system_.find(stream);
  return found == by_system_.end() ? 0 : page_.rows[found->second].kept.size();
}

Page Inflow::take_page() {
  Page next;
  next.first_seq = next.until_seq = next_seq_;
  next.first_profile = static_cast<Profile>(identities_.size());
  for (KindOf& kind : kinds_) {
    Page::Rows rows{.buffer = RowBuffer(name_of(kind)), .kept = {}};
    for (const std::string& property : kind.properties) rows.buffer.add_property(property);
    next.rows.push_back(std::move(rows));
    kind.rows_done = 0;
  }
  for (const Profile profile : page_.relabelled) page_.leaders.emplace_back(profile, identities_.leader(profile));
  return std::exchange(page_, std::move(next));
}

void Inflow::forget_names() {
  VERIFY(page_.until_seq == page_.first_seq);
  kinds_.clear();
  by_event_.clear();
  by_system_.clear();
  properties_.clear();
  page_.rows.clear();
  ++era_;
}

void Inflow::begin(Instant learnt) {
  learnt_ = learnt;
  touched_ = {.rows = {}, .before = {}, .first_new = static_cast<Profile>(identities_.size()), .first_seq = next_seq_};
  new_links_.clear();
}

// --- handles

Inflow::Kind Inflow::kind(profiles::StreamName name) {
  const bool is_sent = name.system == profiles::SystemStream::None;
  if (!is_sent)
    if (const auto found = by_system_.find(name.system); found != by_system_.end()) return found->second;
  if (is_sent)
    if (const auto found = by_event_.find(std::string(name.event)); found != by_event_.end()) return found->second;
  const auto kind = static_cast<Kind>(kinds_.size());
  KindOf made{.event = std::string(name.event), .system = name.system, .properties = {}, .index = {}, .stream = {}};
  if (is_sent) {
    if (profiles::is_reserved(name.event)) made.refusal = profiles::kReservedName;
    by_event_.emplace(name.event, kind);
  } else {
    by_system_.emplace(name.system, kind);
  }
  if (!made.refusal) made.stream = memory_->shape.stream(name);
  kinds_.push_back(std::move(made));
  page_.rows.push_back({.buffer = RowBuffer(name), .kept = {}});
  return kind;
}

Inflow::Property Inflow::property(Kind kind, std::string_view name) {
  KindOf& of = kinds_[kind];
  if (const auto found = of.index.find(std::string(name)); found != of.index.end()) return found->second;
  const auto property = static_cast<Property>(properties_.size());
  of.properties.push_back(first_invalid_utf8(name) ? repair_utf8(name) : std::string(name));
  properties_.push_back({.kind = kind,
                         .index = buffer(kind).add_property(of.properties.back()),
                         .is_currency = name == profiles::kCurrencyProperty && profiles::is_counted(of.system)});
  of.index.emplace(name, property);
  return property;
}

// --- a row

std::string_view Inflow::clean(std::string_view text) {
  if (std::ranges::none_of(text, [](char c) { return c < 0; }) || !first_invalid_utf8(text)) return text;
  cleaned_ = repair_utf8(text);
  return cleaned_;
}

Profile Inflow::resolve(const Identifier& identifier) {
  const std::string_view value = clean(identifier.value);
  const auto found = identities_.find_or_add(identifier.kind, value);
  if (found.is_new) page_.identities.push_back({identifier.kind, std::string(value)});
  return found.profile;
}

void Inflow::from_source(std::string_view source) {
  source_ = source;
  if (!source.empty()) sources_.emplace(source);
}

// By the bare fingerprint are known what files and topics said, and what sources said to versions of before.
bool Inflow::was_said(uint64_t fingerprint) const {
  if (recent_.has(fingerprint)) return true;
  const auto by = [&](const std::string& source) {
    return recent_.has(profiles::print_of_source(fingerprint, source));
  };
  return source_.empty() ? std::ranges::any_of(sources_, by) : by(source_);
}

void Inflow::start(Kind kind, std::span<const Identifier> who, Instant time, uint64_t fingerprint) {
  current_ = kind;
  skipping_ = true;
  if (const char* refusal = kinds_[kind].refusal) return reject_row(refusal, kinds_[kind].event);
  if (noted_ && (noted_->size() == noted_from_ || noted_->back() != kind)) noted_->push_back(kind);
  if (was_said(fingerprint)) return skip_row(counts_.duplicates);
  if (!source_.empty()) fingerprint = profiles::print_of_source(fingerprint, source_);
  (void)recent_.seen(fingerprint, learnt_);
  // Who asks through admits() knows already.
  if (law_.is_refused(who)) return skip_row(counts_.refused);
  if (rulings_.has_blocked()) {
    const Identifier& first = who[0];
    who = without_blocked(who);
    if (who.empty()) return reject_row("blocked-id", std::string(first.value));
  }
  skipping_ = false;
  VERIFY(next_seq_ < profiles::kAllSeqs - 1);
  const Seq seq = next_seq_++;
  const Identifier* strongest = &profiles::strongest_of(who);
  const Profile first_new = static_cast<Profile>(identities_.size());
  const Profile profile = resolve(*strongest);
  for (const Identifier& identifier : who)
    if (&identifier != strongest)
      if (const Profile other = resolve(identifier);
          other != profile && profiles::may_join(*strongest) && profiles::may_join(identifier))
        new_links_.push_back({.a = std::min(profile, other), .b = std::max(profile, other), .seq = seq});
  for (const Identifier& identifier : who)
    if (identifier.kind == IdentifierKind::Email && identities_.size() > first_new)
      if (const auto found = identities_.find(identifier.kind, clean(identifier.value)); found && *found >= first_new)
        law_.address({identifier.kind, identities_.value(*found)}, time);
  put_row(kind, profile, time, seq, fingerprint);
  law_.row({identities_.kind(profile), identities_.value(profile)}, time);
  ++counts_.rows;
}

void Inflow::skip_row(uint64_t& count) {
  ++count;
  law_.forget();
}

void Inflow::reject_row(const char* reason, std::string value) {
  law_.forget();
  reject({.source = {}, .line = 0, .reason = reason, .value = std::move(value), .row = {}});
}

void Inflow::put_row(Kind kind, Profile profile, Instant time, Seq seq, uint64_t fingerprint) {
  row_profile_ = profile;
  row_time_ = time;
  auto& rows = page_.rows[kind];
  if (rows.kept.size() == kinds_[kind].rows_done) with_new_rows_.push_back(kind);
  rows.kept.push_back({.index = static_cast<uint32_t>(rows.buffer.rows().size()),
                       .seq = seq,
                       .profile = profile,
                       .time = store::stored_time(time),
                       .fingerprint = fingerprint});
  rows.buffer.start({.who = profile, .time = store::stored_time(time), .fingerprint = fingerprint, .order = seq});
  touched_.rows.push_back({profile, time, kinds_[kind].stream});
}

void Inflow::put_scalar(Property property, Scalar value) {
  if (skipping_) return;
  if (auto* text = std::get_if<std::string_view>(&value)) *text = clean(*text);
  const auto* text = std::get_if<std::string_view>(&value);
  if (text && properties_[property].is_currency && memory_->money.note(*text, next_seq_ - 1)) memory_->shape.touch();
  buffer(current_).put(properties_[property].index, value);
}

void Inflow::put_element(Property property, Scalar value) {
  if (skipping_) return;
  if (auto* text = std::get_if<std::string_view>(&value)) *text = clean(*text);
  buffer(current_).element(properties_[property].index, value);
}

void Inflow::put_null(Property property) {
  if (!skipping_) buffer(current_).put_extra(properties_[property].index, "null");
}

void Inflow::put_raw(Property property, std::string_view json) {
  if (skipping_) return;
  const std::string& name = kinds_[current_].properties[properties_[property].index];
  buffer(current_).put_extra(properties_[property].index, profiles::json_of_raw(name, json));
}

void Inflow::next_element(Kind kind, std::string_view prefix) {
  if (!skipping_) buffer(kind).next_element(prefix);
}

std::optional<uint64_t> print_of(const profiles::Reject& reject) {
  if (reject.source.find('/') == std::string::npos) return std::nullopt;
  return hash64(reject.row, hash64(reject.reason, hash64(reject.source, reject.line)));
}

void Inflow::reject(profiles::Reject reject) {
  if (reject.row.size() > kRejectBytes) reject.row.resize(kRejectBytes);
  for (std::string* text : {&reject.source, &reject.reason, &reject.value, &reject.row, &reject.member})
    *text = std::string(clean(*text));
  if (const auto print = print_of(reject); print && recent_.seen(*print, learnt_)) {
    ++counts_.duplicates;
    return;
  }
  page_.rejects.push_back(std::move(reject));
  ++counts_.rejects;
}

// --- the end of an entry

// One kind's new rows of the page, walked column by column beside them.
class Inflow::Packer {
 public:
  Packer(Memory& memory, uint16_t stream, const RowBuffer& buffer, uint32_t first_row)
      : memory_(memory), stream_(stream), extras_(buffer.extras(first_row)) {
    for (const auto& filled : buffer.filled(first_row)) {
      const bool is_length = filled.wanted.type == StoredType::Length;
      const auto at =
          static_cast<size_t>(std::ranges::lower_bound(filled.column->rows, first_row) - filled.column->rows.begin());
      if (at == filled.column->rows.size()) continue;
      const auto slot = is_length
                            ? memory.shape.length_slot(stream, filled.wanted.property)
                            : memory.shape.slot(stream, filled.wanted.property,
                                                static_cast<PropertyType>(filled.wanted.type), filled.wanted.is_list);
      const bool names_currency = filled.wanted.property == profiles::kCurrencyProperty &&
                                  filled.wanted.type == StoredType::Text && !filled.wanted.is_list;
      if (slot) (is_length ? lengths_ : columns_).push_back({filled.column, *slot, at, names_currency});
    }
    for (const auto& item : extras_) cleared_.push_back(memory.shape.property(stream, item.property));
  }

  // Rows ascending.
  void pack(uint32_t row, RowWriter& out) {
    out.start(stream_);
    for (Cursor& cursor : columns_)
      if (cursor.step_to(row)) put(cursor, out);
    for (Cursor& cursor : lengths_)
      if (cursor.step_to(row)) out.length(cursor.slot, static_cast<uint64_t>(cursor.column->numbers[cursor.at]));
    for (; extra_ < extras_.size() && extras_[extra_].row <= row; ++extra_)
      if (extras_[extra_].row == row && cleared_[extra_]) out.cleared(*cleared_[extra_]);
  }

 private:
  struct Cursor {
    const BufferedColumn* column;
    uint16_t slot;
    size_t at;
    bool names_currency = false;
    bool step_to(uint32_t row) {
      while (at < column->rows.size() && column->rows[at] < row) ++at;
      return at < column->rows.size() && column->rows[at] == row;
    }
  };

  void put(const Cursor& cursor, RowWriter& out) {
    const BufferedColumn& column = *cursor.column;
    if (!column.is_list) {
      if (column.type == StoredType::Number) {
        memory_.histories.note_number(column.numbers[cursor.at]);
        out.number(cursor.slot, column.numbers[cursor.at]);
      } else if (column.type == StoredType::Text) {
        if (cursor.names_currency) memory_.shape.note_currency(stream_, column.texts[cursor.at]);
        out.text(cursor.slot, memory_.dictionary.intern(column.texts[cursor.at]));
      } else {
        out.truth(cursor.slot, column.truths[cursor.at] != 0);
      }
      return;
    }
    const uint64_t from = cursor.at == 0 ? 0 : column.list_ends[cursor.at - 1], to = column.list_ends[cursor.at];
    out.list(cursor.slot, to - from);
    for (uint64_t e = from; e < to; ++e) {
      if (column.type == StoredType::Number) {
        if (column.present[e]) memory_.histories.note_number(column.numbers[e]);
        out.element(column.present[e] ? column.numbers[e] : profiles::kAbsentNumber);
      } else if (column.type == StoredType::Text) {
        out.element_text(column.present[e] ? memory_.dictionary.intern(column.texts[e]) : profiles::kAbsentText);
      } else {
        out.element_truth(!column.present[e]      ? profiles::Truth::Absent
                          : column.truths[e] != 0 ? profiles::Truth::Yes
                                                  : profiles::Truth::No);
      }
    }
  }

  Memory& memory_;
  uint16_t stream_;
  std::vector<Cursor> columns_, lengths_;
  std::vector<profiles::ExtraItem> extras_;
  std::vector<std::optional<uint16_t>> cleared_;  // by extra: each is something without a value
  size_t extra_ = 0;
};

void Inflow::link(Profile a, Profile b, Seq seq) {
  if (!identities_.note_link(a, b, seq)) return;
  page_.links.push_back({.a = a, .b = b, .seq = seq});
  const Profile leaders[] = {identities_.leader(a), identities_.leader(b)};
  if (leaders[0] == leaders[1]) return;
  std::vector<Profile> members[2];
  for (int side = 0; side < 2; ++side) identities_.members(leaders[side], members[side]);
  const auto joined = identities_.join(a, b);
  if (!joined) return;
  for (int side = 0; side < 2; ++side) {
    if (leaders[side] == joined->former)
      page_.relabelled.insert(page_.relabelled.end(), members[side].begin(), members[side].end());
    note_before(leaders[side], std::move(members[side]));
  }
}

// As it was before this entry: a customer that is joined twice is kept as it was at first.
void Inflow::note_before(Profile leader, std::vector<Profile> members) {
  std::erase_if(members, [&](Profile each) { return each >= touched_.first_new; });
  if (leader >= touched_.first_new || members.empty()) return;
  if (std::ranges::none_of(touched_.before, [&](const auto& known) { return known.leader == leader; }))
    touched_.before.push_back({leader, std::move(members)});
}

Touched Inflow::finish() {
  put_facts();
  struct NewRow {
    Seq seq;
    Kind kind;
    size_t kept;
    Packer* packer;
  };
  std::vector<NewRow> rows;
  std::map<Kind, Packer> packers;
  std::ranges::sort(with_new_rows_);
  for (const Kind kind : std::exchange(with_new_rows_, {})) {
    auto& of = page_.rows[kind];
    of.buffer.finish_row();
    if (kinds_[kind].stream) {
      packers.emplace(
          std::piecewise_construct, std::tuple(kind),
          std::forward_as_tuple(*memory_, *kinds_[kind].stream, of.buffer, of.kept[kinds_[kind].rows_done].index));
      for (size_t k = kinds_[kind].rows_done; k < of.kept.size(); ++k)
        rows.push_back({of.kept[k].seq, kind, k, &packers.at(kind)});
    }
    kinds_[kind].rows_done = of.kept.size();
  }
  std::ranges::sort(rows, {}, &NewRow::seq);
  RowWriter writer;
  const auto kept_of = [&](const NewRow& row) -> const auto& { return page_.rows[row.kind].kept[row.kept]; };
  using enum Histories::Fetch;
  for (size_t i = 0; i < rows.size(); ++i) {
    for (const auto& [ahead, what] : {std::pair(12, Pointer), std::pair(8, Head), std::pair(4, End)})
      if (i + ahead < rows.size()) memory_->histories.expect(kept_of(rows[i + ahead]).profile, what);
    const auto& kept = kept_of(rows[i]);
    rows[i].packer->pack(kept.index, writer);
    memory_->histories.append(kept.profile, store::instant_of_stored(kept.time), kept.seq, writer);
  }
  // Links in the order in which stitch() takes them.
  std::ranges::sort(new_links_, {}, [](const profiles::Link& link) { return std::tuple(link.seq, link.a, link.b); });
  for (const profiles::Link& each : new_links_) link(each.a, each.b, each.seq);
  if (page_.until_seq < next_seq_) {
    if (!page_.learnt.empty() && page_.learnt.back().at == learnt_)
      page_.learnt.back().until = next_seq_;
    else
      page_.learnt.push_back({learnt_, next_seq_});
    page_.until_seq = next_seq_;
  }
  page_.learnt_until = learnt_;
  return std::move(touched_);
}

}  // namespace tessera::fold
