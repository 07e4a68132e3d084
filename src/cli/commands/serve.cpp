// tessera serve: the record, its log and the live engine, and the server before them. What is made first ends last, so
// that nobody is asked who is gone: the server stops asking, then the engine writes what it has, then the record
// closes.
#include <csignal>
#include <thread>

#include <pthread.h>

#include "channels/webhooks.hpp"
#include "cli/command.hpp"
#include "cli/kafka_sources.hpp"
#include "cli/lent.hpp"
#include "core/hash.hpp"
#include "core/http_client.hpp"
#include "core/parallel.hpp"
#include "live/engine.hpp"
#include "privacy/classes.hpp"
#include "server/discoveries.hpp"
#include "server/reader.hpp"
#include "server/site.hpp"
#include "store/record.hpp"

namespace tessera::cli {

namespace {

constexpr Option kOptions[] = {
    {"--listen", "ADDRESS", "Address and port (default: 127.0.0.1:8080); :8080 is every address of this machine"},
    {"--tls-cert", "FILE", "Serve HTTPS with this certificate (PEM, the whole chain)"},
    {"--tls-key", "FILE", "The certificate's key (PEM)"},
    {"--kafka", "BROKERS/TOPIC", "Read these topics of Kafka too: host:9092,other:9092/orders,page-views", Takes::Many},
    {"--kafka-group", "NAME", "The consumer group (default: tessera)"},
    {"--kafka-config", "FILE", "Lines of key=value with more of librdkafka's properties: TLS, SASL"},
    {"--webhooks-inside", "", "Webhooks may go to private addresses and this machine, also without TLS", Takes::Flag},
    {"--log", "FOLDER", "The log beside the record (default: the record's name with .log behind it)"},
};
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
  for (const server::Key& key : TRY(server::list_keys(record.connection())))
    if (!key.is_admin()) return std::nullopt;
  return TRY(server::add_key(record.connection(), "default", now));
}

void greet(const Context& context, const std::string& address, const std::optional<std::string>& key) {
  if (context.format == Format::Json) {
    context.print(Json::object().set("address", address).set("write_key", key ? Json(*key) : Json()).dump());
  } else {
    context.print(fmt::format("listening on {}", address));
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
  return out;
}

live::Settings engine_settings() {
  live::Settings out;
  out.classify = [](store::Connection& connection) -> Result<void> {
    TRY(privacy::class_properties(connection));
    return {};
  };
  return out;
}

channels::DeliverySettings delivery_settings(const Arguments& given) {
  const bool inside = given.has("webhooks-inside");
  return {.seed = hash64(secret_bytes(8)), .rules = {.private_addresses = inside, .plain_http = inside}};
}

// The database's threads are started by who opens it: what is written to the record, or asked of it, takes nothing from
// events that come in and changes that go out.
Result<std::unique_ptr<store::Record>> open_in_the_background(const Context& context) {
  Result<std::unique_ptr<store::Record>> record;
  std::thread opening([&] {
    work_in_the_background();
    record = store::Record::open(context.store, store::OpenMode::CreateIfMissing, context.clock);
  });
  opening.join();
  return record;
}

Result<int> run_serve(const Context& context, const Arguments& given) {
  http::HttpSettings settings = TRY(settings_of(given));
  auto kafka_wanted = TRY(kafka_settings(context.world, given));
  const Signals signals;
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is a full disk, not the end
  auto record = TRY(open_in_the_background(context));
  const auto key = TRY(first_key(*record, context.clock.now()));
  server::Keys keys;
  TRY(keys.load(record->connection()));
  settings.framing = server::framing_limits(keys);
  const std::string log = given.text("log").value_or(context.store + ".log");
  auto engine = TRY(live::Engine::start(*record, log, server::segment_reader(), engine_settings(), context.clock));
  auto webhook_store = TRY(channels::RecordWebhookStore::open(*record));
  const channels::DeliverySettings delivery = delivery_settings(given);
  const auto client = curl_client(delivery.rules);
  const auto webhooks = TRY(channels::Webhooks::start(*engine, webhook_store, *client, delivery, context.clock));
  const feed::Subscription news = engine->listen(webhooks->bell());
  http::Workers workers(kWorkers);
  server::Service service{*engine, *engine, keys, *record, workers, context.clock, *webhooks};
  auto jobs = std::make_unique<server::Jobs>();
  server::Commands commands(*jobs, lent_commands(service));
  service.commands = &commands;
  const auto discoveries = TRY(
      server::Discoveries::open(context.store + ".discoveries", *jobs, server::discover_on(service), context.clock));
  service.discoveries = discoveries.get();
  server::Site site(service);
  auto http = TRY(http::HttpServer::start(settings, workers, [&](http::Request request, http::Responder responder) {
    site.handle(std::move(request), std::move(responder));
  }));
  service.http = [&http] { return http->counts(); };
  const auto kafka = TRY(KafkaSources::start(std::move(kafka_wanted), *engine, context.clock));
  service.kafka = [&kafka] { return kafka->status(); };
  const std::string_view scheme = settings.certificate_file.empty() ? "http" : "https";
  greet(context, fmt::format("{}://{}:{}", scheme, shown_host(settings.address.host), http->port()), key);
  signals.wait();
  context.note("stopping: answering what was asked, writing what was logged");
  service.is_ready = false;
  kafka->stop();
  http->stop();
  jobs.reset();
  TRY(engine->stop());
  return 0;
}

}  // namespace

std::span<const Command> serve_rows() {
  static const Command kRows[] = {{"serve", "Take events over HTTP, keep every segment true, say what changes",
                                   kOptions, run_serve, Remote::Never, "it is the server"}};
  return kRows;
}

}  // namespace tessera::cli
