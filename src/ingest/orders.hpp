// Lines to orders: all lines of a file with one order id become one event with its products.
#pragma once

#include <memory>

#include "formats/plan.hpp"
#include "ingest/normaliser.hpp"

namespace tessera::ingest {

std::unique_ptr<Normaliser> make_order_normaliser(const formats::Plan& plan, NormaliserContext& context);

}  // namespace tessera::ingest
