#include "cluster/table.hpp"

#include <charconv>
#include <cmath>

#include "core/gzip.hpp"
#include "core/text.hpp"

namespace tessera::cluster {

namespace {

struct Field {
  std::string_view text;  // without quotes and blanks around it
  size_t column;          // of its first byte in the line, from 1
};

constexpr char kBlanks = ' ';  // stands for "any run of blanks"

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// The separator of the file: the first of ; tab , that the line has outside quotes, else blanks.
char separator_of(std::string_view line) {
  for (const char candidate : {';', '\t', ','}) {
    bool quoted = false;
    for (const char c : line) {
      if (c == '"') quoted = !quoted;
      if (c == candidate && !quoted) return candidate;
    }
  }
  return kBlanks;
}

Field field_at(std::string_view line, size_t from, size_t to) {
  while (from < to && is_blank(line[from])) ++from;
  while (to > from && is_blank(line[to - 1])) --to;
  if (to - from >= 2 && line[from] == '"' && line[to - 1] == '"') ++from, --to;
  return {line.substr(from, to - from), from + 1};
}

// False where a quote is left open.
bool split_line(std::string_view line, char separator, std::vector<Field>& fields) {
  fields.clear();
  bool quoted = false;
  size_t from = 0;
  if (separator == kBlanks) {
    for (size_t i = 0; i < line.size();) {
      while (i < line.size() && is_blank(line[i])) ++i;
      from = i;
      while (i < line.size() && (quoted || !is_blank(line[i]))) quoted ^= line[i++] == '"';
      if (i > from) fields.push_back(field_at(line, from, i));
    }
    return !quoted;
  }
  for (size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size() && line[i] == '"') quoted = !quoted;
    if (i < line.size() && (line[i] != separator || quoted)) continue;
    fields.push_back(field_at(line, from, i));
    from = i + 1;
  }
  return !quoted;
}

bool parse_double(std::string_view text, bool decimal_comma, double& value) {
  char buffer[64];
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  if (decimal_comma && text.size() < sizeof buffer && std::ranges::count(text, ',') == 1 &&
      text.find('.') == text.npos) {
    std::ranges::replace_copy(text, buffer, ',', '.');
    text = {buffer, text.size()};
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

std::string shown(std::string_view text) {
  std::string part = repair_utf8(text.substr(0, 40));
  for (char& c : part)
    if (static_cast<unsigned char>(c) < 32) c = '?';
  return text.size() > 40 ? part + "..." : part;
}

class TableReader {
 public:
  explicit TableReader(const std::string& name) : name_(name) { table_.name = name; }

  Result<void> take(std::string_view line, size_t number) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (trim(line).empty() || line.front() == '#') return {};
    if (const size_t zero = line.find('\0'); zero != line.npos)
      return fail("a zero byte: this is not a text file", place(number, zero + 1), try_shell("file").argument(name_));
    if (separator_ == 0) separator_ = separator_of(line);
    if (!split_line(line, separator_, fields_))
      return fail("a quote is opened and never closed on this line", place(number, line.find('"') + 1));
    if (table_.columns.empty()) {
      if (auto begun = begin(number); !begun) return begun;
      if (is_header_) return {};
    }
    if (fields_.size() != table_.columns.size())
      return fail(fmt::format("{} values here, {} on the first line", fields_.size(), table_.columns.size()),
                  place(number, 1), try_shell("sed -n").argument(fmt::format("{}p", number)).argument(name_));
    for (size_t j = 0; j < fields_.size(); ++j) {
      double value = 0;
      if (auto read = number_of(fields_[j], j, number, value); !read) return read;
      table_.values.values.push_back(value);
    }
    ++table_.values.rows;
    return {};
  }

  Result<NumericTable> finish() {
    if (table_.values.rows == 0)
      return fail(table_.columns.empty() ? "the file is empty" : "a header, but no rows below it", name_,
                  try_shell("head").argument(name_));
    table_.values.columns = table_.columns.size();
    return std::move(table_);
  }

 private:
  std::string place(size_t line, size_t column) const { return fmt::format("{}:{}:{}", name_, line, column); }
  bool decimal_comma() const { return separator_ == ';' || separator_ == '\t'; }

  Result<void> begin(size_t line) {
    if (fields_.size() > kMaxTableColumns)
      return fail(fmt::format("{} columns; at most {} are read", fields_.size(), kMaxTableColumns), place(line, 1),
                  try_shell("cut -f 1-100 -d").argument(std::string(1, separator_)).argument(name_));
    double unused;
    for (const Field& field : fields_)
      is_header_ |= !field.text.empty() && !parse_double(field.text, decimal_comma(), unused);
    for (size_t j = 0; j < fields_.size(); ++j)
      table_.columns.push_back(is_header_ && !fields_[j].text.empty() ? shown(fields_[j].text)
                                                                      : fmt::format("column {}", j + 1));
    return {};
  }

  Result<void> number_of(const Field& field, size_t j, size_t line, double& value) const {
    const std::string where = place(line, field.column), column = table_.columns[j];
    const Remedy without = try_shell("cut --complement -f")
                               .argument(std::to_string(j + 1))
                               .argument("-d" + std::string(1, separator_))
                               .argument(name_);
    if (field.text.empty()) return fail(fmt::format("'{}' has no value", column), where, without);
    if (!parse_double(field.text, decimal_comma(), value))
      return fail(fmt::format("'{}' of '{}' is not a number", shown(field.text), column), where, without);
    if (!std::isfinite(value))
      return fail(fmt::format("'{}' of '{}' is not a finite number", shown(field.text), column), where, without);
    return {};
  }

  std::string name_;
  NumericTable table_;
  std::vector<Field> fields_;
  char separator_ = 0;
  bool is_header_ = false;
};

Result<void> take_lines(TableReader& reader, std::string_view text, size_t& line, bool last, size_t& used) {
  used = 0;
  while (used < text.size()) {
    const size_t end = text.find('\n', used);
    if (end == text.npos && !last) break;
    const size_t stop = end == text.npos ? text.size() : end;
    if (auto taken = reader.take(text.substr(used, stop - used), ++line); !taken) return taken;
    used = std::min(text.size(), stop + 1);
  }
  return {};
}

std::string_view without_mark(std::string_view text) {
  return text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
}

}  // namespace

Result<NumericTable> parse_table(std::string_view text, const std::string& name) {
  TableReader reader(name);
  size_t line = 0, used = 0;
  if (auto taken = take_lines(reader, without_mark(text), line, true, used); !taken)
    return std::unexpected(std::move(taken).error());
  return reader.finish();
}

Result<NumericTable> read_table(const std::string& path) {
  constexpr size_t kChunk = 1 << 20, kLongestLine = 64 << 20;
  auto file = GzipFile::open(path);
  if (!file) return fail(file.error().message, path, try_shell("ls -l").argument(path));
  TableReader reader(path);
  std::string pending;
  size_t line = 0, total = 0, used = 0;
  for (bool last = false; !last;) {
    const size_t before = pending.size();
    last = !TRY(file->read(pending, kChunk));
    total += pending.size() - before;
    if (total > kMaxTableBytes || pending.size() > kLongestLine)
      return fail(total > kMaxTableBytes ? "more than 4 GiB of text" : "a line of more than 64 MiB", path,
                  try_shell("head -n 1000000").argument(path));
    const std::string_view text = line == 0 ? without_mark(pending) : std::string_view(pending);
    if (auto taken = take_lines(reader, text, line, last, used); !taken)
      return std::unexpected(std::move(taken).error());
    pending.erase(0, used + (pending.size() - text.size()));
  }
  return reader.finish();
}

}  // namespace tessera::cluster
