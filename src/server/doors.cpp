#include "server/doors.hpp"

#include "http/query.hpp"

namespace tessera::server {

namespace {

using privacy::Caller;
using privacy::Needs;

// Beginnings of headers, in lower case, that somebody between us and the client puts there.
constexpr std::string_view kForwarded[] = {
    "x-forwarded", "forwarded",    "via",      "x-real-ip", "x-client-ip", "x-cluster-client-ip",
    "x-original-", "true-client-", "cf-",      "cdn-loop",  "fastly-",     "x-envoy-",
    "x-amz",       "x-appengine-", "x-azure-", "x-arr-",    "x-proxy",     "proxy-",
};

bool begins_with(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && std::equal(lower.begin(), lower.end(), text.begin(), [](char a, char b) {
           return a == (b >= 'A' && b <= 'Z' ? b + 32 : b);
         });
}

bool is_forwarded(const http::Request& request) {
  return std::ranges::any_of(request.headers, [](const auto& header) {
    return std::ranges::any_of(kForwarded, [&](std::string_view each) { return begins_with(header.first, each); });
  });
}

std::string_view host_without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

// At this machine, by its own name, and not from a page of another site that a browser here shows.
bool is_at_this_machine(const http::Request& request) {
  if (!request.is_peer_local) return false;
  const std::string_view host = request.header("host"), name = host_without_port(host);
  if (name != "localhost" && name != "127.0.0.1" && name != "[::1]") return false;
  const std::string_view origin = request.header("origin");
  return origin.empty() || origin == fmt::format("http://{}", host) || origin == fmt::format("https://{}", host);
}

// With the least scope that would do.
Remedy try_token(Needs needs) {
  if (needs == Needs::Sources) return http::try_token("source:NAME");
  return http::try_token(privacy::name_of(needs == Needs::Any ? Needs::Read : needs));
}

}  // namespace

class WhileLetIn final : public http::Stream {
 public:
  WhileLetIn(Doors& doors, Needs needs, http::Request head, std::shared_ptr<http::Stream> answer)
      : doors_(doors), needs_(needs), head_(std::move(head)), answer_(std::move(answer)) {}
  Piece next() override {
    // Not for each of a thousand pieces a second.
    const uint64_t loads = doors_.keys_.loads();
    const int64_t second = doors_.clock_.now().ms / kSecond.ms;
    if (loads != loads_ || second != second_) {
      if (!doors_.let_in(needs_, head_)) return {};
      loads_ = loads;
      second_ = second;
    }
    return answer_->next();
  }
  void on_wake(std::function<void()> wake) override { answer_->on_wake(std::move(wake)); }
  std::string idle() const override { return answer_->idle(); }

 private:
  Doors& doors_;
  const Needs needs_;
  const http::Request head_;
  const std::shared_ptr<http::Stream> answer_;
  uint64_t loads_ = 0;   // of the keys when it was let in
  int64_t second_ = -1;  // then
};

NotLetIn lacks(const Caller& caller, Needs needs) {
  return {.status = 403,
          .why = Barred::Scope,
          .detail = fmt::format("this needs a token with the scope '{}', and '{}' has: {}", privacy::name_of(needs),
                                caller.who, caller.may.text()),
          .remedy = try_token(needs)};
}

void Doors::open_on_loopback(const Logger* logger) {
  opened_ = true;
  logger_ = logger;
}

// Whoever comes from this machine may be anybody from now on.
void Doors::close_for_good() {
  if (saw_proxy_.exchange(true)) return;
  say(logger_, LogLevel::Warning, "closed to requests without a token", {});
}

std::expected<Caller, NotLetIn> Doors::let_in(Needs needs, const http::Request& request) {
  if (opened_ && is_forwarded(request)) close_for_good();
  if (needs == Needs::Open) return Caller{.who = {}, .address = request.peer, .may = {}};
  if (const auto given = http::bearer_token(request.header("authorization"))) {
    const auto token = keys_.token_of(*given, clock_.now());
    if (!token)
      return std::unexpected(NotLetIn{401, Barred::NotInForce, "this token is not in force", try_token(needs)});
    Caller caller{.who = token->name, .address = request.peer, .may = token->may};
    if (!caller.may.covers(needs)) return std::unexpected(lacks(caller, needs));
    return caller;
  }
  if (is_open() && is_at_this_machine(request))
    return Caller{.who = "this machine", .address = request.peer, .may = privacy::Scopes::all()};
  return std::unexpected(NotLetIn{401, Barred::NoToken,
                                  saw_proxy_
                                      ? "a token is needed, for a request came through a proxy, and from then on "
                                        "nobody can be told from a stranger"
                                      : "a token is needed",
                                  try_token(needs)});
}

bool Doors::may_send(Needs needs, const http::Sender& sender) const {
  if (needs == Needs::Open) return true;
  if (const auto given = http::bearer_token(sender.authorization))
    return keys_.token_of(*given, clock_.now()).has_value();
  return sender.is_local && is_open();
}

std::shared_ptr<http::Stream> Doors::while_let_in(Needs needs, http::Request head,
                                                  std::shared_ptr<http::Stream> answer) {
  return std::make_shared<WhileLetIn>(*this, needs, std::move(head), std::move(answer));
}

}  // namespace tessera::server
