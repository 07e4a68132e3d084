// What a running server knows of its own health, as findings beside those about its record.
#pragma once

#include <vector>

#include "profiles/doctor.hpp"
#include "server/site.hpp"

namespace tessera::server {

std::vector<profiles::Finding> live_findings(Service& service);

}  // namespace tessera::server
