#include "formats/plan.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"

namespace tessera::formats {
namespace {

bool names_an_id(std::string_view name) {
  const std::string plain = plain_name(name);
  for (const std::string_view end :
       {"id", "sku", "zip", "plz", "postcode", "postalcode", "zipcode", "phone", "code", "number", "nummer", "nr",
        "codepostal", "codigopostal", "telefon", "ean", "gtin"}) {
    if (plain.ends_with(end)) return true;
  }
  return false;
}

// A number, unless it is written like a code or its name says so.
ValueType infer_type(const Binding& binding, const ColumnProfile& column) {
  const bool money = binding.role == Role::Item &&
                     (binding.target == "quantity" || binding.target == "price" || binding.target == "amount");
  if (money) return ValueType::Number;
  if (binding.role == Role::Item && (binding.target == "product_id" || binding.target == "sku" ||
                                     binding.target == "name" || binding.target == "category")) {
    return ValueType::Text;
  }
  if (column.values == 0) return ValueType::Text;
  if (column.is_truth()) return ValueType::Truth;
  if (column.is_numeric() && column.numbers.padded == 0 && !names_an_id(binding.column)) return ValueType::Number;
  if (column.is_time() && column.times.reads[static_cast<size_t>(TimeForm::Compact)] == 0 && !column.is_numeric()) {
    return ValueType::Time;
  }
  return ValueType::Text;
}

bool is_slashed(TimeForm form) {
  return form == TimeForm::DayMonth || form == TimeForm::MonthDay;
}

// The forms a column's times are written in. Presets and guesses alike: by the values, never by the first row alone.
Result<std::vector<TimeForm>> forms_of(const ColumnProfile& column, const PlanOptions& options, const std::string& file,
                                       const std::string& header) {
  const TimeEvidence& times = column.times;
  const auto reads = [&times](TimeForm form) { return times.reads[static_cast<size_t>(form)]; };
  const size_t slashed = std::max(reads(TimeForm::DayMonth), reads(TimeForm::MonthDay));
  std::vector<TimeForm> forms;
  std::vector<std::string> described;
  for (size_t i = 0; i < kTimeForms; ++i) {
    const TimeForm form = static_cast<TimeForm>(i);
    if (reads(form) == 0 || is_slashed(form)) continue;
    forms.push_back(form);
    described.push_back(fmt::format("{} ({} values)", name_of(form), reads(form)));
  }
  if (slashed > 0) described.push_back(fmt::format("day and month in numbers ({} values)", slashed));
  const std::string place = fmt::format("{}: column '{}'", header, column.name);
  const auto examples = join(column.examples, "', '");
  if (described.empty()) {
    return fail(
        fmt::format("no value of the column can be read as a time: '{}'", examples),
        column.untimely_line == 0 ? place : fmt::format("{}:{}: column '{}'", file, column.untimely_line, column.name),
        look_and_say(file, "time=OTHER_COLUMN,..."));
  }
  if (slashed > 0) {
    const bool day = options.dates == DateOrder::DayMonth, month = options.dates == DateOrder::MonthDay;
    if (!day && !month && times.day_first > 0 && times.month_first > 0) {
      return fail(fmt::format("some dates have the day first ({}), some the month ({}): '{}'", times.day_first,
                              times.month_first, examples),
                  place, try_again().option("--dates", "dmy").note("or mdy: the others become rejects"));
    }
    const bool is_dotted = times.day_first + times.month_first == 0 && times.dotted == reads(TimeForm::DayMonth);
    if (!day && !month && times.day_first == 0 && times.month_first == 0 && !is_dotted) {
      return fail(fmt::format("'{}': day or month first? No value is above 12 in either place", examples), place,
                  try_again().option("--dates", "dmy").note("or mdy"));
    }
    if (day || (!month && (times.day_first > 0 || is_dotted))) {
      forms.push_back(TimeForm::DayMonth);
    } else {
      forms.push_back(TimeForm::MonthDay);
    }
  }
  // Stray values of another form (at most 1 in 100) become rejects; more of them means that nobody should guess.
  if (described.size() > 1 && options.dates == DateOrder::Unsaid && times.best() * 100 < times.values * 99) {
    return fail(fmt::format("dates are written in {} forms: {}; for example '{}'", described.size(),
                            join(described, ", "), examples),
                place, try_again().option("--dates", "dmy").note("or mdy: each value is then read in its own form"));
  }
  if (options.dates == DateOrder::Unsaid && forms.size() > 1) {
    std::stable_sort(forms.begin(), forms.end(), [&](TimeForm a, TimeForm b) { return reads(a) > reads(b); });
    forms.resize(1);
  }
  return forms;
}

// An instant beside the order's own: by its values or, where they leave it open, as the order's time is written.
void settle_instants(Plan& plan, const TableProfile& profile, const PlanOptions& options, const std::string& file) {
  const auto time = std::ranges::find(plan.columns, Role::Time, [](const ColumnPlan& c) { return c.binding.role; });
  for (ColumnPlan& column : plan.columns) {
    if (!is_of_order_state(column.binding.role) || column.binding.role == Role::Cancelled) continue;
    column.type = ValueType::Time;
    const auto forms = forms_of(profile.columns[column.column], options, file, profile.header_of(file));
    if (forms) {
      column.forms = *forms;
    } else if (time != plan.columns.end()) {
      column.forms = time->forms;
    }
  }
}

// "Created (UTC)", "created_at_utc": the name of a column that says its zone.
bool says_utc(std::string_view column) {
  const std::string folded = fold_case(trim(column));
  return folded.ends_with("(utc)") || folded.ends_with("(gmt)") || folded.ends_with(" utc") ||
         folded.ends_with("_utc") || folded.ends_with("-utc") || folded.ends_with("_gmt") || folded.ends_with(" gmt");
}

// Times without an offset need a zone; a date alone does not, but says nothing about hours either.
Result<void> settle_zone(Plan& plan, const TableProfile& profile, const PlanOptions& options, const std::string& file) {
  const ColumnPlan* time = nullptr;
  bool has_clock_column = false, has_zone_column = false;
  for (const ColumnPlan& column : plan.columns) {
    if (column.binding.role == Role::Time && !time) time = &column;
    has_clock_column |= column.binding.role == Role::Clock;
    has_zone_column |= column.binding.role == Role::ZoneName;
  }
  if (options.zone && *options.zone != "none") {
    plan.zone = TRY(Zone::named(*options.zone));
    plan.zone_known = true;
    plan.notes.push_back(fmt::format("times without an offset are read in {}", *options.zone));
    return {};
  }
  if (!time) return {};
  if (says_utc(time->binding.column)) {
    plan.zone = Zone::utc();
    plan.zone_known = true;
    plan.notes.push_back(fmt::format("times are in UTC, as the name of column '{}' says", time->binding.column));
    return {};
  }
  const TimeEvidence& times = profile.columns[time->column].times;
  if (times.values > 0 && times.with_offset == times.values) {
    plan.zone_known = true;
    return {};
  }
  if (has_zone_column) {
    plan.zone_known = true;
    return {};
  }
  const bool has_clock = times.with_clock > 0 || has_clock_column;
  if (has_clock && !options.zone && !options.zone_may_be_unknown) {
    const std::string example = profile.columns[time->column].examples.empty()
                                    ? ""
                                    : fmt::format(" (for example '{}')", profile.columns[time->column].examples[0]);
    return fail(fmt::format("the times say no zone{}", example),
                fmt::format("{}: column '{}'", profile.header_of(file), time->binding.column),
                try_again()
                    .option("--zone", "Europe/London")
                    .note("or UTC; or none: nothing about the hour of the day will be used"));
  }
  plan.notes.push_back(has_clock
                           ? "the zone of the times is not known: they are kept as written, and nothing about the "
                             "hour of the day is used; --zone says it"
                           : "the times are dates alone: nothing about the hour of the day is used");
  return {};
}

}  // namespace

Result<Plan> settle(Mapping mapping, const TableProfile& profile, const PlanOptions& options, const std::string& file) {
  Plan plan{.mapping = std::move(mapping)};
  plan.currency = options.currency.empty() ? plan.mapping.currency : options.currency;
  for (const Binding& binding : plan.mapping.bindings) {
    if (binding.role == Role::Ignore) continue;
    const auto found = std::find_if(profile.columns.begin(), profile.columns.end(),
                                    [&](const ColumnProfile& column) { return column.name == binding.column; });
    if (found == profile.columns.end()) continue;  // JSON: a column that the sample has not shown
    ColumnPlan column{.binding = binding, .column = static_cast<size_t>(found - profile.columns.begin())};
    column.type = binding.type == ValueType::Auto ? infer_type(binding, *found) : binding.type;
    column.mark = options.decimals.value_or(found->numbers.mark(options.semicolons));
    column.float_ids = found->numbers.float_ids > 0 && found->numbers.float_ids == found->values;
    if (binding.role == Role::Time) {
      column.type = ValueType::Time;
      if (found->values > 0) column.forms = TRY(forms_of(*found, options, file, profile.header_of(file)));
    } else if (column.type == ValueType::Time && found->values > 0) {
      // A property that cannot be settled stays text: only the row's own time may stop an import.
      const auto forms = forms_of(*found, options, file, profile.header_of(file));
      if (forms) {
        column.forms = *forms;
      } else {
        column.type = ValueType::Text;
      }
    }
    plan.columns.push_back(std::move(column));
  }
  if (plan.mapping.rows == RowMeans::OrderLine) settle_instants(plan, profile, options, file);
  TRY(settle_zone(plan, profile, options, file));
  return plan;
}

}  // namespace tessera::formats
