#include "core/logging.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "core/json.hpp"

namespace tessera {

namespace {

constexpr std::string_view kLevels[] = {"debug", "info", "warning", "error", "off"};
constexpr std::string_view kFormats[] = {"text", "json"};

template <typename Kind, size_t Size>
std::optional<Kind> named(const std::string_view (&names)[Size], std::string_view text) {
  const auto found = std::find(std::begin(names), std::end(names), text);
  if (found == std::end(names)) return std::nullopt;
  return static_cast<Kind>(found - std::begin(names));
}

// As it stands in a line of text: what could be taken for two values is quoted.
std::string shown(std::string_view word) {
  const bool is_plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return static_cast<uint8_t>(c) > ' ' && c != 0x7F && c != '"' && c != '=' && c != '\\';
  });
  return is_plain ? std::string(word) : quoted_json(word);
}

std::string text_of(const LogField& field, LogFormat format) {
  return std::visit(
      Match{[&](std::string_view word) { return format == LogFormat::Json ? quoted_json(word) : shown(word); },
            [](double number) { return fmt::format("{:.3f}", number); },
            [](auto number) { return fmt::format("{}", number); }},
      field.value);
}

std::string line_of(LogFormat format, Instant at, LogLevel level, std::string_view event,
                    std::span<const LogField> fields) {
  const std::string_view name = kLevels[static_cast<size_t>(level)];
  std::string out;
  if (format == LogFormat::Json) {
    out = fmt::format(R"({{"time":"{}","level":"{}","event":{})", text_of(at), name, quoted_json(event));
    for (const LogField& field : fields) out += fmt::format(",{}:{}", quoted_json(field.name), text_of(field, format));
    return out + "}";
  }
  out = fmt::format("{} {:<7} {}", text_of(at), name, event);
  for (const LogField& field : fields) out += fmt::format(" {}={}", field.name, text_of(field, format));
  return out;
}

class ToFunction final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit ToFunction(std::function<void(std::string_view)> line) : line_(std::move(line)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    line_({message.payload.data(), message.payload.size()});
  }
  void flush_() override {}
  std::function<void(std::string_view)> line_;
};

class SpdLogger final : public Logger {
 public:
  SpdLogger(const LoggerSettings& settings, const Clock& clock, spdlog::sink_ptr sink)
      : settings_(settings), clock_(clock), spd_("tessera", std::move(sink)) {
    spd_.set_pattern("%v");
    spd_.flush_on(spdlog::level::info);
    // A line that cannot be written (the disk is full) is lost; the process goes on.
    spd_.set_error_handler([](const std::string&) {});
  }

  void write(LogLevel level, LogWord event, std::span<const LogField> fields) const override {
    if (level < settings_.level || level == LogLevel::Off) return;
    const std::string line = line_of(settings_.format, clock_.now(), level, event.text(), fields);
    spd_.log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  const LoggerSettings settings_;
  const Clock& clock_;
  mutable spdlog::logger spd_;  // its sinks lock
};

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view text) {
  return named<LogLevel>(kLevels, text);
}

std::optional<LogFormat> parse_log_format(std::string_view text) {
  return named<LogFormat>(kFormats, text);
}

void say(const Logger* logger, LogLevel level, LogWord event, std::initializer_list<LogField> fields) {
  if (logger) logger->write(level, event, {fields.begin(), fields.size()});
}

Result<std::unique_ptr<Logger>> open_logger(const LoggerSettings& settings, const Clock& clock) {
  try {
    spdlog::sink_ptr sink;
    if (settings.file.empty())
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    else
      sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(settings.file, settings.file_bytes, settings.files);
    return std::make_unique<SpdLogger>(settings, clock, std::move(sink));
  } catch (const spdlog::spdlog_ex& error) {
    return fail(fmt::format("the log cannot be written: {}", error.what()), settings.file,
                try_shell("touch").argument(settings.file).note("or leave --log-file out: standard error"));
  }
}

std::unique_ptr<Logger> logger_into(const LoggerSettings& settings, const Clock& clock,
                                    std::function<void(std::string_view)> line) {
  return std::make_unique<SpdLogger>(settings, clock, std::make_shared<ToFunction>(std::move(line)));
}

// --- what happens often

void LogTally::count(const Logger* logger, LogWord kind, Instant now) {
  if (!logger) return;
  const std::lock_guard lock(mutex_);
  ++kinds_[kind.text()];
  if (said_ && now >= *said_ && now - *said_ < kMinute) return;
  said_ = now;
  say_all(logger);
}

void LogTally::say_rest(const Logger* logger) {
  const std::lock_guard lock(mutex_);
  if (logger && !kinds_.empty()) say_all(logger);
}

void LogTally::say_all(const Logger* logger) {
  std::vector<LogField> fields;
  for (const auto& [kind, count] : kinds_) fields.emplace_back(LogWord::known(kind), count);
  logger->write(level_, event_, fields);
  kinds_.clear();
}

}  // namespace tessera
