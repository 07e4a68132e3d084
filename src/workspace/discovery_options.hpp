// The options of a discovery, said once: the flags of `tessera discover`, the members of POST /api/v1/discoveries and
// its entry in the OpenAPI document, docs/cli.md and the table of docs/discovery.md are made of these rows. A new
// option is a row, and what the discovery does with it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "discover/discover.hpp"
#include "workspace/open.hpp"

namespace tessera::workspace {

// What is asked of a discovery.
struct DiscoveryWish {
  Look look{.from = LookFrom::Usual};
  discover::Options options{.hides = true};
  std::optional<std::string> zone;  // a name, or "none"; none is said: as the imports said
  std::vector<std::string> allow;   // properties classed as sensitive, which is written into the record's audit
  bool keep = true;                 // as a run in the record
};

struct DiscoveryOption {
  enum class Kind : uint8_t { Whole, WholeOrAuto, Duration, Instant, Zone, Flag, Text, Texts, Definitions };
  // By kind: int64_t; the same, or none for auto; Duration; Instant; std::string; bool; std::string; a list of them;
  // std::string.
  using Value = std::variant<std::monostate, bool, int64_t, Duration, Instant, std::string, std::vector<std::string>>;
  enum class Given : uint8_t { Itself, WithEveryCommand };

  std::string_view flag;       // "--min-size"
  std::string_view stands;     // for the value in --help: "N"; empty: a flag
  std::string_view help;       // without a final full stop
  std::string_view otherwise;  // the default in words; empty: nothing needs to be said
  std::string_view example;    // of the value, as JSON
  Kind kind;
  void (*put)(DiscoveryWish&, Value);
  int64_t least = 0, most = 0;  // of a whole number
  Given given = Given::Itself;  // WithEveryCommand: a flag of its own is not made
};
std::span<const DiscoveryOption> discovery_options();

// The member's name: "min_size".
std::string json_name(const DiscoveryOption& option);

// Errors are of usage, name the member and show a right one.
Result<DiscoveryWish> discovery_wish(const Json& options);
// The JSON schema of the same.
Json discovery_schema();
// "| option | default | meaning |" and a row for each.
std::string discovery_options_table();

// The text of option "features" is of definitions. Error: what is wrong with it, with places in `name`.
Result<void> check_features(const std::string& text, std::string_view name);

}  // namespace tessera::workspace
