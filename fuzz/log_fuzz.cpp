// Any bytes as a segment file: the log opens or says what is wrong; what it opens can be read to the end, and opens
// again with nothing more to cut. And a good file with pieces cut, zeroed or flipped as the input says: what is read is
// what was appended, up to some whole group, or there is an error.
#include <cstdlib>
#include <fstream>

#include "store/log.hpp"
#include "store/log_format.hpp"

namespace {

using namespace tessera;
using namespace tessera::store;
namespace fs = std::filesystem;

// One folder a process, in memory where there is such a place.
const std::string& folder() {
  static const struct Folder {
    std::string path =
        (fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()) / "log-fuzz-XXXXXX";
    Folder() { VERIFY(mkdtemp(path.data()) != nullptr); }
    ~Folder() { fs::remove_all(path); }
  } made;
  return made.path;
}

// What the log holds that has this file as its only segment; nullopt where that is an error.
std::optional<std::vector<std::string>> read_log(std::string_view file) {
  const std::string path = folder() + "/" + log_format::segment_name(0);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << file;
  std::vector<std::string> texts;
  for (int opening = 0; opening < 2; ++opening) {
    const auto log = Log::open(folder());
    if (!log) {
      VERIFY(opening == 0 && log.error().place.starts_with(folder()));
      return std::nullopt;
    }
    // Behind the last group is what is cut off, or room that was laid out.
    const std::string_view rest = file.substr(std::min<size_t>(file.size(), (*log)->end() + log_format::kHeadBytes));
    const bool is_room = rest.find_first_not_of('\0') == std::string_view::npos;
    VERIFY(opening == 1 || (*log)->torn_bytes() == (is_room ? 0 : rest.size()));
    VERIFY(opening == 0 || (*log)->torn_bytes() == 0);
    auto reader = (*log)->read_from(0);
    VERIFY(reader.has_value());
    texts.clear();
    for (;;) {
      const auto frame = reader->next();
      VERIFY(frame.has_value());
      if (!*frame) break;
      VERIFY((*frame)->next <= (*log)->end());
      texts.emplace_back((*frame)->payload);
    }
  }
  return texts;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  read_log(input);
  read_log(log_format::segment_head(0, 7) + std::string(input));

  // A byte says how many payloads a group has, one how long each is; 255 ends the groups.
  std::string file = log_format::segment_head(0, 7);
  std::vector<std::string> texts;
  std::vector<size_t> whole{0};  // how many texts there are after each group
  size_t at = 0;
  while (at < size && bytes[at] != 255) {
    std::vector<std::string_view> group;
    for (int payloads = 1 + bytes[at++] % 4; payloads > 0 && at < size; --payloads) {
      const size_t length = bytes[at++];
      group.push_back(input.substr(at, length * 8));
      at += group.back().size();
    }
    if (group.empty()) break;
    texts.insert(texts.end(), group.begin(), group.end());
    whole.push_back(texts.size());
    log_format::append_group(file, file.size() - log_format::kHeadBytes, 7, group);
  }
  VERIFY(read_log(file) == texts);
  // What is left of the input does damage: where (2 bytes) and what (1 byte).
  for (++at; at + 3 <= size && !file.empty(); at += 3) {
    const size_t place = (bytes[at] * 256u + bytes[at + 1]) % file.size();
    if (bytes[at + 2] == 0)
      file.resize(place);
    else if (bytes[at + 2] == 1)
      std::fill_n(file.begin() + static_cast<ptrdiff_t>(place), std::min<size_t>(512, file.size() - place), '\0');
    else
      file[place] ^= static_cast<char>(bytes[at + 2]);
  }
  if (const auto left = read_log(file)) {
    VERIFY(std::find(whole.begin(), whole.end(), left->size()) != whole.end());
    VERIFY(std::equal(left->begin(), left->end(), texts.begin()));
  }
  return 0;
}
