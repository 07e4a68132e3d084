// The feed as server-sent events, for many readers at once. What is sent is the same bytes for all who stand at the same
// place: a piece of changes is read from the engine and made into text once, and held by whoever is sending it.
//
// Nobody who sends events waits for readers. The engine rings one bell, however many streams there are. Where they are
// few, it wakes them itself, which costs it less than waking a thread; else, and where a round has just been, a thread of
// its own wakes them, round by round. A round gives each at most one piece, and the next one begins only when as many
// times kEach have passed as streams were woken: so all of them together take a bounded share of the network's thread,
// and a thousand are told ten times a second.
//
// Memory: a piece is at most kPieceBytes (one change at least), and a stream holds one, the one that is being written:
// with the most streams there may be (HttpSettings::streams, 1,000) that is 64 MB where each stands at another place.
// Besides these the kLatest pieces that were made last are kept. A reader that takes nothing holds its piece until the
// HTTP server cuts it off (HttpSettings::write_time).
#pragma once

#include <memory>
#include <optional>

#include "feed/feed.hpp"
#include "http/http_server.hpp"

namespace tessera::server {

class ChangeStreams {
 public:
  static constexpr size_t kPieceBytes = 64 << 10, kLatest = 64;
  static constexpr Duration kRound{1};         // at least, from one round to the next
  static constexpr int64_t kEachMicros = 100;  // for each stream that was woken

  // REQUIRES: the feed outlives it, and its streams.
  explicit ChangeStreams(feed::Feed& feed);
  // Streams that are left are told of nothing more.
  ~ChangeStreams();

  // Changes behind the position; nullopt: from now on.
  std::shared_ptr<http::Stream> open(const std::optional<feed::Position>& after);

  uint64_t pieces_made() const;  // since the start

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tessera::server
