// Any bytes as the small files that lie beside a record: its keystore, what a log is called, the state of a discovery.
// Each is read, or an error says which file it is; what is read can be changed and read again.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "server/discoveries.hpp"
#include "store/keystore.hpp"
#include "store/log_identity.hpp"

namespace {

using namespace tessera;
namespace fs = std::filesystem;

// One folder a process, in memory where there is such a place.
const std::string& folder() {
  static const struct Folder {
    std::string path =
        (fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()) / "kept-fuzz-XXXXXX";
    Folder() { VERIFY(mkdtemp(path.data()) != nullptr); }
    ~Folder() { fs::remove_all(path); }
  } made;
  return made.path;
}

void write(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

void read_keystore(std::string_view text) {
  const std::string path = folder() + "/r.keys";
  write(path, text);
  const auto keys = store::Keystore::open(path);
  if (!keys) return VERIFY(!keys.error().text().empty());
  VERIFY((*keys)->change({{"webhook/fuzz", "whsec_x"}}).has_value());
  const auto again = store::Keystore::open(path);
  VERIFY(again && (*again)->id() == (*keys)->id() && (*again)->get("webhook/fuzz") == "whsec_x");
}

void read_log_identity(std::string_view text) {
  const std::string path = folder() + "/log";
  fs::create_directories(path);
  const size_t cut = text.find('\0');
  write(path + "/identity", text.substr(0, cut));
  write(path + "/newest", cut == std::string_view::npos ? std::string_view() : text.substr(cut + 1));
  if (const auto found = store::read_identity(path); found && *found) VERIFY((*found)->id.size() == 32);
}

class At final : public Clock {
 public:
  Instant now() const override { return Instant{1'772'366'400'000}; }
};

void read_discovery(std::string_view text) {
  const At clock;
  const std::string path = folder() + "/discoveries";
  fs::create_directories(path);
  write(path + "/1772366400000.state.json", text);
  server::Jobs jobs;
  const auto nothing = [](const auto&, auto&, auto&) -> Result<std::vector<report::ReportFile>> {
    return fail("nothing is found here");
  };
  const auto all = server::Discoveries::open(path, jobs, nothing, clock);
  if (!all) return;
  VERIFY((*all)->list("", 100).has_value());
  (void)(*all)->get("1772366400000");
  (void)(*all)->file("1772366400000", "html");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  read_keystore(text);
  read_log_identity(text);
  read_discovery(text);
  return 0;
}
