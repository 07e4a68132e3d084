// From when a question looks: an instant that is given, now, or the record's newest event. Every use case that takes an
// instant asks here, so that a count, a list and a letter of one record look from the same one.
//
// Where nobody says: a server looks from now. A record that no server holds is often one that has ended, and from today
// its customers have all lapsed; where its newest event is older than kFresh, it is looked at from there.
#pragma once

#include <optional>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"
#include "store/database.hpp"
#include "workspace/holder.hpp"

namespace tessera::workspace {

inline constexpr Duration kFresh = kWeek;

enum class LookFrom : uint8_t {
  Now,
  Newest,  // event that is not after now; now where there is none
  Usual    // as above
};

struct Moment {
  enum class Is : uint8_t { Given, Now, Newest };
  Instant at;
  Is is = Is::Now;
  bool is_usual = false;  // nobody said

  // Looked from its newest event, without a word of whoever asks: to be said.
  bool is_surprising() const { return is_usual && is == Is::Newest; }
};
std::string_view name_of(Moment::Is is);  // "given", "now", "newest"

// "now" and "newest" instead of an instant; nullopt: neither.
std::optional<LookFrom> look_from_named(std::string_view word);

// `given` before `from`. known_at: what was learnt later is not the newest.
Result<Moment> moment_of(Holder& holder, const Clock& clock, std::optional<Instant> given, LookFrom from,
                         Instant known_at, store::Connection& connection);

// "looking from 2011-12-09, your newest event; --as-of now for today"
std::string text_of(const Moment& moment);

}  // namespace tessera::workspace
