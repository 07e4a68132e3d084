#include "fold/dependencies.hpp"

#include <algorithm>

namespace tessera::fold {

namespace {

// Beyond so many parts, what is not known yet is everything: sets of kinds of events are many.
constexpr size_t kMostParts = 256;

}  // namespace

Affected::Affected(const segment::Plan& plan, const Shape& shape)
    : plan_(plan), shape_(shape), words_(plan.segments.size() / 64 + 1) {
  std::vector<uint64_t> all(words_), none(words_);
  for (uint32_t s = 0; s < plan.segments.size(); ++s) all[s / 64] |= uint64_t{1} << (s % 64);
  part_of(all);
  // Without segments the two are the same set, and there is nothing to look for.
  if (part_of(none) != kNone) parts_.push_back(parts_[kAll]);
}

Affected::Part Affected::part_of(std::vector<uint64_t> mask) {
  if (const auto found = by_mask_.find(mask); found != by_mask_.end()) return found->second;
  if (parts_.size() >= kMostParts) return kAll;
  std::vector<uint32_t> segments;
  for (uint32_t s = 0; s < plan_.segments.size(); ++s)
    if (mask[s / 64] >> (s % 64) & 1) segments.push_back(s);
  const auto part = static_cast<Part>(parts_.size());
  parts_.push_back({.selection = segment::select(plan_, std::move(segments)), .mask = mask, .streams = {}});
  by_mask_.emplace(std::move(mask), part);
  return part;
}

Affected::Part Affected::of(uint16_t stream) {
  for (auto next = static_cast<uint16_t>(of_stream_.size()); next <= stream; ++next)
    of_stream_.push_back(of_segments(plan_.readers(shape_.streams()[next].name())));
  return of_stream_[stream];
}

Affected::Part Affected::of_segments(std::span<const uint32_t> segments) {
  std::vector<uint64_t> mask(words_);
  for (const uint32_t s : segments) mask[s / 64] |= uint64_t{1} << (s % 64);
  return part_of(std::move(mask));
}

Affected::Part Affected::both(Part a, Part b) {
  if (a == b || b == kNone) return a;
  if (a == kNone) return b;
  if (a == kAll || b == kAll) return kAll;
  std::vector<uint64_t> mask = parts_[a].mask;
  for (size_t w = 0; w < words_; ++w) mask[w] |= parts_[b].mask[w];
  return part_of(std::move(mask));
}

void Affected::fit(Part part) {
  Segments& of = parts_[part];
  for (size_t stream = of.streams.size(); stream < shape_.streams().size(); ++stream)
    of.streams.push_back(plan_.reads(of.selection.cone, shape_.streams()[stream].name()));
}

}  // namespace tessera::fold
