// Google Analytics 4 as its BigQuery export has it (https://support.google.com/analytics/answer/7029846), a row an
// event, as JSON lines or Parquet:
//
//   event_timestamp (microseconds, UTC), event_name, event_params[] {key, value {string_value, int_value, float_value,
//   double_value}}, user_id, user_pseudo_id, user_properties[], device {category, operating_system, language}, geo
//   {country, city}, traffic_source {source, medium, name}, ecommerce {transaction_id, purchase_revenue, ...}, items[]
//
// Names of Google's e-commerce events become the Segment spec's (purchase -> Order Completed); parameters become
// properties of their name, ecommerce and items those of the spec. user_properties are facts about the customer.
#include <fmt/format.h>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "formats/presets.hpp"
#include "ingest/document_normalisers.hpp"
#include "ingest/fields.hpp"
#include "ingest/flatten.hpp"
#include "profiles/history.hpp"

namespace tessera::ingest {
namespace {

using profiles::IdentifierKind;

constexpr Rename kItems[] = {{"item_id", "product_id"},
                             {"item_name", "name"},
                             {"item_brand", "brand"},
                             {"item_variant", "variant"},
                             {"item_category", "category"}};
struct Place {
  std::string_view object, member, property;
};
constexpr Place kPlaces[] = {
    {"device", "category", "device"},
    {"device", "operating_system", "os"},
    {"device", "language", "locale"},
    {"geo", "country", "country"},
    {"geo", "city", "city"},
    {"traffic_source", "source", "campaign.source"},
    {"traffic_source", "medium", "campaign.medium"},
    {"traffic_source", "name", "campaign.name"},
    {"", "platform", "channel"},
    {"ecommerce", "transaction_id", "order_id"},
    {"ecommerce", "purchase_revenue", "total"},
    {"ecommerce", "tax_value", "tax"},
    {"ecommerce", "shipping_value", "shipping"},
    {"ecommerce", "refund_value", "refunded"},
};
// Parameters by the spec's names.
constexpr Rename kParams[] = {{"page_location", "page.url"},      {"page_title", "page.title"},
                              {"page_referrer", "page.referrer"}, {"transaction_id", "order_id"},
                              {"search_term", "query"},           {"campaign", "campaign.name"},
                              {"source", "campaign.source"},      {"medium", "campaign.medium"}};

class Ga4Normaliser final : public DocumentNormaliser {
 public:
  explicit Ga4Normaliser(NormaliserContext& context) : context_(context) {}

  Result<void> add(const formats::JsonDocument& d, uint64_t line, std::string_view raw) override {
    const auto reject = [&](std::string_view reason, std::string_view value) -> Result<void> {
      context_.findings.reject(context_.intake, reason, context_.file, line, value, raw);
      return {};
    };
    if (!d.is(0, formats::JsonKind::Object)) return reject("not-an-object", "");
    const uint32_t name = d.find(0, "event_name"), stamp = d.find(0, "event_timestamp");
    if (name == 0 || trim(d.at(name).text).empty()) return reject("no-event-name", "");
    if (stamp == 0) return reject("no-time", "");
    const auto time = formats::parse_time(d.at(stamp).text, formats::TimeForm::EpochMicros);
    if (!time) return reject("bad-time", d.at(stamp).text);
    Who who;
    for (const auto& [kind, member] : kIds) {
      const std::string_view id = id_of(d, member);
      if (formats::flaw_of_id(id) == formats::IdFlaw::Blocked &&
          context_.leaves_out(formats::Odd::BlockedId, line, id, raw))
        return {};
      if (formats::flaw_of_id(id) == formats::IdFlaw::None && id.size() <= 500) who.add(kind, std::string(id));
    }
    if (who.empty()) {
      ++context_.findings.rows_without_customer;
      return {};
    }
    const Instant at = time->instant(nullptr);
    if (at > context_.now && context_.leaves_out(formats::Odd::FutureTime, line, text_of(at), raw)) return {};
    const uint64_t content = hash64(raw);
    const uint64_t identity = mix64(content + 0x9E3779B97F4A7C15 * occurrences_.next(content));
    const auto event = formats::canonical_event("ga4", trim(d.at(name).text));
    if (profiles::is_reserved(event)) return reject(profiles::kReservedName, event);
    put_event(d, start(event, who, at, identity));
    put_traits(d, who, at);
    return {};
  }

 private:
  static constexpr std::pair<IdentifierKind, std::string_view> kIds[] = {
      {IdentifierKind::UserId, "user_id"}, {IdentifierKind::AnonymousId, "user_pseudo_id"}};
  static std::string_view id_of(const formats::JsonDocument& d, std::string_view member) {
    const uint32_t at = d.find(0, member);
    if (at == 0 || (!d.is(at, formats::JsonKind::Text) && !d.is(at, formats::JsonKind::Number))) return {};
    return trim(d.at(at).text);
  }

  Flattener& start(profiles::StreamName stream, const Who& who, Instant time, uint64_t identity) {
    auto& flat = flats_[std::string(stream.event)];
    if (!flat) {
      flat = std::make_unique<Flattener>(context_.intake, context_.intake.kind(stream), std::span<const Rename>(),
                                         kItems, stream.event.starts_with("Order ") ? Lines::OfOrder : Lines::Plain);
    }
    std::array<profiles::Identifier, 4> ids;
    for (size_t i = 0; i < who.ids.size(); ++i) ids[i] = {who.ids[i].first, who.ids[i].second};
    ++context_.findings.rows_used;
    context_.intake.start(flat->kind(), std::span(ids).first(who.ids.size()), time, identity);
    flat->begin_row();
    return *flat;
  }

  void put_event(const formats::JsonDocument& d, Flattener& flat) {
    for (const Place& place : kPlaces) {
      const uint32_t object = place.object.empty() ? 0 : d.find(0, place.object);
      if (!place.object.empty() && object == 0) continue;
      const uint32_t at = d.find(object, place.member);
      if (at == 0 || d.is(at, formats::JsonKind::Null) || d.at(at).text == "(not set)" || d.at(at).text.empty())
        continue;
      put_scalar(d.at(at), flat, place.property, place.object == "ecommerce" && place.member != "transaction_id");
    }
    if (const uint32_t items = d.find(0, "items"); items != 0 && d.is(items, formats::JsonKind::Array)) {
      flat.put_member(d, items, "products");
    }
    const uint32_t params = d.find(0, "event_params");
    for_each_pair(d, params, [&](std::string_view key, const formats::JsonNode& value, bool is_number) {
      for (const Rename& rename : kParams) {
        if (rename.from == key) key = rename.to;
      }
      put_scalar(value, flat, key, is_number);
    });
  }

  // user_properties, put down only where a customer's differ from those of the last event seen.
  void put_traits(const formats::JsonDocument& d, const Who& who, Instant time) {
    const uint32_t list = d.find(0, "user_properties");
    if (list == 0 || d.at(list).next == list + 1) return;
    const uint64_t said = hash64(d.at(list).text);
    uint64_t& last = traits_[who.ids.front().second];
    if (last == said) return;
    last = said;
    ++context_.findings.facts_used;
    Flattener& flat = start(profiles::SystemStream::Identify, who, time,
                            mix64(hash64(who.ids.front().second, said) + static_cast<uint64_t>(time.ms)));
    for_each_pair(d, list, [&](std::string_view key, const formats::JsonNode& value, bool is_number) {
      put_scalar(value, flat, key, is_number);
    });
  }

  // [{key, value: {string_value | int_value | float_value | double_value}}]. BigQuery writes int64 as text.
  template <typename Put>
  static void for_each_pair(const formats::JsonDocument& d, uint32_t list, Put put) {
    if (list == 0 || !d.is(list, formats::JsonKind::Array)) return;
    for (uint32_t at = list + 1; at < d.at(list).next; at = d.at(at).next) {
      const uint32_t key = d.find(at, "key"), value = d.find(at, "value");
      if (key == 0 || value == 0 || d.at(key).text.empty()) continue;
      for (const std::string_view member : {"string_value", "int_value", "double_value", "float_value"}) {
        const uint32_t found = d.find(value, member);
        if (found == 0 || d.is(found, formats::JsonKind::Null)) continue;
        put(d.at(key).text, d.at(found), member != "string_value");
        break;
      }
    }
  }

  static void put_scalar(const formats::JsonNode& value, Flattener& flat, std::string_view property, bool is_number) {
    if (value.kind == formats::JsonKind::True || value.kind == formats::JsonKind::False)
      return flat.put(property, value.kind == formats::JsonKind::True);
    if (is_number || value.kind == formats::JsonKind::Number) {
      const ParsedNumber number = parse_number(value.text);
      if (!number.flaw) return flat.put(property, number.number);
    }
    flat.put(property, value.text);
  }

  NormaliserContext& context_;
  Occurrences occurrences_;
  std::map<std::string, std::unique_ptr<Flattener>> flats_;
  std::unordered_map<std::string, uint64_t> traits_;
};

}  // namespace

std::unique_ptr<DocumentNormaliser> make_ga4_normaliser(NormaliserContext& context) {
  return std::make_unique<Ga4Normaliser>(context);
}

}  // namespace tessera::ingest
