#include "profiles/gate.hpp"

namespace tessera::profiles {

Gate::Gate(const History& history) : stream_(history.stream(SystemStream::Ruling)), dictionary_(history.dictionary) {
  if (!stream_) return;
  marks_ = stream_->column(kMarked, PropertyType::Text, false);
  reasons_ = stream_->column(kMarkedReason, PropertyType::Text, false);
  profiling_ = stream_->column(kProfiling, PropertyType::Bool, false);
}

std::optional<uint32_t> Gate::marked(CustomerIndex customer, Instant as_of, Seq visible) const {
  if (!marks_) return std::nullopt;
  for (uint32_t row = stream_->first[customer + 1]; row-- > stream_->first[customer];) {
    if (stream_->time[row] > as_of || stream_->seq[row] >= visible || marks_->texts[row] == kAbsentText) continue;
    return marks_->texts[row] == kClearedText ? std::nullopt : std::optional(row);
  }
  return std::nullopt;
}

std::optional<uint32_t> Gate::refused(CustomerIndex customer, Instant as_of, Seq visible) const {
  if (!profiling_) return std::nullopt;
  for (uint32_t row = stream_->first[customer + 1]; row-- > stream_->first[customer];) {
    if (stream_->time[row] > as_of || stream_->seq[row] >= visible || profiling_->truths[row] == Truth::Absent)
      continue;
    return profiling_->truths[row] == Truth::No ? std::optional(row) : std::nullopt;
  }
  return std::nullopt;
}

std::string_view Gate::reason(uint32_t row) const {
  return reasons_ ? dictionary_.text(reasons_->texts[row]) : std::string_view();
}

}  // namespace tessera::profiles
