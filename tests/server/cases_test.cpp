// Runs tests/cases/http/*.test: a request to a server with an engine and a record of its own, and its answer. No socket
// is opened: the bytes of a request pass the framing that stands before the parser, and the Site answers. Words:
//
//   server            a new server; its text: `source NAME` makes a write key, `token NAME SCOPES` a token, <NAME> in the
//                     requests below; `open` is --open-on-loopback. There is an admin token, <admin>
//   now T             the time from here on
//   METHOD TARGET     the text is headers, an empty line, the body (an empty line alone: no headers)
//                     -> the status, headers, and the body. JSON is compared as casefile/json_match.hpp says; what it
//                        remembers is <NAME> in later requests. In other bodies a line `...` stands for any lines
//
// Requests come from this machine and to localhost, unless their headers say otherwise: `Peer: 203.0.113.7` is where
// from. Those to the management have the admin token, unless they have another `Authorization`; `none` is nobody. In
// headers <basic NAME> is what stands behind `Authorization: Basic `.
#include <future>
#include <semaphore>

#include "casefile/json_match.hpp"
#include "casefile/suite.hpp"
#include "core/base64.hpp"
#include "core/text.hpp"
#include "server/fake.hpp"

namespace tessera::server {
namespace {

using cases::Shape;

constexpr cases::Word kWords[] = {
    {"server", Shape::Table},       {"now", Shape::Line},        {"GET", Shape::Case, true},
    {"POST", Shape::Case, true},    {"PUT", Shape::Case, true},  {"DELETE", Shape::Case, true},
    {"OPTIONS", Shape::Case, true}, {"HEAD", Shape::Case, true}, {"PATCH", Shape::Case, true}};
constexpr std::string_view kFirstNow = "2026-03-01T12:00:00Z";

// Everything `tessera serve` makes, but sockets and threads that wait for them.
struct Running {
  testing_support::Scratch folder{testing_support::in_memory()};
  SetClock clock{*parse_instant(kFirstNow)};
  std::unique_ptr<store::Record> record = MUST(store::Record::open(
      folder.file("shop.db"), store::OpenMode::CreateIfMissing, clock, {.database = {.threads = 1}}));
  Keys keys;
  http::Workers workers{1};
  std::unique_ptr<live::Engine> engine =
      MUST(live::Engine::start(*record, folder.file("shop.db.log"), segment_reader(), {}, clock));
  channels::MemoryStore webhook_store;
  Subscriber subscriber;
  std::unique_ptr<channels::Webhooks> webhooks =
      MUST(channels::Webhooks::start(*engine, webhook_store, subscriber, {}, clock));
  Service service{*engine, *engine, keys, *record, workers, clock, *webhooks};
  Site site{service};
};

struct Asked {
  http::Request request;
  std::string bytes;  // as they come in
};

std::string shown_body(const http::Response& response) {
  std::string body = response.body;
  if (response.stream) {
    // A stream tells in rounds: what there is already comes with the first.
    const auto woken = std::make_shared<std::counting_semaphore<>>(0);
    response.stream->on_wake([woken] { woken->release(); });
    bool is_first = true;
    for (http::Stream::Piece piece{.then = http::Stream::Then::More}; piece.then == http::Stream::Then::More;) {
      piece = response.stream->next();
      if (piece.then == http::Stream::Then::Wait && std::exchange(is_first, false)) {
        woken->acquire();
        piece.then = http::Stream::Then::More;
      }
      body += piece.text;
      if (piece.shared) body += *piece.shared;
    }
  }
  if (body.empty()) return "";
  const auto json = response.type.find("json") == std::string::npos || response.stream
                        ? std::nullopt
                        : std::optional(parse_json(body));
  if (json && json->has_value()) return cases::shown_json(**json) + "\n";
  if (response.type.starts_with("image/")) return fmt::format("\n{} bytes\n", body.size());
  std::erase(body, '\r');
  while (body.ends_with("\n\n")) body.pop_back();
  return fmt::format("\n{}{}", body, body.ends_with('\n') ? "" : "\n");
}

std::string shown(const http::Response& response) {
  std::string out = fmt::format("{} {}\n", response.status, http::reason_of(response.status));
  if (response.type != "application/json") out += fmt::format("Content-Type: {}\n", response.type);
  for (const auto& [name, value] : response.headers) out += fmt::format("{}: {}\n", name, value);
  return out + shown_body(response);
}

class Runner {
 public:
  std::string run(const cases::Block& block) {
    if (block.kind() == "server") return start(block.text);
    const std::string_view now = block.setting("now");
    running_->clock.ms = MUST(instant_of(now.empty() ? kFirstNow : now)).ms;
    const Asked asked = request_of(block);
    std::string found = answer(asked);
    if (block.kind() != "GET") MUST(running_->engine->record_now());
    // What a case leaves open and names is known to those after it.
    matches(block.expected, found, remembered_);
    return found;
  }

  // Head and body, each in its own way.
  static bool matches(std::string_view expected, std::string_view found, cases::Remembered& remembered) {
    const size_t found_body = body_of(found), expected_body = body_of(expected);
    if (found.substr(0, found_body) != expected.substr(0, expected_body)) return false;
    if (found.substr(found_body) == expected.substr(expected_body)) return true;
    if (expected.substr(expected_body).starts_with('\n'))
      return matches_lines(split(expected.substr(expected_body), '\n'), split(found.substr(found_body), '\n'));
    const auto json = parse_json(found.substr(found_body));
    return json && cases::matches_json(expected.substr(expected_body), *json, remembered);
  }

 private:
  // A line `...` stands for any lines.
  static bool matches_lines(std::span<const std::string_view> expected, std::span<const std::string_view> found) {
    if (expected.empty()) return found.empty();
    if (expected[0] != "...")
      return !found.empty() && expected[0] == found[0] && matches_lines(expected.subspan(1), found.subspan(1));
    for (size_t skipped = 0; skipped <= found.size(); ++skipped)
      if (matches_lines(expected.subspan(1), found.subspan(skipped))) return true;
    return false;
  }
  static Result<Instant> instant_of(std::string_view text) {
    if (const auto instant = parse_instant(text)) return *instant;
    return fail(fmt::format("'{}' is no time", text));
  }
  // The body is JSON on the lines behind the head, or text behind an empty line.
  static size_t body_of(std::string_view text) {
    size_t at = 0;
    while (at < text.size() && text[at] != '{' && text[at] != '[' && text[at] != '\n') {
      const size_t end = text.find('\n', at);
      at = end == std::string_view::npos ? text.size() : end + 1;
    }
    return at;
  }

  std::string start(std::string_view text) {
    running_ = std::make_unique<Running>();
    limits_ = framing_limits(running_->service);
    remembered_.clear();
    make_token("admin", "admin");
    for (const std::string_view line : split(text, '\n')) {
      if (line == "open") running_->service.doors.open_on_loopback(nullptr);
      if (line.starts_with("token ")) {
        const size_t blank = line.rfind(' ');
        make_token(std::string(line.substr(6, blank - 6)), line.substr(blank + 1));
      }
      if (!line.starts_with("source ")) continue;
      const std::string name(trim(line.substr(7)));
      remembered_[name] = MUST(add_key(*running_->record, name, running_->clock.now()));
      remembered_["basic " + name] = base64_of(remembered_[name] + ":");
    }
    MUST(running_->keys.load(*running_->record));
    return {};
  }

  void make_token(const std::string& name, std::string_view scopes) {
    remembered_[name] =
        MUST(add_token(*running_->record, {.name = name, .may = MUST(privacy::Scopes::parse(scopes)), .expires = {}},
                       running_->clock.now()));
  }

  std::string with_remembered(std::string text) const {
    for (const auto& [name, value] : remembered_) {
      const std::string place = fmt::format("<{}>", name);
      for (size_t at = 0; (at = text.find(place, at)) != std::string::npos; at += value.size())
        text.replace(at, place.size(), value);
    }
    return text;
  }

  Asked request_of(const cases::Block& block) const {
    const std::string text = with_remembered(block.text), target = with_remembered(block.arguments);
    Asked out;
    out.request = {.method = std::string(block.kind()), .peer = "127.0.0.1", .is_peer_local = true};
    const size_t question = std::min(target.find('?'), target.size());
    out.request.path = target.substr(0, question);
    out.request.query = target.substr(std::min(question + 1, target.size()));
    size_t at = 0;
    for (std::string_view rest = text; !rest.empty() && rest[0] != '\n'; rest = std::string_view(text).substr(at)) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      const size_t colon = line.find(": ");
      at += line.size() + 1;
      put_header(out.request, line.substr(0, colon), line.substr(std::min(colon, line.size() - 2) + 2));
    }
    if (at < text.size()) out.request.body = text.substr(at + 1, text.size() - at - 2);  // without its line's end
    complete(out, target);
    return out;
  }
  static void put_header(http::Request& request, std::string_view name, std::string_view value) {
    if (name == "Peer") {
      request.peer = value;
      request.is_peer_local = false;
    } else {
      request.headers.emplace_back(name, value);
    }
  }
  // What every client sends, and the bytes of it all.
  void complete(Asked& asked, const std::string& target) const {
    http::Request& request = asked.request;
    if (request.header("authorization") == "none")
      std::erase_if(request.headers, [](const auto& header) { return header.first == "Authorization"; });
    else if (!request.has_header("authorization") && (target.starts_with("/api/") || target.starts_with("/metrics")))
      request.headers.emplace_back("Authorization", "Bearer " + remembered_.at("admin"));
    if (!request.has_header("host")) request.headers.emplace_back("Host", "localhost");
    if (!request.body.empty() && !request.has_header("content-length"))
      request.headers.emplace_back("Content-Length", std::to_string(request.body.size()));
    asked.bytes = fmt::format("{} {} HTTP/1.1\r\n", request.method, target);
    for (const auto& [name, value] : request.headers) asked.bytes += fmt::format("{}: {}\r\n", name, value);
    asked.bytes += "\r\n" + request.body;
  }

  std::string answer(const Asked& asked) {
    http::Framing framing(limits_);
    framing.set_peer(asked.request.network, asked.request.is_peer_local);
    std::string bytes = asked.bytes;
    for (size_t at = 0; at < bytes.size() && !framing.refusal();)
      at += framing.take(bytes.data() + at, bytes.size() - at);
    if (const auto& refusal = framing.refusal())
      return fmt::format("{} {}\n\nbefore its body is taken: {}\n", refusal->status, http::reason_of(refusal->status),
                         refusal->why);
    std::promise<http::Response> promise;
    auto response = promise.get_future();
    running_->site.handle(asked.request,
                          http::Responder([&promise](http::Response said) { promise.set_value(std::move(said)); }));
    std::string out = shown(response.get());
    running_->engine->catch_up();
    return out;
  }

  std::unique_ptr<Running> running_;
  http::FramingLimits limits_;
  cases::Remembered remembered_;
};

class HttpCase : public testing::TestWithParam<cases::Case> {};

TEST_P(HttpCase, IsAnswered) {
  ASSERT_TRUE(GetParam().is_readable()) << GetParam().place() << ": " << GetParam().file().content.error().text();
  if (!GetParam().is_run()) GTEST_SKIP() << GetParam().block().comment;
  static cases::StoryTeller<Runner> teller;
  cases::expect(GetParam(), teller.answer(GetParam().story("server")),
                [](std::string_view expected, std::string_view found) {
                  cases::Remembered ignored;
                  return Runner::matches(expected, found, ignored);
                });
}

INSTANTIATE_TEST_SUITE_P(Text, HttpCase, testing::ValuesIn(cases::all("http", kWords)), cases::name_of);

}  // namespace
}  // namespace tessera::server
