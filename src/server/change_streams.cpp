#include "server/change_streams.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <thread>
#include <vector>

#include "core/guarded.hpp"
#include "core/json.hpp"

namespace tessera::server {

namespace {

constexpr size_t kChanges = 250;  // of a piece: some 60 KB
constexpr size_t kAtOnce = 8;     // readers who are woken by whoever rings: no more than going to another thread costs

// Some changes behind a position, as they are sent.
struct Piece {
  std::shared_ptr<const std::string> text;
  feed::Position until;
  bool is_cut = false;  // there is more already
  uint64_t rings = 0;   // that were heard before it was read: what rang since is behind it
};

std::string event_of(const feed::Change& change) {
  return fmt::format("id: {}\nevent: change\ndata: {}\n\n", feed::text_of(change.id), feed::json_of(change).dump());
}

// nullopt: there are none yet.
Result<std::optional<Piece>> make_piece(feed::Feed& feed, const feed::Position& after) {
  const auto changes = TRY(feed.changes_after(after, kChanges));
  if (changes.empty()) return std::nullopt;
  std::string text;
  Piece out{.text = {}, .until = after, .is_cut = changes.size() == kChanges};
  for (const feed::Change& change : changes) {
    const std::string event = event_of(change);
    const bool is_full = !text.empty() && text.size() + event.size() > ChangeStreams::kPieceBytes;
    out.is_cut |= is_full;
    if (is_full) break;
    text += event;
    out.until = change.id;
  }
  out.text = std::make_shared<const std::string>(std::move(text));
  return out;
}

// What wakes one stream. Outlives it where it is just being rung.
struct Bell {
  Guarded<std::function<void()>> wake;
  std::atomic<bool> has_more{false};  // it did not get all there is

  void ring() {
    if (const auto who = wake.with([](const auto& each) { return each; })) who();
  }
};

}  // namespace

struct ChangeStreams::State {
  // Those made last, by where they begin. One thread makes a piece; who wants the same one waits for it.
  struct Slot {
    feed::Position after;
    Guarded<std::optional<Piece>> piece{};
  };
  struct Readers {
    std::vector<std::weak_ptr<Bell>> bells{};
    bool is_rung = false, has_more = false, is_over = false;
    std::chrono::steady_clock::time_point next_round{};  // not before
  };

  explicit State(feed::Feed& of) : source(of) {}

  std::shared_ptr<Slot> slot(const feed::Position& after) {
    const auto all = slots.lock();
    const auto found = std::ranges::find_if(*all, [&](const auto& each) { return each->after == after; });
    if (found != all->end()) return *found;
    if (all->size() == kLatest) all->pop_front();
    all->push_back(std::make_shared<Slot>());
    all->back()->after = after;
    return all->back();
  }
  Result<std::optional<Piece>> piece_behind(const feed::Position& after) {
    const auto of = slot(after);
    const auto piece = of->piece.lock();
    if (!*piece) {
      const uint64_t heard_before = rings;
      *piece = TRY(make_piece(source, after));
      if (*piece) (*piece)->rings = heard_before, ++made;
    }
    return *piece;
  }

  // Somebody has more to read than what was given.
  void go_on() {
    readers.lock()->has_more = true;
    news.notify_one();
  }
  void ring();
  void run();

  feed::Feed& source;
  Guarded<std::deque<std::shared_ptr<Slot>>> slots;
  Guarded<Readers> readers;
  std::condition_variable news;
  std::atomic<uint64_t> made{0}, rings{0};
  feed::Subscription heard;
  std::thread thread;
};

namespace {

// Those of a round, which begins now.
std::vector<std::shared_ptr<Bell>> begin_round(auto& readers) {
  const bool are_all = std::exchange(readers.is_rung, false);
  readers.has_more = false;
  std::erase_if(readers.bells, [](const auto& each) { return each.expired(); });
  std::vector<std::shared_ptr<Bell>> out;
  for (const auto& each : readers.bells)
    if (auto bell = each.lock(); bell && (bell->has_more.exchange(false) || are_all)) out.push_back(std::move(bell));
  const auto pause = std::max(std::chrono::microseconds(ChangeStreams::kRound.ms * 1000),
                              std::chrono::microseconds(ChangeStreams::kEachMicros * static_cast<int64_t>(out.size())));
  readers.next_round = std::chrono::steady_clock::now() + pause;
  return out;
}

}  // namespace

void ChangeStreams::State::ring() {
  ++rings;
  std::vector<std::shared_ptr<Bell>> few;
  bool is_for_thread = false;
  {
    const auto now = readers.lock();
    is_for_thread = now->bells.size() > kAtOnce || now->next_round > std::chrono::steady_clock::now();
    now->is_rung = true;
    if (!is_for_thread) few = begin_round(*now);
  }
  if (is_for_thread) news.notify_one();
  for (const auto& bell : few) bell->ring();
}

void ChangeStreams::State::run() {
  for (;;) {
    std::vector<std::shared_ptr<Bell>> bells;
    {
      auto now = readers.lock();
      now.wait(news, [&] { return now->is_rung || now->has_more || now->is_over; });
      now.wait_until(news, now->next_round, [&] { return now->is_over; });
      if (now->is_over) return;
      bells = begin_round(*now);
    }
    for (const auto& bell : bells) bell->ring();
  }
}

namespace {

// Its reader's speed is its own: what it has not read yet is looked up when it asks.
template <typename Of>
class ChangeStream final : public http::Stream {
 public:
  ChangeStream(std::shared_ptr<Of> of, std::shared_ptr<Bell> bell, feed::Position after)
      : of_(std::move(of)), bell_(std::move(bell)), after_(after) {}
  ~ChangeStream() override { *bell_->wake.lock() = nullptr; }

  Piece next() override {
    if (std::exchange(is_first_, false)) {
      more();
      return {.text = "retry: 2000\n\n", .then = Then::Wait};
    }
    const auto piece = of_->piece_behind(after_);
    if (!piece) return {.text = "event: error\ndata: " + quoted_json(piece.error().message) + "\n\n"};
    if (!*piece) return {.text = {}, .then = Then::Wait};
    after_ = (*piece)->until;
    if ((*piece)->is_cut || (*piece)->rings != of_->rings) more();
    return {.text = {}, .then = Then::Wait, .shared = (*piece)->text};
  }
  void on_wake(std::function<void()> wake) override { *bell_->wake.lock() = std::move(wake); }
  std::string idle() const override { return ":\n\n"; }

 private:
  // In the next round.
  void more() {
    bell_->has_more = true;
    of_->go_on();
  }

  std::shared_ptr<Of> of_;
  std::shared_ptr<Bell> bell_;
  feed::Position after_;
  bool is_first_ = true;
};

}  // namespace

ChangeStreams::ChangeStreams(feed::Feed& feed) : state_(std::make_shared<State>(feed)) {
  state_->heard = feed.listen([weak = std::weak_ptr(state_)] {
    if (const auto state = weak.lock()) state->ring();
  });
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

ChangeStreams::~ChangeStreams() {
  state_->readers.lock()->is_over = true;
  state_->news.notify_all();
  state_->thread.join();
  state_->heard = {};
}

std::shared_ptr<http::Stream> ChangeStreams::open(const std::optional<feed::Position>& after) {
  auto bell = std::make_shared<Bell>();
  // Before it is asked what is the newest, so that nothing comes in between.
  state_->readers.lock()->bells.push_back(bell);
  const feed::Position from = after ? *after : feed::Position(state_->source.listen([] {}).newest);
  return std::make_shared<ChangeStream<State>>(state_, std::move(bell), from);
}

uint64_t ChangeStreams::pieces_made() const {
  return state_->made;
}

}  // namespace tessera::server
