// A discovery on the server's record: the adapter of workspace::discover.
#include "core/memory.hpp"
#include "core/stop.hpp"
#include "server/discoveries.hpp"
#include "server/lent_record.hpp"
#include "workspace/discover.hpp"

namespace tessera::server {

RunDiscovery discover_on(Service& service) {
  return [&service](const workspace::DiscoveryWish& wish, Progress& progress,
                    Job& job) -> Result<std::vector<report::ReportFile>> {
    const StopWhen stop(job.is_gone());
    LentRecord lent(service);
    const LentWhile interrupted(lent, job);
    TRY(service.engine.record_now());
    const auto made = TRY(within_memory(service.memory, MemoryBudget::Rank::Manager, [&] {
      return workspace::discover(lent, service.clock, wish, "api", progress);
    }));
    return report::report_files(made.found);
  };
}

}  // namespace tessera::server
