#include "formats/blanks.hpp"

#include <string>

namespace tessera::formats {

namespace {

constexpr size_t kLinesLooked = 200;

bool is_gap(char c) {
  return c == ' ' || c == '\t';
}

// Of a line without its end; 0: it is blank.
size_t cells_of(std::string_view line, size_t least) {
  size_t cells = 0, gap = least;
  for (const char c : line) {
    if (is_gap(c)) {
      ++gap;
      continue;
    }
    cells += gap >= least || cells == 0;
    gap = 0;
  }
  return cells;
}

bool all_alike(std::string_view head, size_t least) {
  size_t lines = 0, cells = 0;
  for (size_t end; lines < kLinesLooked && (end = head.find('\n')) != std::string_view::npos;
       head.remove_prefix(end + 1)) {
    std::string_view line = head.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const size_t here = cells_of(line, least);
    if (here == 0) continue;
    if (lines++ == 0) cells = here;
    if (here != cells) return false;
  }
  return lines >= 2 && cells >= 2;
}

class TabsForBlanks final : public ByteSource {
 public:
  TabsForBlanks(std::unique_ptr<ByteSource> inner, size_t least) : inner_(std::move(inner)), least_(least) {}
  Result<bool> read(std::string& out, size_t most) override {
    bytes_.clear();
    const bool has_more = TRY(inner_->read(bytes_, most));
    for (const char c : bytes_) {
      if (is_gap(c)) {
        gap_ += 1;
        continue;
      }
      // A gap that ends a line, or begins one, parts nothing.
      const bool ends = c == '\n' || c == '\r';
      if (gap_ > 0 && !ends && !at_start_) gap_ >= least_ ? out.append(1, '\t') : out.append(gap_, ' ');
      gap_ = 0;
      at_start_ = ends;
      out.push_back(c);
    }
    return has_more;
  }
  uint64_t consumed() const override { return inner_->consumed(); }

 private:
  std::unique_ptr<ByteSource> inner_;
  const size_t least_;
  std::string bytes_;
  size_t gap_ = 0;  // blanks read and not written
  bool at_start_ = true;
};

}  // namespace

std::optional<size_t> blanks_between_columns(std::string_view head) {
  if (head.find('"') != std::string_view::npos) return std::nullopt;
  for (const size_t least : {size_t{1}, size_t{2}})
    if (all_alike(head, least)) return least;
  return std::nullopt;
}

std::unique_ptr<ByteSource> tabs_for_blanks(std::unique_ptr<ByteSource> inner, size_t least) {
  return std::make_unique<TabsForBlanks>(std::move(inner), least);
}

}  // namespace tessera::formats
