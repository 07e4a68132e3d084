#include "core/time.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <fstream>

#include <date/tz.h>
#include <fmt/format.h>

#include "core/text.hpp"

namespace tessera {

namespace {

using Days = date::sys_days;

Days day_of(int year, int month, int day) {
  return Days{date::year{year} / date::month{static_cast<unsigned>(month)} / date::day{static_cast<unsigned>(day)}};
}

CivilTime civil_of_ms(int64_t ms) {
  const auto point = std::chrono::milliseconds{ms};
  const auto days = date::floor<date::days>(point);
  const date::year_month_day ymd{Days{days}};
  const date::hh_mm_ss<std::chrono::milliseconds> clock{point - days};
  return {static_cast<int>(ymd.year()),
          static_cast<int>(static_cast<unsigned>(ymd.month())),
          static_cast<int>(static_cast<unsigned>(ymd.day())),
          static_cast<int>(clock.hours().count()),
          static_cast<int>(clock.minutes().count()),
          static_cast<int>(clock.seconds().count()),
          static_cast<int>(clock.subseconds().count())};
}

// Reads exactly `count` digits at `at`; -1 if they are not there.
int digits(std::string_view text, size_t& at, int count) {
  int value = 0;
  for (int i = 0; i < count; ++i, ++at) {
    if (at >= text.size() || text[at] < '0' || text[at] > '9') return -1;
    value = value * 10 + (text[at] - '0');
  }
  return value;
}

bool take(std::string_view text, size_t& at, char c) {
  if (at >= text.size() || text[at] != c) return false;
  ++at;
  return true;
}

struct Unit {
  std::string_view name;
  std::string_view brief;
  int64_t ms;
};
constexpr std::array<Unit, 6> kUnits{{{"week", "w", 604'800'000},
                                      {"day", "d", 86'400'000},
                                      {"hour", "h", 3'600'000},
                                      {"minute", "min", 60'000},
                                      {"second", "s", 1000},
                                      {"millisecond", "ms", 1}}};

std::optional<int64_t> unit_ms(std::string_view name) {
  for (const Unit& unit : kUnits)
    if (name == unit.name || name == unit.brief ||
        (name.ends_with('s') && name.substr(0, name.size() - 1) == unit.name))
      return unit.ms;
  return std::nullopt;
}

// ":SS", ":SS.mmm" (finer is cut). False if malformed.
bool parse_seconds(std::string_view text, size_t& at, CivilTime& out) {
  if (!take(text, at, ':')) return true;
  out.second = digits(text, at, 2);
  if (out.second < 0) return false;
  if (!take(text, at, '.') && !take(text, at, ',')) return true;
  int scale = 100;
  const size_t from = at;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
    out.millisecond += (text[at] - '0') * scale;
  return at > from;
}

// "Z", "+01:00", "+0100", "+01" or nothing. nullopt if malformed; the offset east of UTC.
std::optional<Duration> parse_offset(std::string_view text, size_t& at) {
  if (at == text.size()) return Duration{};
  if (take(text, at, ' ') && text.substr(at) == "UTC") {
    at = text.size();
    return Duration{};
  }
  if (take(text, at, 'Z') || take(text, at, 'z')) return Duration{};
  if (at >= text.size() || (text[at] != '+' && text[at] != '-')) return std::nullopt;
  const int sign = text[at++] == '-' ? -1 : 1;
  const int hours = digits(text, at, 2);
  int minutes = 0;
  if (at < text.size()) {
    take(text, at, ':');
    minutes = digits(text, at, 2);
  }
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  return Duration{sign * (hours * 3'600'000LL + minutes * 60'000LL)};
}

}  // namespace

Instant instant_of(const CivilTime& utc) {
  const auto days = day_of(utc.year, utc.month, utc.day).time_since_epoch().count();
  return {days * 86'400'000LL + utc.hour * 3'600'000LL + utc.minute * 60'000LL + utc.second * 1000LL + utc.millisecond};
}

CivilTime civil_of(Instant instant) {
  return civil_of_ms(instant.ms);
}

bool is_date(int year, int month, int day) {
  return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
         (date::year{year} / date::month{static_cast<unsigned>(month)} / date::day{static_cast<unsigned>(day)}).ok();
}

int weekday_of(Instant instant) {
  const auto days = date::floor<date::days>(std::chrono::milliseconds{instant.ms});
  return static_cast<int>(date::weekday{Days{days}}.iso_encoding()) - 1;
}

std::optional<Instant> parse_instant(std::string_view text) {
  CivilTime t;
  size_t at = 0;
  t.year = digits(text, at, 4);
  if (t.year < 0 || !take(text, at, '-')) return std::nullopt;
  t.month = digits(text, at, 2);
  if (t.month < 0 || !take(text, at, '-')) return std::nullopt;
  t.day = digits(text, at, 2);
  if (!is_date(t.year, t.month, t.day)) return std::nullopt;
  if (at == text.size()) return instant_of(t);
  if (!take(text, at, 'T') && !take(text, at, 't') && !take(text, at, ' ')) return std::nullopt;
  t.hour = digits(text, at, 2);
  if (t.hour < 0 || t.hour > 23 || !take(text, at, ':')) return std::nullopt;
  t.minute = digits(text, at, 2);
  if (t.minute < 0 || t.minute > 59 || !parse_seconds(text, at, t) || t.second > 60) return std::nullopt;
  const auto offset = parse_offset(text, at);
  if (!offset || at != text.size()) return std::nullopt;
  return instant_of(t) - *offset;
}

std::string text_of(Instant instant) {
  if (instant <= kEver) return "ever";
  if (instant >= kNever) return "never";
  const CivilTime t = civil_of(instant);
  auto out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", t.year, t.month, t.day, t.hour, t.minute, t.second);
  if (t.millisecond) out += fmt::format(".{:03}", t.millisecond);
  return out + "Z";
}

std::string spoken(Instant instant, const Zone& zone) {
  if (instant < kFirstDay || instant > kLastDay) return text_of(instant);
  constexpr std::string_view kDays[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
  const CivilTime t = zone.to_local(instant);
  auto out = fmt::format("{} {:04}-{:02}-{:02} {:02}:{:02}", kDays[weekday_of(instant_of(t))], t.year, t.month, t.day,
                         t.hour, t.minute);
  if (t.second || t.millisecond) out += fmt::format(":{:02}", t.second);
  if (t.millisecond) out += fmt::format(".{:03}", t.millisecond);
  return out;
}

std::string text_of(Duration duration) {
  if (duration.ms == 0) return "0 days";
  std::string out = duration.ms < 0 ? "-" : "";
  int64_t rest = std::abs(duration.ms);
  bool first = true;
  for (const Unit& unit : kUnits) {
    if (unit.name == "week") continue;
    const int64_t count = rest / unit.ms;
    if (count == 0) continue;
    out += fmt::format("{}{} {}{}", first ? "" : " ", count, unit.name, count == 1 ? "" : "s");
    rest -= count * unit.ms;
    first = false;
  }
  return out;
}

std::optional<Duration> parse_duration(std::string_view text) {
  Duration total;
  size_t at = 0;
  bool any = false;
  while (at < text.size()) {
    while (at < text.size() && text[at] == ' ') ++at;
    int64_t count = 0;
    const auto [stop, error] = std::from_chars(text.data() + at, text.data() + text.size(), count);
    if (error != std::errc{} || count < 0 || count > 400'000'000) return std::nullopt;
    at = static_cast<size_t>(stop - text.data());
    while (at < text.size() && text[at] == ' ') ++at;
    const size_t from = at;
    while (at < text.size() && text[at] >= 'a' && text[at] <= 'z') ++at;
    const auto ms = unit_ms(text.substr(from, at - from));
    if (!ms || count > 316'000'000'000'000 / *ms) return std::nullopt;
    total = total + Duration{count * *ms};
    any = true;
  }
  return any ? std::optional(total) : std::nullopt;
}

Zone Zone::utc() {
  return Zone("UTC", nullptr);
}

Result<Zone> Zone::named(std::string_view name) {
  if (name == "UTC" || name == "Z") return utc();
  try {
    return Zone(std::string(name), date::locate_zone(std::string(name)));
  } catch (const std::exception&) {
  }
  std::vector<std::string> names;
  try {
    for (const auto& zone : date::get_tzdb().zones) names.push_back(zone.name());
  } catch (const std::exception& error) {
    return fail(fmt::format("the time zone database cannot be read: {}", error.what()), {},
                try_shell("apt-get install tzdata"));
  }
  const auto near = nearest_name(name, names);
  return fail(fmt::format("unknown time zone '{}'{}", name, near ? fmt::format("; did you mean '{}'?", *near) : ""), {},
              try_again().option("--zone", "Europe/Berlin").note("or another zone of the tz database"));
}

Instant Zone::to_utc(const CivilTime& local) const {
  const Instant as_utc = instant_of(local);
  if (!zone_) return as_utc;
  const auto* zone = static_cast<const date::time_zone*>(zone_);
  const date::local_time<std::chrono::milliseconds> point{std::chrono::milliseconds{as_utc.ms}};
  const auto info = zone->get_info(point);
  return as_utc - Duration{std::chrono::milliseconds{info.first.offset}.count()};
}

CivilTime Zone::to_local(Instant instant) const {
  if (!zone_) return civil_of(instant);
  const auto* zone = static_cast<const date::time_zone*>(zone_);
  const auto info = zone->get_info(date::sys_time<std::chrono::milliseconds>{std::chrono::milliseconds{instant.ms}});
  return civil_of(instant + Duration{std::chrono::milliseconds{info.offset}.count()});
}

std::string zone_database_version() {
  // The library finds no version where the system's database has no file of that name (Debian): then its text form
  // says it in the first line, "# version 2024a".
  std::string version;
  try {
    version = date::get_tzdb().version;
  } catch (const std::exception&) {
    return "unknown";
  }
  constexpr std::string_view kStart = "# version ";
  for (const char* place : {"/usr/share/zoneinfo/tzdata.zi", "/usr/share/zoneinfo/+VERSION"}) {
    if (!version.empty() && version != "unknown") break;
    std::ifstream file(place);
    std::getline(file, version);
    if (version.starts_with(kStart)) version.erase(0, kStart.size());
    // A line that is anything else is no version.
    if (version.size() > 16 || version.find(' ') != version.npos) version.clear();
  }
  return version.empty() ? "unknown" : version;
}

Instant SystemClock::now() const {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

}  // namespace tessera
