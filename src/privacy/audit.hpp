// Output shows pseudonyms; who wants real ids gets them against a line in the audit log. An IdentifiedOutput can only
// be had by writing that line, so a function that shows ids asks for one and cannot forget.
#pragma once

#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"

namespace tessera::store {
class Record;
}

namespace tessera::privacy {

class IdentifiedOutput {
 public:
  // Writes to the audit log who asked for real ids, through which command, of what. Error: it could not be written, and
  // then nothing may be shown.
  static Result<IdentifiedOutput> log(store::Record& record, const Clock& clock, std::string_view who,
                                      std::string_view command, std::string_view detail);

 private:
  IdentifiedOutput() = default;
};

}  // namespace tessera::privacy
