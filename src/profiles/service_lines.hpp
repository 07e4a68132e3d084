// Lines of orders that are no product anybody likes: postage, fees, discounts, samples, vouchers, manual adjustments,
// test articles. One list for all: imports mark such lines (`products.service`), discovery reads no interest and no
// taste out of them. Whole names and ids, for "coffee" is no fee; English, German, French and Spanish.
#pragma once

#include <string_view>

namespace tessera::profiles {

// By the id of a product or its name, either may be empty. `preset` is that of an import: its vendor's own codes count.
bool is_service_line(std::string_view product_id, std::string_view name, std::string_view preset = {});

}  // namespace tessera::profiles
