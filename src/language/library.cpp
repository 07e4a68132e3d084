#include "language/library.hpp"

#include <algorithm>
#include <set>

#include "core/result.hpp"
#include "language/check.hpp"
#include "language/needs.hpp"
#include "language/parse.hpp"
#include "language/uses.hpp"

namespace tessera::language {

namespace {

constexpr std::string_view kLibrary = R"(event order = "Order Completed"
event trip = "Trip Booked"

let orders_year = count(order, last 365 days)
let spend_year = sum(order.total, last 365 days)
let typical_order = avg(order.total, last 365 days)
let coupon_orders = count(order where coupon is known, last 365 days)
let discounted_orders = count(order where discount > 0, last 365 days)

# What someone is about to do: what they did lately, the stronger the sign the heavier.
score purchase_intent = 2 * "Product Viewed" + 10 * "Product Added" + 25 * "Checkout Started"
  half-life 3 days

# They order about every other month or more often.
segment "Frequent shoppers" = orders_year at least 6

# One order so far, not long ago: the second is the one to win.
segment "First-time buyers" =
      exactly 1 order
  and last order in the last 60 days

# They seldom buy without a coupon.
segment "Coupon enthusiasts" =
      orders_year at least 3
  and coupon_orders / orders_year >= 0.6

# They come back to organic, recycled and refill products.
segment "Eco-conscious" =
      at least 2 each order.products where (category contains "organic" ignoring case or category contains "recycled" ignoring case or category contains "refill" ignoring case or category contains "sustainable" ignoring case) in the last 365 days

# Seen in three time zones or more within half a year.
segment "Digital nomads" = distinct(any event.timezone, last 180 days) >= 3

# They buy small and wait for a discount.
segment "Budget-conscious" =
      orders_year at least 2
  and typical_order less than 40
  and discounted_orders / orders_year >= 0.5

# They spend much on an order and need no coupon for it.
segment "Premium" =
      orders_year at least 2
  and typical_order at least 150
  and coupon_orders = 0

# They come often and leave much.
segment "Frequent high spenders" =
      orders_year at least 6
  and spend_year at least 1000

# Three channels or more within a month.
segment "Omni-engaged" = distinct(any event.channel, last 30 days) >= 3

# Active, and always on the same channel.
segment "Single-channel" =
      at least 3 any event in the last 90 days
  and distinct(any event.channel, last 90 days) = 1

# They were here once, and nothing has been heard of them for half a year.
segment "Dormant" =
      did any event
  and no event in the last 180 days

# They travel alone, every time.
segment "Solo travellers" =
      at least 2 trip where travellers = 1 in the last 730 days
  and no trip where travellers > 1 in the last 730 days

# Children in the household, as told, as travelled with, or as bought for.
segment "Families" =
      trait children >= 1
   or did trip where children >= 1 in the last 730 days
   or at least 2 each order.products where (category contains "kids" ignoring case or category contains "baby" ignoring case or category contains "toys" ignoring case) in the last 365 days

# They look at much, have not bought this week, and the signs are strong.
segment "High intent, recent browsers" =
      at least 3 "Product Viewed" in the last 7 days
  and no order in the last 7 days
  and purchase_intent at least 15

# Long without an order, yet they are looking again.
segment "Lapsed, showing interest" =
      last order more than 120 days ago
  and at least 3 "Product Viewed" in the last 7 days

# Something lies in the cart for two hours or more and was not bought.
segment "Abandoned cart, high intent" =
      last "Product Added" between 2 hours and 7 days ago
  and no order since then
  and purchase_intent at least 10

# They missed appointments and have none ahead.
segment "Missed care" =
      at least 2 "Appointment Missed" in the last 90 days
  and no "Appointment Booked" where date in the next 30 days

# The card that was used every week lies in the drawer.
segment "Fading card use" =
      at least 8 "Card Payment" between 30 days and 90 days ago
  and at most 1 "Card Payment" in the last 30 days

# On the road, or in the air, about every month.
segment "Frequent travellers" = at least 10 trip in the last 365 days
)";

Needs needs_of(const std::vector<Definition>& definitions) {
  const Checked checked = check(definitions, Schema{});
  VERIFY(checked.ok());
  const Looks looks = looks_of(checked.program);
  Needs needs;
  for (const std::string& event : looks.events)
    if (!event.empty()) needs.events.push_back(event);
  std::set<Needs::Property> properties;
  for (const Looks::Property& look : looks.properties)
    if (!look.property.empty() && !look.property.starts_with('$'))
      properties.insert({look.event, look.list.empty() ? look.property : look.list + "." + look.property});
  needs.properties.assign(properties.begin(), properties.end());
  needs.traits.assign(looks.traits.begin(), looks.traits.end());
  return needs;
}

std::vector<LibraryEntry> read_library() {
  const Parsed parsed = parse_definitions(kLibrary);
  VERIFY(parsed.ok());
  std::vector<LibraryEntry> out;
  for (const Definition& definition : parsed.definitions) {
    if (definition.kind != DefinitionKind::Segment) continue;
    LibraryEntry entry{.name = definition.name, .slug = definition.slug, .sentence = definition.note};
    entry.definitions = with_what_they_use(parsed.definitions, {definition.name});
    entry.needs = needs_of(entry.definitions);
    out.push_back(std::move(entry));
  }
  return out;
}

bool has_property(const Schema& schema, const Needs::Property& wanted) {
  const auto has = [&](const Schema::Event& event) { return event.properties.contains(wanted.property); };
  if (wanted.event.empty())
    return std::ranges::any_of(schema.events, [&](const auto& known) { return has(known.second); });
  const auto event = schema.events.find(wanted.event);
  return event != schema.events.end() && has(event->second);
}

}  // namespace

const std::vector<LibraryEntry>& library() {
  static const std::vector<LibraryEntry> entries = read_library();
  return entries;
}

std::string_view library_text() {
  return kLibrary;
}

Needs missing(const Needs& needs, const Schema& schema) {
  Needs out;
  for (const std::string& event : needs.events)
    if (!schema.events.contains(event)) out.events.push_back(event);
  for (const Needs::Property& property : needs.properties)
    if (!has_property(schema, property)) out.properties.push_back(property);
  for (const std::string& trait : needs.traits)
    if (!schema.traits.contains(trait)) out.traits.push_back(trait);
  return out;
}

}  // namespace tessera::language
