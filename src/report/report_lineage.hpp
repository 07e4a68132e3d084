// What a report says of a lineage: sentences, a picture of who moved from which group to which, and all of it as a
// table.
#pragma once

#include <string>
#include <vector>

#include "lineage/lineage.hpp"

namespace tessera::report {

// "Held against run 2 of 2026-02-01: 10 groups found again, 1 split, ...", then what is not "found again", names that
// say less than they did, and the largest movements; each a sentence.
std::vector<std::string> sentences_of(const lineage::Lineage& lineage);

// A section of the page. `hue`: the colour of a group of now, as elsewhere on the page.
std::string html_of(const lineage::Lineage& lineage, std::string (*safe)(std::string_view), std::string (*hue)(size_t));

}  // namespace tessera::report
