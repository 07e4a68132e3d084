#include "server/call_values.hpp"

#include <charconv>

#include "core/currency.hpp"

namespace tessera::server {

std::optional<size_t> number_in(const Call& call, std::string_view name, size_t otherwise, size_t most, size_t least) {
  const auto text = call.query.get(name);
  if (!text) return otherwise;
  size_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (text->empty() || error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  if (value < least || value > most) return std::nullopt;
  return value;
}

std::optional<size_t> limit_of(const Call& call) {
  return number_in(call, "limit", kPage, kLargestPage);
}

http::Response bad_limit() {
  return problem(400, fmt::format("'limit' is a whole number from 1 to {}", kLargestPage), "limit=1000");
}

bool accepts(const http::Request& request, std::string_view type) {
  return request.header("accept").find(type) != std::string_view::npos;
}

Result<std::optional<Instant>> instant_in(const Call& call, std::string_view name) {
  const auto text = call.query.get(name);
  if (!text) return std::nullopt;
  const auto read = parse_instant(*text);
  if (!read) return usage(fmt::format("'{}' is a date or a time", name), fmt::format("{}=2026-03-03T12:00:00Z", name));
  return read;
}

Result<workspace::Look> look_in(const Call& call) {
  workspace::Look out{.known_at = TRY(instant_in(call, "known_at"))};
  const auto as_of = call.query.get("as_of");
  if (const auto from = workspace::look_from_named(as_of.value_or("")))
    out.from = *from;
  else
    out.as_of = TRY(instant_in(call, "as_of"));
  if (const auto currency = call.query.get("currency")) {
    out.currency = currency_code(*currency);
    if (!out.currency) return usage("'currency' is the code of a currency", "currency=EUR");
  }
  const auto zone = call.query.get("zone");
  if (!zone) return out;
  auto known = Zone::named(*zone);
  if (!known) return usage(known.error().message, "zone=Europe/Berlin");
  out.zone = known->name();
  return out;
}

}  // namespace tessera::server
