// Requests, answers and addresses: what needs no network.
#include <charconv>

#include <arpa/inet.h>

#include "http/http_server.hpp"

namespace tessera::http {

namespace {

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

bool is_numeric_address(const std::string& text) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 || inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (const auto& [known, value] : headers)
    if (same_name(known, name)) return value;
  return {};
}

bool Request::has_header(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& header) { return same_name(header.first, name); });
}

void Responder::send(Response response) const {
  if (send_->is_used.exchange(true)) return;
  send_->send(std::move(response));
  send_->send = nullptr;
}

Responder::Once::~Once() {
  if (!is_used) send({.status = 500, .body = R"({"success":false,"message":"the server failed to answer"})"});
}

std::string_view reason_of(int status) {
  static constexpr std::pair<int, std::string_view> kReasons[] = {
      {100, "Continue"},
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {417, "Expectation Failed"},
      {422, "Unprocessable Content"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {503, "Service Unavailable"},
      {505, "HTTP Version Not Supported"},
  };
  for (const auto& [known, reason] : kReasons)
    if (known == status) return reason;
  return "Unknown";
}

Response no_memory() {
  return {.status = 503,
          .headers = {{"Retry-After", "5"}, {"Access-Control-Allow-Origin", "*"}},
          .body = R"({"success":false,"status":503,"detail":"there is no memory for this now"})"};
}

Remedy try_token(std::string_view scopes) {
  auto remedy = try_command("tokens make").on("RECORD").blank_option("--name", "NAME");
  remedy = scopes.empty() ? std::move(remedy).blank_option("--scopes", "SCOPES")
                          : std::move(remedy).option("--scopes", std::string(scopes));
  return std::move(remedy).note("makes one while no server runs; send it: Authorization: Bearer TOKEN");
}

Result<Address> parse_address(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return usage(fmt::format("'{}' is no address to listen on: {}", text, why),
                 try_again().option("--listen", "127.0.0.1:8080"));
  };
  const size_t colon = text.rfind(':');
  const bool is_port_alone = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (colon == std::string_view::npos && !is_port_alone) return bad("the port is missing");
  std::string_view host = is_port_alone ? "127.0.0.1" : text.substr(0, colon);
  const std::string_view digits = is_port_alone ? text : text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad("an IPv6 address stands in brackets, as in [::1]:8080");
  }
  if (host.empty() || host == "*") host = "0.0.0.0";
  if (host == "localhost") host = "127.0.0.1";
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    return bad("the port is a number from 0 to 65535");
  if (!is_numeric_address(std::string(host))) return bad("the part before the port is no IP address");
  return Address{std::string(host), port};
}

}  // namespace tessera::http
