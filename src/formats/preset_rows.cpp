#include "formats/preset_rows.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/text.hpp"
#include "formats/values.hpp"

namespace tessera::formats {
namespace {

bool is_below_zero(std::string_view text) {
  for (const DecimalMark mark : {DecimalMark::Point, DecimalMark::Comma}) {
    const ParsedNumber number = parse_amount(text, mark);
    if (!number.flaw && number.number.micros < 0) return true;
  }
  return false;
}

// A When over the columns of a file: words are folded once.
class Test {
 public:
  Test(const When& when, const std::vector<std::string>& columns)
      : is_always_(when.column.empty() && when.words.empty()) {
    const std::string* column = when.column.empty() ? nullptr : find_column(when.column, columns);
    if (!column) return;
    column_ = static_cast<size_t>(column - columns.data());
    for (const std::string_view word : split(when.words, '|')) {
      if (word == "<0") {
        below_zero_ = true;
      } else if (word == "blank") {
        blank_ = true;
      } else if (word.starts_with('~')) {
        parts_.push_back(plain_name(word));
      } else {
        words_.push_back(plain_name(word));
      }
    }
  }
  bool holds(const Row& row) const {
    if (!column_) return is_always_;
    const std::string_view text = row.at(*column_).text;
    if (blank_ && is_blank(text)) return true;
    if (below_zero_ && is_below_zero(text)) return true;
    if (words_.empty() && parts_.empty()) return false;
    const std::string plain = plain_name(text);
    return std::ranges::find(words_, plain) != words_.end() ||
           std::ranges::any_of(parts_, [&](const std::string& part) { return plain.find(part) != std::string::npos; });
  }

 private:
  bool is_always_, below_zero_ = false, blank_ = false;
  std::optional<size_t> column_;
  std::vector<std::string> words_, parts_;
};

class PresetRows final : public RowReader {
 public:
  PresetRows(std::unique_ptr<RowReader> rows, const Preset& preset, LeftOutSink left_out)
      : rows_(std::move(rows)), columns_(rows_->columns()), width_(columns_.size()), left_out_(std::move(left_out)) {
    for (const NoRow& rule : preset.no_rows)
      rules_.push_back({Test(rule.when, columns_), Test(rule.unless, columns_), rule.why, rule.repeats_money});
    for (const MadeColumn& made : preset.made) {
      auto& cases = made_.emplace_back();
      for (const MadeCase& each : made.cases) {
        const std::string* from = each.gives.starts_with('=') ? nullptr : find_column(each.gives, rows_->columns());
        cases.push_back(
            {.when = Test(each.when, rows_->columns()),
             .column = from ? std::optional(static_cast<size_t>(from - rows_->columns().data())) : std::nullopt,
             .text = each.gives.starts_with('=') ? each.gives.substr(1) : std::string_view()});
      }
      columns_.emplace_back(made.name);
    }
  }

  const std::vector<std::string>& columns() const override { return columns_; }
  uint64_t consumed() const override { return rows_->consumed(); }
  char delimiter() const override { return rows_->delimiter(); }
  Surroundings surroundings() const override {
    Surroundings out = rows_->surroundings();
    for (const Rule& rule : rules_)
      if (rule.count > 0)
        out.notes.push_back(fmt::format("{} {} left out, first line {}: {}", rule.count,
                                        rule.count == 1 ? "row is" : "rows are", rule.line, rule.why));
    return out;
  }

  Result<bool> next(Row& row) override {
    while (TRY(rows_->next(row))) {
      if (is_left_out(row)) continue;
      row.fields.resize(width_);
      for (const auto& cases : made_) row.fields.push_back(made(cases, row));
      return true;
    }
    return false;
  }

 private:
  struct Rule {
    Test when, unless;
    std::string_view why;
    bool repeats_money = false;
    uint64_t count = 0, line = 0;
  };
  struct Case {
    Test when;
    std::optional<size_t> column;
    std::string_view text;
  };

  bool is_left_out(const Row& row) {
    for (Rule& rule : rules_) {
      if (!rule.when.holds(row) || rule.unless.holds(row)) continue;
      if (rule.count++ == 0) rule.line = row.line;
      if (left_out_ && !rule.repeats_money) left_out_(row);
      return true;
    }
    return false;
  }
  static Field made(const std::vector<Case>& cases, const Row& row) {
    for (const Case& each : cases) {
      if (!each.when.holds(row)) continue;
      return each.column ? row.at(*each.column) : Field{each.text, FieldKind::Text};
    }
    return {};
  }

  std::unique_ptr<RowReader> rows_;
  std::vector<std::string> columns_;
  size_t width_;
  LeftOutSink left_out_;
  std::vector<Rule> rules_;
  std::vector<std::vector<Case>> made_;
};

}  // namespace

std::unique_ptr<RowReader> rows_of_preset(std::unique_ptr<RowReader> rows, const Preset& preset, LeftOutSink left_out) {
  if (preset.made.empty() && preset.no_rows.empty()) return rows;
  return std::make_unique<PresetRows>(std::move(rows), preset, std::move(left_out));
}

}  // namespace tessera::formats
