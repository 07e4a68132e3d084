// Rows of text to events: carries a Plan out. One row becomes an event, a line of an order, or facts about a customer,
// and nothing is lost on the way: every row is an event, part of one, counted without a customer, or a reject.
//
// Identity, so that importing twice changes nothing:
//   a row        its message id, else its content (column meanings and trimmed text, in any column order) and its
//                occurrence: the second of two equal lines of a file is another row than the first, in every import
//   an order     what happened, order id and customer. The record keeps the order as it first came: lines that a later
//                export adds to an old order do not change it (they count as duplicates)
//   a trait      as the row it came with, where rows are customers; else customer, name, value and time. What has no
//                time and was overruled since is said again (profiles/restated_traits.hpp)
//
// Memory: lines of orders are kept until the end of their file (about their text's size and 16 bytes a line), rows
// otherwise 16 bytes for the count of occurrences.
#pragma once

#include <memory>

#include "formats/plan.hpp"
#include "ingest/normaliser.hpp"

namespace tessera::ingest {

// REQUIRES: plan and context outlive it.
std::unique_ptr<Normaliser> make_normaliser(const formats::Plan& plan, NormaliserContext& context);

}  // namespace tessera::ingest
