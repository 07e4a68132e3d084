#include "ingest/kafka.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <thread>

#include <librdkafka/rdkafka.h>

#include "core/guarded.hpp"
#include "ingest/kafka_ledger.hpp"
#include "ingest/segment_spec_body.hpp"

namespace tessera::ingest {

namespace {

constexpr int kPollMs = 50, kWaitMs = 5'000;
constexpr Duration kRest = kSecond;        // after the log could not be written, before it is tried again
constexpr Duration kLook{100};             // how often the state is worked out for those who ask
constexpr size_t kMostInFlight = 200'000;  // messages on their way into the record; beyond it partitions are paused
constexpr size_t kHearEvery = 256;         // messages
constexpr size_t kKeptOfLarge = 4 << 10;   // bytes of a message that is too large
constexpr auto kPatience = std::chrono::seconds(10);  // for the log's answers, when it ends

struct Free {
  void operator()(rd_kafka_t* it) const { rd_kafka_destroy(it); }
  void operator()(rd_kafka_conf_t* it) const { rd_kafka_conf_destroy(it); }
  void operator()(rd_kafka_message_t* it) const { rd_kafka_message_destroy(it); }
  void operator()(rd_kafka_queue_t* it) const { rd_kafka_queue_destroy(it); }
  void operator()(rd_kafka_event_t* it) const { rd_kafka_event_destroy(it); }
  void operator()(rd_kafka_topic_partition_list_t* it) const { rd_kafka_topic_partition_list_destroy(it); }
};
using Client = std::unique_ptr<rd_kafka_t, Free>;
using Conf = std::unique_ptr<rd_kafka_conf_t, Free>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Free>;
using Event = std::unique_ptr<rd_kafka_event_t, Free>;
using Message = std::unique_ptr<rd_kafka_message_t, Free>;
using Partitions = std::unique_ptr<rd_kafka_topic_partition_list_t, Free>;

using Where = std::pair<std::string, int32_t>;  // topic, partition

Where where(const rd_kafka_message_t& message) {
  return {rd_kafka_topic_name(message.rkt), message.partition};
}

// What the log says of messages, on its thread, until the consumer hears it. Outlives the consumer where the log does.
struct Inbox {
  struct Said {
    uint64_t assignment;
    int64_t offset;
    Result<uint64_t> place;
  };
  Guarded<std::vector<Said>> said;
  std::condition_variable news;

  void put(Said one) {
    said.lock()->push_back(std::move(one));
    news.notify_one();
  }
  std::vector<Said> take() { return std::exchange(*said.lock(), {}); }
  // False: nothing came until then.
  bool wait_until(std::chrono::steady_clock::time_point latest) {
    auto all = said.lock();
    return all.wait_until(news, latest, [&] { return !all->empty(); });
  }
};

struct Partition {
  uint64_t assignment = 0;  // what was said of an earlier one is none of its business
  KafkaLedger ledger;
  std::optional<int64_t> sent, committed;  // offsets: asked to be committed, and said to be
};

KafkaMessage read(const rd_kafka_message_t& message) {
  KafkaMessage out{
      .origin = fmt::format("{}/{}@{}", rd_kafka_topic_name(message.rkt), message.partition, message.offset),
      .type = {},
      .body = std::string(static_cast<const char*>(message.payload), message.payload ? message.len : 0)};
  if (out.body.size() > kLargestMessage) {
    out.type = type_of_cut(out.body.size());
    out.body.resize(kKeptOfLarge);
  }
  return out;
}

// Whether a secret might be in an error's text about it.
bool is_secret(std::string_view key) {
  for (const std::string_view part : {"password", "secret", "pem", "key", "config", "conf"})
    if (key.find(part) != std::string_view::npos) return true;
  return false;
}

Result<void> set(rd_kafka_conf_t& conf, const std::string& key, const std::string& value) {
  char wrong[512];
  if (rd_kafka_conf_set(&conf, key.c_str(), value.c_str(), wrong, sizeof wrong) == RD_KAFKA_CONF_OK) return {};
  return usage(fmt::format("Kafka's property {}: {}", key, is_secret(key) ? "the value cannot be used" : wrong),
               "the properties there are: CONFIGURATION.md of librdkafka 2.0");
}

}  // namespace

struct KafkaSource::State {
  const KafkaSettings settings;
  KafkaSink& sink;
  const Clock& clock;
  std::shared_ptr<Inbox> inbox = std::make_shared<Inbox>();
  Client client;
  std::atomic<bool> is_stopping{false};

  // --- the thread's own
  std::map<Where, Partition> partitions;
  std::map<uint64_t, Where> by_assignment;
  uint64_t last_assignment = 0;
  std::deque<Message> held;  // not taken yet; while there are any, the partitions are paused
  bool is_paused = false;
  Instant rest_until = kEver, committed_at = kEver, looked_at = kEver;
  size_t in_flight = 0;
  uint64_t messages = 0, told_later = 0, fetched_again = 0, commits = 0;

  struct Shown {
    Json status = Json::object();
    std::string last_error{};
    std::optional<int> brokers_up{};  // nullopt: not known yet
    std::string fatal{};              // it will not go on
  };
  Guarded<Shown> shown;

  std::thread thread;

  State(KafkaSettings how, KafkaSink& to, const Clock& time) : settings(std::move(how)), sink(to), clock(time) {}

  Result<void> open();
  void run();
  void end();
  void receive(Message message);
  bool hand_over(const rd_kafka_message_t& message);
  void hand_over_held();
  void hear();
  void fetch_again(const Where& which, int64_t from);
  void pause(bool is_wanted);
  void assign(rd_kafka_topic_partition_list_t& list);
  void revoke(rd_kafka_topic_partition_list_t& list);
  void forget(const Where& which);
  void commit(bool and_wait, const rd_kafka_topic_partition_list_t* only = nullptr);
  void note_commit(rd_kafka_resp_err_t error, const rd_kafka_topic_partition_list_t* list);
  void note_error(std::string text) { shown.lock()->last_error = std::move(text); }
  void note(rd_kafka_error_t* error) {  // destroyed; null: none
    if (error) note_error(rd_kafka_error_string(error));
    if (error) rd_kafka_error_destroy(error);
  }
  void note_statistics(std::string_view json);
  void look();
  bool is_due(Instant& last, Duration every) {
    const Instant now = clock.now();
    if (now >= last && now - last < every) return false;  // a clock that was set back is no reason to wait
    last = now;
    return true;
  }
  Partitions assigned() const {
    Partitions list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
    for (const auto& [which, partition] : partitions)
      rd_kafka_topic_partition_list_add(list.get(), which.first.c_str(), which.second);
    return list;
  }
};

// --- starting and ending

Result<void> KafkaSource::State::open() {
  Conf conf(rd_kafka_conf_new());
  const KafkaProperties ours = {{"bootstrap.servers", settings.brokers}, {"group.id", settings.group},
                                {"enable.auto.commit", "false"},         {"enable.auto.offset.store", "false"},
                                {"queued.max.messages.kbytes", "16384"}, {"statistics.interval.ms", "500"}};
  // A new group begins with the oldest message there is; the file may say otherwise.
  TRY(set(*conf, "auto.offset.reset", "earliest"));
  TRY(set(*conf, "client.id", "tessera"));
  TRY(set(*conf, "log_level", "4"));
  for (const auto& [key, value] : settings.properties) TRY(set(*conf, key, value));
  for (const auto& [key, value] : ours) TRY(set(*conf, key, value));
  rd_kafka_conf_set_opaque(conf.get(), this);
  rd_kafka_conf_set_rebalance_cb(
      conf.get(), [](rd_kafka_t*, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* list, void* self) {
        auto& state = *static_cast<State*>(self);
        what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ? state.assign(*list) : state.revoke(*list);
      });
  rd_kafka_conf_set_offset_commit_cb(
      conf.get(), [](rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list, void* self) {
        static_cast<State*>(self)->note_commit(error, list);
      });
  rd_kafka_conf_set_stats_cb(conf.get(), [](rd_kafka_t*, char* json, size_t size, void* self) {
    static_cast<State*>(self)->note_statistics({json, size});
    return 0;  // the text is librdkafka's to free
  });
  rd_kafka_conf_set_error_cb(conf.get(), [](rd_kafka_t* client, int error, const char* reason, void* self) {
    auto& state = *static_cast<State*>(self);
    state.note_error(reason);
    if (error != RD_KAFKA_RESP_ERR__FATAL) return;
    char text[512];
    rd_kafka_fatal_error(client, text, sizeof text);
    state.shown.lock()->fatal = text;
  });
  char wrong[512];
  client.reset(rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), wrong, sizeof wrong));
  if (!client) return usage(fmt::format("Kafka: {}", wrong), "see --kafka-config");
  (void)conf.release();  // the client's from now on
  rd_kafka_poll_set_consumer(client.get());
  Partitions topics(rd_kafka_topic_partition_list_new(static_cast<int>(settings.topics.size())));
  for (const std::string& topic : settings.topics)
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  if (const auto error = rd_kafka_subscribe(client.get(), topics.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return usage(fmt::format("Kafka: {}", rd_kafka_err2str(error)), "see --kafka");
  look();
  return {};
}

void KafkaSource::State::run() {
  size_t since_heard = 0;
  while (!is_stopping) {
    Message message(rd_kafka_consumer_poll(client.get(), kPollMs));
    const bool is_idle = !message;
    if (message) receive(std::move(message));
    if (!is_idle && ++since_heard < kHearEvery) continue;
    since_heard = 0;
    hear();
    hand_over_held();
    if (is_due(committed_at, settings.commit_every)) commit(false);
    if (is_due(looked_at, kLook)) look();
  }
  end();
}

// Everything that was taken gets into the record and is committed, so that nothing comes twice.
void KafkaSource::State::end() {
  held.clear();
  pause(true);
  const auto is_logged = [&] {
    size_t waiting = 0;
    for (const auto& [which, partition] : partitions) waiting += partition.ledger.waiting();
    return waiting == 0;
  };
  const auto until = std::chrono::steady_clock::now() + kPatience;
  for (hear(); !is_logged(); hear())
    if (!inbox->wait_until(until)) break;
  if (const auto recorded = sink.record_now(); !recorded) note_error(recorded.error().text());
  commit(true);
  look();
  rd_kafka_consumer_close(client.get());
  client.reset();
}

Result<std::unique_ptr<KafkaSource>> KafkaSource::start(KafkaSettings settings, KafkaSink& sink, const Clock& clock) {
  auto state = std::make_unique<State>(std::move(settings), sink, clock);
  TRY(state->open());
  state->thread = std::thread([s = state.get()] { s->run(); });
  return std::unique_ptr<KafkaSource>(new KafkaSource(std::move(state)));
}

KafkaSource::KafkaSource(std::unique_ptr<State> state) : state_(std::move(state)) {}
KafkaSource::~KafkaSource() {
  stop();
}
void KafkaSource::stop() {
  state_->is_stopping = true;
  if (state_->thread.joinable()) state_->thread.join();
}

// --- messages

void KafkaSource::State::receive(Message message) {
  if (message->err) return note_error(rd_kafka_message_errstr(message.get()));
  if (!partitions.contains(where(*message))) return;  // revoked while it was fetched
  if (held.empty() && hand_over(*message)) return;
  ++told_later;
  held.push_back(std::move(message));
  pause(true);
}

bool KafkaSource::State::hand_over(const rd_kafka_message_t& message) {
  if (in_flight >= kMostInFlight || clock.now() < rest_until) return false;
  Partition& partition = partitions.at(where(message));
  partition.ledger.take(message.offset);
  const bool is_taken =
      sink.take(read(message), [inbox = inbox, assignment = partition.assignment, offset = message.offset](
                                   Result<uint64_t> place) { inbox->put({assignment, offset, std::move(place)}); });
  if (!is_taken) {
    partition.ledger.untake();
    return false;
  }
  ++in_flight;
  ++messages;
  return true;
}

void KafkaSource::State::hand_over_held() {
  while (!held.empty() && hand_over(*held.front())) held.pop_front();
  // A clock that was set back is no reason to rest for longer.
  if (rest_until - clock.now() > kRest) rest_until = kEver;
  if (held.empty() && clock.now() >= rest_until) pause(false);
}

void KafkaSource::State::hear() {
  for (Inbox::Said& said : inbox->take()) {
    const auto found = by_assignment.find(said.assignment);
    if (found == by_assignment.end()) continue;
    const Where which = found->second;
    if (said.place) {
      partitions.at(which).ledger.log(said.offset, *said.place);
    } else {
      note_error(said.place.error().text());
      fetch_again(which, said.offset);
    }
  }
  const uint64_t recorded = sink.recorded_until();
  in_flight = 0;
  for (auto& [which, partition] : partitions) {
    partition.ledger.land(recorded);
    in_flight += partition.ledger.in_flight();
  }
}

// The log could not be written: from this message on everything is fetched again, after a rest. What of it was logged
// meanwhile is dropped when it comes again.
void KafkaSource::State::fetch_again(const Where& which, int64_t from) {
  ++fetched_again;
  rest_until = clock.now() + kRest;
  pause(true);
  std::erase_if(held, [&](const Message& message) { return where(*message) == which; });
  Partition& partition = partitions.at(which);
  by_assignment.erase(partition.assignment);
  partition.ledger = {};
  partition.assignment = ++last_assignment;
  by_assignment.emplace(partition.assignment, which);
  Partitions list(rd_kafka_topic_partition_list_new(1));
  // Those before it were logged, or their failure would have been heard first; and they are recorded before it is.
  rd_kafka_topic_partition_list_add(list.get(), which.first.c_str(), which.second)->offset = from;
  note(rd_kafka_seek_partitions(client.get(), list.get(), kWaitMs));
}

void KafkaSource::State::pause(bool is_wanted) {
  if (is_paused == is_wanted) return;
  const Partitions list = assigned();
  is_wanted ? rd_kafka_pause_partitions(client.get(), list.get())
            : rd_kafka_resume_partitions(client.get(), list.get());
  is_paused = is_wanted;
}

// --- partitions that come and go; called from rd_kafka_consumer_poll

void KafkaSource::State::assign(rd_kafka_topic_partition_list_t& list) {
  const bool is_cooperative = rd_kafka_rebalance_protocol(client.get()) == std::string_view("COOPERATIVE");
  if (is_cooperative)
    note(rd_kafka_incremental_assign(client.get(), &list));
  else
    rd_kafka_assign(client.get(), &list);
  for (int i = 0; i < list.cnt; ++i) {
    const Where which(list.elems[i].topic, list.elems[i].partition);
    forget(which);
    Partition& partition = partitions[which];
    partition.assignment = ++last_assignment;
    by_assignment.emplace(partition.assignment, which);
  }
  // The new ones wait as the others do.
  if (std::exchange(is_paused, false)) pause(true);
}

// What is recorded is committed; the rest is for whoever gets the partition, and dropped here when it comes again.
void KafkaSource::State::revoke(rd_kafka_topic_partition_list_t& list) {
  if (!rd_kafka_assignment_lost(client.get())) {
    hear();
    commit(true, &list);
  }
  for (int i = 0; i < list.cnt; ++i) forget({list.elems[i].topic, list.elems[i].partition});
  const bool is_cooperative = rd_kafka_rebalance_protocol(client.get()) == std::string_view("COOPERATIVE");
  if (is_cooperative)
    note(rd_kafka_incremental_unassign(client.get(), &list));
  else
    rd_kafka_assign(client.get(), nullptr);
  look();
}

void KafkaSource::State::forget(const Where& which) {
  const auto found = partitions.find(which);
  if (found == partitions.end()) return;
  std::erase_if(held, [&](const Message& message) { return where(*message) == which; });
  by_assignment.erase(found->second.assignment);
  partitions.erase(found);
}

// --- offsets

void KafkaSource::State::commit(bool and_wait, const rd_kafka_topic_partition_list_t* only) {
  const uint64_t recorded = sink.recorded_until();
  Partitions list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (auto& [which, partition] : partitions) {
    if (only && !rd_kafka_topic_partition_list_find(const_cast<rd_kafka_topic_partition_list_t*>(only),
                                                    which.first.c_str(), which.second))
      continue;
    const auto landed = partition.ledger.land(recorded);
    if (!landed || landed == (and_wait ? partition.committed : partition.sent)) continue;
    rd_kafka_topic_partition_list_add(list.get(), which.first.c_str(), which.second)->offset = *landed;
    partition.sent = landed;
  }
  if (list->cnt == 0) return;
  if (!and_wait) {
    const auto error = rd_kafka_commit(client.get(), list.get(), 1);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) note_commit(error, list.get());
    return;
  }
  const Queue answers(rd_kafka_queue_new(client.get()));
  auto error = rd_kafka_commit_queue(client.get(), list.get(), answers.get(), nullptr, nullptr);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const Event answer(rd_kafka_queue_poll(answers.get(), kWaitMs));
    error = answer ? rd_kafka_event_error(answer.get()) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (answer) return note_commit(error, rd_kafka_event_topic_partition_list(answer.get()));
  }
  note_commit(error, list.get());
}

void KafkaSource::State::note_commit(rd_kafka_resp_err_t error, const rd_kafka_topic_partition_list_t* list) {
  if (error == RD_KAFKA_RESP_ERR__NO_OFFSET) return;
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    note_error(fmt::format("offsets not committed: {}", rd_kafka_err2str(error)));
  ++commits;
  for (int i = 0; list && i < list->cnt; ++i) {
    const auto& one = list->elems[i];
    const auto found = partitions.find({one.topic, one.partition});
    if (found == partitions.end() || one.offset < 0) continue;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && one.err == RD_KAFKA_RESP_ERR_NO_ERROR)
      found->second.committed = one.offset;
    else
      found->second.sent = found->second.committed;  // tried again
  }
}

// --- what is shown

void KafkaSource::State::note_statistics(std::string_view json) {
  const auto parsed = parse_json(json);
  if (!parsed) return;
  int up = 0;
  if (const Json* brokers = parsed->find("brokers"); brokers && brokers->as_object())
    for (const auto& [name, broker] : *brokers->as_object())
      if (const Json* state = broker.find("state"))
        if (const std::string text = state->text_or(""); text == "UP" || text == "UPDATE") ++up;
  // What an earlier run committed.
  for (auto& [which, partition] : partitions) {
    const Json* at = parsed->find("topics");
    for (const std::string& name :
         {which.first, std::string("partitions"), std::to_string(which.second), std::string("committed_offset")})
      at = at ? at->find(name) : nullptr;
    if (at && !partition.committed && at->number_or(-1) >= 0)
      partition.committed = static_cast<int64_t>(at->number_or(-1));
  }
  shown.lock()->brokers_up = up;
}

void KafkaSource::State::look() {
  Json list = Json::array(), topics = Json::array();
  int64_t lag = 0;
  for (const std::string& topic : settings.topics) topics.add(topic);
  for (const auto& [which, partition] : partitions) {
    int64_t low = -1, high = -1;
    (void)rd_kafka_get_watermark_offsets(client.get(), which.first.c_str(), which.second, &low, &high);
    const auto recorded = partition.ledger.landed() ? partition.ledger.landed() : partition.committed;
    const int64_t from = recorded.value_or(std::max<int64_t>(low, 0));
    const int64_t behind = high < 0 ? -1 : std::max<int64_t>(0, high - from);
    Json one = Json::object().set("topic", which.first).set("partition", int64_t{which.second});
    one.set("committed", partition.committed ? Json(*partition.committed) : Json());
    one.set("end", high < 0 ? Json() : Json(high)).set("lag", behind < 0 ? Json() : Json(behind));
    list.add(std::move(one));
    lag += std::max<int64_t>(behind, 0);
  }
  const auto now = shown.lock();
  const std::string_view state = !now->fatal.empty()     ? "failed"
                                 : !now->brokers_up      ? "connecting"
                                 : *now->brokers_up == 0 ? "no broker"
                                 : partitions.empty()    ? "no partitions"
                                 : is_paused             ? "waiting for the log"
                                                         : "reading";
  const std::string& wrong = now->fatal.empty() ? now->last_error : now->fatal;
  Json out = Json::object();
  out.set("brokers", settings.brokers).set("group", settings.group).set("topics", std::move(topics));
  out.set("state", state).set("brokers_up", int64_t{now->brokers_up.value_or(0)});
  out.set("last_error", wrong.empty() ? Json() : Json(wrong));
  out.set("messages", messages).set("in_flight", uint64_t{in_flight}).set("told_later", told_later);
  out.set("fetched_again", fetched_again).set("commits", commits).set("lag", lag);
  now->status = out.set("partitions", std::move(list));
}

Json KafkaSource::status() const {
  return state_->shown.with([](const auto& shown) { return shown.status; });
}

}  // namespace tessera::ingest
