// The front door of the feed: how membership changes are read: whoever wants them reads at a speed of their own, behind a position of their own.
// Nobody is handed changes; a bell is rung when there are more, and who hears it reads on. change.hpp has what is read.
//
//   const feed::Subscription heard = feed.listen([&] { wake(); });
//   feed::Cursor cursor(feed, TRY(feed::read_position(connection, "campaigns")));
//   for (const feed::Change& change : TRY(cursor.next(500))) ...
//   TRY(feed::write_position(connection, "campaigns", cursor.position()));  // in the transaction of what it decided
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/guarded.hpp"
#include "core/result.hpp"
#include "feed/change.hpp"
#include "store/database.hpp"

namespace tessera::feed {

// All changes up to this one are dealt with; nullopt: none is.
using Position = std::optional<ChangeId>;
std::string text_of(const Position& position);  // "4711-3"; empty: none
// Error (usage): the text is neither empty nor an id.
Result<Position> parse_position(std::string_view text);

struct Subscription {
  std::shared_ptr<const void> handle;  // the bell is rung as long as somebody has it
  ChangeId newest;                     // of the changes there were; the bell is rung for every one behind it
};

// Where changes come from. Any thread.
class Feed {
 public:
  virtual ~Feed() = default;
  // Those behind the position, ascending, at most `limit`.
  virtual Result<std::vector<Change>> changes_after(const Position& position, size_t limit) = 0;
  // `bell` is called on the thread that makes the changes: must not wait, nor listen.
  virtual Subscription listen(std::function<void()> bell) = 0;
};

class Cursor {
 public:
  // REQUIRES: the feed outlives it.
  Cursor(Feed& feed, Position position) : feed_(&feed), position_(position) {}
  // The next ones, at most `limit`, and moves behind them; empty: there are none yet. An error moves nothing.
  Result<std::vector<Change>> next(size_t limit);
  const Position& position() const { return position_; }

 private:
  Feed* feed_;
  Position position_;
};

// How far a consumer has come, in the record (tessera.meta, 'feed NAME'). Written in the transaction that is open on
// the connection, so that what a consumer did and how far it has come are there together or not at all.
Result<Position> read_position(store::Connection& connection, std::string_view consumer);
Result<void> write_position(store::Connection& connection, std::string_view consumer, const Position& position);

// Whom a feed wakes.
class Bells {
 public:
  Subscription listen(std::function<void()> bell);
  // There are changes up to this one.
  void ring(ChangeId newest);
  // The same for those that were there before anybody could listen.
  void start_at(ChangeId newest) { rung_.lock()->newest = newest; }

 private:
  using Bell = std::function<void()>;
  struct Rung {
    ChangeId newest{};
    std::vector<std::weak_ptr<const Bell>> bells{};
  };
  Guarded<Rung> rung_;
};

}  // namespace tessera::feed
