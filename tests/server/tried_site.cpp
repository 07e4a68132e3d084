#include "server/tried_site.hpp"

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>

#include "core/http_client.hpp"
#include "core/machine.hpp"
#include "core/memory.hpp"
#include "http/frames.hpp"
#include "ingest/row_stream.hpp"
#include "live/engine.hpp"
#include "server/discoveries.hpp"
#include "server/imports.hpp"
#include "server/reader.hpp"
#include "store/scratch.hpp"

namespace tessera::server {

namespace {

constexpr size_t kRequestsOfOne = 3'000;
constexpr size_t kRequestsBetweenStarts = 200;  // a start costs as much as some hundred of them
constexpr size_t kLargestAnswer = 16 << 20;     // of what one server is told in its life, all of it many times
constexpr size_t kLargestPiece = 512 << 10;     // of a stream: about 256 KB
constexpr size_t kPiecesTaken = 64;             // of a stream that has no end
constexpr Instant kBegin{1'772'366'400'000};    // 2026-03-01T12:00:00Z
// Nobody may see it but who sees customers, or secrets; no word that is drawn has it.
constexpr std::string_view kPlantedEmail = "planted-9c1f@shop.example",
                           kPlantedSecret = "whsec_cGxhbnRlZC1zZWNyZXQtb2YtYS13ZWJob29r";

class Clocks final : public Clock, public Machine {
 public:
  Instant now() const override { return Instant{wall}; }
  Duration since_boot() const override { return Duration{machine}; }
  std::string boot() const override { return "one"; }
  void pass(Duration time) {
    wall += time.ms;
    machine += time.ms;
  }
  std::atomic<int64_t> wall{kBegin.ms}, machine{kHour.ms};
};

// Of webhooks: answers as it is told to.
class Subscriber final : public HttpClient {
 public:
  void post(HttpRequest, std::function<void(Result<HttpAnswer>)> done) override {
    const int said = status;
    if (said == 0) return done(fail("nobody is there"));
    HttpAnswer answer{.status = said, .body = std::string(said == 410 ? 70'000 : 3, '{')};
    if (said == 429) answer.retry_after = kHour;
    done(std::move(answer));
  }
  std::atomic<int> status{200};
};

// --- what must hold of an answer

constexpr int kStatuses[] = {200, 201, 202, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 503};
// Why somebody is told to come again who asks alone: whatever else is said with 503 is a fault of ours in other words.
constexpr std::string_view kWhyNot[] = {"no memory for this now", "may wait are waiting already",
                                        "stopped: nobody waits", "waits to be applied", "INTERRUPT"};

bool is_granted(int status) {
  return status >= 200 && status < 300;
}

// Of an error of the management.
Result<void> look_at_problem(const http::Response& response) {
  const auto json = parse_json(response.body);
  const Json* const status = json ? json->find("status") : nullptr;
  const Json* const detail = json ? json->find("detail") : nullptr;
  if (!status || !detail || detail->text_or("").empty()) return fail("an error is no problem document");
  if (status->number_or(0) != response.status) return fail("a problem document says another status");
  if (response.status != 503) return {};
  const std::string why = detail->text_or("");
  if (std::ranges::any_of(kWhyNot, [&](std::string_view each) { return why.find(each) != std::string::npos; }))
    return {};
  return fail("a fault of ours is told as if it would pass");
}

// Of the tracking API.
Result<void> look_at_refusal(const http::Response& response) {
  const auto json = parse_json(response.body);
  const Json* const success = json ? json->find("success") : nullptr;
  if (!success || !success->as_bool() || *success->as_bool()) return fail("an error does not say so");
  if (!json->find("message") && !json->find("detail")) return fail("an error does not say why");
  return {};
}

Result<void> look_at_headers(const http::Response& response) {
  if (response.type.find_first_of("\r\n") != std::string::npos) return fail("a type has more than a line");
  for (const auto& [name, value] : response.headers) {
    if (name.empty() || name.find_first_of(": \r\n") != std::string::npos) return fail("a header's name is none");
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
      return fail("a header has more than a line");
  }
  return {};
}

// In words of its own: the table of scopes (privacy/scopes.cpp) is what is tried.
bool may(Asks asks, privacy::Needs needs) {
  using enum privacy::Needs;
  if (needs == Open || asks == Asks::Fitting) return true;
  switch (asks) {
    case Asks::Read:
      return needs == Any || needs == Read;
    case Asks::Write:
      return needs == Any || needs == Read || needs == Write;
    case Asks::Identified:
      return needs == Any || needs == Read || needs == Identified;
    case Asks::Source:
    case Asks::OtherSource:
      return needs == Any || needs == Sources;
    case Asks::Admin:
      return true;
    default:
      return false;
  }
}

bool sees_customers(Asks asks, privacy::Needs needs) {
  if (asks == Asks::Fitting) asks = fitting(needs);
  return asks == Asks::Identified || asks == Asks::Admin;
}

// The row that answers; null: there is none.
const Route* route_of(const http::Request& request) {
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  for (const Route& route : routes())
    if (route.method == method && http::match_path(route.pattern, request.path)) return &route;
  return nullptr;
}

bool is_tracking(const Route& route) {
  const auto rows = tracking_routes();
  return std::ranges::any_of(rows, [&](const Route& row) { return row.pattern == route.pattern; });
}

struct Answered {
  http::Response response;
  std::string body;  // whole, or what of a stream was taken
};

Result<void> look_at_body(const Route* route, const Answered& answered) {
  const http::Response& response = answered.response;
  if (answered.body.size() > kLargestAnswer) return fail("an answer is too large");
  if (response.status >= 400 && route && is_tracking(*route)) return look_at_refusal(response);
  const bool is_state = route && route->pattern == "/readyz";
  if (response.status >= 400 && !is_state) return look_at_problem(response);
  if (response.type == "application/json" && !response.stream && !parse_json(answered.body))
    return fail("an answer is no JSON");
  return {};
}

Result<void> look_at_secrets(const Drawn& drawn, const Route* route, const Answered& answered, const Learnt& learnt) {
  const auto says = [&](std::string_view what) { return answered.body.find(what) != std::string::npos; };
  if ((!route || !sees_customers(drawn.asks, route->needs)) && says(kPlantedEmail))
    return fail("a customer's address is shown to who may see none");
  // A backup has the secrets.
  const bool may_be_backup = route && route->pattern == "/api/v1/commands" && drawn.asks == Asks::Admin;
  if (!may_be_backup && says(kPlantedSecret)) return fail("a secret is shown");
  for (const std::string& token : learnt.tokens)
    if (!token.empty() && says(token)) return fail("a token is shown");
  return {};
}

Result<void> look_at(const Drawn& drawn, const Answered& answered, const Learnt& learnt) {
  const int status = answered.response.status;
  const Route* const route = route_of(drawn.request);
  if (std::ranges::find(kStatuses, status) == std::end(kStatuses)) return fail("this status is never said");
  if (is_granted(status) && !(route ? may(drawn.asks, route->needs) : drawn.request.method == "OPTIONS"))
    return fail("it is granted to who may not");
  if (route == drawn.route && drawn.asks == Asks::Fitting && route->needs != Needs::Open && status == 401)
    return fail("it is refused to who may");
  TRY(look_at_headers(answered.response));
  TRY(look_at_body(route, answered));
  return look_at_secrets(drawn, route, answered, learnt);
}

// What did not hold, for whoever mends it.
void show(const Drawn& drawn, const Answered& answered, std::string_view what) {
  constexpr size_t kShown = 2'000;
  const http::Request& request = drawn.request;
  fmt::print(stderr, "{}\n{} {}?{} by {}\n", what, request.method, request.path, request.query,
             static_cast<int>(drawn.asks));
  for (const auto& [name, value] : request.headers) fmt::print(stderr, "{}: {}\n", name, value);
  fmt::print(stderr, "{}\n-> {} {}\n{}\n", request.body.substr(0, kShown), answered.response.status,
             answered.response.type, answered.body.substr(0, kShown));
}

// --- what a server begins with

live::Submission call(std::string type, std::string body) {
  return {"web", std::move(type), std::move(body)};
}

std::string sound_piece() {
  std::string out;
  ingest::WireIntake wire(
      [&](std::string piece) {
        out = std::move(piece);
        return Result<void>();
      },
      [](const Json&) { return profiles::IntakeOutcome{}; });
  const auto order = wire.kind("Order Completed");
  const auto total = wire.property(order, "total"), name = wire.property(order, "name");
  const profiles::Identifier who{profiles::IdentifierKind::UserId, "eve"};
  for (int64_t i = 0; i < 3; ++i) {
    wire.start(order, {&who, 1}, kBegin - kDay * i, static_cast<uint64_t>(i) + 77);
    wire.put(total, Number{i * 1'000'000});
    wire.put(name, std::string_view("pen"));
  }
  SilentProgress silent;
  VERIFY(wire.commit(silent).has_value());
  return out;
}

}  // namespace

// What is made first ends last.
struct TriedSite::Server {
  Clocks clock;
  testing_support::Scratch folder{testing_support::in_memory()};
  std::unique_ptr<store::Record> record = MUST(store::Record::in_memory(clock));
  Learnt learnt;
  size_t asked = 0, started_at = 0, made = 0;
  Subscriber subscriber;
  MemoryBudget memory{256 << 20};
  RateLimits rates{RateSettings{}};
  Keys keys;

  // What a restart ends and begins.
  struct Running {
    explicit Running(Server& of, const MakeCommands& make)
        : engine(MUST(live::Engine::start(*of.record, of.folder.file("log"), segment_reader(), {.machine = &of.clock},
                                          of.clock))),
          store(MUST(channels::RecordWebhookStore::open(*of.record))),
          webhooks(MUST(channels::Webhooks::start(*engine, store, of.subscriber, {}, engine->clock()))),
          news(engine->listen(webhooks->bell())),
          service{*engine, *engine, of.keys, *of.record, workers, engine->clock(), *webhooks} {
      service.memory = &of.memory;
      service.rates = &of.rates;
      service.sql = {.rows = 100'000, .time = kSecond, .memory = 32 << 20};
      commands = std::make_unique<Commands>(*jobs, make(service));
      service.commands = commands.get();
      discoveries =
          MUST(Discoveries::open(of.folder.file("discoveries"), *jobs, discover_on(service), engine->clock()));
      service.discoveries = discoveries.get();
    }
    ~Running() {
      service.questions.leave();
      jobs = nullptr;
      MUST(engine->stop());
    }

    std::unique_ptr<live::Engine> engine;
    channels::RecordWebhookStore store;
    std::unique_ptr<channels::Webhooks> webhooks;
    feed::Subscription news;
    http::Workers workers{2};
    Service service;
    std::unique_ptr<Commands> commands;
    std::unique_ptr<Discoveries> discoveries;
    std::unique_ptr<Jobs> jobs = std::make_unique<Jobs>();
    Site site{service};
  };
  std::unique_ptr<Running> running;

  explicit Server(const MakeCommands& make) {
    make_tokens();
    learnt.tokens[static_cast<size_t>(Asks::Expired)] =
        MUST(add_token(*record, {.name = "old", .expires = clock.now() + kSecond}, clock.now()));
    learnt.tokens[static_cast<size_t>(Asks::Stranger)] = "tsk_a_token_of_nobody";
    learnt.piece = sound_piece();
    clock.pass(kMinute);
    MUST(keys.load(*record));
    add_webhook();
    running = std::make_unique<Running>(*this, make);
    populate();
  }

  // Those that are not in force: all, or what was revoked.
  void make_tokens() {
    constexpr std::pair<Asks, std::string_view> kTokens[] = {{Asks::Read, "read"},
                                                             {Asks::Write, "write"},
                                                             {Asks::Identified, "identified"},
                                                             {Asks::Source, "source:web"},
                                                             {Asks::OtherSource, "source:shop"},
                                                             {Asks::Admin, "admin"}};
    bool is_new = false;
    for (const auto& [asks, scopes] : kTokens) {
      std::string& token = learnt.tokens[static_cast<size_t>(asks)];
      if (!token.empty() && keys.token_of(token, clock.now())) continue;
      const auto may = MUST(privacy::Scopes::parse(scopes));
      token = MUST(add_token(*record, {.name = fmt::format("of the fuzzer {}", ++made), .may = may, .expires = {}},
                             clock.now()));
      is_new = true;
    }
    for (std::string* const key : {&learnt.write_key, &learnt.spare_key}) {
      if (!key->empty() && keys.source_of(*key)) continue;
      *key = MUST(add_key(*record, "web", clock.now()));
      is_new = true;
    }
    if (is_new) MUST(keys.load(*record));
  }

  // With a dead letter, which would take three days.
  void add_webhook() {
    auto store = MUST(channels::RecordWebhookStore::open(*record));
    const channels::Webhook webhook{.id = "wh_00000000000000aa",
                                    .url = "https://example.org/dead",
                                    .secret = std::string(kPlantedSecret),
                                    .created = clock.now()};
    MUST(store.save(webhook));
    MUST(store.bury(webhook,
                    {.number = 7, .webhook = webhook.id, .changes = 1, .died = clock.now(), .error = "answered 500"}));
    learnt.webhook = learnt.dead = webhook.id;
    learnt.letter = "7";
  }

  void populate() {
    take(call(
        "identify",
        fmt::format(
            R"({{"userId":"ann","anonymousId":"a-1","traits":{{"email":"{}","plan":"pro","vip":true}},"messageId":"p-1"}})",
            kPlantedEmail)));
    take(call("identify", R"({"userId":"bob","traits":{"email":"ann@shop.example"},"messageId":"p-2"})"));
    take(call("track", R"({"userId":"ann","event":"Order Completed","properties":{"total":3},"messageId":"p-3"})"));
    take(call("track", R"({"userId":"u/1 ä","event":"Paid","messageId":"p-4"})"));
    MUST(running->engine->apply_definitions("segment \"Buyers\" = did \"Order Completed\""));
    MUST(running->engine->record_now());
  }

  void take(live::Submission submission) {
    std::promise<Result<uint64_t>> logged;
    const auto taken =
        running->engine->submit(std::move(submission), [&](Result<uint64_t> at) { logged.set_value(std::move(at)); });
    VERIFY(taken == live::Taken::Yes && logged.get_future().get());
    running->engine->catch_up();
  }

  Answered answer(Drawn& drawn);
  void learn(const Drawn& drawn, const Answered& answered);
};

// --- asking

namespace {

// Reads a stream as the HTTP server does. One that waits for news of its own work is read to its end.
std::string taken_of(http::Stream& stream, bool to_the_end) {
  struct News {
    std::mutex mutex;
    std::condition_variable came;
    bool is_there = false;
  };
  const auto news = std::make_shared<News>();
  stream.on_wake([news] {
    const std::lock_guard lock(news->mutex);
    news->is_there = true;
    news->came.notify_all();
  });
  std::string out;
  for (size_t pieces = 0; to_the_end || pieces < kPiecesTaken; ++pieces) {
    const http::Stream::Piece piece = stream.next();
    const std::string_view text = piece.shared ? std::string_view(*piece.shared) : std::string_view(piece.text);
    VERIFY(text.size() <= kLargestPiece);
    out += text;
    if (piece.then == http::Stream::Then::End || out.size() > kLargestAnswer) break;
    if (piece.then == http::Stream::Then::More) continue;
    if (!to_the_end) break;
    std::unique_lock lock(news->mutex);
    news->came.wait(lock, [&] { return std::exchange(news->is_there, false); });
  }
  return out;
}

// What the framing keeps from a site: it is said there, and tested with it.
bool is_framed(const Drawn& drawn) {
  const auto limits = framing_limits();
  const std::string target = drawn.request.path + (drawn.request.query.empty() ? "" : "?" + drawn.request.query);
  return drawn.request.body.size() <= limits.body(drawn.request.method, target).bytes;
}

}  // namespace

Answered TriedSite::Server::answer(Drawn& drawn) {
  std::promise<http::Response> said;
  auto response = said.get_future();
  const auto asker = drawn.request.asker;
  running->site.handle(drawn.request, http::Responder([&](http::Response it) { said.set_value(std::move(it)); }));
  if (drawn.leaves) asker->leave();
  Answered out{.response = response.get(), .body = {}};
  out.body = out.response.body;
  if (out.response.stream) {
    const bool is_command = out.response.type == http::kFramesType;
    if (!drawn.leaves) out.body = taken_of(*out.response.stream, is_command);
    out.response.stream.reset();  // whoever asked is gone
  }
  running->engine->catch_up();
  return out;
}

// Names of what was made, for those who ask next.
void TriedSite::Server::learn(const Drawn& drawn, const Answered& answered) {
  if (!is_granted(answered.response.status) || drawn.request.method == "GET") return;
  make_tokens();  // what was revoked
  const auto json = parse_json(answered.body);
  const auto text = [&](std::string_view name) {
    const Json* const found = json ? json->find(name) : nullptr;
    return found ? found->text_or("") : std::string();
  };
  const std::string_view pattern = drawn.route->pattern;
  if (pattern == "/api/v1/sources" && text("source") == "web") learnt.spare_key = text("key");
  if (pattern == "/api/v1/webhooks") learnt.webhook = text("id");
  if (pattern == "/api/v1/discoveries") learnt.discovery = text("id");
}

TriedSite::TriedSite(MakeCommands commands) : commands_(std::move(commands)) {}
TriedSite::~TriedSite() = default;

void TriedSite::begin() {
  server_ = nullptr;
  server_ = std::make_unique<Server>(commands_);
}

bool TriedSite::is_worn() const {
  return !server_ || server_->asked >= kRequestsOfOne;
}

// Between two requests.
void TriedSite::happen(uint8_t event, Draws& draws) {
  constexpr Duration kTimes[] = {kSecond, kMinute, kHour, kDay, kDay * 7, kDay * 40};
  constexpr Duration kJumps[] = {kMinute * 2, kHour * -2, kDay * 3, kDay * -40};
  constexpr int kAnswers[] = {200, 500, 410, 429, 301, 0};
  constexpr uint8_t kRestart = 255;
  if (event == kRestart) {
    if (server_->asked < server_->started_at + kRequestsBetweenStarts) return;
    server_->started_at = server_->asked;
    server_->running = nullptr;
    server_->running = std::make_unique<Server::Running>(*server_, commands_);
  } else if (event < kFirstEvent + 5) {
    server_->clock.pass(draws.of(kTimes));
  } else if (event < kFirstEvent + 10) {
    server_->clock.wall += draws.of(kJumps).ms;
  } else {
    server_->subscriber.status = draws.of(kAnswers);
  }
}

void TriedSite::ask(const Route& route, Draws& draws) {
  Drawn drawn = draw_request(route, draws, server_->learnt);
  ++server_->asked;
  server_->clock.pass(Duration{100});
  if (!is_framed(drawn)) return;
  const Answered answered = server_->answer(drawn);
  const auto held = look_at(drawn, answered, server_->learnt);
  if (!held) show(drawn, answered, held.error().message);
  VERIFY(held.has_value());
  server_->learn(drawn, answered);
  Tally& tally = tallies_[fmt::format("{} {}", route.method, route.pattern)];
  ++tally.asked;
  if (!is_granted(answered.response.status))
    tally.refused = answered.body;
  else if (route_of(drawn.request) == &route)
    ++tally.granted;
}

void TriedSite::ask(std::span<const uint8_t> bytes) {
  if (is_worn()) begin();
  VERIFY(routes().size() <= kFirstEvent);
  for (Draws draws(bytes); !draws.is_over();) {
    const uint8_t step = draws.byte();
    if (step >= kFirstEvent)
      happen(step, draws);
    else
      ask(routes()[step % routes().size()], draws);
  }
}

}  // namespace tessera::server
