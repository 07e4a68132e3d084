// Any bytes as requests to every route of a whole server (tests/server/drawn_requests.hpp says how, tried_site.hpp what
// must hold), which goes on from one input to the next. So that what was found can be found again, the inputs since it
// was made are kept, joined, in the file that TESSERA_FUZZ_BEFORE names: it does the same as one input.
#include <cstdio>

#include "cli/calling.hpp"
#include "cli/lent.hpp"
#include "server/tried_site.hpp"

namespace {

using namespace tessera;
using namespace tessera::server;

// The commands of the program. One that did its work was asked by who may.
RunCommand commands(Service& service) {
  return [run = cli::lent_commands(service)](const CommandCall& call, CommandReader& reader) {
    const int code = run(call, reader);
    const auto called = cli::parse_command_line(call.words);
    if (code == 0 && called && called->help.empty())
      for (const privacy::Needs needs : cli::needs_of(*called->command, called->own))
        VERIFY(call.caller.may.covers(needs));
    return code;
  };
}

void keep(bool anew, const uint8_t* bytes, size_t size) {
  static const char* const kName = std::getenv("TESSERA_FUZZ_BEFORE");
  if (!kName) return;
  if (std::FILE* const file = std::fopen(kName, anew ? "wb" : "ab")) {
    std::fwrite(bytes, 1, size, file);
    std::fclose(file);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static TriedSite site(commands);
  keep(site.is_worn(), bytes, size);
  site.ask({bytes, size});
  return 0;
}
