#include "privacy/audit.hpp"

#include <fmt/format.h>

#include "store/record.hpp"

namespace tessera::privacy {

Result<IdentifiedOutput> IdentifiedOutput::log(store::Record& record, const Clock& clock, std::string_view who,
                                               std::string_view command, std::string_view detail) {
  TRY(record.audit(clock.now(), who, fmt::format("identified output: {}", command), detail));
  return IdentifiedOutput();
}

}  // namespace tessera::privacy
