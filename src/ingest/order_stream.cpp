#include "ingest/order_stream.hpp"

#include <algorithm>
#include <charconv>

namespace tessera::ingest {

using profiles::AskedOrder;
using profiles::KeptVersion;
using profiles::ToldOrder;

namespace {

// Of one request: about 1 MB of JSON.
constexpr size_t kOrdersARequest = 5'000;

template <typename Integer>
Integer integer_of(const Json* json) {
  Integer out = 0;
  if (const Json::Literal* literal = json ? json->as_literal() : nullptr)
    std::from_chars(literal->text.data(), literal->text.data() + literal->text.size(), out);
  return out;
}

bool truth_of(const Json& json, std::string_view name) {
  const Json* found = json.find(name);
  return found && found->as_bool() && *found->as_bool();
}

Json numbers_of(const std::vector<uint64_t>& numbers) {
  Json out = Json::array();
  for (const uint64_t number : numbers) out.add(number);
  return out;
}

std::vector<uint64_t> numbers_in(const Json& json, std::string_view name) {
  std::vector<uint64_t> out;
  if (const Json* found = json.find(name); found && found->as_array())
    for (const Json& number : *found->as_array()) out.push_back(integer_of<uint64_t>(&number));
  return out;
}

Json json_of(const ToldOrder& told) {
  Json money = Json::array();
  for (const ToldOrder::Amount& amount : told.money)
    money.add(Json::array()
                  .add(static_cast<int64_t>(amount.bought))
                  .add(static_cast<int64_t>(amount.refunded))
                  .add(amount.is_said));
  Json out = Json::object();
  out.set("money", std::move(money)).set("orders", static_cast<int64_t>(told.orders));
  out.set("bought", told.is_bought).set("refunded", told.is_refunded).set("cancelled", told.is_cancelled);
  out.set("pending", told.is_pending).set("failed", told.is_failed).set("estimated", told.total_is_estimated);
  out.set("older_refund", told.is_older_refund);
  Json refunds = Json::array();
  for (const auto& [time, amount] : told.refunds)
    refunds.add(Json::array().add(time.ms).add(static_cast<int64_t>(amount)));
  out.set("refunds", std::move(refunds));
  if (told.bought_at) out.set("bought_at", told.bought_at->ms);
  out.set("updated", told.version.updated.ms).set("seen", told.version.seen.ms);
  return out.set("lines", numbers_of(told.lines))
      .set("credited_lines", numbers_of(told.credited_lines))
      .set("prints", numbers_of(told.prints));
}

ToldOrder told_in(const Json& json) {
  ToldOrder out;
  if (const Json* money = json.find("money"); money && money->as_array()) {
    const auto& kinds = *money->as_array();
    for (size_t kind = 0; kind < std::min(kinds.size(), out.money.size()); ++kind) {
      const Json::Array* parts = kinds[kind].as_array();
      if (!parts || parts->size() < 3) continue;
      out.money[kind] = {.bought = integer_of<int64_t>(&(*parts)[0]),
                         .refunded = integer_of<int64_t>(&(*parts)[1]),
                         .is_said = (*parts)[2].as_bool() && *(*parts)[2].as_bool()};
    }
  }
  out.orders = integer_of<int64_t>(json.find("orders"));
  out.is_bought = truth_of(json, "bought");
  out.is_refunded = truth_of(json, "refunded");
  out.is_cancelled = truth_of(json, "cancelled");
  out.is_pending = truth_of(json, "pending");
  out.is_failed = truth_of(json, "failed");
  out.total_is_estimated = truth_of(json, "estimated");
  out.is_older_refund = truth_of(json, "older_refund");
  if (const Json* refunds = json.find("refunds"); refunds && refunds->as_array())
    for (const Json& one : *refunds->as_array())
      if (const Json::Array* pair = one.as_array(); pair && pair->size() == 2)
        out.refunds[Instant{integer_of<int64_t>(&(*pair)[0])}] = integer_of<int64_t>(&(*pair)[1]);
  if (const Json* at = json.find("bought_at")) out.bought_at = Instant{integer_of<int64_t>(at)};
  out.version = {Instant{integer_of<int64_t>(json.find("updated"))}, Instant{integer_of<int64_t>(json.find("seen"))}};
  out.lines = numbers_in(json, "lines");
  out.credited_lines = numbers_in(json, "credited_lines");
  out.prints = numbers_in(json, "prints");
  return out;
}

std::unexpected<Error> no_question(std::string_view why) {
  return usage(std::string(why), R"({"orders": [{"id": "7", "who": [[1, "ann"]]}]})");
}

Result<profiles::IdentifierKind> kind_in(const Json* json) {
  const int64_t kind = integer_of<int64_t>(json);
  if (kind < 1 || kind > 4) return no_question("an identifier's kind is 1 to 4");
  return static_cast<profiles::IdentifierKind>(kind);
}

Result<AskedOrder> asked_in(const Json& json) {
  const Json *id = json.find("id"), *who = json.find("who");
  if (!id || !id->as_text() || !who || !who->as_array()) return no_question("an order has an id and who it is of");
  AskedOrder out{.id = *id->as_text(), .wants_lines = truth_of(json, "lines")};
  for (const Json& one : *who->as_array()) {
    const Json::Array* pair = one.as_array();
    if (!pair || pair->size() != 2) return no_question("an identifier is a kind and a value");
    out.who.push_back({TRY(kind_in(&(*pair)[0])), (*pair)[1].text_or("")});
  }
  return out;
}

Result<KeptVersion> version_in(const Json& json) {
  const Json *id = json.find("id"), *who = json.find("who");
  if (!id || !id->as_text() || !who || !who->as_text()) return no_question("a version has an order's id and customer");
  return KeptVersion{
      *id->as_text(),
      {TRY(kind_in(json.find("kind"))), *who->as_text()},
      {Instant{integer_of<int64_t>(json.find("updated"))}, Instant{integer_of<int64_t>(json.find("seen"))}}};
}

}  // namespace

Result<std::vector<ToldOrder>> FarOrders::told(std::span<const AskedOrder> orders) {
  std::vector<ToldOrder> out(orders.size());
  for (size_t from = 0; from < orders.size(); from += kOrdersARequest) {
    const auto part = orders.subspan(from, std::min(kOrdersARequest, orders.size() - from));
    Json asked = Json::array();
    for (const AskedOrder& order : part) {
      Json who = Json::array();
      for (const auto& identifier : order.who)
        who.add(Json::array().add(static_cast<int64_t>(identifier.kind)).add(identifier.value));
      asked.add(Json::object().set("id", order.id).set("who", std::move(who)).set("lines", order.wants_lines));
    }
    const std::string text = TRY(ask_(Json::object().set("orders", std::move(asked)).dump()));
    const Json answer = TRY(parse_json(text, "what the server says of orders"));
    const Json* told = answer.find("told");
    if (!told || !told->as_array()) continue;
    for (const Json& one : *told->as_array()) {
      const auto row = integer_of<uint64_t>(one.find("row"));
      if (row < part.size()) out[from + row] = told_in(one);
    }
  }
  return out;
}

Result<void> FarOrders::send_versions() {
  for (size_t from = 0; from < versions_.size(); from += kOrdersARequest) {
    Json all = Json::array();
    for (size_t i = from; i < std::min(from + kOrdersARequest, versions_.size()); ++i) {
      const KeptVersion& kept = versions_[i];
      all.add(Json::object()
                  .set("id", kept.id)
                  .set("kind", static_cast<int64_t>(kept.who.kind))
                  .set("who", kept.who.value)
                  .set("updated", kept.version.updated.ms)
                  .set("seen", kept.version.seen.ms));
    }
    TRY(ask_(Json::object().set("versions", std::move(all)).dump()));
  }
  versions_.clear();
  return {};
}

Result<Json> answer_about_orders(store::Connection& connection, const Json& body) {
  if (const Json* versions = body.find("versions"); versions && versions->as_array()) {
    std::vector<KeptVersion> kept;
    for (const Json& one : *versions->as_array()) kept.push_back(TRY(version_in(one)));
    TRY(profiles::write_order_versions(connection, kept));
    return Json::object().set("kept", uint64_t{kept.size()});
  }
  const Json* orders = body.find("orders");
  if (!orders || !orders->as_array()) return no_question("the body asks about no orders");
  std::vector<AskedOrder> asked;
  for (const Json& one : *orders->as_array()) asked.push_back(TRY(asked_in(one)));
  const std::vector<ToldOrder> told = TRY(profiles::read_told_orders(connection, asked));
  Json out = Json::array();
  for (size_t row = 0; row < told.size(); ++row)
    if (told[row].is_known()) out.add(json_of(told[row]).set("row", uint64_t{row}));
  return Json::object().set("told", std::move(out));
}

}  // namespace tessera::ingest
