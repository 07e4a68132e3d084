#include "formats/csv_layout.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/text.hpp"
#include "formats/values.hpp"

namespace tessera::formats {
namespace {

constexpr size_t kLinesNamed = 3;  // of many left out alike
constexpr size_t kShown = 60;      // bytes of a line that is shown

// What rows of totals begin with, folded, in five languages.
constexpr std::string_view kTotals[] = {
    "total",          "totals",        "grand total",     "subtotal",   "sub total",   "sub-total",     "sum",
    "overall total",  "report total",  "summe",           "gesamt",     "gesamtsumme", "zwischensumme", "insgesamt",
    "gesamtergebnis", "total général", "total general",   "sous-total", "sous total",  "somme",         "suma",
    "suma total",     "totale",        "totale generale", "subtotale",  "totali",      "totaal"};

bool is_data(std::string_view cell) {
  cell = trim(cell);
  if (is_blank(cell)) return false;
  if (!parse_amount(cell, DecimalMark::Point).flaw || !parse_amount(cell, DecimalMark::Comma).flaw) return true;
  TimeEvidence times;
  times.add(cell);
  return times.unreadable == 0 || clean_email(cell).has_value();
}

size_t filled(const HeadRecord& record) {
  return static_cast<size_t>(
      std::ranges::count_if(record.cells, [](std::string_view cell) { return !is_blank(cell); }));
}
bool is_full(const HeadRecord& record, size_t width) {
  return filled(record) * 2 > width;
}
size_t data_cells(const HeadRecord& record) {
  return static_cast<size_t>(std::ranges::count_if(record.cells, is_data));
}
bool ends_in_blanks(const HeadRecord& record, size_t width) {
  return std::all_of(record.cells.begin() + static_cast<long>(std::min(width, record.cells.size())), record.cells.end(),
                     [](std::string_view cell) { return is_blank(cell); });
}

// "Period:;01/07/2026": a label with what it says, which the names of columns are not.
bool is_label_line(const HeadRecord& record, size_t width) {
  if (record.cells.empty()) return false;
  const std::string_view first = trim(record.cells[0]);
  if (first.ends_with(':')) return true;
  return filled(record) < width && data_cells(record) > 0;
}

}  // namespace

std::vector<HeadRecord> head_records(std::string_view head, char delimiter, char line_end, size_t most) {
  std::vector<HeadRecord> out;
  uint64_t line = 1;
  for (size_t at = 0; at < head.size() && out.size() < most;) {
    HeadRecord record{.at = at, .line = line};
    bool is_open = true;
    while (is_open) {
      const bool is_quoted = at < head.size() && head[at] == '"';
      size_t from = at;
      if (is_quoted) {
        from = ++at;
        while (at < head.size() && (head[at] != '"' || (at + 1 < head.size() && head[at + 1] == '"'))) {
          line += head[at] == line_end;
          at += head[at] == '"' ? 2 : 1;
        }
        if (at >= head.size()) return out;
      }
      const size_t quote = at;
      while (at < head.size() && head[at] != delimiter && head[at] != line_end) ++at;
      std::string_view cell = head.substr(from, (is_quoted ? quote : at) - from);
      record.cells.push_back(trim(cell));
      is_open = at < head.size() && head[at] == delimiter;
      if (at < head.size()) ++at;
    }
    ++line;
    if (record.cells.size() > 1 || !record.cells[0].empty()) out.push_back(std::move(record));
  }
  return out;
}

std::optional<SeparatorLine> separator_line(std::string_view head) {
  const size_t end = std::min(head.find_first_of("\r\n"), head.size());
  std::string_view line = head.substr(0, end);
  if (line.size() > 2 && line.front() == '"' && line.back() == '"') line = line.substr(1, line.size() - 2);
  if (line.size() != 5 || fold_case(line.substr(0, 4)) != "sep=") return std::nullopt;
  size_t size = end;
  if (size < head.size() && head[size] == '\r') ++size;
  if (size < head.size() && head[size] == '\n') ++size;
  return SeparatorLine{.delimiter = line[4], .size = size};
}

size_t width_of(std::span<const HeadRecord> records) {
  std::map<size_t, size_t> tally;
  for (const HeadRecord& record : records)
    if (record.cells.size() > 1) ++tally[record.cells.size()];
  size_t width = 0, most = 0;
  for (const auto& [cells, times] : tally)
    if (times >= most) width = cells, most = times;
  return width;
}

size_t header_among(std::span<const HeadRecord> records) {
  const size_t width = width_of(records);
  if (width < 2) return 0;
  const size_t until = std::min(records.size(), kMostAbove + 1);
  size_t first = 0;
  while (first < until && !is_full(records[first], width)) ++first;
  if (first == until) return 0;
  const HeadRecord& found = records[first];
  // Prose with more or fewer marks than the table has columns, or a label: names of columns may stand below.
  if (found.cells.size() < width || !ends_in_blanks(found, width) || is_label_line(found, width)) {
    for (size_t i = first + 1; i < until; ++i) {
      const HeadRecord& record = records[i];
      const bool has_names = record.cells.size() == width && is_full(record, width) && data_cells(record) == 0;
      if (has_names && i + 1 < records.size() && data_cells(records[i + 1]) > 0) return i;
    }
  }
  // What stands there are data: then names that are hardly there are better than none.
  return data_cells(found) * 2 >= filled(found) ? 0 : first;
}

bool is_totals_row(const Row& row) {
  const auto first = std::ranges::find_if(row.fields, [](const Field& field) { return !trim(field.text).empty(); });
  if (first == row.fields.end()) return false;
  std::string_view word = trim(first->text);
  constexpr std::string_view kBeginnings = "tTgGsSzZiIoOrR";
  if (word.size() > 40 || kBeginnings.find(word.front()) == std::string_view::npos) return false;
  word = trim(word.substr(0, word.find('(')));
  while (word.ends_with(':')) word = trim(word.substr(0, word.size() - 1));
  if (std::ranges::none_of(kTotals, [word](std::string_view total) { return folds_to(word, total); })) return false;
  bool has_blank = first != row.fields.begin();
  for (auto field = first + 1; field != row.fields.end(); ++field) {
    const std::string_view text = trim(field->text);
    if (is_blank(text)) {
      has_blank = true;
      continue;
    }
    for (const TimeForm form : {TimeForm::Iso, TimeForm::DayMonth, TimeForm::MonthDay, TimeForm::MonthName})
      if (parse_time(text, form)) return false;
    if (clean_email(text)) return false;
  }
  return has_blank;
}

bool begins_foot(const Row& row) {
  if (row.fields.empty()) return false;
  if (is_totals_row(row)) return true;
  const std::string_view text = trim(row.fields[0].text);
  if (row.fields.size() > 1 || text.empty()) return false;
  const bool has_mark =
      text.front() == '(' || text.front() == '#' || text.front() == '-' || text.front() == '=' || text.front() == '*';
  return has_mark || (text.find(' ') != std::string_view::npos && !is_data(text));
}

void LeftOut::separator(char mark) {
  head_.push_back(fmt::format("line 1 is Excel's separator line (sep={})",
                              mark == '\t' ? std::string("tab") : std::string(1, mark)));
}

namespace {

std::string lines_text(uint64_t from, uint64_t to, std::string_view where, std::string_view first) {
  return fmt::format("{} {} {} left out: '{}'",
                     from == to ? fmt::format("line {}", from) : fmt::format("lines {} to {}", from, to), where,
                     from == to ? "is" : "are", repair_utf8(trim(first).substr(0, kShown)));
}

}  // namespace

void LeftOut::above(uint64_t from, uint64_t to, std::string_view first) {
  head_.push_back(lines_text(from, to, "above the names of the columns", first));
}
void LeftOut::below(uint64_t from, uint64_t to, std::string_view first) {
  foot_.push_back(lines_text(from, to, "below the table", first));
}

void LeftOut::totals(const Row& row) {
  note(totals_, row.line);
  if (!first_totals_.empty()) return;
  for (const Field& field : row.fields) {
    const std::string_view text = trim(field.text);
    if (!text.empty()) first_totals_ += (first_totals_.empty() ? "" : ", ") + std::string(text);
  }
  first_totals_ = repair_utf8(std::string_view(first_totals_).substr(0, kShown));
}

void LeftOut::note(Lines& lines, uint64_t line) {
  ++lines.count;
  if (lines.first.size() < kLinesNamed) lines.first.push_back(line);
}

std::vector<std::string> LeftOut::sentences() const {
  std::vector<std::string> out = head_;
  const auto say = [&out](const Lines& lines, std::string_view one, std::string_view many, std::string_view first) {
    if (lines.count == 0) return;
    out.push_back(fmt::format(
        "{} {} left out (line{} {}{}){}", lines.count == 1 ? std::string(one) : fmt::format("{} {}", lines.count, many),
        lines.count == 1 ? "is" : "are", lines.count == 1 ? "" : "s", fmt::join(lines.first, ", "),
        lines.count > lines.first.size() ? " ..." : "", first.empty() ? std::string() : fmt::format(": '{}'", first)));
  };
  say(headers_, "a line that repeats the names of the columns", "lines that repeat the names of the columns", "");
  say(totals_, "a row of totals", "rows of totals", first_totals_);
  out.insert(out.end(), foot_.begin(), foot_.end());
  return out;
}

}  // namespace tessera::formats
