#include "formats/csv.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/text.hpp"
#include "formats/blanks.hpp"
#include "formats/csv_layout.hpp"

namespace tessera::formats {
namespace {

constexpr size_t kChunk = 1 << 20;

// The 32 places where Windows-1252 differs from Latin-1; 0 = no character.
constexpr std::array<uint16_t, 32> kWindows = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                               0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                               0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                               0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

void append_utf8(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

class TextSource final : public ByteSource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  Result<bool> read(std::string& out, size_t most) override {
    const size_t count = std::min(most, text_.size() - at_);
    out.append(text_, at_, count);
    at_ += count;
    return count > 0;
  }
  uint64_t consumed() const override { return at_; }

 private:
  std::string text_;
  size_t at_ = 0;
};

// What Excel calls "Unicode text". An unpaired surrogate becomes U+FFFD.
class Utf16Source final : public ByteSource {
 public:
  Utf16Source(std::unique_ptr<ByteSource> inner, bool big_end_first)
      : inner_(std::move(inner)), big_end_first_(big_end_first) {}
  Result<bool> read(std::string& out, size_t most) override {
    if (!TRY(inner_->read(bytes_, most))) {
      if (bytes_.empty()) return false;
      bytes_.clear();  // half a character at the very end
      append_utf8(out, 0xFFFD);
      return true;
    }
    size_t at = 0;
    while (at + 2 <= bytes_.size()) {
      const uint32_t unit = unit_at(at);
      if (unit >= 0xD800 && unit < 0xDC00) {
        if (at + 4 > bytes_.size()) break;
        const uint32_t low = unit_at(at + 2);
        if (low >= 0xDC00 && low < 0xE000) {
          append_utf8(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
          at += 4;
          continue;
        }
      }
      append_utf8(out, unit >= 0xD800 && unit < 0xE000 ? 0xFFFD : unit);
      at += 2;
    }
    bytes_.erase(0, at);
    return true;
  }
  uint64_t consumed() const override { return inner_->consumed(); }

 private:
  uint32_t unit_at(size_t at) const {
    const uint32_t a = static_cast<uint8_t>(bytes_[at]), b = static_cast<uint8_t>(bytes_[at + 1]);
    return big_end_first_ ? a << 8 | b : b << 8 | a;
  }
  std::unique_ptr<ByteSource> inner_;
  bool big_end_first_;
  std::string bytes_;
};

class Windows1252Source final : public ByteSource {
 public:
  explicit Windows1252Source(std::unique_ptr<ByteSource> inner) : inner_(std::move(inner)) {}
  Result<bool> read(std::string& out, size_t most) override {
    bytes_.clear();
    const bool more = TRY(inner_->read(bytes_, most));
    for (const unsigned char c : bytes_) {
      const uint32_t code = c >= 0x80 && c < 0xA0 ? kWindows[c - 0x80] : c;
      append_utf8(out, code == 0 && c != 0 ? 0xFFFD : code);
    }
    return more;
  }
  uint64_t consumed() const override { return inner_->consumed(); }

 private:
  std::unique_ptr<ByteSource> inner_;
  std::string bytes_;
};

struct Cut {
  size_t fields = 0;  // of most records
  size_t agree = 0;   // records with that many
  size_t records = 0;

  static Cut of(const std::map<size_t, size_t>& tally) {
    Cut cut;
    for (const auto& [count, times] : tally) {
      cut.records += times;
      if (times > cut.agree) cut.fields = count, cut.agree = times;
    }
    return cut;
  }
};

// How well records agree, and into how many fields they are cut: agreement counts most.
double score_of(const Cut& cut) {
  if (cut.fields < 2 || cut.records == 0) return 0;
  const double agreement = static_cast<double>(cut.agree) / static_cast<double>(cut.records);
  return agreement * agreement * (1 + 0.1 * static_cast<double>(std::min<size_t>(cut.fields, 20)));
}

// Of a head whose records are cut into these numbers of fields. Where most are cut into none, what stands above and
// below a short table may be in the way: then the others speak, at half their weight.
double score_of(std::map<size_t, size_t> tally) {
  const double score = score_of(Cut::of(tally));
  const size_t uncut = tally[1];
  if (score > 0 || uncut > kMostAbove + kMostBelow) return score;
  tally.erase(1);
  const Cut cut = Cut::of(tally);
  return cut.agree < 2 ? 0 : score_of(cut) / 2;
}

// Cuts the head by one delimiter, quotes respected, and counts the fields of its first records.
std::map<size_t, size_t> cut_head(std::string_view head, char delimiter) {
  std::vector<size_t> counts;
  size_t fields = 1;
  bool in_quotes = false, at_start = true, blank = true;
  for (size_t i = 0; i < head.size() && counts.size() < 200; ++i) {
    const char c = head[i];
    if (in_quotes) {
      if (c == '"') in_quotes = false;
    } else if (c == '"' && at_start) {
      in_quotes = true;
      blank = false;
    } else if (c == '\n') {
      if (!blank) counts.push_back(fields);
      fields = 1;
      at_start = blank = true;
      continue;
    } else if (c == delimiter) {
      ++fields;
      at_start = true;
      blank = false;
      continue;
    } else if (c != '\r') {
      blank = false;
    }
    at_start = false;
  }
  if (!blank && counts.empty()) counts.push_back(fields);
  std::map<size_t, size_t> tally;
  for (const size_t count : counts) ++tally[count];
  return tally;
}

// nullopt: none cuts its records.
std::optional<char> delimiter_of(std::string_view head) {
  double best = 0;
  std::optional<char> out;
  for (const char candidate : {',', ';', '\t', '|', '^', '~'}) {
    // Agreement counts most; among those that agree alike, the one that cuts into more fields.
    const double score = score_of(cut_head(head, candidate));
    if (score > best) best = score, out = candidate;
  }
  return out;
}

constexpr size_t kPeeked = 64 << 10;  // bytes
class CsvReader final : public RowReader {
  // Long because cutting, damage and what stands around the table share one buffer, which every read may move.
 public:
  CsvReader(std::unique_ptr<ByteSource> source, std::string name, CsvOptions options, RejectSink rejects)
      : source_(std::move(source)), name_(std::move(name)), options_(options), rejects_(std::move(rejects)) {}

  Result<void> start() {
    TRY(more());
    if (buffer_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    skip_separator_line();
    const std::string_view head = std::string_view(buffer_).substr(at_);
    if (head.find('\n') == std::string_view::npos && head.find('\r') != std::string_view::npos) line_end_ = '\r';
    dialect_ = sniff_csv(head, options_);
    for (const char c : {dialect_.delimiter, '"', line_end_, '\r'}) stops_[static_cast<uint8_t>(c)] = true;
    skip_above(head);
    Row header;
    if (!TRY(record(header))) {
      return fail("the file has no text in it, only blank lines", name_,
                  try_shell("head").argument(name_).note("export it again"));
    }
    if (header.fields.size() > kMostColumns) {
      return fail(fmt::format("has {} columns; at most {} can be read", header.fields.size(), kMostColumns), name_,
                  try_shell("cut -f1-1000 -d")
                      .argument(std::string(1, dialect_.delimiter))
                      .argument(name_)
                      .raw("> narrow.csv"));
    }
    surroundings_.header_line = header.line;
    name_columns(header);
    return {};
  }

  const std::vector<std::string>& columns() const override { return columns_; }
  uint64_t consumed() const override { return source_->consumed(); }
  char delimiter() const override { return dialect_.delimiter; }
  Surroundings surroundings() const override {
    Surroundings out = surroundings_;
    out.notes = left_out_.sentences();
    return out;
  }

  Result<bool> next(Row& row) override {
    while (TRY(record(row))) {
      while (row.fields.size() > columns_.size() && row.fields.back().text.empty()) row.fields.pop_back();
      if (row.fields.size() == columns_.size()) {
        if (is_left_out(row)) continue;
        give_up_foot();
        return true;
      }
      if (may_be_foot(row)) continue;
      give_up_foot();
      reject_record(row, "field-count", misfit(row));
    }
    if (!foot_.empty()) left_out_.below(foot_.front().line, foot_.back().line, foot_.front().row);
    foot_.clear();
    return false;
  }

 private:
  enum class Outcome { Complete, NeedMore, TextAfterQuote };
  struct Piece {
    size_t at, size;
    bool unescaped;
  };

  // --- what stands around the table

  void skip_separator_line() {
    const auto line = separator_line(std::string_view(buffer_).substr(at_));
    if (!line) return;
    if (!options_.delimiter) options_.delimiter = line->delimiter;
    at_ += line->size;
    ++line_;
    left_out_.separator(line->delimiter);
  }
  void skip_above(std::string_view head) {
    const auto records = head_records(head, dialect_.delimiter, line_end_, 2 * kMostAbove);
    const size_t header = header_among(records);
    if (header == 0) return;
    const std::string_view first = head.substr(records[0].at, records[1].at - records[0].at);
    left_out_.above(line_ + records[0].line - 1, line_ + records[header].line - 2, first);
    line_ += records[header].line - 1;
    at_ += records[header].at;
  }
  // A record that is no row: blank throughout, totals, the names of the columns once more.
  bool is_left_out(const Row& row) {
    const std::string_view first = row.fields[0].text;
    if (first == columns_[0] && columns_.size() > 1 &&
        std::ranges::equal(row.fields, columns_, {}, [](const Field& field) { return trim(field.text); })) {
      left_out_.repeated_header(row.line);
      return true;
    }
    if (columns_.size() > 1 && trim(first).empty() &&
        std::ranges::all_of(row.fields, [](const Field& field) { return trim(field.text).empty(); })) {
      behind_blank_ = true;
      return true;
    }
    if (!is_totals_row(row)) return false;
    left_out_.totals(row);
    behind_blank_ = true;  // what follows totals may be a foot
    return true;
  }
  std::string misfit(const Row& row) const {
    return fmt::format("{} fields, {} expected", row.fields.size(), columns_.size());
  }
  // Keeps a record that is too short for the table until it is known whether rows follow.
  bool may_be_foot(const Row& row) {
    const bool is_short = row.fields.size() < columns_.size() && record_lines_ <= 1;
    if (!is_short || foot_.size() >= kMostBelow) return false;
    if (foot_.empty() && !behind_blank_ && !begins_foot(row)) return false;
    foot_.push_back({row.line, "field-count", misfit(row), repair_utf8(row.raw)});
    return true;
  }
  // Rows follow, so what was kept was no foot.
  void give_up_foot() {
    behind_blank_ = false;
    for (Malformed& record : foot_) rejects_(std::move(record));
    foot_.clear();
  }

  // Reads the next record that is no blank line; damaged ones are rejected on the way. False at the end.
  Result<bool> record(Row& row) {
    for (;;) {
      const Outcome outcome = scan();
      if (outcome == Outcome::NeedMore) {
        if (buffer_.size() - at_ > kLongestRecord) return unclosed();
        TRY(more());
        if (ended_ && in_quotes_at_end()) return unclosed();
        continue;
      }
      if (next_at_ == at_) return false;
      row.line = line_;
      row.raw = std::string_view(buffer_).substr(at_, next_at_ - at_);
      while (!row.raw.empty() && (row.raw.back() == '\n' || row.raw.back() == '\r')) row.raw.remove_suffix(1);
      if (row.raw.empty()) {
        behind_blank_ = true;
        advance();
        continue;
      }
      row.fields.clear();
      for (const Piece& piece : pieces_) {
        const std::string_view from = piece.unescaped ? std::string_view(unescaped_) : std::string_view(buffer_);
        row.fields.push_back({from.substr(piece.at, piece.size), FieldKind::Text});
      }
      record_at_ = at_;
      record_lines_ = lines_;
      advance();
      if (outcome == Outcome::TextAfterQuote) {
        reject_record(row, "broken-quotes", std::string(row.raw.substr(0, 80)));
        continue;
      }
      if (has_high_byte_) {
        if (const auto bad = first_invalid_utf8(row.raw)) {
          if (options_.encoding != Encoding::Utf8) return not_utf8(row, *bad);
          rejects_({row.line, "invalid-utf8", fmt::format("byte 0x{:02X}", static_cast<uint8_t>(row.raw[*bad])),
                    repair_utf8(row.raw)});
          continue;
        }
      }
      return true;
    }
  }

  // One record from at_: fills pieces_, next_at_, lines_. Leaves at_ alone, so that it can be tried again.
  Outcome scan() {
    pieces_.clear();
    unescaped_.clear();
    lines_ = 0;
    has_high_byte_ = false;
    size_t at = at_;
    const size_t size = buffer_.size();
    for (;;) {
      if (at < size && buffer_[at] == '"' && dialect_.has_quotes) {
        const Outcome outcome = scan_quoted(at);
        if (outcome != Outcome::Complete) return outcome;
      } else {
        const size_t from = at;
        for (;;) {
          while (at < size && !stops_[static_cast<uint8_t>(buffer_[at])]) {
            has_high_byte_ |= static_cast<uint8_t>(buffer_[at]) >= 0x80;
            ++at;
          }
          // A quote inside an unquoted field is an ordinary character, and so is a carriage return that ends no line.
          if (at < size && buffer_[at] == '"') {
            ++at;
          } else if (at + 1 < size && buffer_[at] == '\r' && line_end_ != '\r' && buffer_[at + 1] != '\n') {
            ++at;
          } else {
            break;
          }
        }
        pieces_.push_back({from, at - from, false});
      }
      if (at >= size || (buffer_[at] == '\r' && line_end_ != '\r' && at + 1 >= size)) {
        if (!ended_) return Outcome::NeedMore;
        next_at_ = size;
        return Outcome::Complete;
      }
      if (buffer_[at] == dialect_.delimiter) {
        ++at;
        continue;
      }
      if (buffer_[at] == '\r' && line_end_ != '\r') ++at;
      ++lines_;
      next_at_ = at + 1;
      return Outcome::Complete;
    }
  }

  // A quoted field at `at`; leaves `at` behind its closing quote.
  Outcome scan_quoted(size_t& at) {
    const size_t size = buffer_.size();
    quote_at_ = at;
    quote_line_ = line_ + lines_;
    size_t from = ++at;
    const size_t kept = unescaped_.size();
    bool doubled = false;
    for (;;) {
      while (at < size && buffer_[at] != '"') {
        if (buffer_[at] == line_end_) ++lines_;
        has_high_byte_ |= static_cast<uint8_t>(buffer_[at]) >= 0x80;
        ++at;
      }
      if (at >= size) return Outcome::NeedMore;
      if (at + 1 >= size && !ended_) return Outcome::NeedMore;
      if (at + 1 < size && buffer_[at + 1] == '"') {
        unescaped_.append(buffer_, from, at + 1 - from);
        doubled = true;
        at += 2;
        from = at;
        continue;
      }
      break;
    }
    if (doubled) {
      unescaped_.append(buffer_, from, at - from);
      pieces_.push_back({kept, unescaped_.size() - kept, true});
    } else {
      pieces_.push_back({from, at - from, false});
    }
    ++at;
    const bool closed = at >= size || buffer_[at] == dialect_.delimiter || buffer_[at] == line_end_ ||
                        (buffer_[at] == '\r' && (at + 1 >= size || buffer_[at + 1] == '\n'));
    if (closed) return Outcome::Complete;
    const size_t end = buffer_.find(line_end_, at);
    if (end == std::string::npos && !ended_) return Outcome::NeedMore;
    next_at_ = end == std::string::npos ? size : end + 1;
    lines_ += end == std::string::npos ? 0 : 1;
    return Outcome::TextAfterQuote;
  }

  bool in_quotes_at_end() {
    const Outcome outcome = scan();
    return outcome == Outcome::NeedMore;
  }

  void advance() {
    at_ = next_at_;
    line_ += lines_;
  }

  // Rejects the record just read; one that spans lines only up to the end of its first line.
  void reject_record(const Row& row, std::string reason, std::string value) {
    std::string_view raw = row.raw;
    if (record_lines_ > 1) {
      const size_t end = buffer_.find(line_end_, record_at_);
      at_ = end + 1;
      line_ = row.line + 1;
      raw = std::string_view(buffer_).substr(record_at_, end - record_at_);
    }
    rejects_({row.line, std::move(reason), repair_utf8(value), repair_utf8(raw)});
  }

  std::unexpected<Error> unclosed() {
    const size_t line_start = buffer_.rfind(line_end_, quote_at_);
    const size_t column = quote_at_ - (line_start == std::string::npos ? at_ : std::max(at_, line_start + 1)) + 1;
    const std::string_view found = std::string_view(buffer_).substr(quote_at_, 40);
    return fail(fmt::format("a quote opens here and never closes: {}", repair_utf8(found.substr(0, found.find('\n')))),
                fmt::format("{}:{}:{}", name_, quote_line_, column),
                try_shell("sed -i.bak")
                    .argument(fmt::format("{}s/\"//g", quote_line_))
                    .argument(name_)
                    .note("takes the quotes out of that line, keeps a copy"));
  }

  std::unexpected<Error> not_utf8(const Row& row, size_t bad) {
    const std::string_view around = row.raw.substr(bad > 10 ? bad - 10 : 0, 24);
    const auto decoded = utf8_of_windows1252(around);
    std::string message = fmt::format("byte 0x{:02X} is not UTF-8", static_cast<uint8_t>(row.raw[bad]));
    if (decoded) message += fmt::format("; as Windows-1252 it would read: {}", *decoded);
    return fail(message, fmt::format("{}:{}:{}", name_, row.line, bad + 1),
                decoded ? try_again().option("--encoding", "windows-1252").note("if that reads right")
                        : try_again().option("--encoding", "utf-8").note("puts such rows with the rejects"));
  }

  // Drops what is behind us and reads a chunk. Views into the buffer die.
  Result<void> more() {
    buffer_.erase(0, at_);
    at_ = 0;
    ended_ = !TRY(source_->read(buffer_, kChunk));
    return {};
  }

  void name_columns(const Row& header) {
    std::set<std::string> taken;
    for (const Field& field : header.fields) {
      std::string name(trim(field.text));
      const bool is_unnamed = name.empty();
      if (is_unnamed) name = fmt::format("column_{}", columns_.size() + 1);
      std::string unique = name;
      for (int n = 2; !taken.insert(unique).second; ++n) unique = fmt::format("{}_{}", name, n);
      if (is_unnamed) surroundings_.unnamed.push_back(unique);
      columns_.push_back(unique);
    }
  }

  std::unique_ptr<ByteSource> source_;
  std::string name_;
  CsvOptions options_;
  RejectSink rejects_;
  CsvDialect dialect_;
  char line_end_ = '\n';
  std::array<bool, 256> stops_{};
  std::vector<std::string> columns_;
  Surroundings surroundings_;
  LeftOut left_out_;
  std::vector<Malformed> foot_;  // short records behind the last row so far, which may be the table's foot
  bool behind_blank_ = false;    // a blank line, or a row of totals, stands before the record at hand

  std::string buffer_;
  size_t at_ = 0;
  uint64_t line_ = 1;
  bool ended_ = false;

  // Of the record scanned last:
  std::vector<Piece> pieces_;
  std::string unescaped_;
  size_t next_at_ = 0, record_at_ = 0, quote_at_ = 0;
  uint64_t lines_ = 0, record_lines_ = 0, quote_line_ = 0;
  bool has_high_byte_ = false;
};

Result<std::unique_ptr<RowReader>> start(std::unique_ptr<ByteSource> source, std::string name,
                                         const CsvOptions& options, RejectSink rejects) {
  auto reader = std::make_unique<CsvReader>(std::move(source), std::move(name), options, std::move(rejects));
  TRY(reader->start());
  return std::unique_ptr<RowReader>(std::move(reader));
}

}  // namespace

std::optional<std::string> utf8_of_windows1252(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    const uint32_t code = c >= 0x80 && c < 0xA0 ? kWindows[c - 0x80] : c;
    if (code == 0 && c != 0) return std::nullopt;
    append_utf8(out, code);
  }
  return out;
}

CsvDialect sniff_csv(std::string_view head, const CsvOptions& options) {
  CsvDialect dialect{.encoding = options.encoding};
  if (options.delimiter) {
    dialect.delimiter = *options.delimiter;
    return dialect;
  }
  if (const auto mark = delimiter_of(head)) dialect.delimiter = *mark;
  return dialect;
}

Result<std::unique_ptr<RowReader>> open_csv(const OpenFile& file, const CsvOptions& options, RejectSink rejects) {
  auto source = TRY(open_bytes(file));
  std::string head;
  {
    auto peek = TRY(open_bytes(file));
    TRY(peek->read(head, kPeeked));
  }
  if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF")) {
    std::string skip;
    TRY(source->read(skip, 2));
    source = std::make_unique<Utf16Source>(std::move(source), head[0] == '\xFE');
  } else if (options.encoding == Encoding::Windows1252) {
    source = std::make_unique<Windows1252Source>(std::move(source));
  }
  CsvOptions dialect = options;
  const auto mark = delimiter_of(head);
  const bool in_names = mark && std::string_view(head).substr(0, head.find('\n')).find(*mark) != std::string::npos;
  if (!options.delimiter && (!in_names || (mark == '\t' && cut_head(head, '\t').size() > 1)))
    if (const auto least = blanks_between_columns(head)) {
      source = tabs_for_blanks(std::move(source), *least);
      dialect.delimiter = '\t';
    }
  return start(std::move(source), file.path, dialect, std::move(rejects));
}

Result<std::unique_ptr<RowReader>> csv_of_text(std::string text, const CsvOptions& options, RejectSink rejects,
                                               std::string name) {
  return start(std::make_unique<TextSource>(std::move(text)), std::move(name), options, std::move(rejects));
}

}  // namespace tessera::formats
