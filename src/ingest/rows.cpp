#include "ingest/rows.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/phone.hpp"
#include "core/text.hpp"
#include "formats/presets.hpp"
#include "ingest/fields.hpp"
#include "ingest/order_book.hpp"
#include "profiles/history.hpp"

namespace tessera::ingest {

using profiles::IdentifierKind;
using profiles::Intake;

uint32_t Occurrences::next(uint64_t content) {
  if ((used_ + 1) * 4 > slots_.size() * 3) grow();
  const size_t mask = slots_.size() - 1;
  size_t at = mix64(content) & mask;
  while (slots_[at].count != 0 && slots_[at].content != content) at = (at + 1) & mask;
  Slot& slot = slots_[at];
  if (slot.count == 0) ++used_, slot.content = content;
  return static_cast<uint32_t>(slot.count++);
}

void Occurrences::grow() {
  std::vector<Slot> old(std::max<size_t>(1024, slots_.size() * 2));
  old.swap(slots_);
  const size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.count == 0) continue;
    size_t at = mix64(slot.content) & mask;
    while (slots_[at].count != 0) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

void Who::add(IdentifierKind kind, std::string value) {
  for (const auto& [known, text] : ids) {
    if (known == kind) return;
  }
  ids.emplace_back(kind, std::move(value));
  std::sort(ids.begin(), ids.end());
}

namespace {

constexpr size_t kMostKinds = 5000;   // event names of one file
constexpr size_t kLongestName = 200;  // of an event, in bytes

class EventNormaliser final : public Normaliser {
 public:
  EventNormaliser(const formats::Plan& plan, NormaliserContext& context)
      : plan_(plan),
        context_(context),
        reader_(plan, context),
        traits_(context.intake),
        record_(reader_.find(formats::Role::Record)),
        status_(reader_.find(formats::Role::Status)) {}

  Result<void> add(const formats::Row& row) override {
    const bool is_customer = plan_.mapping.rows == formats::RowMeans::Customer;
    const Who who = reader_.who(row);
    std::optional<Instant> time = reader_.time(row);
    if (!time && reader_.has_time() && says_something(row.at(reader_.time_column()))) {
      reject("bad-time", row.at(reader_.time_column()).text, row);
      return {};
    }
    if (reader_.leaves_out(row, time)) return {};
    if (who.empty()) {
      ++context_.findings.rows_without_customer;
      return {};
    }
    if (!time && !is_customer) {
      reject("no-time", "", row);
      return {};
    }
    const auto event_said = record_ ? event_of_record(row) : event_of(row);
    if (!event_said) return {};
    const std::string_view event = *event_said;
    const bool is_traits = is_customer && event.empty();
    if (event.empty() && !is_traits) {
      reject("no-event-name", "", row);
      return {};
    }
    if (event.size() > kLongestName) {
      reject("long-event-name", event, row);
      return {};
    }
    if (profiles::is_reserved(event)) {
      reject(profiles::kReservedName, event, row);
      return {};
    }
    KindPlan& kind = TRY(kind_of(is_traits ? profiles::StreamName(profiles::SystemStream::Identify) : event));
    reader_.start(kind.kind, who, time.value_or(kEver), identity(row, who, event, time));
    for (size_t i = 0; i < plan_.columns.size(); ++i) {
      const formats::ColumnPlan& column = plan_.columns[i];
      const formats::Field& field = row.at(column.column);
      if (column.binding.role == formats::Role::Trait && !is_customer) continue;
      if (kind.named[i].empty()) continue;
      if (!kind.properties[i]) {
        if (!says_something(field) && field.kind != formats::FieldKind::Null) continue;
        kind.properties[i] = context_.intake.property(kind.kind, kind.named[i]);
      }
      reader_.put(*kind.properties[i], column, field);
    }
    if (is_customer) {
      ++context_.findings.facts_used;
      return {};
    }
    if (!plan_.currency.empty() && kind.has_money && !kind.has_currency) {
      if (!kind.currency) kind.currency = context_.intake.property(kind.kind, "currency");
      context_.intake.put(*kind.currency, std::string_view(plan_.currency));
    }
    reader_.log_traits(traits_, who, row, *time);
    return {};
  }

  Result<void> finish() override {
    traits_.emit(reader_);
    return {};
  }

 private:
  struct KindPlan {
    Intake::Kind kind = 0;
    std::vector<std::string> named;  // by column of the plan; empty: none
    std::vector<std::optional<Intake::Property>> properties;
    std::optional<Intake::Property> currency;
    bool has_money = false, has_currency = false;
  };

  // As the row says or, where it says nothing, the mapping; empty: nobody says.
  std::optional<std::string_view> event_of(const formats::Row& row) {
    if (const formats::ColumnPlan* column = reader_.find(formats::Role::Event))
      if (const formats::Field& field = row.at(column->column); says_something(field))
        return canonical(trim(field.text));
    return plan_.mapping.rows == formats::RowMeans::Customer ? std::string_view() : plan_.mapping.event;
  }

  // What became of the thing that the row is about. nullopt: the row is left out.
  std::optional<std::string_view> event_of_record(const formats::Row& row) {
    const std::string_view thing = plan_.mapping.thing.empty() ? std::string_view("Record") : plan_.mapping.thing;
    const std::string written(status_ ? trim(row.at(status_->column).text) : std::string_view());
    if (context_.statuses && !formats::is_blank(written) && context_.statuses->said_none(written)) {
      context_.findings.warn("no-order", context_.file, row.line, written);
      return std::nullopt;
    }
    const auto state = context_.statuses ? context_.statuses->record_state(written) : formats::state_of_record(written);
    if (!state && !formats::is_blank(written)) {
      if (context_.findings.unknown_statuses.size() < kMostStatusesNamed)
        context_.findings.unknown_statuses.insert(written);
      if (context_.leaves_out(formats::Odd::UnknownStatus, row.line, written, row.raw)) return std::nullopt;
    }
    const auto [known, is_new] = names_.try_emplace(written);
    if (is_new) known->second = state ? formats::event_of_record(thing, *state) : fmt::format("{} Updated", thing);
    return known->second;
  }

  // Looked up once for each name as written.
  std::string_view canonical(std::string_view written) {
    if (written.size() > kLongestName || names_.size() > kMostKinds) return written;
    const auto [known, is_new] = names_.try_emplace(std::string(written));
    if (is_new) known->second = formats::canonical_event(plan_.mapping.preset, written);
    return known->second;
  }

  Result<std::reference_wrapper<KindPlan>> kind_of(profiles::StreamName stream) {
    const std::string_view event = stream.event;  // no event has the name of the traits' stream
    const auto found = kinds_.find(std::string(event));
    if (found != kinds_.end()) return std::ref(found->second);
    if (kinds_.size() >= kMostKinds) {
      const formats::ColumnPlan* column = reader_.find(formats::Role::Event);
      return fail(fmt::format("column '{}' has more than {} different values: it does not name events",
                              column ? column->binding.column : "", kMostKinds),
                  context_.file, try_again().blank_option("--map", "customer=COLUMN,time=COLUMN,event='Visited'"));
    }
    KindPlan& kind = kinds_[std::string(event)];
    kind.kind = context_.intake.kind(stream);
    kind.properties.resize(plan_.columns.size());
    for (const formats::ColumnPlan& column : plan_.columns) kind.named.push_back(property_of(column.binding, event));
    for (const std::string& name : kind.named) {
      kind.has_money |= name == "total" || name == "price" || name == "amount" || name == "revenue";
      kind.has_currency |= name == "currency";
    }
    return std::ref(kind);
  }

  // What a column is called on an event of that name.
  std::string property_of(const formats::Binding& binding, std::string_view event) const {
    switch (binding.role) {
      case formats::Role::Property:
      case formats::Role::Trait:
        return binding.target;
      case formats::Role::Item:
        // One product per row: as on Segment's Product events. The money of an order is its total.
        if (binding.target == "amount" && event.starts_with("Order ")) return "total";
        return binding.target;
      case formats::Role::Order:
        return "order_id";
      case formats::Role::Email:
        return plan_.mapping.rows == formats::RowMeans::Customer ? "email" : "";
      case formats::Role::Phone:
        return plan_.mapping.rows == formats::RowMeans::Customer ? "phone" : "";
      case formats::Role::Status:
        return "status";
      case formats::Role::Record:
        return formats::property_name(binding.column);
      default:
        return is_of_order_state(binding.role) ? std::string(name_of(binding.role)) : std::string();
    }
  }

  uint64_t identity(const formats::Row& row, const Who& who, std::string_view event, std::optional<Instant> time) {
    // A thing comes to a state once, in whatever exports it is said and whatever else they say; it may be moved often.
    if (record_ && says_something(row.at(record_->column))) {
      const auto& [kind, value] = who.ids.front();
      const uint64_t print = hash64(trim(row.at(record_->column).text), hash64(value, static_cast<uint64_t>(kind)));
      const bool is_moved = event.ends_with(" Moved") || event.ends_with(" Updated");
      return mix64(print ^ hash64(event) ^ (is_moved && time ? mix64(static_cast<uint64_t>(time->ms)) : 0));
    }
    if (const formats::ColumnPlan* column = reader_.find(formats::Role::Message)) {
      const formats::Field& field = row.at(column->column);
      if (says_something(field)) return hash64(trim(field.text), kMessageSeed);
    }
    const uint64_t content = reader_.content(row);
    return mix64(content + 0x9E3779B97F4A7C15 * occurrences_.next(content));
  }

  void reject(std::string_view reason, std::string_view value, const formats::Row& row) {
    context_.findings.reject(context_.intake, reason, context_.file, row.line, value, row.raw);
  }

  const formats::Plan& plan_;
  NormaliserContext& context_;
  FieldReader reader_;
  TraitLog traits_;
  const formats::ColumnPlan *record_, *status_;
  Occurrences occurrences_;
  std::unordered_map<std::string, KindPlan> kinds_;
  std::unordered_map<std::string, std::string> names_;  // as written -> the spec's
};

}  // namespace

std::unique_ptr<Normaliser> make_normaliser(const formats::Plan& plan, NormaliserContext& context) {
  if (plan.mapping.rows == formats::RowMeans::OrderLine) return std::make_unique<OrdersAlone>(plan, context);
  return std::make_unique<EventNormaliser>(plan, context);
}

}  // namespace tessera::ingest
