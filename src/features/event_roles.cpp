#include "features/event_roles.hpp"

#include <algorithm>
#include <set>

#include "core/remedy.hpp"
#include "core/text.hpp"
#include "profiles/money_names.hpp"
#include "profiles/told_orders.hpp"

namespace tessera::features {

namespace {

using profiles::Column;
using profiles::History;
using profiles::PropertyType;
using profiles::Stream;

bool is_outside(const Stream& stream) {
  return stream.is_counted();
}

// The first of the names that is a column of the stream.
using Names = std::span<const std::string_view>;
std::string first_column(const Stream& stream, Names names, PropertyType type, bool is_list) {
  for (const std::string_view name : names)
    if (stream.column(name, type, is_list)) return std::string(name);
  return {};
}

const EventRole* known_part(std::string_view event, std::string_view& industry) {
  const std::string folded = fold_case(event);
  for (const EventPart& row : event_parts())
    if (fold_case(row.event) == folded) {
      industry = row.industry;
      return &row.part;
    }
  return nullptr;
}

constexpr auto kMoney = profiles::money_names<profiles::MoneyIs::Whole, profiles::MoneyIs::Part>();

// What a main event without the usual one came to as a whole: not the price of one of its things.
constexpr auto kWholeMoney = profiles::money_names<profiles::MoneyIs::Whole>();

constexpr std::array<std::string_view, 9> kCounts = {"quantity",   "items",      "num_items", "services", "instalments",
                                                     "travellers", "passengers", "seats",     "count"};
constexpr std::array<std::string_view, 11> kCategoryNames = {
    "category", "product_category", "department", "specialty", "merchant_category", "service", "kind",
    "type",     "destination",      "item",       "product"};
constexpr std::array<std::string_view, 3> kChannels = {"channel", "context.channel", "source_channel"};
constexpr std::array<std::string_view, 4> kDevices = {"device", "device_type", "device.type", "context.device.type"};

// An event of an unknown company is the main one if it carries money; the more customers, the better.
std::string guess_main(const History& history) {
  std::string best;
  double most = 0;
  for (const Stream& stream : history.streams) {
    if (!is_outside(stream) || stream.rows() == 0 || stream.event.empty()) continue;
    size_t customers = 0;
    for (size_t c = 0; c < history.customers(); ++c) customers += stream.first[c + 1] > stream.first[c];
    const bool money = !first_column(stream, kMoney, PropertyType::Number, false).empty();
    const double score = static_cast<double>(customers) * (money ? 10 : 1);
    if (score > most) most = score, best = stream.event;
  }
  return best;
}

void read_main(const History& history, EventRoles& parts) {
  const Stream& main = *history.stream(parts.of(EventRole::Main)[0]);
  parts.money = first_column(main, kMoney, PropertyType::Number, false);
  for (const Column& column : main.columns) {
    const auto dot = column.property.find('.');
    if (column.is_list && dot != std::string::npos && parts.list.empty()) parts.list = column.property.substr(0, dot);
  }
  const auto inside = [&](std::string_view name) { return parts.list + "." + std::string(name); };
  if (!parts.list.empty()) {
    parts.service_lines = main.column(inside("service"), PropertyType::Bool, true) != nullptr;
    for (const std::string_view name : {"category", "product_category", "type", "department"})
      if (parts.category.empty() && main.column(inside(name), PropertyType::Text, true))
        parts.category = name, parts.category_in_list = true;
    for (const std::string_view name : {"name", "title", "description", "sku", "product_id"})
      if (parts.item_name.empty() && main.column(inside(name), PropertyType::Text, true)) parts.item_name = name;
  }
  if (parts.category.empty()) parts.category = first_column(main, kCategoryNames, PropertyType::Text, false);
  parts.count = first_column(main, kCounts, PropertyType::Number, false);
  for (const std::string_view name : {"coupon", "offer", "promo_code", "discount_code", "voucher"})
    if (main.column(name, PropertyType::Text, false)) parts.promotion.emplace_back(name);
  for (const std::string_view name : {"discount", "discount_amount"})
    if (main.column(name, PropertyType::Number, false)) parts.promotion.emplace_back(name);
}

// Money in the order in which it is looked for, the one that is usual here first.
std::vector<std::string> by_preference(const std::string& usual, Names names) {
  std::vector<std::string> out;
  if (!usual.empty()) out.push_back(usual);
  for (const std::string_view name : names)
    if (name != usual) out.emplace_back(name);
  return out;
}

// Whether what an event gives back is written with a minus.
bool is_written_below_zero(const Stream& stream, const MoneySource& source) {
  const MoneyColumns money(stream, source);
  int64_t below = 0;
  for (size_t row = 0; row < stream.rows(); ++row)
    if (const auto micros = money.of(row)) below += *micros < 0 ? 1 : -1;
  return below > 0;
}

// What takes money away: refunds and their like, by how they are written. An order cancelled before it was paid never
// counted, so its amount is no money given back; what cancels one that counted says so as a correction.
void read_undo(const History& history, EventRoles& parts) {
  MoneySource refund{.alias = "refund", .is_taken_away = true}, below{.alias = "refund_below_zero"};
  const std::vector<std::string> names = by_preference(parts.money, kMoney);
  for (const std::string& name : parts.of(EventRole::Undo)) {
    if (name == "Order Cancelled") continue;
    MoneySource own{.events = {name}, .properties = properties_read(history, {name}, names)};
    if (own.properties.empty()) continue;
    (is_written_below_zero(*history.stream(name), own) ? below : refund).events.push_back(name);
  }
  for (MoneySource* source : {&refund, &below}) {
    source->properties = properties_read(history, source->events, names);
    if (!source->events.empty()) parts.net.sources.push_back(std::move(*source));
  }
}

// What is said later of main events that were told before: signed differences (profiles/told_orders.hpp).
void read_corrections(const History& history, EventRoles& parts) {
  MoneySource correction{.alias = "correction"};
  parts.net.orders = {.alias = "correction"};
  std::vector<std::string> changes{parts.money + "_change"};
  for (const std::string_view name : profiles::kChangeOfMoney)
    if (name != changes[0]) changes.emplace_back(name);
  const std::vector<std::string> of_orders{std::string(profiles::kChangeOfOrders)};
  for (const Stream& stream : history.streams) {
    if (!is_outside(stream) || stream.rows() == 0) continue;
    const bool has_money = !properties_read(history, {stream.event}, changes).empty();
    const bool has_orders = !properties_read(history, {stream.event}, of_orders).empty();
    if (has_money || has_orders) correction.events.push_back(stream.event);
    if (has_orders) parts.net.orders.properties = of_orders;
  }
  if (!parts.net.orders.properties.empty()) parts.net.orders.events = correction.events;
  correction.properties = properties_read(history, correction.events, changes);
  if (!correction.properties.empty() && !parts.money.empty()) parts.net.sources.push_back(std::move(correction));
}

void read_net_money(const History& history, EventRoles& parts) {
  if (!parts.money.empty()) {
    MoneySource main{.alias = parts.alias(EventRole::Main), .events = parts.of(EventRole::Main)};
    main.properties = properties_read(history, main.events, by_preference(parts.money, kWholeMoney));
    if (main.properties.empty()) main.properties.push_back(parts.money);
    parts.net.sources.push_back(std::move(main));
    read_undo(history, parts);
  }
  read_corrections(history, parts);
}

std::string any_column(const History& history, const EventRoles& parts, Names names) {
  const Stream& main = *history.stream(parts.of(EventRole::Main)[0]);
  std::string found = first_column(main, names, PropertyType::Text, false);
  for (const Stream& stream : history.streams)
    if (found.empty() && is_outside(stream)) found = first_column(stream, names, PropertyType::Text, false);
  return found;
}

// What would be part of the money, were there a rate for it.
void read_left_out(const History& history, EventRoles& parts) {
  // Of each event and currency by the property that most have: the others say the same once more.
  std::set<std::pair<std::string, std::string>> told;
  for (const MoneySource& source : parts.net.sources)
    for (const std::string& property : source.properties)
      for (const profiles::LeftOut& one : history.left_out)
        if (one.property == property && std::ranges::count(source.events, one.event) > 0 &&
            told.emplace(one.event, one.currency).second)
          parts.left_out.push_back(one);
}

std::string said_left_out(const EventRoles& parts) {
  if (parts.left_out.empty()) return {};
  std::string list;
  for (const profiles::LeftOut& one : parts.left_out)
    list += fmt::format("{}{} '{}' of {} in {} ({})", list.empty() ? "" : ", ", one.values, one.property, one.event,
                        plain_line(one.currency), text_of_micros(one.sum));
  return fmt::format("; left out, as there is no rate for them: {} ({} converts them)", list,
                     try_command("currency").argument(parts.currency).blank_option("--rates", "FILE").line());
}

void define_value(EventRoles& parts) {
  if (parts.money.empty()) {
    parts.value_definition = fmt::format("number of {} (the data has no amounts)", parts.words.mains);
    return;
  }
  parts.value_definition =
      fmt::format("{}: the sum of '{}' over all {}", parts.words.money, parts.money, parts.words.mains);
  parts.value_definition += parts.net.said();
  if (!parts.net.gives_back() && parts.net.sources.size() == 1)
    parts.value_definition += "; the data says nothing about money given back";
  parts.value_definition += parts.money == "revenue" || parts.money == "subtotal" || parts.money == "net_amount"
                                ? "; without tax and shipping as far as the source leaves them out"
                                : "; as the source gives it, tax and shipping included if it includes them";
  if (!parts.currency.empty()) parts.value_definition += fmt::format("; in {}", plain_line(parts.currency));
  parts.value_definition += said_left_out(parts);
}

}  // namespace

std::string EventRoles::alias(EventRole part) const {
  static constexpr std::string_view kNames[] = {
      "",      "",     "look",   "pick",   "promotion", "help", "mail_opened", "mail_clicked",
      "login", "page", "review", "survey", "leave"};
  if (part == EventRole::Main) return std::string(words.main);
  if (part == EventRole::Undo) return std::string(words.undo);
  return std::string(kNames[static_cast<size_t>(part)]);
}

std::string EventRoles::value_words() const {
  if (money.empty()) return std::string(words.mains);
  return currency.empty() ? std::string(words.money) : fmt::format("{} in {}", words.money, plain_line(currency));
}

EventRoles roles_without_events() {
  EventRoles out;
  out.words = words_without_events();
  out.value_definition = "not known: the data has no events and no amounts";
  return out;
}

Result<EventRoles> recognise(const History& history) {
  EventRoles parts;
  std::map<std::string_view, size_t> votes;  // rows of events that speak for an industry
  for (const Stream& stream : history.streams) {
    std::string_view industry;
    if (!is_outside(stream) || stream.rows() == 0) continue;
    if (known_part(stream.event, industry) && !industry.empty()) votes[industry] += stream.rows();
  }
  std::string_view chosen;
  for (const auto& [industry, rows] : votes)
    if (chosen.empty() || rows > votes[chosen]) chosen = industry;
  parts.words = generic_words();
  for (const IndustryTerms& words : industries())
    if (words.industry == chosen) parts.words = words;
  std::set<std::string> mains;
  for (const Stream& stream : history.streams) {
    std::string_view industry;
    const EventRole* part = is_outside(stream) && stream.rows() > 0 ? known_part(stream.event, industry) : nullptr;
    if (part && (industry.empty() || industry == chosen))
      parts.events[static_cast<size_t>(*part)].push_back(stream.event);
  }
  auto& main = parts.events[static_cast<size_t>(EventRole::Main)];
  if (main.empty()) {
    const std::string guess = guess_main(history);
    if (guess.empty())
      return fail("the record holds no events to discover anything from", "", try_command("import").blank("FILE"));
    for (auto& events : parts.events) std::erase(events, guess);
    main.push_back(guess);
  }
  // The event with most rows leads: its columns are read.
  std::stable_sort(main.begin(), main.end(),
                   [&](const auto& a, const auto& b) { return history.stream(a)->rows() > history.stream(b)->rows(); });
  read_main(history, parts);
  read_net_money(history, parts);
  parts.channel = any_column(history, parts, kChannels);
  parts.device = any_column(history, parts, kDevices);
  parts.currency = parts.money.empty() ? "" : history.currency;
  read_left_out(history, parts);
  define_value(parts);
  return parts;
}

Result<EventRoles> recognise_any(const History& history) {
  auto found = recognise(history);
  const Stream* traits = found ? nullptr : history.stream(profiles::SystemStream::Identify);
  if (found || !traits || traits->rows() == 0) return found;
  return roles_without_events();
}

}  // namespace tessera::features
