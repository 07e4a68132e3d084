#include <algorithm>

#include "report/letter_parts.hpp"

namespace tessera::report {

namespace {

using profiles::Stream;

constexpr size_t kFewest = 20;  // facts in the year, to have a rhythm
constexpr int64_t kUsualGaps = 3;
constexpr Duration kYear = kDay * 365;

// Since when it is silent by its rhythm; kNever: it is not.
struct Rhythm {
  Silence silence;
  Instant since = kNever;
};

std::optional<Rhythm> rhythm_of(const Stream& stream, Instant until) {
  std::vector<int64_t> times;
  for (const Instant time : stream.time)
    if (time > until - kYear && time <= until) times.push_back(time.ms);
  if (times.size() < kFewest) return std::nullopt;
  std::ranges::sort(times);
  int64_t longest = 0;
  for (size_t i = 1; i < times.size(); ++i) longest = std::max(longest, times[i] - times[i - 1]);
  const int64_t mean = (times.back() - times.front()) / static_cast<int64_t>(times.size() - 1);
  const Duration wait{std::max(kUsualGaps * mean, longest + longest / 2)};
  return Rhythm{.silence = {.name = stream.event,
                            .is_source = false,
                            .newest = Instant{times.back()},
                            .usual_gap = Duration{mean},
                            .longest_gap = Duration{longest}},
                .since = Instant{times.back()} + wait};
}

}  // namespace

void note_silences(const LetterView& view, Letter& out) {
  const Instant since = view.question.since, until = view.question.until;
  const auto note = [&](const Silence& silence, Instant from) {
    if (from > until) return;
    if (from > since)
      out.silences.push_back(silence);
    else
      ++out.silent_before;
  };
  for (const LetterSource& source : view.question.sources)
    if (source.newest <= until)
      note({.name = source.name,
            .is_source = true,
            .newest = source.newest,
            .usual_gap = source.usual_gap,
            .longest_gap = {}},
           source.newest + std::max(kMinute, source.usual_gap * kUsualGaps) + Duration{1});
  std::vector<Rhythm> all;
  for (const Stream& stream : view.history.streams)
    if (stream.is_counted() && !stream.event.empty())
      if (auto rhythm = rhythm_of(stream, until)) all.push_back(std::move(*rhythm));
  // A record that nothing was brought into is one finding, not twenty.
  const bool none_speaks =
      all.size() > 1 && std::ranges::all_of(all, [&](const Rhythm& each) { return each.since <= until; });
  if (none_speaks) {
    const auto newest = std::ranges::max_element(all, {}, [](const Rhythm& each) { return each.silence.newest; });
    const auto last = std::ranges::max_element(all, {}, &Rhythm::since);
    out.all_silent = last->since > since;
    return note(newest->silence, last->since);
  }
  for (const Rhythm& each : all) note(each.silence, each.since);
}

}  // namespace tessera::report
