// What a process that runs for long says of itself to whoever keeps it running: a line an event, as text or as JSON, on
// standard error or into a file. spdlog writes the lines, in logging.cpp alone.
//
// A line says what happened and how much: its words are ours, its values are numbers or words. Never what people sent:
// no ids or names of customers, no addresses, bodies or queries, no text of an error that may quote them. The types
// hold that: a LogWord is a literal, or somebody wrote LogWord::known() where the text was put together.
//
// What happens with every request is a number (/metrics) and no line; LogTally makes one line a minute of such.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "core/result.hpp"
#include "core/time.hpp"

namespace tessera {

enum class LogLevel : uint8_t { Debug, Info, Warning, Error, Off };
enum class LogFormat : uint8_t { Text, Json };
// "debug", "info", "warning", "error", "off"; "text", "json". nullopt: none of them.
std::optional<LogLevel> parse_log_level(std::string_view text);
std::optional<LogFormat> parse_log_format(std::string_view text);

class LogWord {
 public:
  template <size_t Size>
  consteval LogWord(const char (&literal)[Size]) : text_(literal, Size - 1) {}
  // A word of a closed set of ours, or what this server's operator wrote: a version, a route's pattern, a path.
  static LogWord known(std::string_view text) { return LogWord(text, Known{}); }
  std::string_view text() const { return text_; }

 private:
  struct Known {};
  LogWord(std::string_view text, Known) : text_(text) {}
  std::string_view text_;
};

struct LogField {
  LogField(LogWord of, LogWord word) : name(of.text()), value(word.text()) {}
  LogField(LogWord of, double number) : name(of.text()), value(number) {}
  template <std::integral T>
  LogField(LogWord of, T number) : name(of.text()) {
    if constexpr (std::same_as<T, bool>)
      value = number;
    else if constexpr (std::signed_integral<T>)
      value = int64_t{number};
    else
      value = uint64_t{number};
  }

  std::string_view name;
  std::variant<int64_t, uint64_t, double, bool, std::string_view> value;
};

class Logger {
 public:
  virtual ~Logger() = default;
  // Any thread.
  virtual void write(LogLevel level, LogWord event, std::span<const LogField> fields) const = 0;
};

// Null: silent.
void say(const Logger* logger, LogLevel level, LogWord event, std::initializer_list<LogField> fields = {});

struct LoggerSettings {
  LogFormat format = LogFormat::Text;
  LogLevel level = LogLevel::Info;  // and above
  std::string file;                 // empty: standard error, whose reader (journald) rotates
  uint64_t file_bytes = 10 << 20;   // then it becomes FILE.1, that one FILE.2 ...
  size_t files = 5;                 // kept besides
};

// REQUIRES: the clock outlives it. Error: the file cannot be written.
Result<std::unique_ptr<Logger>> open_logger(const LoggerSettings& settings, const Clock& clock);
// The same lines, without their ends, to a function that one thread at a time calls.
std::unique_ptr<Logger> logger_into(const LoggerSettings& settings, const Clock& clock,
                                    std::function<void(std::string_view)> line);

// What happens often, counted by kind: the first is said at once, then at most a line a minute, with how many of each
// kind came since the last.
class LogTally {
 public:
  LogTally(LogLevel level, LogWord event) : level_(level), event_(event) {}
  // Any thread.
  void count(const Logger* logger, LogWord kind, Instant now);
  // What was not said yet.
  void say_rest(const Logger* logger);

 private:
  void say_all(const Logger* logger);

  const LogLevel level_;
  const LogWord event_;
  std::mutex mutex_;
  std::map<std::string_view, uint64_t> kinds_;  // since the last line
  std::optional<Instant> said_;
};

}  // namespace tessera
