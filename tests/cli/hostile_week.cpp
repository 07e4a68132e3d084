#include "cli/hostile_week.hpp"

#include <fmt/format.h>

#include "cli/hostile_words.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "language/print.hpp"
#include "language/random_tree.hpp"

namespace tessera::cli {

namespace {

using std::string_view;

constexpr uint64_t kCustomersAtATime = 60, kCallsOfACustomer = 40;  // fewer a minute than make somebody a bot
constexpr size_t kFlood = 100;                                      // new names of one call, which fit its 32 KB
constexpr size_t kLongestCall = 32 << 10;                           // that is taken
constexpr uint64_t kWeekSegments = 24, kWeekValues = 4;

// --- how often, of a hundred thousand steps

struct Weight {
  Act act;
  double weight;
};
constexpr Weight kWeights[] = {{Act::Call, 96'300},   {Act::Again, 1'500}, {Act::Request, 1'500}, {Act::Left, 80},
                               {Act::Stranger, 80},   {Act::Garbage, 200}, {Act::Deaf, 80},       {Act::Jump, 80},
                               {Act::Right, 40},      {Act::Accept, 60},   {Act::Stop, 20},       {Act::Kill, 50},
                               {Act::KillAtStart, 10}};
enum class Managed : uint8_t { Apply, Remove, Preview, Question, Rule, Import };
struct ManagedWeight {
  Managed what;
  double weight;
};
constexpr ManagedWeight kManaged[] = {{Managed::Apply, 32},    {Managed::Remove, 8}, {Managed::Preview, 9},
                                      {Managed::Question, 17}, {Managed::Rule, 30},  {Managed::Import, 4}};

template <typename T, size_t N>
const T& drawn(Rng& rng, const T (&from)[N]) {
  std::array<double, N> weights;
  for (size_t i = 0; i < N; ++i) weights[i] = from[i].weight;
  return from[rng.pick(weights)];
}

// As the segment language has it.
std::string in_quotes(string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

// --- values

std::string HostileWeek::text_value() {
  if (chance(0.004)) return "\"" + std::string(20'000, 'x') + "\"";
  if (chance(0.02)) return "\"" + std::string(300, 'y') + "\"";
  return std::string(pick(kTexts));
}

std::string HostileWeek::value(int depth) {
  switch (rng_.below(depth > 0 ? 14 : 8)) {
    case 0:
    case 1:
      return std::to_string(rng_.between(-3, 120));
    case 2:
      return fmt::format("{}.{:02}", rng_.between(-20, 400), rng_.below(100));
    case 3:
      return std::string(pick(kOddNumbers));
    case 4:
    case 5:
      return text_value();
    case 6:
      return chance(0.5) ? "true" : "false";
    case 7:
      return chance(0.5) ? "null" : std::string(pick(kOddTimes));
    case 8: {  // a list of one type
      const bool is_text = chance(0.5);
      std::string out;
      for (uint64_t i = rng_.below(4); i > 0; --i)
        out += (is_text ? std::string(pick(kTexts)) : std::to_string(rng_.below(9))) + (i > 1 ? "," : "");
      return "[" + out + "]";
    }
    case 9:
    case 10: {  // of any
      std::string out;
      for (uint64_t i = rng_.below(5); i > 0; --i) out += value(depth - 1) + (i > 1 ? "," : "");
      return "[" + out + "]";
    }
    case 11:
      return products(depth - 1);
    default: {
      std::string out;
      for (uint64_t i = rng_.below(4); i > 0; --i)
        out += quoted_json(known_name()) + ":" + value(depth - 1) + (i > 1 ? "," : "");
      return "{" + out + "}";
    }
  }
}

std::string HostileWeek::products(int depth) {
  std::string out;
  for (uint64_t i = rng_.below(4); i > 0; --i) {
    out += chance(0.1)   ? value(0)
           : chance(0.1) ? "{}"
                         : fmt::format(R"({{"sku":{},"price":{}}})", pick(kTexts), value(depth > 0 ? 1 : 0));
    if (i > 1) out += ",";
  }
  return "[" + out + "]";
}

std::string_view HostileWeek::known_name() {
  return kNames[rng_.below(std::size(kNames) / names_.parts) * names_.parts + part_];
}

std::string HostileWeek::property_name() {
  if (chance(names_.properties)) return fmt::format("junk {}", new_names_++);
  if (chance(0.002)) return std::string(1'000, 'p');
  return std::string(known_name());
}

std::string HostileWeek::members(size_t most) {
  std::string out;
  for (uint64_t i = rng_.below(most + 1); i > 0; --i) {
    const std::string name = property_name();
    out += fmt::format(",{}:{}", quoted_json(name), name == "products" && chance(0.7) ? products(1) : value(2));
  }
  return out;
}

std::string HostileWeek::flood() {
  std::string out;
  for (size_t i = 0; i < kFlood; ++i) out += fmt::format(",\"junk {}\":{}", new_names_++, value(0));
  return out;
}

std::string HostileWeek::event_name(bool is_kept) {
  if (!is_kept && chance(0.04)) return std::string(pick(kNoEvents));
  if (!is_kept && chance(0.01)) return "\"" + std::string(201, 'e') + "\"";
  if (chance(names_.events)) return fmt::format("\"Junk {}\"", new_names_++);
  return quoted_json(pick(kEvents));
}

// --- calls

uint64_t HostileWeek::customer() {
  return calls_ / kCallsOfACustomer + rng_.below(kCustomersAtATime);
}

std::string HostileWeek::time_value(Instant now, bool is_sane) {
  if (!is_sane && chance(0.15)) return std::string(pick(kOddTimes));
  const Duration away = kHour * rng_.between(1, 24 * 60) + Duration{rng_.between(0, kHour.ms)};
  return "\"" + text_of(chance(0.8) ? now - away : now + away) + "\"";
}

// The members that say who it is, one after the other.
std::string HostileWeek::who(bool is_kept, string_view type) {
  const uint64_t c = customer();
  if (is_kept) return fmt::format("\"userId\":\"k{}\"", c);
  const auto other = [&] { return chance(0.05) ? customer() : c; };
  std::string out;
  if (chance(0.05)) {
    out = fmt::format("\"userId\":{}", pick(kOddIds));
    if (chance(0.5)) out += fmt::format(",\"anonymousId\":{}", pick(kOddIds));
  } else if (chance(0.35)) {
    out = fmt::format("\"anonymousId\":\"a{}-{}\"", other(), rng_.below(2));
  } else {
    out = chance(0.1) ? fmt::format("\"userId\":\"u{}@shop.example\"", c) : fmt::format("\"userId\":\"u{}\"", c);
    if (chance(0.3)) out += fmt::format(",\"anonymousId\":\"a{}-{}\"", other(), rng_.below(2));
  }
  if (type == "alias")
    out += chance(0.1)   ? fmt::format(",\"previousId\":{}", pick(kOddIds))
           : chance(0.5) ? fmt::format(",\"previousId\":\"a{}-0\"", other())
                         : fmt::format(",\"previousId\":\"u{}\"", other() + rng_.below(2));
  return out;
}

std::string HostileWeek::other_members(string_view type, bool is_late, Instant now) {
  std::string out;
  if (is_late || chance(0.5)) out += ",\"timestamp\":" + time_value(now, is_late);
  if (chance(0.1)) out += ",\"sentAt\":" + time_value(now, false);
  if (chance(0.03)) out += ",\"receivedAt\":" + time_value(now, false);
  if (chance(0.03)) out += ",\"originalTimestamp\":" + time_value(now, false);
  if (chance(0.05))
    out += fmt::format(",\"context\":{{\"userAgent\":\"{}\"}}", pick(kAgents));
  else if (chance(0.02))
    out += ",\"context\":" + value(2);
  else if (chance(0.01))
    out +=
        fmt::format(",\"context\":{{\"consent\":{{\"categoryPreferences\":{{\"Analytics\":{},\"Advertising\":{}}}}}}}",
                    value(0), value(0));
  if (chance(0.02)) out += ",\"integrations\":" + value(2);
  if (type == "page" || type == "screen") out += ",\"name\":" + value(1);
  if (type == "group") out += ",\"groupId\":" + value(1);
  return out;
}

HostileCall HostileWeek::call(Instant now) {
  const uint64_t number = ++calls_;
  const bool is_kept = chance(0.25);
  const std::string type(is_kept ? "track" : pick(kTypes));
  const bool has_traits = type == "identify" || type == "group", has_id = is_kept || !chance(0.02);
  HostileCall out{.number = has_id ? number : 0, .type = type, .json = {}, .is_kept = is_kept};
  std::string json = fmt::format("{{\"type\":\"{}\",{}", type, who(is_kept, type));
  if (has_id)
    json += fmt::format(",\"messageId\":\"{}{}\"", is_kept ? "k" : "h", number);
  else if (chance(0.5))
    json += ",\"messageId\":" + value(1);
  if (type == "track") json += ",\"event\":" + event_name(is_kept);
  if (is_kept && chance(0.4)) json += ",\"timestamp\":" + time_value(now, true);
  if (!is_kept) json += other_members(type, false, now);
  const std::string n = has_id ? fmt::format("\"n\":{}", number) : "\"none\":1";
  std::string inside = chance(names_.floods) ? flood() : members(5);
  if (type == "identify" && chance(0.3)) inside += fmt::format(",\"email\":\"e{}@shop.example\"", customer());
  if (type == "identify" && chance(0.005)) inside += ",\"consent\":{\"profiling\":" + value(0) + "}";
  if (chance(0.003)) {
    inside += R"(,"broken":"\ud800")";
    out.is_alone = true;
    out.is_kept = false;
  } else if (chance(0.001)) {
    inside += ",\"long\":\"" + std::string(40'000, 'x') + "\"";
  }
  const std::string_view member = has_traits ? "traits" : "properties";
  if (!is_kept && has_id && chance(0.02)) {  // none, or of another shape
    json += fmt::format(",\"{}\":{}", member, value(0));
  } else {
    json += fmt::format(",\"{}\":{{{}{}}}", member, n, inside);
  }
  out.json = json + "}";
  if (out.json.size() > kLongestCall) out.is_alone = true, out.is_kept = false;
  return out;
}

// --- definitions

std::string HostileWeek::blank(char kind, Instant now) {
  switch (kind) {
    case 'n':
      return std::to_string(rng_.between(0, 4));
    case 'N':
      return chance(0.2) ? "999999999999.999999" : std::to_string(rng_.between(-5, 200));
    case 'E':
      return chance(0.1) ? fmt::format("(\"{}\" or \"Junk {}\")", "Product Viewed", rng_.below(new_names_ + 5))
                         : in_quotes(pick(kEvents));
    case 'P':
    case 'p':
    case 'T': {
      const std::string name =
          chance(0.15) ? fmt::format("junk {}", rng_.below(new_names_ + 20)) : std::string(known_name());
      return (kind == 'P' ? "property " : "") + in_quotes(name);
    }
    case 'X': {
      const auto text = parse_json(pick(kTexts));
      return in_quotes(text ? text->text_or("X") : "X");
    }
    case 'D':
      return fmt::format("{} {}", rng_.between(1, 40), chance(0.7) ? "days" : "hours");
    case 'I':
      return text_of(now - kHour * rng_.between(-24 * 20, 24 * 40));
    case 't':
      return text_of(now - kHour * rng_.between(-24, 24 * 30));
    case 'S':
      return std::to_string(rng_.below(kWeekSegments));
    case 'V':
      return std::to_string(rng_.below(kWeekValues));
    case 'c':
      return std::to_string(customer());
    case 'W':
      return filled(pick(kWindows), now);
    default:
      return "?";
  }
}

std::string HostileWeek::filled(string_view pattern, Instant now) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '{' && i + 2 < pattern.size() && pattern[i + 2] == '}') {
      out += blank(pattern[i + 1], now);
      i += 2;
    } else {
      out += pattern[i];
    }
  }
  return out;
}

std::string HostileWeek::condition(Instant now, int depth) {
  if (depth == 0 || chance(0.6)) return filled(pick(kConditions), now);
  constexpr string_view kJoins[] = {"({}) and ({})",     "({}) or ({})",
                                    "({}) and not ({})", "({}) xor ({})",
                                    "none of ({}, {})",  "at least 2 of ({}, {}, did \"Order Completed\")"};
  const std::string a = condition(now, depth - 1), b = condition(now, depth - 1);
  return fmt::format(fmt::runtime(pick(kJoins)), a, b);
}

std::string HostileWeek::definition(Instant now) {
  switch (rng_.below(12)) {
    case 0:
      return filled("event event{V} = {E}", now) + (chance(0.5) ? filled(" where {P} > {N}", now) : "") + "\n";
    case 1:
      return filled("let value{V} = count({E}, last {D}) * 2 + 1\n", now);
    case 2:
      return filled("score value{V} = 2 * {E} + 10 * {E} half-life {D}\n", now);
    default:
      return filled("segment \"Week {S}\" = ", now) + condition(now, 2) + "\n";
  }
}

std::string HostileWeek::definitions(Instant now) {
  if (chance(0.15)) return std::string(pick(kBad));
  if (chance(0.02)) {  // more than is taken
    std::string out = "segment \"Bad\" = trait a = 0";
    for (int i = 1; i < 40'000; ++i) out += fmt::format(" or trait a = {}", i);
    return out;
  }
  if (chance(0.02)) {  // a few lines that say much
    std::string out = "let twice0 = count(\"Order Completed\")\n";
    for (int i = 1; i < 60; ++i) out += fmt::format("let twice{0} = twice{1} + twice{1}\n", i, i - 1);
    return out + "segment \"Twice\" = twice59 > 0\n";
  }
  if (chance(0.15)) {
    std::string out;
    for (const language::Definition& one : language::RandomTree(rng_.next()).definitions())
      out += language::print(one) + "\n";
    return out;
  }
  std::string out;
  for (uint64_t i = 1 + rng_.below(3); i > 0; --i) out += definition(now);
  return out;
}

// --- requests

std::string HostileWeek::identifier() {
  const uint64_t c = customer();
  switch (rng_.below(4)) {
    case 0:
      return fmt::format("{{\"anonymous_id\":\"a{}-{}\"}}", c, rng_.below(2));
    case 1:
      return fmt::format("{{\"email\":\"e{}@shop.example\"}}", c);
    case 2:
      return fmt::format("\"u{}\"", c);
    default:
      return fmt::format("{{\"user_id\":\"u{}\"}}", c);
  }
}

std::string HostileWeek::ruling() {
  constexpr string_view kKinds[] = {"link", "link",   "unlink", "unlink",  "mark",
                                    "mark", "unmark", "block",  "unblock", "allow"};
  if (chance(0.1))
    return fmt::format(R"({{"ruling":"consent","who":{},"{}":{}}})", identifier(),
                       chance(0.7) ? "profiling" : "collection", chance(0.5));
  if (chance(0.05)) return value(2);
  std::string out = fmt::format(R"({{"ruling":"{}","who":{},"reason":"a week")", pick(kKinds), identifier());
  if (chance(0.6)) out += ",\"other\":" + identifier();
  if (chance(0.6)) out += fmt::format(",\"as\":\"{}\"", pick(kMarks));
  return out + "}";
}

std::string HostileWeek::import_body(Instant now) {
  std::string out = "who,at,what,total\n";
  for (uint64_t i = 1 + rng_.below(5); i > 0; --i)
    out += fmt::format("u{},{},{},{}\n", customer(),
                       chance(0.2) ? std::string(pick(kImportTimes)) : text_of(now - kHour * rng_.between(1, 900)),
                       pick(kEvents).front() == '"' ? "ping"
                       : chance(0.7)                ? "Order Completed"
                                                    : "Imported",
                       chance(0.2) ? "many" : std::to_string(rng_.between(-50, 300)));
  return out;
}

std::string HostileWeek::question(Instant now) {
  return filled(pick(kQuestions), now);
}

Step HostileWeek::manage(Instant now) {
  const auto post = [](string_view method, std::string target, std::string body, string_view statuses) {
    return Step{.act = Act::Request,
                .method = std::string(method),
                .target = std::move(target),
                .body = std::move(body),
                .statuses = statuses};
  };
  switch (drawn(rng_, kManaged).what) {
    case Managed::Apply:
      return post("PUT", "/api/v1/segments", definitions(now), "200 400 422");
    case Managed::Remove:
      return post("DELETE", filled("/api/v1/segments/week-{S}", now), "", "200 404 422");
    case Managed::Preview:
      return post("POST", "/api/v1/segments/preview", chance(0.5) ? condition(now, 2) : definitions(now),
                  "200 400 422 503");
    case Managed::Question:
      return post("GET", question(now), "", "200 400 404 503");
    case Managed::Rule:
      return post("POST", "/api/v1/rulings", ruling(), "201 400 404 422");
    case Managed::Import:
      break;
  }
  return post("POST",
              fmt::format("/api/v1/imports?map=customer=who,time=at,event=what&zone={}{}", pick(kZones),
                          chance(0.8) ? "&yes" : ""),
              import_body(now), "200 400 422 503");
}

Step HostileWeek::request(Act act, Instant now) {
  if (act == Act::Left) {
    Step out = manage(now);
    while (out.method != "POST" && out.method != "GET")
      out = manage(now);  // what changes nothing, or may be done or not
    out.act = Act::Left;
    return out;
  }
  if (act == Act::Stranger) {
    Step out = manage(now);
    while (out.target.contains('%')) out = manage(now);  // may be no route's: 404, whoever asks
    out.act = Act::Stranger;
    out.statuses = "401 403 429";
    return out;
  }
  return manage(now);
}

Step HostileWeek::next(Instant now) {
  const Act act = drawn(rng_, kWeights).act;
  switch (act) {
    case Act::Call: {
      Step out{.act = act, .call = call(now)};
      out.target = out.call.is_alone ? "/v1/" + out.call.type : std::string(pick(kRoutes));
      return out;
    }
    case Act::Request:
    case Act::Left:
    case Act::Stranger:
      return request(act, now);
    case Act::Garbage:
      return {.act = act, .body = std::string(pick(kGarbage))};
    case Act::Jump:
      return {.act = act, .jump = (chance(0.5) ? kHour : kDay) * rng_.between(-20, 20)};
    default:
      return {.act = act};
  }
}

}  // namespace tessera::cli
