#include "core/result.hpp"

#include <cstdio>
#include <cstdlib>

namespace tessera {

std::string Error::text() const {
  std::string out = place.empty() ? message : place + ": " + message;
  if (!remedy.empty()) out += "\n  " + remedy.text();
  return out;
}

void verify_failed(const char* expression, std::source_location where) {
  std::fprintf(stderr, "%s:%u: in %s: VERIFY(%s) failed; this is a bug in Tessera\n", where.file_name(),
               static_cast<unsigned>(where.line()), where.function_name(), expression);
  std::abort();
}

}  // namespace tessera
