#include "feed/feed.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace tessera::feed {

std::string text_of(const Position& position) {
  return position ? text_of(*position) : std::string();
}

Result<Position> parse_position(std::string_view text) {
  if (text.empty()) return Position();
  const Position position = parse_change_id(text);
  if (!position)
    return usage(fmt::format("'{}' is no id of a change", text), "they look like 4711-3; without one: from the oldest");
  return position;
}

Result<std::vector<Change>> Cursor::next(size_t limit) {
  auto changes = TRY(feed_->changes_after(position_, limit));
  if (!changes.empty()) position_ = changes.back().id;
  return changes;
}

namespace {

std::string key_of(std::string_view consumer) {
  return fmt::format("feed {}", consumer);
}

}  // namespace

Result<Position> read_position(store::Connection& connection, std::string_view consumer) {
  const auto rows =
      TRY(connection.rows("SELECT value FROM tessera.meta WHERE key = ?", {std::string_view(key_of(consumer))}));
  return rows.empty() ? Position() : parse_change_id(rows[0][0].value_or(""));
}

Result<void> write_position(store::Connection& connection, std::string_view consumer, const Position& position) {
  const std::string key = key_of(consumer), text = text_of(position);
  TRY(connection.run("DELETE FROM tessera.meta WHERE key = ?", {std::string_view(key)}));
  TRY(connection.run("INSERT INTO tessera.meta VALUES (?, ?)", {std::string_view(key), std::string_view(text)}));
  return {};
}

Subscription Bells::listen(std::function<void()> bell) {
  const auto handle = std::make_shared<const Bell>(std::move(bell));
  auto rung = rung_.lock();
  rung->bells.push_back(handle);
  return {handle, rung->newest};
}

void Bells::ring(ChangeId newest) {
  auto rung = rung_.lock();
  rung->newest = newest;
  std::erase_if(rung->bells, [](const auto& each) { return each.expired(); });
  for (const auto& each : rung->bells)
    if (const auto bell = each.lock()) (*bell)();
}

}  // namespace tessera::feed
