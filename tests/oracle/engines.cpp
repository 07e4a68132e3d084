#include "oracle/engines.hpp"

namespace tessera::oracle {

std::vector<Engine> engines() { return {}; }

}  // namespace tessera::oracle
