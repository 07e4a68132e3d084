#include "http/connections.hpp"

#include <utility>

namespace tessera::http {

Connections::Place Connections::admit(const Network& network, Held& held, std::function<void()> make_room) {
  held.connections_ = this;
  held.network_ = network;
  const auto found = by_network_.find(network);
  held.is_over_address_ = found != by_network_.end() && found->second >= limits_.of_one;
  if (!held.is_over_address_ && ordinary_ < limits_.all) {
    ++ordinary_;
    ++by_network_[network];
    return held.place_ = Place::Ordinary;
  }
  if (kept_ >= limits_.kept && !silent_.empty()) {
    Held& oldest = *silent_.front();
    oldest.give_back();
    oldest.make_room_();
  }
  if (kept_ >= limits_.kept) return held.place_ = Place::None;
  ++kept_;
  held.make_room_ = std::move(make_room);
  held.silent_ = silent_.insert(silent_.end(), &held);
  return held.place_ = Place::Kept;
}

void Connections::Held::has_spoken() {
  if (!silent_) return;
  connections_->silent_.erase(*silent_);
  silent_.reset();
}

void Connections::Held::give_back() {
  if (!connections_) return;
  has_spoken();
  if (place_ == Place::Kept) --connections_->kept_;
  if (place_ == Place::Ordinary) {
    --connections_->ordinary_;
    const auto found = connections_->by_network_.find(network_);
    if (--found->second == 0) connections_->by_network_.erase(found);
  }
  place_ = Place::None;
  connections_ = nullptr;
}

}  // namespace tessera::http
