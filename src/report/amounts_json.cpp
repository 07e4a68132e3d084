#include "report/amounts_json.hpp"

namespace tessera::report {

Json json_of_left_out(std::span<const profiles::LeftOut> left_out) {
  Json out = Json::array();
  for (const profiles::LeftOut& one : left_out)
    out.add(Json::object()
                .set("event", one.event)
                .set("property", one.property)
                .set("currency", one.currency)
                .set("values", one.values)
                .set("sum", static_cast<double>(one.sum) / static_cast<double>(Number::kOne)));
  return out;
}

}  // namespace tessera::report
