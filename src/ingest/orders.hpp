// A file's lines to what it says of each order: all lines with one order id are one order, wherever they lie.
//
// Lines of one order with different words of status are either different things of it (two shipped, one cancelled) or
// the order itself again, as it was later (paid, then refunded). They are the latter where a line comes again under
// another word, or where the rows name no things and have different times. Of the first the things that were not
// bought are left out; of the second the furthest state holds, and what it came to is said by the row of the purchase.
#pragma once

#include <memory>

#include "formats/plan.hpp"
#include "ingest/order_source.hpp"

namespace tessera::ingest {

// The plan and the context live as long.
std::unique_ptr<OrderSource> make_order_source(const formats::Plan& plan, NormaliserContext& context);

}  // namespace tessera::ingest
