// Fields of a row as what a mapping says they are.
#include "ingest/fields.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/phone.hpp"
#include "core/text.hpp"
#include "formats/presets.hpp"
#include "profiles/history.hpp"

namespace tessera::ingest {

using profiles::IdentifierKind;
using profiles::Intake;

namespace {

constexpr size_t kLongestPhone = 60;  // as it is written, in bytes

// Columns that say of which country somebody is, the likeliest for their number first.
constexpr std::string_view kCountryNames[] = {"country",
                                              "country_code",
                                              "phone_country",
                                              "billing_country",
                                              "billing_country_code",
                                              "address_country",
                                              "customer_country",
                                              "bill_country",
                                              "shipping_country",
                                              "shipping_country_code",
                                              "ship_country",
                                              "default_address_country_code",
                                              "land",
                                              "pays",
                                              "país",
                                              "pais",
                                              "paese",
                                              "nazione"};

size_t country_rank(const formats::ColumnPlan& column) {
  if (column.binding.role != formats::Role::Property && column.binding.role != formats::Role::Trait)
    return std::size(kCountryNames);
  const std::string name = formats::property_name(column.binding.target);
  return static_cast<size_t>(std::ranges::find(kCountryNames, std::string_view(name)) - std::begin(kCountryNames));
}

}  // namespace

std::string known_by(const formats::Binding& binding) {
  if (!binding.known_as.empty()) return binding.known_as;
  // Before there were roles for an order's states such a column was a property: rows stay known.
  return is_of_order_state(binding.role) ? fmt::format("property {}", name_of(binding.role))
                                         : fmt::format("{} {}", name_of(binding.role), binding.target);
}

FieldReader::FieldReader(const formats::Plan& plan, NormaliserContext& context) : plan_(plan), context_(context) {
  for (const formats::ColumnPlan& column : plan.columns) {
    seeds_.push_back(hash64(known_by(column.binding)));
    if (column.binding.role == formats::Role::Time && !time_) time_ = &column;
    if (column.binding.role == formats::Role::Clock) clock_ = &column;
    if (column.binding.role == formats::Role::ZoneName) zone_ = &column;
    if (column.binding.role == formats::Role::Customer || column.binding.role == formats::Role::Anonymous)
      id_columns_.push_back(&column);
    if (column.binding.role == formats::Role::Item && column.binding.target == "price") price_ = &column;
    if (column.binding.role == formats::Role::Item && column.binding.target == "amount") amount_ = &column;
    if (column.binding.role == formats::Role::Item && column.binding.target == "quantity") quantity_ = &column;
    const bool is_trait = column.binding.role == formats::Role::Trait || column.binding.role == formats::Role::Email ||
                          column.binding.role == formats::Role::Phone;
    if (is_trait) trait_columns_.push_back(&column);
    if (country_rank(column) < std::size(kCountryNames)) country_columns_.push_back(&column);
  }
  const auto is_address = [](const formats::ColumnPlan& column) {
    return column.binding.role == formats::Role::Email || column.binding.role == formats::Role::Phone;
  };
  has_ids_alone_ = plan.mapping.numbered.empty() && std::ranges::none_of(plan.columns, is_address);
  std::ranges::stable_sort(country_columns_, {}, [](const formats::ColumnPlan* each) { return country_rank(*each); });
}

const formats::ColumnPlan* FieldReader::find(formats::Role role) const {
  for (const formats::ColumnPlan& column : plan_.columns) {
    if (column.binding.role == role) return &column;
  }
  return nullptr;
}

// By E.164 where the row, or whoever imports it, says of which country it is; else as it is written, which joins nobody.
std::optional<std::string> FieldReader::phone_of(std::string_view text, const formats::Row& row) {
  std::string_view country = context_.country;
  for (const formats::ColumnPlan* column : country_columns_) {
    const formats::Field& field = row.at(column->column);
    if (!says_something(field)) continue;
    country = country_named(field.text);
    break;
  }
  if (auto number = e164_of(text, country)) return number;
  if (!formats::clean_phone(text) || text.size() > kLongestPhone) return std::nullopt;
  context_.findings.warn("phone-without-country", context_.file, row.line, text);
  return std::string(trim(text));
}

std::string_view FieldReader::country_named(std::string_view text) {
  const auto known = countries_.find(std::string(text));
  if (known != countries_.end()) return known->second;
  return countries_.emplace(std::string(text), country_of(text).value_or("")).first->second;
}

Who FieldReader::who(const formats::Row& row) {
  Who who;
  for (const formats::ColumnPlan& column : plan_.columns) {
    const formats::Role role = column.binding.role;
    if (role != formats::Role::Customer && role != formats::Role::Email && role != formats::Role::Phone &&
        role != formats::Role::Anonymous)
      continue;
    const formats::Field& field = row.at(column.column);
    if (!says_something(field) || field.kind == formats::FieldKind::Raw) continue;
    const std::string_view text = column.float_ids ? formats::without_point_zero(field.text) : trim(field.text);
    if (role == formats::Role::Email) {
      if (auto email = formats::clean_email(text)) {
        who.add(IdentifierKind::Email, std::move(*email));
      } else {
        context_.findings.warn("bad-email", context_.file, row.line, text);
      }
    } else if (role == formats::Role::Phone) {
      if (auto phone = phone_of(text, row)) who.add(IdentifierKind::Phone, std::move(*phone));
    } else if (formats::flaw_of_id(text) == formats::IdFlaw::Blocked) {
      continue;  // leaves_out counts it
    } else if (text.size() <= 500) {
      who.add(role == formats::Role::Customer ? IdentifierKind::UserId : IdentifierKind::AnonymousId,
              std::string(text));
    } else {
      context_.findings.warn("long-id", context_.file, row.line, text);
    }
  }
  if (who.empty() && !plan_.mapping.numbered.empty())
    who.add(IdentifierKind::UserId, fmt::format("{}:{}", plan_.mapping.numbered, row.line));
  return who;
}

bool FieldReader::are_of_one(const formats::Row& a, const formats::Row& b) const {
  constexpr size_t kLongestId = 500;  // a longer one is warned about
  return has_ids_alone_ && std::ranges::all_of(id_columns_, [&](const formats::ColumnPlan* column) {
           const formats::Field &of_a = a.at(column->column), &of_b = b.at(column->column);
           return of_a.kind == of_b.kind && of_a.text == of_b.text && of_a.text.size() <= kLongestId;
         });
}

std::optional<Instant> FieldReader::time(const formats::Row& row) {
  if (!time_) return std::nullopt;
  std::optional<formats::ParsedTime> time;
  const formats::Field& field = row.at(time_->column);
  for (const formats::TimeForm form : time_->forms) {
    time = formats::parse_time(field.text, form);
    if (time) break;
  }
  if (!time) return std::nullopt;
  if (clock_ && !time->has_clock) {
    const std::string_view said = row.at(clock_->column).text;
    if (const auto clock = formats::parse_clock(said)) {
      time->local.hour = clock->hour;
      time->local.minute = clock->minute;
      time->local.second = clock->second;
    } else if (!formats::is_blank(said)) {
      return std::nullopt;
    }
  }
  return in_zone(*time, row);
}

std::optional<Instant> FieldReader::instant(const formats::ColumnPlan& column, const formats::Row& row) {
  for (const formats::TimeForm form : column.forms)
    if (const auto time = formats::parse_time(row.at(column.column).text, form)) return in_zone(*time, row);
  return std::nullopt;
}

// A word such as PDT says its offset. What nobody knows is never UTC by silence: the time cannot be read.
std::optional<Instant> FieldReader::in_zone(formats::ParsedTime time, const formats::Row& row) {
  if (plan_.zone || !zone_ || time.offset_minutes) return time.instant(plan_.zone ? &*plan_.zone : nullptr);
  const std::string_view said = trim(row.at(zone_->column).text);
  time.offset_minutes = formats::offset_of_zone_word(said);
  const Zone* zone = time.offset_minutes ? nullptr : zone_named(said, row.line);
  if (!time.offset_minutes && !zone && (time.has_clock || clock_)) return std::nullopt;
  return time.instant(zone);
}

const Zone* FieldReader::zone_named(std::string_view name, uint64_t line) {
  const auto known = zones_.find(std::string(name));
  if (known != zones_.end()) {
    if (!known->second) context_.findings.warn("unknown-zone", context_.file, line, name);
    return known->second ? &*known->second : nullptr;
  }
  std::string_view tz = formats::zone_of_vendor(name);
  auto zone = Zone::named(tz.empty() ? name : tz);
  auto& slot = zones_[std::string(name)];
  if (zone) {
    slot = std::move(*zone);
  } else {
    context_.findings.warn("unknown-zone", context_.file, line, name);
  }
  return slot ? &*slot : nullptr;
}

// What one piece cost: the price, else the line's amount (of a return, both amount and quantity are below zero).
std::optional<FieldReader::Price> FieldReader::price_of(const formats::Row& row) const {
  const auto read = [&row](const formats::ColumnPlan* column) -> std::optional<Price> {
    if (!column) return std::nullopt;
    const formats::Field& field = row.at(column->column);
    if (!says_something(field)) return std::nullopt;
    const ParsedNumber parsed = formats::parse_amount(
        field.text, field.kind == formats::FieldKind::Number ? formats::DecimalMark::Point : column->mark);
    return parsed.flaw ? std::nullopt : std::optional(Price{parsed.number, field.text});
  };
  if (const auto price = read(price_)) return price;
  auto amount = read(amount_);
  if (!amount || amount->number.micros >= 0) return amount;
  const auto quantity = read(quantity_);
  if (quantity && quantity->number.micros < 0) amount->number.micros = -amount->number.micros;
  return amount;
}

bool FieldReader::leaves_out(const formats::Row& row, std::optional<Instant> time, BelowZero below) {
  // Where the zone is not known, it may be tomorrow there already.
  const Instant now = plan_.zone_known ? context_.now : context_.now + Duration{14 * 3'600'000};
  if (time && *time > now) {
    const std::string_view said = trim(row.at(time_->column).text);
    if (context_.leaves_out(formats::Odd::FutureTime, row.line, said, row.raw)) return true;
  }
  if (const auto price = price_of(row); price && price->number.micros <= 0) {
    const bool is_below = price->number.micros < 0;
    const formats::Odd kind = is_below ? formats::Odd::NegativePrice : formats::Odd::ZeroPrice;
    const bool is_meant = is_below && below == BelowZero::IsGivenBack;
    if (!is_meant && context_.leaves_out(kind, row.line, trim(price->text), row.raw)) return true;
  }
  for (const formats::ColumnPlan* column : id_columns_) {
    const std::string_view id = row.at(column->column).text;
    if (formats::flaw_of_id(id) != formats::IdFlaw::Blocked) continue;
    return context_.leaves_out(formats::Odd::BlockedId, row.line, trim(id), row.raw);
  }
  return false;
}

bool NormaliserContext::leaves_out(formats::Odd kind, uint64_t line, std::string_view value, std::string_view row) {
  switch (odd.of(kind)) {
    case formats::OddRule::Refuse:
      findings.odd_value(formats::code_of(kind), file, line, value);
      return false;
    case formats::OddRule::Keep:
      findings.warn(formats::code_of(kind), file, line, value);
      return false;
    case formats::OddRule::Reject:
      findings.reject(intake, formats::code_of(kind), file, line, value, row);
      return true;
  }
  return false;
}

void FieldReader::start(Intake::Kind kind, const Who& who, Instant time, uint64_t fingerprint) {
  ++context_.findings.rows_used;
  std::array<profiles::Identifier, 4> ids;
  const size_t count = std::min<size_t>(who.ids.size(), ids.size());
  for (size_t i = 0; i < count; ++i) ids[i] = {who.ids[i].first, who.ids[i].second};
  context_.intake.start(kind, std::span(ids).first(count), time, fingerprint);
}

void FieldReader::put(Intake::Property property, const formats::ColumnPlan& column, const formats::Field& field) {
  Intake& intake = context_.intake;
  switch (field.kind) {
    case formats::FieldKind::Absent:
      return;
    case formats::FieldKind::Null:
      intake.put_null(property);
      return;
    case formats::FieldKind::True:
      intake.put(property, true);
      return;
    case formats::FieldKind::False:
      intake.put(property, false);
      return;
    case formats::FieldKind::Raw:
      intake.put_raw(property, field.text);
      return;
    default:
      break;
  }
  const std::string_view text = trim(field.text);
  if (formats::is_blank(text)) return;
  switch (column.type) {
    case formats::ValueType::Number: {
      const ParsedNumber number = formats::parse_amount(
          text, field.kind == formats::FieldKind::Number ? formats::DecimalMark::Point : column.mark);
      if (!number.flaw) {
        intake.put(property, number.number);
      } else if (*number.flaw == NumberFlaw::NotANumber) {
        intake.put(property, text);
      } else {
        intake.put_raw(property, quoted_json(text));
      }
      return;
    }
    case formats::ValueType::Truth:
      if (const auto truth = formats::parse_truth(text)) {
        intake.put(property, *truth);
      } else {
        intake.put(property, text);
      }
      return;
    case formats::ValueType::Time:
      for (const formats::TimeForm form : column.forms) {
        const auto time = formats::parse_time(text, form);
        if (!time) continue;
        const std::string moment = text_of(time->instant(plan_.zone ? &*plan_.zone : nullptr));
        intake.put(property, std::string_view(moment));
        return;
      }
      intake.put(property, text);
      return;
    default:
      if (column.binding.role == formats::Role::Email) {
        if (const auto email = formats::clean_email(text)) intake.put(property, std::string_view(*email));
        return;
      }
      intake.put(property, column.float_ids ? formats::without_point_zero(text) : text);
  }
}

uint64_t FieldReader::content(const formats::Row& row) const {
  // A sum, so that the order of the columns does not matter; blank fields add nothing.
  uint64_t sum = 0;
  for (size_t i = 0; i < plan_.columns.size(); ++i) {
    const formats::Field& field = row.at(plan_.columns[i].column);
    if (!says_something(field) || plan_.columns[i].binding.known_as == formats::kNotKnownBy) continue;
    const std::string_view text =
        plan_.columns[i].float_ids ? formats::without_point_zero(field.text) : trim(field.text);
    sum += mix64(hash64(text, seeds_[i]));
  }
  return mix64(sum);
}

void FieldReader::log_traits(TraitLog& log, const Who& who, const formats::Row& row, Instant time) const {
  for (const formats::ColumnPlan* column : trait_columns_) {
    const formats::Field& field = row.at(column->column);
    if (!says_something(field)) continue;
    log.add(who, *column, field, time);
  }
}

void TraitLog::add(const Who& who, const formats::ColumnPlan& column, const formats::Field& field, Instant time) {
  std::string key;
  for (const auto& [kind, value] : who.ids) {
    key += static_cast<char>(kind);
    key += value;
    key += '\0';
  }
  const auto [person, is_new] = index_.try_emplace(std::move(key), static_cast<uint32_t>(people_.size()));
  if (is_new) people_.push_back(who);
  std::string value(trim(field.text));
  value += static_cast<char>(field.kind);
  const auto [text, is_new_text] = texts_.try_emplace(std::move(value), static_cast<uint32_t>(values_.size()));
  if (is_new_text) values_.push_back(&text->first);
  facts_.push_back({person->second, text->second, time, &column});
}

void TraitLog::emit(FieldReader& reader) {
  std::stable_sort(facts_.begin(), facts_.end(), [](const Fact& a, const Fact& b) {
    return a.person != b.person ? a.person < b.person : a.time < b.time;
  });
  const Intake::Kind kind = intake_.kind(profiles::SystemStream::Identify);
  std::map<const formats::ColumnPlan*, uint32_t> last;
  for (size_t at = 0; at < facts_.size();) {
    const bool new_person = at == 0 || facts_[at - 1].person != facts_[at].person;
    if (new_person) last.clear();
    size_t end = at;
    std::map<const formats::ColumnPlan*, uint32_t> changed;
    for (; end < facts_.size() && facts_[end].person == facts_[at].person && facts_[end].time == facts_[at].time;
         ++end) {
      changed[facts_[end].column] = facts_[end].value;
    }
    std::erase_if(changed, [&](const auto& entry) {
      const auto known = last.find(entry.first);
      return known != last.end() && known->second == entry.second;
    });
    if (!changed.empty()) emit_one(reader, kind, facts_[at], changed);
    for (const auto& [column, value] : changed) last[column] = value;
    at = end;
  }
  facts_.clear();
}

void TraitLog::emit_one(FieldReader& reader, Intake::Kind kind, const Fact& fact,
                        const std::map<const formats::ColumnPlan*, uint32_t>& changed) {
  const Who& who = people_[fact.person];
  // The order of the columns in memory must not matter: by name.
  std::map<std::string, std::pair<const formats::ColumnPlan*, std::string_view>> traits;
  for (const auto& [column, value] : changed) {
    const formats::Role role = column->binding.role;
    const std::string name = role == formats::Role::Email   ? "email"
                             : role == formats::Role::Phone ? "phone"
                                                            : column->binding.target;
    traits[name] = {column, *values_[value]};
  }
  uint64_t identity = hash64(who.ids.front().second, 0x7472616974) + static_cast<uint64_t>(fact.time.ms);
  for (const auto& [name, value] : traits) identity = mix64(identity ^ hash64(value.second, hash64(name)));
  reader.start(kind, who, fact.time, identity);
  reader.count_fact();
  for (const auto& [name, value] : traits) {
    std::string_view text = value.second;
    const formats::FieldKind field_kind = static_cast<formats::FieldKind>(text.back());
    text.remove_suffix(1);
    reader.put(intake_.property(kind, name), *value.first, {text, field_kind});
  }
}

}  // namespace tessera::ingest
