// Everything the server answers, as tables of routes. What a route does, its OpenAPI entry, docs and the golden list of
// the tests are made from its row; the Site finds the row, checks who asks, and runs its function.
#pragma once

#include <atomic>
#include <mutex>
#include <span>

#include "channels/webhooks.hpp"
#include "core/logging.hpp"
#include "http/http_server.hpp"
#include "http/query.hpp"
#include "http/workers.hpp"
#include "live/engine.hpp"
#include "server/change_streams.hpp"
#include "server/doors.hpp"
#include "server/jobs.hpp"
#include "server/keys.hpp"
#include "server/rate_limits.hpp"
#include "store/question.hpp"
#include "store/record.hpp"

namespace tessera::server {

class Commands;
class Discoveries;

struct Counters {
  std::atomic<uint64_t> requests{0}, events{0};  // of the tracking API, logged
  std::atomic<uint64_t> refused{0};              // told that they are wrong
  std::atomic<uint64_t> unknown_keys{0}, busy{0}, not_written{0};
  std::atomic<uint64_t> too_often{0};                               // told to wait: beyond a rate
  std::array<std::atomic<uint64_t>, kBarredNames.size()> barred{};  // of the management API, by why
};

// Names for events that come without one, so that one sent twice by its sender is two, and one replayed is one.
class MessageIds {
 public:
  MessageIds();
  std::string next();

 private:
  std::string prefix_;
  std::atomic<uint64_t> count_{0};
};

// What routes may use.
struct Service {
  live::Engine& engine;
  live::Door& door;  // what comes in goes there: the engine
  Keys& keys;
  store::Record& record;
  http::Workers& workers;
  const Clock& clock;
  channels::Webhooks& webhooks;
  ChangeStreams changes{engine};
  std::atomic<bool> is_ready{true};
  Counters counters;
  MessageIds message_ids;
  std::mutex question;                             // held by the one that has the record read into memory
  Questions questions{};                           // whether anybody waits for its answer
  std::mutex import;                               // held by the one whose file is read here
  std::function<http::HttpServer::Counts()> http;  // empty: none
  std::function<Json()> kafka;                     // a list, what each consumer says; empty: none
  Commands* commands = nullptr;                    // null: none are run
  Discoveries* discoveries = nullptr;              // null: none are made
  const Logger* logger = nullptr;                  // null: silent
  MemoryBudget* memory = nullptr;                  // null: no bound
  store::QuestionLimits sql{};                     // of what is asked in SQL
  RateLimits* rates = nullptr;                     // null: as often as one likes
  Doors doors{keys, clock};
  // Of a customer, by any identifier, for the audit; of nobody's identifier its own.
  std::string pseudonym_of(std::string_view id) const;
  // What of the tracking API was not taken, by kind.
  LogTally refusals{LogLevel::Warning, "calls not taken"};
  // Who was not let in, by why: counted, and said without a word of who or what.
  LogTally barred{LogLevel::Warning, "requests not let in"};
  void count(Barred why);
  // Of both, what was not said yet.
  void say_rest();
};

// A request whose answer begins later than this is a line of the log. Streams begin at once.
inline constexpr Duration kSlow = kSecond * 2;

// One request on its way: what is in the braces of the pattern, and the query.
struct Call {
  http::Request request;
  std::vector<std::string> parts;
  http::Query query;
  privacy::Caller caller{};  // who asks; of an open route nobody knows
};

using privacy::Needs;
enum class Runs : uint8_t { Here, Worker };  // Here: on the network's thread, for what waits for nothing

struct Parameter {
  std::string_view name, where, type, help;  // where: "path", "query", "header"
};

inline constexpr http::BodyLimit kSmallBody{64 << 10, 413};

struct Route {
  std::string_view method, pattern, summary;
  std::span<const Parameter> parameters;
  std::string_view body;    // what is sent, in words; empty: nothing
  std::string_view answer;  // what comes back, in words
  Needs needs;              // of tracking routes Open: they look at the write key themselves
  Runs runs;
  void (*handle)(Service&, Call, http::Responder);
  http::BodyLimit limit = kSmallBody;  // of the body; what a larger one is told. Who may send one: `needs`
  Json (*schema)() = nullptr;          // of the body, which is JSON; null: words say it
};

std::span<const Route> tracking_routes();    // tracking.cpp
std::span<const Route> segment_routes();     // segment_routes.cpp
std::span<const Route> customer_routes();    // customer_routes.cpp
std::span<const Route> management_routes();  // management.cpp: changes, rejects, rulings, sources
std::span<const Route> webhook_routes();     // webhook_routes.cpp
std::span<const Route> command_routes();     // command_routes.cpp
std::span<const Route> import_routes();      // import_routes.cpp
std::span<const Route> discovery_routes();   // discovery_routes.cpp
std::span<const Route> running_routes();     // ops_routes.cpp: health, metrics, the OpenAPI document
const std::vector<Route>& routes();          // all of them, tracking first

// The OpenAPI 3.1 document of the routes.
Json openapi();

// Limits for requests by their route's row; and with who may send bodies to which: to be given to the HTTP server, which
// the service must outlive.
http::FramingLimits framing_limits();
http::FramingLimits framing_limits(const Service& service);

// For whoever is told to wait.
void put_wait(http::Response& response, Duration wait, Instant now);

class Site {
 public:
  explicit Site(Service& service) : service_(service) {}
  void handle(http::Request request, http::Responder responder);

 private:
  Service& service_;
};

// An error of the management API (RFC 9457), with what to do about it.
http::Response problem(int status, std::string_view detail, const Remedy& remedy = {});
http::Response problem_of(const Error& error, int status = 422);
http::Response problem_of(const NotLetIn& refused);
http::Response json_response(const Json& value, int status = 200);

}  // namespace tessera::server
