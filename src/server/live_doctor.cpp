#include "server/live_doctor.hpp"

#include "core/text.hpp"

namespace tessera::server {

using profiles::Finding;
using profiles::Severity;

namespace {

constexpr double kMuchBehind = 64 << 20;  // bytes
constexpr Duration kClockBack = kSecond * 5;

double number(const Json& status, std::string_view name) {
  const Json* found = status.find(name);
  return found ? found->number_or(0) : 0;
}

std::string text(const Json& status, std::string_view name) {
  const Json* found = status.find(name);
  return found ? found->text_or("") : "";
}

Finding log_finding(const Json& status) {
  const double failed = number(status, "log_failures");
  Finding out{.check = "what comes is logged"};
  out.found = fmt::format("the log ends at {:.0f}", number(status, "log_end"));
  if (failed == 0) return out;
  return {Severity::Notice, out.check,
          fmt::format("{}; {:.0f} times since the start it could not be written", out.found, failed),
          "df -h   # is the disk of the log full? senders were told to try again"};
}

Finding record_finding(const Json& status) {
  Finding out{.check = "the record follows the log"};
  const double behind = number(status, "log_end") - number(status, "recorded_until");
  out.found = fmt::format("{:.0f} bytes behind; {:.0f} bytes wait to be applied, {:.0f} to be logged", behind,
                          number(status, "bytes_behind"), number(status, "bytes_queued"));
  if (const std::string trouble = text(status, "record_trouble"); !trouble.empty())
    return {Severity::Problem, out.check, out.found + "; it cannot be written: " + trouble,
            "df -h   # what was acknowledged is in the log, and is recorded when there is room"};
  if (behind > kMuchBehind)
    return {Severity::Notice, out.check, out.found, "more comes in than can be recorded, or the disk is slow"};
  return out;
}

Finding busy_finding(const Json& status) {
  Finding out{.check = "nobody is told to come again"};
  const double busy = number(status, "told_busy");
  if (busy == 0) return out;
  return {Severity::Notice, out.check,
          fmt::format("{:.0f} requests since the start were told that too much waits", busy),
          "more comes in than can be logged or applied: fewer senders at once, or a faster machine"};
}

Finding freshness_finding(const Json& status) {
  Finding out{.check = "no source has fallen silent"};
  const Json *silent = status.find("silent_sources"), *sources = status.find("sources");
  if (sources && sources->as_array()) out.found = fmt::format("{} sources have sent", sources->as_array()->size());
  if (!silent || !silent->as_array() || silent->as_array()->empty()) return out;
  std::vector<std::string> words;
  for (const Json& source : *sources->as_array())
    if (const Json* is_silent = source.find("is_silent"); is_silent && is_silent->as_bool() && *is_silent->as_bool())
      words.push_back(fmt::format("{} since {}", text(source, "source"), text(source, "newest")));
  return {Severity::Notice, out.check, "silent for more than three times their usual gap: " + join(words, ", "),
          "see whether what sends them still runs"};
}

Finding clock_finding(const Json& status, Instant now) {
  Finding out{.check = "the clock is not behind the log"};
  const auto learnt = parse_instant(text(status, "as_of"));
  if (!learnt || *learnt - now < kClockBack) return out;
  return {Severity::Notice, out.check,
          fmt::format("it says {}, and the log is at {}: it was set back", text_of(now), text_of(*learnt)),
          "timedatectl   # until the clock has come to where it was, everything gets the log's time"};
}

Finding webhook_finding(Service& service) {
  Finding out{.check = "webhooks are delivered"};
  const auto all = service.webhooks.with([](channels::Deliveries& deliveries) { return deliveries.list(); });
  out.found = fmt::format("{} webhooks", all.size());
  std::vector<std::string> words;
  for (const channels::Webhook& webhook : all) {
    if (!webhook.disabled.empty())
      words.push_back(fmt::format("{} is switched off: {}", webhook.id, webhook.disabled));
    else if (webhook.attempts > 0)
      words.push_back(fmt::format("{} has failed {} times: {}", webhook.id, webhook.attempts, webhook.last_error));
  }
  if (words.empty()) return out;
  return {Severity::Notice, out.check, join(words, "; "),
          "GET /api/v1/webhooks shows them; docs/webhooks.md says how to go on"};
}

}  // namespace

std::vector<Finding> live_findings(Service& service) {
  const Json status = service.backend.status();
  std::vector<Finding> out{log_finding(status), record_finding(status), busy_finding(status), freshness_finding(status),
                           clock_finding(status, service.clock.now())};
  out.push_back(webhook_finding(service));
  return out;
}

}  // namespace tessera::server
