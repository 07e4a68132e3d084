#include "channels/deliveries.hpp"

#include <rapidcheck.h>

#include "channels/memory_store.hpp"
#include "core/captured_log.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"
#include "store/record.hpp"
#include "store/scratch.hpp"

using namespace tessera;
using namespace tessera::channels;
using namespace tessera::feed;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

const Instant kStart = *parse_instant("2026-03-01T10:00:00Z");
constexpr const char* kUrl = "https://subscriber.example/hook";

// --- the shape of a signed message

// The vector of the specification's reference libraries.
TEST(Webhook, SignatureOfThePublishedVector) {
  EXPECT_EQ(MUST(webhook_signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
                                   Instant{1614265330'000}, R"({"test": 2432232314})")),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Webhook, SecretsAreRandomAndCheckedBeforeTheySign) {
  const std::string secret = new_webhook_secret();
  EXPECT_THAT(secret, testing::StartsWith("whsec_"));
  EXPECT_NE(secret, new_webhook_secret());
  EXPECT_TRUE(webhook_signature(secret, "msg_1", kStart, "{}"));
  const std::string short_secret = "whsec_" + std::string(28, 'A');  // 21 bytes
  for (const std::string& bad : {std::string(), std::string("whsec_"), secret.substr(6), secret + "x", short_secret,
                                 "whsec_" + std::string(88, 'A')})
    EXPECT_FALSE(webhook_signature(bad, "msg_1", kStart, "{}")) << bad;
}

// --- a feed in memory, time moved by hand

struct World final : Feed {
  std::vector<Change> changes;
  MemoryStore store;
  DeliverySettings settings{.most_changes = 10};
  Instant now = kStart;
  uint64_t reads = 0;
  std::optional<Error> unreadable;
  std::optional<Deliveries> deliveries;

  World() { restart(); }
  void restart() {
    deliveries.reset();
    deliveries.emplace(MUST(Deliveries::open(*this, store, settings)));
  }
  Result<std::vector<Change>> changes_after(const Position& after, size_t limit) override {
    ++reads;
    if (unreadable) return std::unexpected(*unreadable);
    std::vector<Change> page;
    for (const Change& change : changes)
      if ((!after || change.id > *after) && page.size() < limit) page.push_back(change);
    return page;
  }
  Subscription listen(std::function<void()>) override { return {}; }  // changes_came() is called by hand
  std::string add(std::vector<std::string> segments = {}) {
    return MUST(deliveries->add(kUrl, std::move(segments), {}, now)).id;
  }
  void happen(int count, const std::string& segment = "buyers") {
    for (int i = 0; i < count; ++i)
      changes.push_back(
          {.id = {changes.size() + 1, 0}, .customer = "c1", .segment = segment, .at = now, .learnt = now});
    deliveries->changes_came();
  }
  // The one request that is due, which there must be.
  Delivery one() {
    auto due = deliveries->due(now);
    EXPECT_EQ(due.size(), 1u);
    return due.empty() ? Delivery{} : std::move(due.front());
  }
  bool quiet() { return deliveries->due(now).empty(); }
  void answer(const Delivery& delivery, int status) { deliveries->finished(delivery.ticket, HttpAnswer{status}, now); }
};

std::string header(const Delivery& delivery, std::string_view name) {
  for (const auto& [key, value] : delivery.request.headers)
    if (key == name) return value;
  return "";
}

std::vector<std::string> ids_in(const Delivery& delivery) {
  std::vector<std::string> ids;
  const Json body = MUST(parse_json(delivery.request.body));
  for (const Json& change : *body.find("data")->as_array()) ids.push_back(change.find("id")->text_or(""));
  return ids;
}

// --- what is sent

TEST(Deliveries, AMessageIsSignedJsonOfTheChanges) {
  World world;
  const std::string id = world.add();
  EXPECT_TRUE(world.quiet()) << "there are no changes";
  world.happen(2);
  const Delivery delivery = world.one();
  EXPECT_EQ(delivery.request.url, kUrl);
  EXPECT_EQ(delivery.request.timeout, kSecond * 20);
  const Json body = MUST(parse_json(delivery.request.body));
  EXPECT_EQ(body.find("type")->text_or(""), "segment.changes");
  EXPECT_EQ(body.find("timestamp")->text_or(""), "2026-03-01T10:00:00Z");
  EXPECT_EQ((*body.find("data")->as_array())[1], json_of(world.changes[1]));
  EXPECT_EQ(header(delivery, "content-type"), "application/json");
  EXPECT_EQ(header(delivery, "webhook-id"), "msg_" + id + "_1-0_2-0");
  EXPECT_EQ(header(delivery, "webhook-timestamp"), std::to_string(kStart.ms / 1000));
  EXPECT_EQ(header(delivery, "webhook-signature"),
            MUST(webhook_signature(world.deliveries->find(id)->secret, header(delivery, "webhook-id"), kStart,
                                   delivery.request.body)));
}

TEST(Deliveries, OneBatchAtATimeInOrderAndNoLargerThanAllowed) {
  World world;
  const std::string id = world.add();
  world.happen(25);
  const Delivery first = world.one();
  EXPECT_EQ(ids_in(first).size(), 10u);
  world.happen(3);
  EXPECT_TRUE(world.quiet()) << "the next waits for the answer";
  world.answer(first, 200);
  const Delivery second = world.one();
  EXPECT_EQ(ids_in(second).front(), "11-0");
  world.answer(second, 204);
  const Delivery third = world.one();
  EXPECT_THAT(ids_in(third), ElementsAre("21-0", "22-0", "23-0", "24-0", "25-0", "26-0", "27-0", "28-0"));
  world.answer(third, 200);
  EXPECT_TRUE(world.quiet());
  EXPECT_EQ(world.deliveries->find(id)->position, (ChangeId{28, 0}));

  world.settings.most_bytes = 3 * json_of(world.changes[0]).dump().size() + 20;
  world.restart();
  world.happen(5);
  EXPECT_EQ(ids_in(world.one()).size(), 3u);
}

TEST(Deliveries, ALargeChangeGoesAlone) {
  World world;
  world.settings.most_bytes = 50;
  world.restart();
  world.add();
  world.happen(2);
  const Delivery first = world.one();
  EXPECT_THAT(ids_in(first), ElementsAre("1-0"));
  world.answer(first, 200);
  EXPECT_THAT(ids_in(world.one()), ElementsAre("2-0"));
}

TEST(Deliveries, WebhooksDoNotWaitForEachOther) {
  World world;
  const std::string a = world.add(), b = world.add();
  world.happen(1);
  const auto due = world.deliveries->due(world.now);
  ASSERT_EQ(due.size(), 2u);
  world.answer(due[0], 500);
  world.answer(due[1], 200);
  world.happen(1);
  EXPECT_EQ(world.deliveries->due(world.now).size(), 1u);
}

TEST(Deliveries, OnlyTheSegmentsAskedForAndWhatConcernsEveryone) {
  World world;
  const std::string id = world.add({"vips"});
  world.happen(30, "buyers");
  world.happen(1, "vips");
  world.happen(30, "buyers");
  world.happen(1, "");  // about the customer
  world.happen(95, "buyers");
  const Delivery delivery = world.one();
  EXPECT_THAT(ids_in(delivery), ElementsAre("31-0", "62-0"));
  world.answer(delivery, 200);
  EXPECT_TRUE(world.quiet());
  EXPECT_TRUE(world.quiet());
  EXPECT_EQ(world.deliveries->find(id)->position, (ChangeId{157, 0}))
      << "it has looked at all, though it asked for few";
}

// --- what goes wrong

TEST(Deliveries, AFailedBatchIsTriedOnScheduleWithTheSameIdAndBytesThenDies) {
  World world;
  const std::string id = world.add();
  world.happen(2);
  Delivery delivery = world.one();
  const std::string message = header(delivery, "webhook-id"), body = delivery.request.body;
  std::set<int64_t> extra;
  for (size_t failures = 1; failures < kMostAttempts; ++failures) {
    world.answer(delivery, 500);
    world.happen(1);
    const Webhook kept = *world.deliveries->find(id);
    EXPECT_EQ(kept.attempts, failures);
    EXPECT_EQ(kept.last_error, "answered 500");
    EXPECT_EQ(world.store.kept[id], kept) << "a failure is saved at once";
    const Duration wait = kept.next_attempt - world.now;
    EXPECT_GE(wait, kWaits[failures]);
    EXPECT_LE(wait.ms, kWaits[failures].ms * 6 / 5);
    extra.insert(wait.ms - kWaits[failures].ms);
    EXPECT_EQ(world.deliveries->next(), kept.next_attempt);
    world.now = kept.next_attempt - Duration{1};
    EXPECT_TRUE(world.quiet());
    world.now = kept.next_attempt;
    if (failures % 3 == 0) world.restart();
    delivery = world.one();
    EXPECT_EQ(header(delivery, "webhook-id"), message);
    EXPECT_EQ(delivery.request.body, body);
    EXPECT_EQ(header(delivery, "webhook-timestamp"), std::to_string(world.now.ms / 1000));
  }
  EXPECT_GT(extra.size(), 5u) << "jitter";
  EXPECT_GE(world.now - kStart, kHour * 75) << "three days in all";
  EXPECT_LE(world.now - kStart, kHour * 91);
  world.deliveries->finished(delivery.ticket, fail("Couldn't connect to server"), world.now);
  const DeadLetter dead{.number = 1,
                        .webhook = id,
                        .until = ChangeId{2, 0},
                        .changes = 2,
                        .died = world.now,
                        .error = "Couldn't connect to server"};
  EXPECT_THAT(world.deliveries->dead_letters(id), ElementsAre(dead));
  EXPECT_EQ(world.store.letters[1], dead);
  EXPECT_EQ(ids_in(world.one()).front(), "3-0") << "the next batch goes at once";
}

TEST(Deliveries, AFailureItsEndAndAGivingUpAreALineEachOfTheLog) {
  World world;
  const FixedClock clock(kStart);
  testing_support::CapturedLog log(clock);
  world.settings.logger = log.logger();
  world.restart();
  const std::string id = world.add();
  world.happen(1);
  const auto fail_times = [&](size_t times) {
    for (size_t i = 0; i < times; ++i) {
      world.answer(world.one(), 500);
      world.now = world.now + kDay * 2;
    }
  };
  const auto line = [&](std::string_view level, std::string_view event, size_t attempts, int status) {
    return fmt::format("2026-03-01T10:00:00Z {:<7} {} webhook={} attempts={} status={}", level, event, id, attempts,
                       status);
  };
  fail_times(3);
  world.answer(world.one(), 200);
  EXPECT_THAT(log.lines(),
              ElementsAre(line("warning", "webhook fails", 1, 500), line("info", "webhook answers again", 3, 200)));
  world.happen(1);
  fail_times(kMostAttempts);
  EXPECT_THAT(log.lines(), ElementsAre(line("warning", "webhook fails", 1, 500),
                                       line("error", "webhook batch given up: a dead letter", kMostAttempts, 500)));
  world.happen(1);
  world.answer(world.one(), 410);
  EXPECT_THAT(log.lines(), ElementsAre(line("warning", "webhook wants no more", 0, 410)));
}

TEST(Deliveries, ADeadLetterIsReplayedWithItsId) {
  World world;
  const std::string id = world.add();
  world.happen(3);
  std::string message;
  for (size_t attempt = 0; attempt < kMostAttempts; ++attempt) {
    const Delivery delivery = world.one();
    message = header(delivery, "webhook-id");
    world.answer(delivery, 503);
    world.now = world.now + kDay * 2;
  }
  world.happen(1);
  MUST(world.deliveries->replay(1));
  MUST(world.deliveries->replay(1));
  const Delivery replayed = world.one();
  EXPECT_EQ(header(replayed, "webhook-id"), message);
  EXPECT_THAT(ids_in(replayed), ElementsAre("1-0", "2-0", "3-0"));
  world.answer(replayed, 500);
  EXPECT_EQ(world.store.letters.at(1).error, "answered 500") << "it stays, with what was answered last";
  const Delivery next = world.one();
  EXPECT_THAT(ids_in(next), ElementsAre("4-0")) << "what follows does not wait for it";
  MUST(world.deliveries->replay(1));
  world.answer(next, 200);
  world.answer(world.one(), 200);
  EXPECT_TRUE(world.store.letters.empty());
  EXPECT_TRUE(world.deliveries->dead_letters(id).empty());
  EXPECT_EQ(world.deliveries->find(id)->position, (ChangeId{4, 0}));
  EXPECT_FALSE(world.deliveries->replay(1));
  EXPECT_TRUE(world.quiet());
}

TEST(Deliveries, GoneDisablesUntilItIsEnabled) {
  World world;
  const std::string id = world.add();
  world.happen(1);
  world.answer(world.one(), 410);
  EXPECT_THAT(world.store.kept[id].disabled, HasSubstr("410"));
  world.happen(1);
  world.now = world.now + kDay * 10;
  world.restart();
  EXPECT_TRUE(world.quiet());
  EXPECT_EQ(world.deliveries->next(), std::nullopt);
  MUST(world.deliveries->enable(id));
  EXPECT_THAT(ids_in(world.one()), ElementsAre("1-0", "2-0")) << "nothing was lost";
}

TEST(Deliveries, ASubscriberThatAsksForTimeGetsIt) {
  World world;
  const std::string id = world.add();
  world.happen(1);
  const auto wait_after = [&](int status, Duration asked) {
    world.deliveries->finished(world.one().ticket, HttpAnswer{.status = status, .retry_after = asked}, world.now);
    const Duration wait = world.deliveries->find(id)->next_attempt - world.now;
    MUST(world.deliveries->enable(id));  // tries again at once
    return wait;
  };
  EXPECT_EQ(wait_after(429, kMinute), kMinute);
  EXPECT_EQ(wait_after(503, kHour), kHour);
  EXPECT_EQ(wait_after(503, kDay * 400), kDay) << "within reason";
  EXPECT_LE(wait_after(500, kHour), kSecond * 6) << "only where the header means something";
  EXPECT_GE(wait_after(429, Duration{1}), kSecond * 5);
}

TEST(Deliveries, ARedirectIsAFailureThatSaysWhy) {
  World world;
  const std::string id = world.add();
  world.happen(1);
  world.answer(world.one(), 301);
  EXPECT_EQ(world.deliveries->find(id)->last_error, "answered 301; redirects are not followed");
}

TEST(Deliveries, ASubscriberThatIsDownCostsNothingWhileChangesCome) {
  World world;
  world.settings.most_changes = 1000;
  world.restart();
  const std::string id = world.add();
  world.happen(1);
  world.answer(world.one(), 500);
  world.now = world.now + kSecond * 7;
  world.answer(world.one(), 500);
  const uint64_t reads = world.reads;
  for (int i = 0; i < 280; ++i) {
    world.happen(100);
    world.now = world.now + kSecond;
    EXPECT_TRUE(world.quiet());
  }
  EXPECT_EQ(world.reads, reads) << "nothing is read, so nothing is held";
  world.now = world.now + kMinute * 3;
  world.answer(world.one(), 200);
  for (int batch = 0; batch < 28; ++batch) world.answer(world.one(), 200);
  EXPECT_EQ(world.deliveries->find(id)->position, (ChangeId{28001, 0})) << "and it catches up in large batches";
}

// Someone who keeps what they were told, and is away from time to time.
struct Subscriber {
  std::vector<std::string> ids;
  bool is_down = false;
  // Lets time pass until `until`, a second at a time, and answers what is sent.
  void live(World& world, Instant until, const std::function<void()>& every_minute) {
    for (; world.now < until; world.now = world.now + kSecond) {
      if (world.now.ms % kMinute.ms == 0) every_minute();
      for (auto due = world.deliveries->due(world.now); !due.empty(); due = world.deliveries->due(world.now))
        for (const Delivery& delivery : due) {
          if (is_down) {
            world.deliveries->finished(delivery.ticket, fail("Couldn't connect to server"), world.now);
            continue;
          }
          for (const std::string& id : ids_in(delivery)) ids.push_back(id);
          world.answer(delivery, 200);
        }
    }
  }
};
std::vector<std::string> ids_of(std::span<const Change> changes) {
  std::vector<std::string> out;
  for (const Change& change : changes) out.push_back(text_of(change.id));
  return out;
}

TEST(Deliveries, WhoWasDownForAnHourGetsEverythingInOrder) {
  World world;
  const std::string id = world.add();
  Subscriber subscriber;
  const auto happen = [&] { world.happen(7); };
  subscriber.live(world, kStart + kMinute * 10, happen);
  EXPECT_EQ(subscriber.ids.size(), 70u);
  subscriber.is_down = true;
  subscriber.live(world, kStart + kMinute * 70, happen);
  EXPECT_EQ(subscriber.ids.size(), 70u);
  EXPECT_EQ(world.deliveries->find(id)->last_error, "Couldn't connect to server");
  world.restart();  // nor does the server's own end lose anything
  subscriber.is_down = false;
  // The next attempt is at most two hours away by the schedule.
  subscriber.live(world, kStart + kHour * 4, happen);
  EXPECT_EQ(subscriber.ids, ids_of(world.changes)) << "each once, in order, what happened meanwhile too";
  EXPECT_TRUE(world.deliveries->dead_letters(id).empty());
}

TEST(Deliveries, WhoIsDownBeyondTheLastAttemptFindsDeadLetters) {
  World world;
  const std::string id = world.add();
  Subscriber subscriber;
  subscriber.is_down = true;
  world.happen(25);
  const auto nothing = [] {};
  subscriber.live(world, kStart + kDay * 4, nothing);
  const auto letters = world.deliveries->dead_letters(id);
  ASSERT_EQ(letters.size(), 1u) << "the first batch; those behind it have their own three days";
  EXPECT_EQ(letters[0].until, (ChangeId{10, 0}));
  EXPECT_EQ(letters[0].changes, 10u);
  subscriber.is_down = false;
  subscriber.live(world, kStart + kDay * 8, nothing);
  EXPECT_EQ(subscriber.ids, ids_of(std::span(world.changes).subspan(10)));
  MUST(world.deliveries->replay(letters[0].number));
  subscriber.ids.clear();
  subscriber.live(world, world.now + kMinute, nothing);
  EXPECT_EQ(subscriber.ids, ids_of(std::span(world.changes).first(10)));
  EXPECT_TRUE(world.deliveries->dead_letters(id).empty());
}

TEST(Deliveries, ChangesThatCannotBeReadAreTriedAgain) {
  World world;
  const std::string id = world.add();
  world.happen(1);
  world.unreadable = Error{"the record is busy"};
  EXPECT_TRUE(world.quiet());
  EXPECT_THAT(world.deliveries->find(id)->last_error, HasSubstr("the record is busy"));
  EXPECT_EQ(world.deliveries->next(), world.now + kMinute);
  world.unreadable.reset();
  EXPECT_TRUE(world.quiet());
  world.now = world.now + kMinute;
  world.answer(world.one(), 200);
  EXPECT_EQ(world.deliveries->find(id)->last_error, "");
  EXPECT_EQ(world.deliveries->find(id)->attempts, 0);
}

TEST(Deliveries, AClockThatIsSetBackDoesNotStopThem) {
  World world;
  world.add();
  world.happen(1);
  world.answer(world.one(), 500);
  world.now = world.now - kDay * 400;
  world.answer(world.one(), 200);
  MUST(world.deliveries->save(world.now));
}

TEST(Deliveries, WhatWasNotSavedIsRepeatedAfterACrashWithTheSameChanges) {
  World world;
  const std::string id = world.add();
  world.happen(10);
  const Delivery first = world.one();
  world.answer(first, 200);
  MUST(world.deliveries->save(world.now));
  EXPECT_EQ(world.store.kept[id].position, std::nullopt) << "saved within a second, not at once";
  EXPECT_EQ(world.deliveries->next(), kEver) << "it has to look whether there is more";
  world.restart();
  EXPECT_EQ(header(world.one(), "webhook-id"), header(first, "webhook-id"));

  world.restart();
  world.answer(world.one(), 200);
  EXPECT_TRUE(world.quiet());
  EXPECT_EQ(world.deliveries->next(), world.now + kSecond);
  world.now = world.now + kSecond;
  MUST(world.deliveries->save(world.now));
  EXPECT_EQ(world.store.kept[id].position, (ChangeId{10, 0}));
  EXPECT_EQ(world.deliveries->next(), std::nullopt);
  world.restart();
  EXPECT_TRUE(world.quiet());
}

TEST(Deliveries, ADiskThatIsFullLosesNothing) {
  World world;
  const std::string id = world.add();
  world.happen(1);
  for (size_t attempt = 0; attempt < kMostAttempts; ++attempt) {
    world.store.fails = attempt > 3;
    world.answer(world.one(), 500);
    world.now = world.now + kDay * 2;
  }
  EXPECT_TRUE(world.store.letters.empty());
  EXPECT_FALSE(world.deliveries->save_all());
  EXPECT_FALSE(world.deliveries->add(kUrl, {}, {}, world.now));
  EXPECT_EQ(world.deliveries->list().size(), 1u);
  const Delivery again = world.one();
  EXPECT_THAT(ids_in(again), ElementsAre("1-0")) << "it is not given up where that cannot be written down";
  world.store.fails = false;
  world.answer(again, 500);
  EXPECT_EQ(world.store.letters.size(), 1u);
}

TEST(Deliveries, ARotatedSecretSignsWithBothForADay) {
  World world;
  const std::string id = world.add(), old = world.deliveries->find(id)->secret;
  const std::string secret = MUST(world.deliveries->rotate(id, world.now));
  const auto signatures = [&] {
    world.happen(1);
    const Delivery delivery = world.one();
    std::vector<std::string> with;
    const std::string signed_with = header(delivery, "webhook-signature");
    for (const std::string_view signature : split(signed_with, ' '))
      for (const std::string& each : {old, secret})
        if (signature ==
            MUST(webhook_signature(each, header(delivery, "webhook-id"), world.now, delivery.request.body)))
          with.push_back(each);
    world.answer(delivery, 200);
    return with;
  };
  EXPECT_THAT(signatures(), ElementsAre(secret, old));
  world.now = world.now + kDay;
  EXPECT_THAT(signatures(), ElementsAre(secret));
}

TEST(Deliveries, WhatCannotBeAddedIsRefusedWithAReason) {
  World world;
  const auto error = [&](const std::string& url, const Position& position = {}) {
    const auto added = world.deliveries->add(url, {}, position, world.now);
    return added ? "added" : added.error().text();
  };
  EXPECT_THAT(error("ftp://a.example/"), HasSubstr("not an http"));
  EXPECT_THAT(error("http://a.example/"), HasSubstr("plain http"));
  EXPECT_THAT(error("https://192.168.1.1/"), HasSubstr("private address"));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(error(kUrl, ChangeId{7, 0}), "added");
  EXPECT_THAT(error(kUrl), HasSubstr("100 webhooks already"));
  for (const auto& result : {world.deliveries->remove("wh_no"), world.deliveries->enable("wh_no")})
    EXPECT_THAT(result.error().text(), HasSubstr("no webhook 'wh_no'"));
  const std::string shown = json_of(world.deliveries->list().front()).dump();
  EXPECT_THAT(shown, testing::Not(HasSubstr("whsec_"))) << "shown once, when it is made";
}

TEST(Deliveries, ARemovedWebhookIsForgottenThoughAnAnswerIsOnItsWay) {
  World world;
  const std::string id = world.add();
  world.happen(1);
  const Delivery delivery = world.one();
  MUST(world.deliveries->remove(id));
  world.answer(delivery, 500);
  EXPECT_TRUE(world.store.kept.empty());
  EXPECT_TRUE(world.quiet());
}

// --- against what a subscriber may rely on

void nothing_is_lost_or_out_of_order(uint64_t seed) {
  Rng rng(seed);
  World world;
  world.settings = {.most_changes = rng.below(6) + 1, .most_bytes = rng.chance(0.5) ? 500u : 100'000u, .seed = seed};
  world.restart();
  const bool filtered = rng.chance(0.5);
  const std::string id = world.add(filtered ? std::vector<std::string>{"vips"} : std::vector<std::string>{});
  std::set<std::string> delivered;
  std::string newest;  // of those delivered the first time
  std::map<std::string, std::string> bodies;
  std::vector<Delivery> on_the_way;
  const auto answer = [&](const Delivery& delivery, int status) {
    if (status == 200)
      for (const std::string& change : ids_in(delivery)) {
        const bool is_new = delivered.insert(change).second;
        RC_ASSERT(!is_new || newest.empty() || *parse_change_id(change) > *parse_change_id(newest));
        if (is_new) newest = change;
      }
    world.answer(delivery, status);
  };
  for (int step = 0; step < 150; ++step) {
    switch (rng.below(7)) {
      case 0:
        world.happen(static_cast<int>(rng.below(8)), rng.chance(0.5) ? "vips" : "buyers");
        break;
      case 1:
        world.now = world.now + Duration{static_cast<int64_t>(rng.below(20'000))};
        break;
      case 2:
        world.now = std::max(world.now, std::min(world.deliveries->next().value_or(world.now), world.now + kDay * 2));
        break;
      case 3:
        if (rng.chance(0.2)) {
          world.restart();
          on_the_way.clear();
        }
        break;  // a crash
      case 4:
        world.store.fails = rng.chance(0.2);
        break;
      case 5:
        (void)world.deliveries->save(world.now);
        break;
      default:
        break;
    }
    for (Delivery& delivery : world.deliveries->due(world.now)) on_the_way.push_back(std::move(delivery));
    RC_ASSERT(on_the_way.size() <= 1u);
    if (!on_the_way.empty() && rng.chance(0.7)) {
      answer(on_the_way.front(), rng.chance(0.6) ? 200 : rng.chance(0.95) ? 500 : 410);
      on_the_way.clear();
    }
    if (rng.chance(0.1)) (void)world.deliveries->enable(id);
  }
  // In the end everything that was asked for has arrived.
  world.store.fails = false;
  for (const Delivery& delivery : on_the_way) answer(delivery, 200);
  MUST(world.deliveries->enable(id));
  world.happen(0);
  for (int quiet = 0; quiet < 20;) {
    auto due = world.deliveries->due(world.now);
    quiet = due.empty() ? quiet + 1 : 0;
    for (const Delivery& delivery : due) answer(delivery, 200);
  }
  std::set<std::string> wanted;
  for (const Change& change : world.changes)
    if (!filtered || change.segment == "vips") wanted.insert(text_of(change.id));
  for (const auto& [number, letter] : world.store.letters)
    std::erase_if(wanted, [&](const std::string& change) {
      const ChangeId at = *parse_change_id(change);
      return (!letter.after || at > *letter.after) && at <= *letter.until && !delivered.contains(change);
    });
  RC_ASSERT(std::includes(delivered.begin(), delivered.end(), wanted.begin(), wanted.end()));
}

TEST(Deliveries, NothingIsLostOrOutOfOrder) {
  EXPECT_TRUE(rc::check([] { nothing_is_lost_or_out_of_order(*rc::gen::arbitrary<uint64_t>()); }));
}

// --- kept in the record

TEST(RecordWebhookStore, KeepsWhatItIsGiven) {
  const FixedClock clock(kStart);
  const auto record = MUST(store::Record::in_memory(clock));
  auto kept = MUST(RecordWebhookStore::open(*record));
  Webhook webhook{
      .id = "wh_1", .url = kUrl, .segments = {"a'b", "ü\"x"}, .secret = new_webhook_secret(), .created = kStart};
  const Webhook other{.id = "wh_2",
                      .url = kUrl,
                      .secret = "s",
                      .old_secret = "o",
                      .created = kStart,
                      .rotated = kStart + Duration{7},
                      .position = ChangeId{4, 1},
                      .disabled = "why",
                      .batch_until = ChangeId{5, 0},
                      .attempts = 9,
                      .next_attempt = kStart + kDay,
                      .last_error = "answered 500"};
  MUST(kept.save(webhook));
  MUST(kept.save(other));
  EXPECT_THAT(MUST(kept.webhooks()), ElementsAre(webhook, other));
  webhook.position = ChangeId{7, 0};
  const DeadLetter letter{.number = 3,
                          .webhook = "wh_1",
                          .after = {},
                          .until = ChangeId{7, 0},
                          .changes = 7,
                          .died = kStart,
                          .error = "timed out"};
  MUST(kept.bury(webhook, letter));
  EXPECT_THAT(MUST(kept.webhooks()), ElementsAre(webhook, other));
  EXPECT_THAT(MUST(kept.dead_letters()), ElementsAre(letter));
  DeadLetter again = letter;
  again.error = "answered 404";
  MUST(kept.bury(webhook, again));
  EXPECT_THAT(MUST(kept.dead_letters()), ElementsAre(again));
  MUST(kept.bury(other, {.number = 4, .webhook = "wh_2", .until = ChangeId{1, 0}, .died = kStart}));
  MUST(kept.remove("wh_1"));
  EXPECT_THAT(MUST(kept.webhooks()), ElementsAre(other));
  EXPECT_EQ(MUST(kept.dead_letters()).size(), 1u);
  MUST(kept.remove_letter(4));
  EXPECT_TRUE(MUST(kept.dead_letters()).empty());
}

}  // namespace
