#include "core/gzip.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <zlib.h>

namespace tessera {

namespace {
constexpr int kAnyHeader = 15 + 32, kGzipHeader = 15 + 16;
constexpr size_t kStep = 64 << 10;

struct Inflater {
  Inflater() { ready = inflateInit2(&state, kAnyHeader) == Z_OK; }
  ~Inflater() { inflateEnd(&state); }
  z_stream state{};
  bool ready = false;
};

gzFile of(void* file) {
  return static_cast<gzFile>(file);
}
}  // namespace

Inflated inflate(std::string_view compressed, size_t most, std::string& out) {
  out.clear();
  Inflater inflater;
  if (!inflater.ready) return Inflated::Damaged;
  z_stream& state = inflater.state;
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  state.avail_in = static_cast<uInt>(compressed.size());
  for (;;) {
    const size_t had = out.size(), step = std::min(kStep, most + 1 - had);
    out.resize(had + step);
    state.next_out = reinterpret_cast<Bytef*>(out.data() + had);
    state.avail_out = static_cast<uInt>(step);
    const int said = ::inflate(&state, Z_NO_FLUSH);
    out.resize(had + step - state.avail_out);
    if (out.size() > most) return Inflated::TooLarge;
    if (said == Z_STREAM_END) {
      if (state.avail_in == 0) return Inflated::Whole;
      if (inflateReset(&state) != Z_OK) return Inflated::Damaged;  // another member
    } else if (said != Z_OK || (state.avail_in == 0 && state.avail_out > 0)) {
      return Inflated::Damaged;
    }
  }
}

std::optional<uint64_t> unpacked_bytes(std::string_view compressed, uint64_t most) {
  Inflater inflater;
  if (!inflater.ready) return std::nullopt;
  z_stream& state = inflater.state;
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  state.avail_in = static_cast<uInt>(compressed.size());
  std::string step(kStep, '\0');
  uint64_t bytes = 0;
  while (bytes <= most) {
    state.next_out = reinterpret_cast<Bytef*>(step.data());
    state.avail_out = static_cast<uInt>(step.size());
    const int said = ::inflate(&state, Z_NO_FLUSH);
    bytes += step.size() - state.avail_out;
    if (said == Z_STREAM_END) {
      if (state.avail_in == 0) break;
      if (inflateReset(&state) != Z_OK) return std::nullopt;  // another member
    } else if (said != Z_OK || (state.avail_in == 0 && state.avail_out > 0)) {
      return std::nullopt;
    }
  }
  return bytes;
}

bool is_gzipped(std::string_view bytes) {
  return bytes.starts_with("\x1F\x8B");
}

std::string gzipped(std::string_view text) {
  z_stream state{};
  VERIFY(deflateInit2(&state, Z_BEST_SPEED, Z_DEFLATED, kGzipHeader, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&state, text.size()), '\0');
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  state.avail_in = static_cast<uInt>(text.size());
  state.next_out = reinterpret_cast<Bytef*>(out.data());
  state.avail_out = static_cast<uInt>(out.size());
  VERIFY(deflate(&state, Z_FINISH) == Z_STREAM_END);
  out.resize(state.total_out);
  deflateEnd(&state);
  return out;
}

Result<GzipFile> GzipFile::open(const std::string& path) {
  errno = 0;
  gzFile file = gzopen(path.c_str(), "rb");
  if (!file) return fail(fmt::format("cannot be opened: {}", std::strerror(errno)), path);
  gzbuffer(file, 256 << 10);
  return GzipFile(file, path);
}

void GzipFile::Close::operator()(void* file) const {
  gzclose(of(file));
}

Result<bool> GzipFile::read(std::string& out, size_t most) {
  const size_t before = out.size();
  out.resize(before + most);
  const int count = gzread(of(file_.get()), out.data() + before, static_cast<unsigned>(most));
  out.resize(before + static_cast<size_t>(std::max(count, 0)));
  int code = Z_OK;
  const char* text = gzerror(of(file_.get()), &code);
  // A cut-off gzip is reported as Z_BUF_ERROR, with the bytes that could still be read.
  if (count < 0 || (code != Z_OK && code != Z_STREAM_END))
    return fail(fmt::format("reading failed: {}", code == Z_ERRNO ? std::strerror(errno) : text), path_,
                try_shell("gzip -t").argument(path_).note("if it complains, fetch the file again"));
  return count > 0;
}

uint64_t GzipFile::consumed() const {
  return static_cast<uint64_t>(std::max<z_off_t>(0, gzoffset(of(file_.get()))));
}

bool GzipFile::is_gzip() const {
  return gzdirect(of(file_.get())) == 0;
}

}  // namespace tessera
