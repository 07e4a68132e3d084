// The error rule. The world failed (input, file, database): return Result<T>, pass on with TRY. We have a bug: VERIFY.
// Nothing there is no error: std::optional. An Error says what is wrong, where, and what would be right.
#pragma once

#include <expected>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

#include "core/remedy.hpp"

namespace tessera {

// Decides the exit code: 1 for World, 2 for Usage.
enum class Blame { World, Usage };

struct Error {
  std::string message;  // what was wrong, with the value found; may be several lines (a report of many diagnostics)
  std::string place;    // "orders.csv:17:3", or empty
  Remedy remedy;        // what to do, or empty
  Blame blame = Blame::World;

  // "place: message\n  remedy" without a final newline; the remedy as nobody in particular would run it.
  std::string text() const;
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(std::string message, std::string place = {}, Remedy remedy = {}) {
  return std::unexpected(Error{std::move(message), std::move(place), std::move(remedy)});
}

inline std::unexpected<Error> usage(std::string message, Remedy remedy = {}) {
  return std::unexpected(Error{std::move(message), {}, std::move(remedy), Blame::Usage});
}

[[noreturn]] void verify_failed(const char* expression, std::source_location where);

// For std::visit: Match{[](A) {...}, [](B) {...}}.
template <typename... F>
struct Match : F... {
  using F::operator()...;
};
template <typename... F>
Match(F...) -> Match<F...>;

}  // namespace tessera

// The value of a Result, or return its error from the function around.
#define TRY(...)                                                              \
  ({                                                                          \
    auto&& try_result_ = (__VA_ARGS__);                                       \
    if (!try_result_) return std::unexpected(std::move(try_result_).error()); \
    std::move(try_result_).value();                                           \
  })

// A bug of ours if false: ends the process with the place. Never for what a user can cause.
#define VERIFY(expression) \
  (static_cast<bool>(expression) ? void(0) : ::tessera::verify_failed(#expression, std::source_location::current()))
