// Who may do what. A token has scopes; what is asked for (a route, a verb, an option of one) needs one of them, which is
// a column of its table; `covers` is the one place where the two meet.
//
// The rule: admin is everything; write and identified are read too; a source's scope is that source's write keys and
// nothing else. Scopes are stored and shown by name: read,identified or source:web-shop.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tessera::privacy {

enum class Scope : uint8_t { Read, Write, Identified, Source, Admin };

// What an answer needs. Open: nothing, anyone may ask; Any: a token, whatever its scopes (what is asked through it has
// needs of its own).
enum class Needs : uint8_t { Open, Any, Read, Write, Identified, Sources, Admin };

struct ScopeRow {
  Scope scope;
  std::string_view name;    // as it is given and stored
  std::string_view allows;  // in words, for help and docs
  uint8_t needs;            // which it covers, a bit each
  constexpr bool covers(Needs what) const { return (needs >> static_cast<int>(what) & 1) != 0; }
};
// By number of the scope.
std::span<const ScopeRow> scope_rows();
// The name of the scope that is needed: "read"; of Open and Any: "none" and "any".
std::string_view name_of(Needs needs);

// Whether what needs this is written into the audit: whatever changes something or shows customers.
constexpr bool is_audited(Needs needs) {
  return needs != Needs::Open && needs != Needs::Any && needs != Needs::Read;
}

class Scopes {
 public:
  static Scopes all();
  // "read,source:web-shop". Errors are of usage, with the scopes that there are.
  static Result<Scopes> parse(std::string_view text);

  bool covers(Needs needs) const;
  // May the write keys of this source be seen, made and revoked?
  bool covers_source(std::string_view source) const;
  std::string text() const;  // as parse reads it; in the order of the table
  bool operator==(const Scopes&) const = default;

 private:
  bool has(Scope scope) const { return (scopes_ >> static_cast<int>(scope) & 1) != 0; }
  uint8_t scopes_ = 0;                // a bit each
  std::vector<std::string> sources_;  // sorted; of Scope::Source
};

// Who asks, as far as is known.
struct Caller {
  std::string who;      // the name of a token, of a user of the machine, or what else asks
  std::string address;  // where from; empty: this very process
  Scopes may;
};

}  // namespace tessera::privacy
