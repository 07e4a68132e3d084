// The feed to many readers at once: what is made once, who is woken, and what a reader that stands at another place gets.
#include "server/change_streams.hpp"

#include <condition_variable>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/text.hpp"

namespace tessera::server {
namespace {

using testing::HasSubstr;

// Changes that a test puts in.
class Paper final : public feed::Feed {
 public:
  Result<std::vector<feed::Change>> changes_after(const feed::Position& position, size_t limit) override {
    const std::lock_guard lock(mutex_);
    ++asked_;
    std::vector<feed::Change> out;
    for (const feed::Change& change : all_)
      if ((!position || change.id > *position) && out.size() < limit) out.push_back(change);
    return out;
  }
  feed::Subscription listen(std::function<void()> bell) override { return bells_.listen(std::move(bell)); }

  void put(size_t count, size_t bytes = 0) {
    feed::ChangeId newest;
    {
      const std::lock_guard lock(mutex_);
      for (size_t i = 0; i < count; ++i)
        all_.push_back({.id = {all_.size() + 1, 0},
                        .profile = 0,
                        .customer = fmt::format("c{}{}", all_.size() + 1, std::string(bytes, 'x')),
                        .segment = "buyers",
                        .version = 1,
                        .is_member = true,
                        .at = {},
                        .learnt = {},
                        .correction_of = {},
                        .into = {}});
      newest = all_.back().id;
    }
    bells_.ring(newest);
  }
  size_t asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  std::mutex mutex_;
  std::vector<feed::Change> all_;
  size_t asked_ = 0;
  feed::Bells bells_;
};

// Reads a stream as the HTTP server does: when it is woken, a piece.
class Reader {
 public:
  explicit Reader(std::shared_ptr<http::Stream> stream) : stream_(std::move(stream)) {
    stream_->on_wake([this] {
      const std::lock_guard lock(mutex_);
      ++woken_;
      news_.notify_all();
    });
    take();
  }
  ~Reader() { stream_->on_wake(nullptr); }

  // Until so many changes were read.
  void read(size_t changes) {
    while (seen_ < changes) {
      {
        std::unique_lock lock(mutex_);
        if (!news_.wait_for(lock, std::chrono::seconds(30), [&] { return woken_ > 0; })) FAIL() << "nobody wakes it";
        woken_ = 0;
      }
      take();
    }
  }
  size_t seen() const { return seen_; }
  size_t largest() const { return largest_; }
  const std::string& text() const { return text_; }
  std::shared_ptr<const std::string> last() const { return last_; }

 private:
  void take() {
    const auto piece = stream_->next();
    EXPECT_EQ(piece.then, http::Stream::Then::Wait);
    if (piece.shared) last_ = piece.shared;
    const std::string text = piece.shared ? *piece.shared : piece.text;
    largest_ = std::max(largest_, text.size());
    for (size_t at = 0; (at = text.find("id: ", at)) != std::string::npos; ++at) ++seen_;
    text_ += text;
  }

  std::shared_ptr<http::Stream> stream_;
  std::mutex mutex_;
  std::condition_variable news_;
  size_t woken_ = 0, seen_ = 0, largest_ = 0;
  std::string text_;
  std::shared_ptr<const std::string> last_;
};

class ChangeStreamsTest : public testing::Test {
 protected:
  std::unique_ptr<Reader> reader(const std::optional<feed::Position>& after = std::nullopt) {
    return std::make_unique<Reader>(streams.open(after));
  }
  static std::optional<feed::Position> from(const feed::Position& position) {
    return std::optional<feed::Position>(std::in_place, position);
  }
  Paper paper;
  ChangeStreams streams{paper};
};

TEST_F(ChangeStreamsTest, WhatManyReadIsMadeOnce) {
  std::vector<std::unique_ptr<Reader>> readers;
  for (int i = 0; i < 200; ++i) readers.push_back(reader());
  paper.put(100);
  for (const auto& each : readers) each->read(100);
  for (const auto& each : readers) {
    EXPECT_EQ(each->last().get(), readers[0]->last().get()) << "the same bytes, held once";
    EXPECT_EQ(each->text(), readers[0]->text());
  }
  EXPECT_EQ(streams.pieces_made(), 1u);
  EXPECT_THAT(readers[0]->text(), HasSubstr("retry: 2000\n\n"));
  EXPECT_THAT(readers[0]->text(),
              HasSubstr("id: 1-0\nevent: change\ndata: {\"id\":\"1-0\",\"customer\":\"c1\",\"segment\":\"buyers\","
                        "\"version\":1,\"change\":\"entered\",\"is_member\":true,"));
}

TEST_F(ChangeStreamsTest, WhoIsBehindGetsAllOfItInPieces) {
  paper.put(1000);
  const auto oldest = reader(from(std::nullopt)), middle = reader(from(feed::ChangeId{400, 0})), now = reader();
  oldest->read(1000);
  middle->read(600);
  paper.put(1);
  now->read(1);
  oldest->read(1001);
  EXPECT_EQ(now->seen(), 1u);
  EXPECT_LE(oldest->largest(), ChangeStreams::kPieceBytes);
}

TEST_F(ChangeStreamsTest, AnotherReaderOfAPieceHearsWhatCameAfterIt) {
  const auto quick = reader(), slow = reader();
  paper.put(3);
  quick->read(3);
  paper.put(4);  // `slow` stands before both, and is given the piece that was made of the first
  quick->read(7);
  slow->read(7);
  EXPECT_EQ(slow->seen(), 7u);
}

TEST_F(ChangeStreamsTest, APieceIsBoundedInBytes) {
  paper.put(40, 10'000);
  const auto all = reader(from(std::nullopt));
  all->read(40);
  EXPECT_LE(all->largest(), ChangeStreams::kPieceBytes);
  paper.put(1, 2 * ChangeStreams::kPieceBytes);
  all->read(41);
  EXPECT_GT(all->largest(), 2 * ChangeStreams::kPieceBytes) << "one that is larger goes alone";
}

TEST_F(ChangeStreamsTest, AReaderThatTakesNothingHoldsNobodyUp) {
  const auto deaf = streams.open(std::nullopt);  // next() is never called: nothing of it was written
  const auto other = reader();
  for (size_t changes = 1; changes <= 50; ++changes) {
    paper.put(1);
    other->read(changes);
  }
  EXPECT_LE(paper.asked(), 200u) << "of the deaf one nothing is asked";
}

}  // namespace
}  // namespace tessera::server
