#include "http/gzip.hpp"

#include <zlib.h>

#include "core/result.hpp"

namespace tessera::http {

namespace {
constexpr int kAnyHeader = 15 + 32, kGzipHeader = 15 + 16;
constexpr size_t kStep = 64 << 10;

struct Inflater {
  Inflater() { ready = inflateInit2(&state, kAnyHeader) == Z_OK; }
  ~Inflater() { inflateEnd(&state); }
  z_stream state{};
  bool ready = false;
};
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

}  // namespace tessera::http
