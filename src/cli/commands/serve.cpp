// tessera serve: the record, its log and the live engine, and the server before them. What is made first ends last, so
// that nobody is asked who is gone: the server stops asking, then the engine writes what it has, then the record
// closes.
#include <csignal>
#include <filesystem>
#include <thread>

#include <pthread.h>

#include "channels/webhooks.hpp"
#include "cli/command.hpp"
#include "cli/kafka_sources.hpp"
#include "cli/lent.hpp"
#include "core/hash.hpp"
#include "core/http_client.hpp"
#include "core/logging.hpp"
#include "core/machine.hpp"
#include "core/memory.hpp"
#include "core/parallel.hpp"
#include "live/engine.hpp"
#include "privacy/classes.hpp"
#include "server/discoveries.hpp"
#include "server/reader.hpp"
#include "server/site.hpp"
#include "store/keystore.hpp"
#include "store/record.hpp"

namespace tessera::cli {

namespace {

constexpr Option kOptions[] = {
    {"--listen", "ADDRESS", "Address and port (default: 127.0.0.1:8080); :8080 is every address of this machine"},
    {"--open-on-loopback", "", "For trying out: whoever sits at this machine needs no token; until a proxy is seen",
     Takes::Flag},
    {"--tls-cert", "FILE", "Serve HTTPS with this certificate (PEM, the whole chain)"},
    {"--tls-key", "FILE", "The certificate's key (PEM)"},
    {"--kafka", "BROKERS/TOPIC", "Read these topics of Kafka too: host:9092,other:9092/orders,page-views", Takes::Many},
    {"--kafka-group", "NAME", "The consumer group (default: tessera)"},
    {"--kafka-config", "FILE", "Lines of key=value with more of librdkafka's properties: TLS, SASL"},
    {"--webhooks-inside", "", "Webhooks may go to private addresses and this machine, also without TLS", Takes::Flag},
    {"--memory", "SIZE",
     "For bodies, commands, questions, imports and the database together, such as 4G (default: half of what there is)"},
    {"--sql-time", "TIME", "What a question in SQL may take (default: 10 minutes)"},
    {"--sql-rows", "N", "Rows of its answer, at most (default: 100000000)"},
    {"--connections-of-one", "N", "Connections that one address may have (default: 5000 of 20000)"},
    {"--rate-of-key", "N",
     "Events a second of a write key (default: 50000, and a minute of that at once); 0: no limit"},
    {"--rate-of-address", "N", "Events a second of an address (default: 5000, but for this machine's); 0: no limit"},
    {"--log", "FOLDER", "The log beside the record (default: the record's name with .log behind it)"},
    {"--new-log", "", "Begin another log where the one that the record has followed is gone for good", Takes::Flag},
    {"--log-format", "FORMAT", "The server's lines about itself: text (default) or json"},
    {"--log-level", "LEVEL", "The least that is worth a line: debug, info (default), warning, error, off"},
    {"--log-file", "FILE", "The lines go to a file that is rotated at 10 MB, instead of to standard error"},
};
// Of what this process may take, half is for what others set off: the other half is for the histories of customers.
constexpr uint64_t kShareOfBudget = 2;
constexpr uint64_t kLeastBudget = 64 << 20;
constexpr uint64_t kParts = 2;  // of the budget: one for the database, one for bodies, commands, questions and imports
// DuckDB may take twice what it counts itself (store/database_memory.hpp).
constexpr uint64_t kOfDatabase = 2;
constexpr uint64_t kSqlRows = 100'000'000;
constexpr Duration kSqlTime = kMinute * 10;
constexpr int kWorkers = 4;  // for answers that take a while

// SIGTERM and SIGINT, held back from every thread that begins after this, until somebody waits for them.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  // The second one ends the process.
  void wait() const {
    int which = 0;
    sigwait(&set_, &which);
    pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
  }

 private:
  sigset_t set_;
};

std::string shown_host(const std::string& host) {
  if (host == "0.0.0.0" || host == "::") return "127.0.0.1";
  return host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
}

// A key to begin with, where no source has one yet.
Result<std::optional<std::string>> first_key(store::Record& record, Instant now) {
  for (const server::Key& key : TRY(server::list_keys(record)))
    if (!key.is_token()) return std::nullopt;
  return TRY(server::add_key(record, "default", now));
}

// What is shown once: what was made for a record that had none.
struct Made {
  std::optional<std::string> write_key, token;
  std::string token_file;
};

// Nobody manages without a token but where that was asked for.
Result<Made> first_keys(const Context& context, store::Record& record, bool is_open) {
  const Instant now = context.clock.now();
  Made out{.write_key = {}, .token = {}, .token_file = context.store + ".token"};
  if (!record.keystore().is_lost()) out.write_key = TRY(first_key(record, now));
  if (!is_open) out.token = TRY(server::first_token(record, out.token_file, now));
  return out;
}

void greet(const Context& context, const std::string& address, const Made& made) {
  const std::optional<std::string>& key = made.write_key;
  if (context.format == Format::Json) {
    context.print(Json::object()
                      .set("address", address)
                      .set("write_key", key ? Json(*key) : Json())
                      .set("token", made.token ? Json(*made.token) : Json())
                      .set("token_file", made.token ? Json(made.token_file) : Json())
                      .dump());
  } else {
    context.print(fmt::format("listening on {}", address));
    if (made.token)
      context.print(
          fmt::format("token of the management API, kept in {} and not shown again:\n  export TESSERA_TOKEN={}",
                      made.token_file, *made.token));
    if (key) {
      context.print(fmt::format("write key of the source 'default': {}\ntry it:", *key));
      context.print(fmt::format("  curl -u {}: {}/v1/track -d '{{\"userId\": \"ann\", \"event\": \"Product Added\"}}'",
                                *key, address));
    }
  }
  std::fflush(stdout);  // whoever started us waits for this line
}

Result<http::HttpSettings> settings_of(const Arguments& given) {
  http::HttpSettings out;
  out.address = TRY(http::parse_address(given.text("listen").value_or("127.0.0.1:8080")));
  out.certificate_file = given.text("tls-cert").value_or("");
  out.key_file = given.text("tls-key").value_or("");
  if (given.has("open-on-loopback") && !out.address.host.starts_with("127.") && out.address.host != "::1")
    return usage(fmt::format("--open-on-loopback is for this machine alone, and {} can be reached from others",
                             out.address.host),
                 try_again().without("--open-on-loopback").note("needs a token from everybody"));
  if (const auto most = TRY(given.whole("connections-of-one", 1, INT32_MAX)))
    out.connections.of_one = static_cast<size_t>(*most);
  return out;
}

// "512M", "4G".
Result<uint64_t> memory_wanted(const Arguments& given) {
  const auto text = given.text("memory");
  if (!text) return std::max(memory_allowed() / kShareOfBudget, kLeastBudget);
  const auto bytes = parse_bytes(*text);
  if (!bytes || *bytes < kLeastBudget)
    return usage(fmt::format("--memory takes a size such as 4G, at least {}M, not '{}'", kLeastBudget >> 20, *text),
                 try_again().option("--memory", "4G"));
  return *bytes;
}

Result<store::QuestionLimits> sql_limits(const Arguments& given, uint64_t memory) {
  store::QuestionLimits out{.rows = kSqlRows, .time = kSqlTime, .memory = memory / kParts / 2};
  if (const auto rows = TRY(given.whole("sql-rows", 1, INT64_MAX))) out.rows = static_cast<uint64_t>(*rows);
  if (const auto time = TRY(given.duration("sql-time"))) out.time = *time;
  return out;
}

Result<server::RateSettings> rate_settings(const Arguments& given) {
  constexpr double kStore = 60;  // seconds
  server::RateSettings out;
  if (const auto rate = TRY(given.whole("rate-of-key", 0, INT32_MAX)))
    out.of_key = {static_cast<double>(*rate), kStore * static_cast<double>(*rate)};
  if (const auto rate = TRY(given.whole("rate-of-address", 0, INT32_MAX))) {
    out.of_address = {static_cast<double>(*rate), kStore * static_cast<double>(*rate)};
    out.limits_this_machine = true;
  }
  return out;
}

Result<LoggerSettings> logger_settings(const Arguments& given) {
  const auto format = parse_log_format(given.text("log-format").value_or("text"));
  if (!format)
    return usage(fmt::format("'{}' is no format of the log", *given.text("log-format")), "--log-format json");
  const auto level = parse_log_level(given.text("log-level").value_or("info"));
  if (!level) return usage(fmt::format("'{}' is no level of the log", *given.text("log-level")), "--log-level warning");
  return LoggerSettings{.format = *format, .level = *level, .file = given.text("log-file").value_or("")};
}

uint64_t bytes_under(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) {
    const uintmax_t bytes = std::filesystem::file_size(path, ignored);
    return ignored ? 0 : bytes;
  }
  uint64_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(path, ignored))
    bytes += bytes_under(file.path().string());
  return bytes;
}

void say_started(const Context& context, const Logger& logger, live::Engine& engine, const store::Record& record,
                 const std::string& log, const std::string& address, uint64_t memory) {
  const live::Status status = engine.status();
  say(&logger, LogLevel::Info, "started",
      {{"version", TESSERA_VERSION},
       {"address", LogWord::known(address)},
       {"customers", status.customers},
       {"facts_in_memory", status.facts_in_memory},
       {"definitions", engine.segments().size()},
       {"memory_budget", memory},
       {"record_bytes", bytes_under(record.path())},
       {"log_bytes", bytes_under(log)}});
  if (!record.keystore().is_lost()) return;
  say(&logger, LogLevel::Error, "recording stopped", {{"keystore", LogWord::known("lost")}});
  context.note(record.keystore().loss().text());
}

live::Settings engine_settings(const Arguments& given, const store::Keystore& keystore, const Logger& logger) {
  live::Settings out;
  if (keystore.is_lost()) out.recording_stopped = keystore.loss();
  out.logger = &logger;
  static const SystemMachine kMachine;
  out.machine = &kMachine;
  out.new_log = given.has("new-log");
  out.classify = [](store::Connection& connection) -> Result<void> {
    TRY(privacy::class_properties(connection));
    return {};
  };
  return out;
}

channels::DeliverySettings delivery_settings(const Arguments& given, const Logger& logger) {
  const bool inside = given.has("webhooks-inside");
  return {
      .seed = hash64(secret_bytes(8)), .rules = {.private_addresses = inside, .plain_http = inside}, .logger = &logger};
}

// The database's threads are started by who opens it: what is written to the record, or asked of it, takes nothing from
// events that come in and changes that go out.
Result<std::unique_ptr<store::Record>> open_in_the_background(const Context& context, uint64_t memory,
                                                              const Logger& logger) {
  Result<std::unique_ptr<store::Record>> record;
  std::thread opening([&] {
    work_in_the_background();
    record = store::Record::open(
        context.store, store::OpenMode::CreateIfMissing, context.clock,
        {.database = {.memory = memory / kOfDatabase}, .logger = &logger, .may_lack_keystore = true});
  });
  opening.join();
  return record;
}

Result<int> run_serve(const Context& context, const Arguments& given) {
  http::HttpSettings settings = TRY(settings_of(given));
  const uint64_t memory = TRY(memory_wanted(given));
  MemoryBudget budget(memory / kParts);
  server::RateLimits rates(TRY(rate_settings(given)));
  const store::QuestionLimits sql = TRY(sql_limits(given, memory));
  auto kafka_wanted = TRY(kafka_settings(context.world, given));
  const auto logger = TRY(open_logger(TRY(logger_settings(given)), context.clock));
  const Signals signals;
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is a full disk, not the end
  lay_memory_by();
  auto record = TRY(open_in_the_background(context, memory / kParts, *logger));
  const bool is_open = given.has("open-on-loopback");
  const Made made = TRY(first_keys(context, *record, is_open));
  server::Keys keys;
  TRY(keys.load(*record));
  const std::string log = given.text("log").value_or(context.store + ".log");
  auto engine = TRY(live::Engine::start(*record, log, server::segment_reader(),
                                        engine_settings(given, record->keystore(), *logger), context.clock));
  const Clock& clock = engine->clock();  // for all that follows: as the log goes by it
  auto webhook_store = TRY(channels::RecordWebhookStore::open(*record));
  const channels::DeliverySettings delivery = delivery_settings(given, *logger);
  const auto client = curl_client(delivery.rules);
  const auto webhooks = TRY(channels::Webhooks::start(*engine, webhook_store, *client, delivery, clock));
  const feed::Subscription news = engine->listen(webhooks->bell());
  http::Workers workers(kWorkers);
  server::Service service{*engine, *engine, keys, *record, workers, clock, *webhooks};
  service.logger = settings.logger = logger.get();
  service.memory = settings.memory = &budget;
  service.rates = &rates;
  service.sql = sql;
  if (is_open) service.doors.open_on_loopback(logger.get());
  settings.framing = server::framing_limits(service);
  auto jobs = std::make_unique<server::Jobs>();
  server::Commands commands(*jobs, lent_commands(service));
  service.commands = &commands;
  const auto discoveries = TRY(server::Discoveries::open(context.store + ".discoveries", *jobs,
                                                         server::discover_on(service), clock, {}, logger.get()));
  service.discoveries = discoveries.get();
  server::Site site(service);
  auto http = TRY(http::HttpServer::start(settings, workers, [&](http::Request request, http::Responder responder) {
    site.handle(std::move(request), std::move(responder));
  }));
  service.http = [&http] { return http->counts(); };
  const auto kafka = TRY(KafkaSources::start(std::move(kafka_wanted), *engine, clock));
  service.kafka = [&kafka] { return kafka->status(); };
  const std::string_view scheme = settings.certificate_file.empty() ? "http" : "https";
  const std::string address = fmt::format("{}://{}:{}", scheme, shown_host(settings.address.host), http->port());
  say_started(context, *logger, *engine, *record, log, address, memory);
  greet(context, address, made);
  signals.wait();
  say(logger.get(), LogLevel::Info, "stopping", {{"requests_in_progress", http->counts().in_progress}});
  service.is_ready = false;
  service.questions.leave();
  kafka->stop();
  http->stop();
  jobs.reset();
  TRY(engine->stop());
  service.say_rest();
  say(logger.get(), LogLevel::Info, "stopped", {{"recorded_until", engine->recorded_until()}});
  return 0;
}

}  // namespace

std::span<const Command> serve_rows() {
  static const Command kRows[] = {{"serve", "Take events over HTTP, keep every segment true, say what changes",
                                   kOptions, run_serve, Remote::Never, Needs::Open, "it is the server"}};
  return kRows;
}

}  // namespace tessera::cli
