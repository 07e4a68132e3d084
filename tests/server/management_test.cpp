// The management API: who may ask, what it answers, how long answers and feeds go on, and that the table of routes, the
// OpenAPI document and docs/server.md say the same.
#include <fstream>

#include "channels/webhook.hpp"
#include "core/text.hpp"
#include "server/fake.hpp"
#include "server/metrics.hpp"

namespace tessera::server {
namespace {

using testing::HasSubstr;

class Management : public Served {
 protected:
  Management() { MUST(engine->apply_definitions("segment \"Big spenders\" = did \"Paid\"")); }
  static std::string paid(std::string_view who) {
    return fmt::format(R"({{"type":"track","userId":{0},"event":"Paid","messageId":{0}}})",
                       quoted_json(std::string(who)));
  }
  // They become members, in this order, a thousand by one entry of the log.
  void pay(std::span<const std::string> who) {
    for (size_t from = 0; from < who.size(); from += 1000) {
      std::string calls;
      for (const std::string& each : who.subspan(from, std::min<size_t>(1000, who.size() - from)))
        calls += (calls.empty() ? "" : ",") + paid(each);
      take("batch", fmt::format(R"({{"batch":[{}]}})", calls));
    }
  }
  // Somebody becomes a member: the id of that change.
  std::string change(const std::string& who) {
    pay({&who, 1});
    return feed::text_of(engine->listen([] {}).newest);
  }
  Json json(const http::Answer& answer) { return MUST(parse_json(answer.body)); }
};

constexpr std::string_view kNobody = "Authorization: none\r\n";

std::string bearer_of(std::string_view token) {
  return fmt::format("Authorization: Bearer {}\r\n", token);
}

TEST_F(Management, NobodyMayAskWithoutAToken) {
  const http::Answer refused = get("/api/v1/segments", kNobody);
  EXPECT_EQ(refused.status, 401);
  EXPECT_TRUE(refused.has("WWW-Authenticate: Bearer"));
  EXPECT_TRUE(refused.has("Content-Type: application/problem+json"));
  EXPECT_THAT(refused.body, HasSubstr("tessera --store RECORD tokens make --name NAME --scopes read"));
  EXPECT_EQ(get("/api/v1/segments", bearer_of("wrong")).status, 401);
  EXPECT_EQ(get("/api/v1/segments", bearer_of(token)).status, 200);
  EXPECT_EQ(get("/healthz").status, 200);
  // Only its hash is kept.
  EXPECT_EQ(get("/api/v1/sources").body.find(token), std::string::npos);
}

// S2: whoever takes back the token that leaked does not open the door to all.
TEST_F(Management, RevokingTheLastTokenOpensNothing) {
  EXPECT_EQ(send("/api/v1/keys/" + token, "", bearer_of(token), "DELETE").status, 200);
  for (const std::string& headers : {std::string(kNobody), bearer_of(token), bearer_of(""), bearer_of("tsk_")}) {
    EXPECT_EQ(get("/api/v1/segments", headers).status, 401) << headers;
    EXPECT_EQ(send("/api/v1/tokens", "", headers).status, 401) << headers;
  }
}

TEST_F(Management, ATokenEndsWhenItExpires) {
  const http::Answer made = send("/api/v1/tokens", R"({"name": "for a day", "scopes": "read", "expires": "1 day"})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(json(made).find("expires")->text_or(""), "2026-03-02T12:00:00Z");
  const std::string bearer = bearer_of(json(made).find("token")->text_or(""));
  clock.ms += kDay.ms - 1;
  EXPECT_EQ(get("/api/v1/segments", bearer).status, 200);
  clock.ms += 1;
  EXPECT_EQ(get("/api/v1/segments", bearer).status, 401);
  EXPECT_EQ(send("/api/v1/imports", "x", bearer).status, 401);
}

// Every route that needs something, asked by a token of every scope, by nobody, and by one that was revoked.
TEST_F(Management, WhoMayIsTheColumnOfTheTable) {
  std::vector<std::pair<privacy::Scopes, std::string>> tokens;
  for (const privacy::ScopeRow& row : privacy::scope_rows()) {
    const bool is_source = row.scope == privacy::Scope::Source;
    const auto may = MUST(privacy::Scopes::parse(is_source ? "source:web" : row.name));
    tokens.emplace_back(
        may,
        MUST(add_token(*record, {.name = fmt::format("t{}", tokens.size()), .may = may, .expires = {}}, clock.now())));
  }
  MUST(keys.load(*record));
  size_t asked = 0;
  for (const Route& route : routes()) {
    if (route.needs == Needs::Open) continue;
    std::string target(route.pattern);
    for (size_t at; (at = target.find('{')) != std::string::npos;) target.replace(at, target.find('}') + 1 - at, "1");
    const auto status = [&](std::string_view headers) {
      // What it answers to whoever may is tested elsewhere; a body would have it do something.
      return ask(fmt::format("{} {}?limit=0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n{}\r\n", route.method,
                             target, headers))
          .status;
    };
    SCOPED_TRACE(fmt::format("{} {}", route.method, route.pattern));
    EXPECT_EQ(status(kNobody), 401);
    EXPECT_EQ(status(bearer_of("tsk_none")), 401);
    for (const auto& [may, secret] : tokens) {
      const int said = status(bearer_of(secret));
      if (may.covers(route.needs))
        EXPECT_TRUE(said != 401 && said != 403) << may.text() << ": " << said;
      else
        EXPECT_EQ(said, 403) << may.text();
      ++asked;
    }
  }
  EXPECT_GT(asked, 150U);
}

TEST_F(Management, BodiesOfStrangersAreRefusedBeforeTheyAreSent) {
  const auto begin = [&](std::string_view target, std::string_view headers) {
    http::Raw raw(server->port());
    raw.send(fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", target, headers));
    return raw.answer();  // without a byte of the body
  };
  for (const std::string headers :
       {"Content-Length: 8000000\r\n", "Content-Length: 1\r\n", "Content-Length: 900000000\r\n",
        "Transfer-Encoding: chunked\r\n", "Authorization: Bearer tsk_wrong\r\nContent-Length: 5\r\n",
        "Authorization: Basic dHNrOg==\r\nContent-Length: 5\r\n", "Content-Length: 5\r\nExpect: 100-continue\r\n"})
    for (const char* target : {"/api/v1/imports", "/api/v1/commands", "/api/v1/none"}) {
      const http::Answer refused = begin(target, headers);
      EXPECT_EQ(refused.status, 401) << headers;
      EXPECT_TRUE(refused.has("WWW-Authenticate: Bearer")) << refused.head;
      EXPECT_THAT(refused.body, HasSubstr("tokens make"));
    }
  const std::string bearer = bearer_of(token);
  // Two that differ are none; nobody is told that it may go on.
  EXPECT_EQ(begin("/api/v1/imports", bearer + "Authorization: Bearer x\r\nContent-Length: 5\r\n").status, 401);
  EXPECT_EQ(begin("/api/v1/imports", bearer + "Content-Length: 900000000\r\n").status, 413);
  EXPECT_EQ(send("/api/v1/segments", "segment \"X\" = did \"y\"", bearer, "PUT").status, 200);
  // Events need no token.
  EXPECT_EQ(send("/v1/track", R"({"userId": "ann", "event": "x"})").status, 200);
}

TEST_F(Management, MembersComeInPagesOrAsAStream) {
  std::vector<std::string> members{"with,comma \"and\" quotes"};
  for (int i = 0; i < 2500; ++i) members.push_back(fmt::format("c{:05}", i));
  pay(members);
  const Json page = json(get("/api/v1/segments/big-spenders/members?limit=2"));
  EXPECT_EQ(page.find("members")->dump(), R"(["c00000","c00001"])");
  EXPECT_EQ(page.find("next")->text_or(""), "c00001");
  EXPECT_EQ(json(get("/api/v1/segments/big-spenders/members?limit=2&after=c02499")).find("members")->as_array()->size(),
            1u);
  const http::Answer csv = get("/api/v1/segments/big-spenders/members?format=csv");
  EXPECT_TRUE(csv.has("Content-Type: text/csv"));
  EXPECT_TRUE(csv.body.starts_with("customer\r\nc00000\r\n"));
  EXPECT_EQ(std::count(csv.body.begin(), csv.body.end(), '\n'), 2502);
  EXPECT_TRUE(csv.body.ends_with("\"with,comma \"\"and\"\" quotes\"\r\n"));
  const http::Answer lines =
      get("/api/v1/segments/big-spenders/members?after=c02499", "Accept: application/x-ndjson\r\n");
  EXPECT_EQ(lines.body, "{\"customer\":\"with,comma \\\"and\\\" quotes\"}\n");
  MUST(engine->apply_definitions("segment \"Nobody\" = did \"Nothing\""));
  EXPECT_EQ(get("/api/v1/segments/nobody/members?format=csv").body, "customer\r\n");
  EXPECT_EQ(get("/api/v1/segments/none/members").status, 404);
  EXPECT_EQ(get("/api/v1/segments/none/members?format=csv").status, 404);
  for (const std::string bad : {"limit=0", "limit=-1", "limit=x", "limit=", "limit=10001", "limit=1e3", "format=xml"})
    EXPECT_EQ(get("/api/v1/segments/big-spenders/members?" + bad).status, 400) << bad;
  EXPECT_EQ(ask("GET /api/v1/segments HTTP/1.0\r\nHost: localhost\r\n\r\n").status, 505);
}

TEST_F(Management, ChangesComeInPagesBehindAnId) {
  const std::string ann = change("ann"), bob = change("bob");
  const Json all = json(get("/api/v1/changes"));
  EXPECT_EQ(all.find("changes")->as_array()->size(), 2u);
  EXPECT_EQ(all.find("next")->text_or(""), bob);
  EXPECT_EQ(json(get("/api/v1/changes?after=" + ann)).find("changes")->as_array()->size(), 1u);
  const Json none = json(get("/api/v1/changes?after=" + bob));
  EXPECT_EQ(none.find("changes")->as_array()->size(), 0u);
  EXPECT_EQ(none.find("next")->text_or(""), bob);
  EXPECT_EQ(get("/api/v1/changes?after=yesterday").status, 400);
}

TEST_F(Management, ChangesAreAFeedThatGoesOnWhereItStopped) {
  const std::string ann = change("ann");
  const auto listen = [&](http::Raw& raw, const std::string& more, const std::string& query = "") {
    raw.send(fmt::format("GET /api/v1/changes{} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n{}{}\r\n",
                         query, bearer_of(token), more));
    const http::Answer head = raw.answer(false);
    EXPECT_EQ(head.status, 200);
    EXPECT_TRUE(head.has("Content-Type: text/event-stream"));
  };
  // Chunks until one says it.
  const auto hear = [](http::Raw& raw, std::string_view what) {
    std::string heard;
    while (heard.find(what) == std::string::npos) {
      const auto chunk = raw.chunk();
      if (!chunk) return heard + "(ended)";
      heard += *chunk;
    }
    return heard;
  };
  http::Raw from_now(server->port()), from_ann(server->port()), from_start(server->port());
  listen(from_now, "");
  EXPECT_EQ(hear(from_now, "\n\n"), "retry: 2000\n\n");
  const std::string bob = change("bob");
  const std::string heard = hear(from_now, "bob");
  EXPECT_EQ(heard.find("ann"), std::string::npos);
  EXPECT_THAT(heard, HasSubstr(fmt::format("id: {}\nevent: change\ndata: {{", bob)));
  EXPECT_TRUE(heard.ends_with("\n\n"));
  listen(from_ann, fmt::format("Last-Event-ID: {}\r\n", ann));
  const std::string later = hear(from_ann, "bob");
  EXPECT_EQ(later.find("ann"), std::string::npos);
  listen(from_start, "", "?after=");
  EXPECT_THAT(hear(from_start, "bob"), HasSubstr("ann"));
  EXPECT_THAT(hear(from_now, ":\n\n"), testing::Not(HasSubstr("ended")));  // idle, and shows that it lives
  // Many at once: none is lost, none is said twice.
  for (int burst = 0; burst < 20; ++burst) {
    std::vector<std::string> many;
    for (int i = 0; i < 100; ++i) many.push_back(fmt::format("c{}", burst * 100 + i));
    pay(many);
  }
  const std::string many = hear(from_now, "c1999");
  size_t ids = 0;
  for (size_t at = 0; (at = many.find("id: ", at)) != std::string::npos; ++at) ++ids;
  EXPECT_EQ(ids, 2000u);
  http::Raw wrong(server->port());
  wrong.send(
      fmt::format("GET /api/v1/changes HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n"
                  "Accept: text/event-stream\r\nLast-Event-ID: x\r\n\r\n",
                  token));
  EXPECT_EQ(wrong.answer().status, 400);
}

TEST_F(Management, RejectsAreListedWithTheirReasons) {
  for (int i = 1; i <= 3; ++i)
    MUST(record->connection().run("INSERT INTO tessera.reject VALUES (?, 'web', 1, ?, 'v', '{}', ?, NULL)",
                                  {int64_t{i}, std::string_view(i == 2 ? "no-user" : "bad-time"), int64_t{i}}));
  const Json all = json(get("/api/v1/rejects"));
  EXPECT_EQ(all.find("reasons")->dump(), R"({"bad-time":2,"no-user":1})");
  EXPECT_EQ(all.find("rejects")->as_array()->size(), 3u);
  EXPECT_EQ(all.find("rejects")->as_array()->front().find("entry")->number_or(0), 3);
  EXPECT_EQ(json(get("/api/v1/rejects?reason=no-user")).find("rejects")->as_array()->size(), 1u);
  EXPECT_EQ(
      json(get("/api/v1/rejects?limit=1&skip=1")).find("rejects")->as_array()->front().find("entry")->number_or(0), 2);
  EXPECT_EQ(get("/api/v1/rejects?skip=-1").status, 400);
}

// The signature of a request, made again with the secret that was shown.
std::string signature_of(const std::string& secret, const HttpRequest& request) {
  std::map<std::string, std::string> headers(request.headers.begin(), request.headers.end());
  const Instant at{std::stoll(headers["webhook-timestamp"]) * 1000};
  return MUST(channels::webhook_signature(secret, headers["webhook-id"], at, request.body));
}
std::string signatures_in(const HttpRequest& request) {
  return std::find_if(request.headers.begin(), request.headers.end(),
                      [](const auto& header) { return header.first == "webhook-signature"; })
      ->second;
}

TEST_F(Management, WebhooksAreToldOfWhatChangesFromNowOn) {
  const std::string ann = change("ann");
  const http::Answer made = send("/api/v1/webhooks", R"({"url":"https://example.org/x","segments":["big-spenders"]})");
  EXPECT_EQ(made.status, 201) << made.body;
  const std::string id = json(made).find("id")->text_or(""), secret = json(made).find("secret")->text_or("");
  EXPECT_TRUE(secret.starts_with("whsec_"));
  EXPECT_EQ(json(made).find("position")->text_or(""), ann);
  change("bob");
  const HttpRequest first = subscriber.wait_for(1);
  EXPECT_EQ(first.url, "https://example.org/x");
  EXPECT_THAT(first.body, HasSubstr("bob"));
  EXPECT_THAT(first.body, testing::Not(HasSubstr("ann")));
  EXPECT_EQ(signatures_in(first), signature_of(secret, first));
  // The secret is shown once.
  EXPECT_EQ(get("/api/v1/webhooks").body.find(secret), std::string::npos);
  EXPECT_EQ(json(get("/api/v1/webhooks")).find("webhooks")->as_array()->size(), 1u);
  EXPECT_EQ(get("/api/v1/webhooks/" + id).body.find(secret), std::string::npos);
  // A new one; the old one signs too.
  const std::string next = json(send("/api/v1/webhooks/" + id + "/rotate", "")).find("secret")->text_or("");
  EXPECT_NE(next, secret);
  change("eve");
  const HttpRequest second = subscriber.wait_for(2);
  EXPECT_EQ(signatures_in(second), signature_of(next, second) + " " + signature_of(secret, second));
  EXPECT_EQ(send("/api/v1/webhooks/" + id, "", "", "DELETE").status, 200);
  EXPECT_EQ(send("/api/v1/webhooks/" + id, "", "", "DELETE").status, 404);
  EXPECT_TRUE(webhook_store.kept.empty());
}

TEST_F(Management, WebhooksMayBeginEarlierAndBeSwitchedOff) {
  change("ann");
  const std::string id =
      json(send("/api/v1/webhooks", R"({"url":"https://example.org/","after":""})")).find("id")->text_or("");
  EXPECT_THAT(subscriber.wait_for(1).body, HasSubstr("ann"));
  EXPECT_EQ(json(send("/api/v1/webhooks/" + id + "/disable", "")).find("disabled")->text_or(""), "disabled by hand");
  change("bob");
  change("eve");
  EXPECT_EQ(send("/api/v1/webhooks/" + id + "/enable", "").status, 200);
  const std::string late = subscriber.wait_for(2).body;
  EXPECT_THAT(late, testing::AllOf(HasSubstr("bob"), HasSubstr("eve")));
}

TEST_F(Management, WebhooksThatCannotBeAreRefused) {
  for (const std::string bad :
       {"", "[]", "{}", R"({"url":7})", R"({"url":""})", R"({"url":"http://example.org/"})",
        R"({"url":"https://127.0.0.1/"})", R"({"url":"https://a.example/","segments":["no-such"]})",
        R"({"url":"https://a.example/","segments":"big-spenders"})",
        R"({"url":"https://a.example/","segment":["big-spenders"]})",
        R"({"url":"https://a.example/","after":"yesterday"})"}) {
    const http::Answer answer = send("/api/v1/webhooks", bad);
    EXPECT_EQ(answer.status, 400) << bad << answer.body;
    EXPECT_TRUE(json(answer).find("remedy")) << bad << answer.body;
  }
  EXPECT_THAT(send("/api/v1/webhooks", R"({"url":"https://a.example/","segments":["big-spender"]})").body,
              HasSubstr("did you mean 'big-spenders'?"));
  EXPECT_TRUE(webhook_store.kept.empty());
  for (const std::string route : {"/rotate", "/enable", "/disable", "/dead-letters/1/replay"})
    EXPECT_EQ(send("/api/v1/webhooks/wh_none" + route, "").status, 404) << route;
  EXPECT_EQ(get("/api/v1/webhooks/wh_none").status, 404);
  EXPECT_EQ(get("/api/v1/webhooks/wh_none/dead-letters").status, 404);
}

TEST_F(Management, DeadLettersAreListedAndSentAgain) {
  subscriber.status = 500;
  const std::string id = json(send("/api/v1/webhooks", R"({"url":"https://example.org/"})")).find("id")->text_or("");
  change("ann");
  const std::string place = "/api/v1/webhooks/" + id + "/dead-letters";
  const auto letters = [&] { return json(get(place)).find("dead_letters")->as_array()->size(); };
  EXPECT_EQ(letters(), 0u);
  // Days pass until it is given up.
  while (letters() == 0) {
    clock.ms += (kDay * 2).ms;
    webhooks->changes_came();
  }
  EXPECT_THAT(get(place).body, HasSubstr("500"));
  EXPECT_EQ(send(place + "/2/replay", "").status, 404);
  subscriber.status = 200;
  EXPECT_EQ(send(place + "/1/replay", "").status, 202);
  const size_t tries = channels::kMostAttempts + 1;
  EXPECT_EQ(subscriber.wait_for(tries).body, subscriber.wait_for(1).body);
  while (letters() > 0) std::this_thread::yield();
  EXPECT_TRUE(webhook_store.letters.empty());
}

TEST_F(Management, TheServerSaysHowItIs) {
  EXPECT_EQ(get("/healthz").body, R"({"status":"ok"})");
  EXPECT_EQ(get("/healthz", "", "HEAD").status, 200);
  EXPECT_EQ(ask("GET /healthz HTTP/1.0\r\n\r\n").status, 200);
  EXPECT_EQ(get("/readyz").status, 200);
  change("ann");
  EXPECT_EQ(json(get("/api/v1/status")).find("engine")->find("received")->number_or(0), 1);
  const std::string metrics = get("/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("# HELP tessera_engine_received Rows received.\n"
                                 "# TYPE tessera_engine_received counter\ntessera_engine_received 1\n"));
  EXPECT_THAT(metrics, HasSubstr("tessera_tracking_told_to_retry 0\n"));
  service.is_ready = false;
  EXPECT_EQ(get("/readyz").status, 503);
}

// Set TESSERA_BLESS=1 to rewrite tests/server/metrics.txt after a change that is meant.
TEST(Metrics, AreTheOnesOfTheGoldenList) {
  std::string list;
  for (const Metric& metric : metrics())
    list += fmt::format("{:36} {:8} {}\n", metric.name, name_of(metric.type), metric.help);
  const std::string path = TESSERA_SOURCE_DIR "/tests/server/metrics.txt";
  if (std::getenv("TESSERA_BLESS")) std::ofstream(path, std::ios::binary) << list;
  std::ifstream file(path, std::ios::binary);
  const std::string golden((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(list, golden);
}

// Whatever is counted in the status is a metric, and every sample stands under its HELP and TYPE.
TEST_F(Management, MetricsSayWhatTheyMean) {
  change("ann");
  service.kafka = [] {
    return *parse_json(R"([{"brokers":"a:9092","group":"g\"1","brokers_up":1,"messages":5,"in_flight":0,"told_later":0,
      "fetched_again":0,"commits":2,"partitions":[{"topic":"orders","partition":0,"lag":3,"committed":7,"end":10},
      {"topic":"orders","partition":1,"lag":0,"committed":null,"end":4}]}])");
  };
  const std::string text = get("/metrics").body;
  std::set<std::string, std::less<>> named;
  std::string help, type;
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty()) continue;
    const auto words = split(line, ' ');
    if (line.starts_with("# HELP ")) {
      help = words[2];
      EXPECT_TRUE(named.insert(help).second) << line;
      EXPECT_GT(words.size(), 3u) << line;
    } else if (line.starts_with("# TYPE ")) {
      type = words[2];
      EXPECT_TRUE(words[3] == "counter" || words[3] == "gauge") << line;
    } else {
      const std::string name(line.substr(0, line.find_first_of("{ ")));
      EXPECT_TRUE(name == help && name == type) << line;
      EXPECT_NE(words.back().find_first_of("0123456789"), std::string_view::npos) << line;
    }
  }
  const Json status = json(get("/api/v1/status"));
  for (const auto& [part, numbers] : *status.as_object())
    if (numbers.as_object()) {
      for (const auto& [name, value] : *numbers.as_object())
        EXPECT_TRUE(!value.as_literal() || named.contains(fmt::format("tessera_{}_{}", part, name)))
            << part << "." << name;
    }
  EXPECT_THAT(text, HasSubstr("# TYPE tessera_kafka_messages counter\n"
                              "tessera_kafka_messages{brokers=\"a:9092\",group=\"g\\\"1\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("tessera_kafka_committed{group=\"g\\\"1\",topic=\"orders\",partition=\"0\"} 7\n# HELP"));
  EXPECT_THAT(text, HasSubstr("tessera_engine_identifiers_a_customer{kind=\"phone\"} "));
}

TEST_F(Management, WrongPlacesAndMethodsAreToldTheRightOnes) {
  const http::Answer lost = get("/api/v1/segmets");
  EXPECT_EQ(lost.status, 404);
  EXPECT_THAT(lost.body, HasSubstr("did you mean /api/v1/segments?"));
  const http::Answer wrong = send("/api/v1/segments", "", "", "DELETE");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_TRUE(wrong.has("Allow: GET, PUT, POST")) << wrong.head;
  EXPECT_EQ(get("/api/v1/segments", "", "OPTIONS").status, 405);  // no other page may ask this
}

// Set TESSERA_BLESS=1 to rewrite tests/server/routes.txt after a change that is meant.
TEST(Routes, AreTheOnesOfTheGoldenList) {
  std::string list;
  for (const Route& route : routes())
    list += fmt::format("{:6} {:34} {:10} {}\n", route.method, route.pattern,
                        route.needs == Needs::Open ? "open" : privacy::name_of(route.needs), route.summary);
  const std::string path = TESSERA_SOURCE_DIR "/tests/server/routes.txt";
  if (std::getenv("TESSERA_BLESS")) std::ofstream(path, std::ios::binary) << list;
  std::ifstream file(path, std::ios::binary);
  const std::string golden((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(list, golden);
}

TEST(Routes, AreAllInTheDocument) {
  const Json document = openapi();
  EXPECT_EQ(document.find("openapi")->text_or(""), "3.1.0");
  for (const Route& route : routes()) {
    const Json* path = document.find("paths")->find(route.pattern);
    ASSERT_TRUE(path) << route.pattern;
    std::string method(route.method);
    for (char& c : method) c = static_cast<char>(std::tolower(c));
    const Json* operation = path->find(method);
    ASSERT_TRUE(operation) << route.method << " " << route.pattern;
    // Every part in braces is described.
    size_t described = 0;
    for (const Json& parameter : *operation->find("parameters")->as_array())
      described += parameter.find("in")->text_or("") == "path" &&
                   route.pattern.find("{" + parameter.find("name")->text_or("") + "}") != std::string_view::npos;
    EXPECT_EQ(described, static_cast<size_t>(std::count(route.pattern.begin(), route.pattern.end(), '{')))
        << route.pattern;
  }
}

TEST(Routes, AreAllInTheManual) {
  std::ifstream file(TESSERA_SOURCE_DIR "/docs/server.md");
  const std::string manual((std::istreambuf_iterator<char>(file)), {});
  for (const Route& route : routes())
    EXPECT_NE(manual.find(fmt::format("`{} {}`", route.method, route.pattern)), std::string::npos)
        << route.method << " " << route.pattern << " is missing in docs/server.md";
}

}  // namespace
}  // namespace tessera::server
