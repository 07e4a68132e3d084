// Third-party data says where it came from, and keeps saying it beside the rows it brought.
#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"
#include "formats/values.hpp"
#include "ingest/import.hpp"

namespace tessera::ingest {
namespace {

// Stored in tessera.entry.detail, never change.
constexpr std::string_view kBases[] = {"consent", "contract", "legitimate-interest", "public"};

}  // namespace

Result<Supply> supply(std::string_view supplier, std::string_view supplied, std::string_view basis) {
  const auto day = formats::parse_time(supplied, formats::TimeForm::Iso);
  if (!day || day->has_clock)
    return usage(fmt::format("--supplied takes a day, not '{}'", supplied),
                 try_again().option("--supplied", "2026-01-31"));
  if (std::ranges::find(kBases, basis) == std::end(kBases))
    return usage(fmt::format("--basis takes {}, not '{}'", fmt::join(kBases, ", "), basis),
                 try_again().option("--basis", "consent"));
  return Supply{.supplier = std::string(trim(supplier)),
                .supplied = fmt::format("{:04}-{:02}-{:02}", day->local.year, day->local.month, day->local.day),
                .basis = std::string(basis)};
}

Json Supply::json() const {
  return Json::object().set("supplier", supplier).set("supplied", supplied).set("basis", basis);
}

}  // namespace tessera::ingest
