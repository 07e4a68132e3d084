// A discovery that a test cannot do without.
#pragma once

#include <gtest/gtest.h>

#include "discover/discover.hpp"
#include "language/schema.hpp"

namespace tessera::discover {

// Where it fails, the test fails with its error, and has an empty one.
inline Discovery discovered(const profiles::History& history, const Options& options) {
  SilentProgress quiet;
  auto found = discover(history, language::schema_of(history), options, quiet);
  if (!found) {
    ADD_FAILURE() << found.error().text();
    return {};
  }
  return std::move(*found);
}

}  // namespace tessera::discover
