// Instants are milliseconds since 1970-01-01T00:00:00Z, durations are milliseconds; both are their own types.
// Zones come from the system's tz database through Howard Hinnant's date.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tessera {

struct Duration {
  int64_t ms = 0;
  constexpr auto operator<=>(const Duration&) const = default;
  constexpr Duration operator+(Duration o) const { return {ms + o.ms}; }
  constexpr Duration operator-(Duration o) const { return {ms - o.ms}; }
  constexpr Duration operator*(int64_t n) const { return {ms * n}; }
};

inline constexpr Duration kSecond{1000}, kMinute{60'000}, kHour{3'600'000}, kDay{86'400'000}, kWeek{604'800'000};

struct Instant {
  int64_t ms = 0;
  constexpr auto operator<=>(const Instant&) const = default;
  constexpr Instant operator+(Duration d) const { return {ms + d.ms}; }
  constexpr Instant operator-(Duration d) const { return {ms - d.ms}; }
  constexpr Duration operator-(Instant o) const { return {ms - o.ms}; }
};

// Beyond every event: kEver precedes 0001-01-01, kNever follows 9999-12-31. Their difference does not overflow, and
// neither does adding or taking any Duration a definition may name (at most 10,000 years).
inline constexpr Instant kEver{-100'000'000'000'000'000}, kNever{100'000'000'000'000'000};
inline constexpr Instant kFirstDay{-62'135'596'800'000}, kLastDay{253'402'300'799'999};  // years 0001 to 9999

struct CivilTime {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, millisecond = 0;
  constexpr auto operator<=>(const CivilTime&) const = default;
};

// Proleptic Gregorian, UTC. REQUIRES: a date that exists (is_date).
Instant instant_of(const CivilTime& utc);
CivilTime civil_of(Instant instant);
bool is_date(int year, int month, int day);
int weekday_of(Instant instant);  // 0 = Monday ... 6 = Sunday, in UTC

// RFC 3339, or a date alone (midnight UTC). "2026-03-01", "2026-03-01T10:00:00Z", "2026-03-01 10:00:00.250+01:00".
// Without an offset it is UTC. nullopt if it is not such a text.
std::optional<Instant> parse_instant(std::string_view text);

// RFC 3339 in UTC, milliseconds only where there are some: "2026-03-01T00:00:00Z".
std::string text_of(Instant instant);
// "30 days", "90 minutes", "1 hour 30 minutes": the largest units that say it exactly.
std::string text_of(Duration duration);
// "90 minutes", "30d", "2 weeks", "1 hour 30 minutes". nullopt if it is none.
std::optional<Duration> parse_duration(std::string_view text);

// A zone of the tz database. Looking one up costs; keep it.
class Zone {
 public:
  static Zone utc();
  // "Europe/Berlin". Error names the nearest zone.
  static Result<Zone> named(std::string_view name);

  // Local to UTC. A time skipped by daylight saving moves on by the gap; a doubled one is the earlier.
  Instant to_utc(const CivilTime& local) const;
  CivilTime to_local(Instant instant) const;
  const std::string& name() const { return name_; }

 private:
  explicit Zone(std::string name, const void* zone) : name_(std::move(name)), zone_(zone) {}
  std::string name_;
  const void* zone_;  // date::time_zone*, owned by the database; null = UTC
};

// As people read it, by the zone's clock: "Thursday 2026-03-05 14:02"; seconds and milliseconds where there are some.
std::string spoken(Instant instant, const Zone& zone);

// "2024a" and the like: the version of the tz database in use, or "unknown".
std::string zone_database_version();

// The only door to the wall clock.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};
class SystemClock final : public Clock {
 public:
  Instant now() const override;
};
class FixedClock final : public Clock {
 public:
  explicit FixedClock(Instant at) : at_(at) {}
  Instant now() const override { return at_; }
  void set(Instant at) { at_ = at; }

 private:
  Instant at_;
};

}  // namespace tessera
