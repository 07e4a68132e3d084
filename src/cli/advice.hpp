// Remedies as lines that run as pasted: with the --store that the user gave, and, where the advice is to ask the same
// once more, with all else that was asked.
#pragma once

#include <span>
#include <string>

#include "cli/command_line.hpp"

namespace tessera::cli {

// How the program was called, as far as that is known.
struct Invocation {
  std::string store = {};          // as the user gave it; empty: not given
  const Called* called = nullptr;  // null: the words could not be parsed
};

std::string text_of(const Remedy& remedy, const Invocation& invocation);

// The --store among words that need not make sense; empty where there is none.
std::string store_among(std::span<const std::string> words);

// Says the error. The exit code.
int report(World& world, const Error& error, const Invocation& invocation = {});

}  // namespace tessera::cli
