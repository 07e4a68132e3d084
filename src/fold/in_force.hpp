// The definitions in force and how they came to be: of each segment, since when it has meant what it means now. It
// means something else when its own text, or that of anything it uses, has changed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "fold/fold.hpp"
#include "language/schema.hpp"
#include "store/definitions.hpp"

namespace tessera::fold {

class InForce {
 public:
  // From all versions in the record.
  static Result<InForce> read(store::Connection& connection, const language::Schema& schema);

  // With these added or replaced, or one removed, at an instant. Errors have every diagnostic with its place.
  struct Changed;
  Result<Changed> with(std::string_view text, const language::Schema& schema, Instant at) const;
  Result<Changed> without(std::string_view slug, const language::Schema& schema, Instant at) const;

  const Definitions& definitions() const { return definitions_; }
  const std::vector<language::Definition>& all() const { return all_; }  // as written, aliases too

 private:
  Result<void> settle(const language::Schema& schema, Instant at);

  std::vector<language::Definition> all_;
  std::map<std::pair<uint8_t, std::string>, uint32_t> versions_;  // the last there was, removed ones too
  std::map<std::string, std::string> meanings_;                   // by slug of a segment
  std::map<std::string, Instant> since_;
  Definitions definitions_;
};

struct InForce::Changed {
  InForce now;
  std::vector<store::NewDefinition> written;  // to be recorded
  std::vector<std::pair<uint8_t, std::string>> removed;
  std::string warnings;
};

}  // namespace tessera::fold
