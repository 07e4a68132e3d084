#include "ingest/joined_files.hpp"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "core/text.hpp"
#include "formats/guess_words.hpp"

namespace tessera::ingest {
namespace {

using formats::Field;
using formats::Row;
using formats::RowReader;

// The column that plainly says the meaning.
std::optional<std::string> column_for(const TableFile& file, formats::Role role, std::string_view target = {}) {
  const std::string_view words = formats::meaning_of(role, target).words;
  for (const std::string& column : file.columns)
    if (formats::name_score(words, formats::bare_name(column)) >= formats::kPlain) return column;
  return std::nullopt;
}

// What a file speaks of, by its columns.
struct Kind {
  std::optional<std::string> order, customer, product;
  bool has_time = false, has_email = false, has_things = false;

  explicit Kind(const TableFile& file)
      : order(column_for(file, formats::Role::Order)),
        customer(column_for(file, formats::Role::Customer)),
        product(column_for(file, formats::Role::Item, "product_id")),
        has_email(column_for(file, formats::Role::Email, "email").has_value()) {
    has_things = product || column_for(file, formats::Role::Item, "price") ||
                 column_for(file, formats::Role::Item, "quantity") || column_for(file, formats::Role::Item, "name");
    const std::string_view times = formats::meaning_of(formats::Role::Time).words;
    has_time = std::ranges::any_of(file.columns, [&](const std::string& column) {
      return formats::name_score(times, formats::bare_name(column)) > 0;
    });
  }
  bool is_lines() const { return order && has_things && !customer && !has_email; }
  bool is_orders() const { return order && (customer || has_email) && has_time; }
  bool is_customers() const { return customer && !order; }
  bool is_products() const { return product && !order && !customer; }
};

// All columns that plainly say a customer's id.
std::vector<std::string> customer_columns(const TableFile& file) {
  std::vector<std::string> out;
  for (const std::string& column : file.columns)
    if (formats::name_score(formats::meaning_of(formats::Role::Customer).words, formats::bare_name(column)) >=
        formats::kPlain)
      out.push_back(column);
  return out;
}

bool has(const TableFile& file, const std::string& column) {
  return std::ranges::find(file.columns, column) != file.columns.end();
}

// Rows kept by a key; of several the first.
struct Lookup {
  std::unordered_map<std::string, std::vector<std::string>> rows;
  std::unordered_map<std::string, bool> asked;
  std::vector<size_t> columns;  // that are handed on
  size_t key_here = 0;          // among the columns joined so far
  bool keeps_single = false;
};

class JoinedRows final : public RowReader {
 public:
  explicit JoinedRows(std::unique_ptr<RowReader> lines) : lines_(std::move(lines)), columns_(lines_->columns()) {}

  Result<void> add(RowReader& rows, const Join& join) {
    Lookup lookup{.keeps_single = join.keeps_single};
    const auto at = [&](const std::vector<std::string>& in) {
      return static_cast<size_t>(std::ranges::find(in, join.key) - in.begin());
    };
    lookup.key_here = at(columns_);
    const size_t key = at(rows.columns());
    for (size_t i = 0; i < rows.columns().size(); ++i) {
      if (std::ranges::find(columns_, rows.columns()[i]) != columns_.end()) continue;
      lookup.columns.push_back(i);
      columns_.push_back(rows.columns()[i]);
    }
    Row row;
    while (TRY(rows.next(row))) {
      const std::string id(trim(row.at(key).text));
      const auto [kept, is_new] = lookup.rows.try_emplace(id);
      if (!is_new || id.empty()) continue;
      for (const size_t column : lookup.columns) kept->second.emplace_back(row.at(column).text);
    }
    lookups_.push_back(std::move(lookup));
    return {};
  }

  const std::vector<std::string>& columns() const override { return columns_; }
  uint64_t consumed() const override { return lines_->consumed(); }
  char delimiter() const override { return lines_->delimiter(); }
  formats::Surroundings surroundings() const override { return lines_->surroundings(); }

  Result<bool> next(Row& row) override {
    if (!are_lines_over_) {
      if (TRY(lines_->next(row))) {
        for (size_t l = 0; l < lookups_.size(); ++l) extend(row, l);
        return true;
      }
      are_lines_over_ = true;
      for (const Lookup& lookup : lookups_)
        if (lookup.keeps_single)
          for (const auto& [id, fields] : lookup.rows)
            if (!id.empty() && !lookup.asked.contains(id)) single_.push_back(&id);
      // In the order of the ids: the order of a hash is nobody's.
      std::ranges::sort(single_, {}, [](const std::string* id) { return *id; });
    }
    return next_single(row);
  }

 private:
  void extend(Row& row, size_t l) {
    Lookup& lookup = lookups_[l];
    const std::string id(trim(row.at(lookup.key_here).text));
    const auto found = lookup.rows.find(id);
    if (found == lookup.rows.end() || id.empty()) {
      row.fields.resize(row.fields.size() + lookup.columns.size());
      return;
    }
    if (lookup.keeps_single) lookup.asked.try_emplace(id, true);
    for (const std::string& text : found->second) row.fields.push_back({text, formats::FieldKind::Text});
  }
  // Orders without lines, each by its own fields and what is joined onto them.
  bool next_single(Row& row) {
    if (at_single_ == single_.size()) return false;
    const std::string& id = *single_[at_single_++];
    row.line = 0;
    row.raw = id;
    row.fields.assign(lines_->columns().size(), {});
    for (size_t l = 0; l < lookups_.size(); ++l) {
      if (lookups_[l].keeps_single) row.fields[lookups_[l].key_here] = {id, formats::FieldKind::Text};
      extend(row, l);
    }
    return true;
  }

  std::unique_ptr<RowReader> lines_;
  std::vector<std::string> columns_;
  std::vector<Lookup> lookups_;
  bool are_lines_over_ = false;
  std::vector<const std::string*> single_;
  size_t at_single_ = 0;
};

}  // namespace

bool JoinPlan::uses(size_t file) const {
  return file == lines || std::ranges::find(joins, file, &Join::file) != joins.end();
}

std::optional<JoinPlan> plan_join(std::span<const TableFile> files) {
  std::vector<Kind> kinds;
  for (const TableFile& file : files) kinds.emplace_back(file);
  std::optional<size_t> lines, orders;
  for (size_t i = 0; i < files.size(); ++i) {
    if (!lines && kinds[i].is_lines()) lines = i;
    if (!orders && kinds[i].is_orders()) orders = i;
  }
  if (!lines || !orders || !has(files[*orders], *kinds[*lines].order)) return std::nullopt;
  JoinPlan plan{.lines = *lines};
  plan.joins.push_back({.file = *orders, .key = *kinds[*lines].order, .keeps_single = true});
  for (size_t i = 0; i < files.size(); ++i) {
    if (plan.uses(i)) continue;
    // Customers say more than their own import would where an id of theirs leads to another, the person's.
    if (kinds[i].is_customers()) {
      const auto ids = customer_columns(files[i]);
      const auto key =
          std::ranges::find_if(ids, [&](const std::string& column) { return has(files[*orders], column); });
      if (key != ids.end() && ids.size() > 1) plan.joins.push_back({.file = i, .key = *key});
    } else if (kinds[i].is_products() && has(files[*lines], *kinds[i].product)) {
      plan.joins.push_back({.file = i, .key = *kinds[i].product});
    }
  }
  return plan;
}

Result<std::unique_ptr<RowReader>> join_rows(std::unique_ptr<RowReader> lines,
                                             std::vector<std::unique_ptr<RowReader>> looked_up,
                                             const std::vector<Join>& joins) {
  auto joined = std::make_unique<JoinedRows>(std::move(lines));
  for (size_t i = 0; i < joins.size(); ++i) TRY(joined->add(*looked_up[i], joins[i]));
  return std::unique_ptr<RowReader>(std::move(joined));
}

}  // namespace tessera::ingest
