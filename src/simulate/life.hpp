// One customer's life, from a plan: who they are, when they come, what they do on each visit.
#pragma once

#include "simulate/design.hpp"

namespace tessera::simulate {

void live(const Plan& plan, const Options& options, uint32_t index, History& out);

}  // namespace tessera::simulate
