// How fast companies are made: as structures (what other benches read) and as JSON lines, on one core, at three sizes.
#include "bench/bench.hpp"
#include "core/parallel.hpp"
#include "simulate/simulate.hpp"

namespace {

using namespace tessera::simulate;

struct Made {
  uint64_t events = 0, bytes = 0;
};

enum class As : uint8_t { Structures, Lines };

Made make_all(const Company& company, As as) {
  Made made;
  History history;
  std::string lines;
  for (uint32_t i = 0; i < company.options().customers; ++i) {
    company.history(i, history);
    made.events += history.events.size();
    if (as == As::Structures) continue;
    lines.clear();
    write_lines(company, history, lines);
    made.bytes += lines.size();
  }
  return made;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tessera::bench;
  const bool smoke = options_of(argc, argv).smoke;
  tessera::set_threads(1);
  Table table({"preset", "customers", "events", "million events/s, structures", "million events/s, lines",
               "bytes a line", "growth"});
  for (size_t preset = 0; preset < std::size(kPresetNames); ++preset) {
    std::vector<double> sizes, costs;
    for (const uint32_t customers : {4'000u, 16'000u, 64'000u}) {
      const auto company = Company::create(
          {.customers = smoke ? customers / 16 : customers, .segments = 24, .preset = static_cast<Preset>(preset)});
      if (!company) return 1;
      Made made;
      const double structures = best_seconds(3, [&] { made = make_all(*company, As::Structures); });
      const double lines = best_seconds(3, [&] { made = make_all(*company, As::Lines); });
      const auto events = static_cast<double>(made.events);
      sizes.push_back(company->options().customers);
      costs.push_back(lines);
      table.add({std::string(kPresetNames[preset]), std::to_string(company->options().customers),
                 std::to_string(made.events), fmt::format("{:.2f}", events / structures / 1e6),
                 fmt::format("{:.2f}", events / lines / 1e6),
                 fmt::format("{:.0f}", static_cast<double>(made.bytes) / events),
                 sizes.size() == 3 ? fmt::format("{:.2f}", growth(sizes, costs)) : ""});
    }
  }
  table.print("Simulated companies on one core, 24 segments, 48 events a customer");
}
