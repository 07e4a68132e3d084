#include "profiles/money.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "core/number_in_text.hpp"
#include "core/parallel.hpp"
#include "profiles/money_names.hpp"

namespace tessera::profiles {

namespace {

constexpr size_t kGrain = 1 << 14;  // rows: a conversion costs some hundred ns

const Column* currencies_of(const Stream& stream) {
  return stream.column(kCurrencyProperty, PropertyType::Text, false);
}

// The currencies that the rows of a stream name, each once.
class Named {
 public:
  Named(const Stream& stream, const Dictionary& dictionary, const MoneyBook& book, uint32_t from)
      : stream_(stream), column_(currencies_of(stream)), book_(book) {
    if (!column_) return;
    for (size_t row = from; row < stream.rows(); ++row)
      if (const TextId id = column_->texts[row]; id > kClearedText && id != last_) {
        last_ = id;
        if (const auto [at, is_new] = codes_.try_emplace(id); is_new) at->second = currency_named(dictionary.text(id));
      }
  }

  // Of a row; empty: what the amounts are in is not said and not known, so they are what is asked for.
  std::string_view of(size_t row) const {
    if (column_)
      if (const TextId id = column_->texts[row]; id > kClearedText)
        if (const std::string& code = codes_.find(id)->second; !code.empty()) return code;
    return stream_.seq[row] < book_.first_named && !book_.is_set ? std::string_view() : std::string_view(book_.home);
  }

  bool are_all(std::string_view currency, uint32_t from) const {
    for (size_t row = from; row < stream_.rows(); ++row)
      if (const std::string_view own = of(row); !own.empty() && own != currency) return false;
    return true;
  }

 private:
  const Stream& stream_;
  const Column* column_;
  const MoneyBook& book_;
  TextId last_ = kAbsentText;
  std::unordered_map<TextId, std::string> codes_;
};

bool is_of(const Column& column, const MoneyWant& want) {
  if (!column.currency.empty() || column.type == PropertyType::Bool) return false;
  if (column.property == want.property) return true;
  return column.is_list && column.property.size() > want.property.size() + 1 &&
         column.property.ends_with(want.property) &&
         column.property[column.property.size() - want.property.size() - 1] == '.';
}

// An element as a number: of a text what it reads as.
int64_t number_at(const Column& column, const Dictionary& dictionary, size_t at) {
  if (column.type == PropertyType::Number) return column.numbers[at];
  const TextId id = column.texts[at];
  if (id <= kClearedText) return id == kClearedText ? kClearedNumber : kAbsentNumber;
  const auto number = number_in_text(dictionary.text(id));
  return number ? number->micros : kAbsentNumber;
}

}  // namespace

bool MoneyBook::note(std::string_view currency, Seq seq) {
  if (!home.empty()) return false;
  home = currency_named(currency);
  if (home.empty()) return false;
  first_named = seq;
  return true;
}

MoneyBook book_of(const History& history) {
  MoneyBook out;
  for (const Stream& stream : history.streams) {
    const Column* column = stream.is_counted() ? currencies_of(stream) : nullptr;
    if (!column) continue;
    for (size_t row = 0; row < stream.rows(); ++row) {
      const TextId id = column->texts[row];
      if (id <= kClearedText || stream.seq[row] >= out.first_named) continue;
      std::string named = currency_named(history.dictionary.text(id));
      if (named.empty()) continue;
      out.home = std::move(named);
      out.first_named = stream.seq[row];
    }
  }
  return out;
}

void add_converted_columns(Stream& stream, std::span<const MoneyWant> wants) {
  const size_t came = stream.columns.size();
  for (size_t c = 0; c < came; ++c)
    for (const MoneyWant& want : wants) {
      if (!is_of(stream.columns[c], want)) continue;
      Column made{.property = stream.columns[c].property,
                  .type = PropertyType::Number,
                  .is_list = stream.columns[c].is_list,
                  .currency = want.currency,
                  .from = static_cast<uint32_t>(c)};
      if (made.is_list) made.list_first.push_back(0);
      const bool is_there = std::ranges::any_of(stream.columns, [&](const Column& known) {
        return known.currency == made.currency && known.from == made.from;
      });
      if (!is_there) stream.columns.push_back(std::move(made));
    }
}

void convert_rows(Stream& stream, const Dictionary& dictionary, const MoneyBook& book, uint32_t from) {
  const auto is_made = [](const Column& column) { return !column.currency.empty(); };
  if (std::ranges::none_of(stream.columns, is_made)) return;
  const Named named(stream, dictionary, book, from);
  const auto rows = static_cast<uint32_t>(stream.rows());
  for (Column& out : stream.columns) {
    if (!is_made(out)) continue;
    const Column& came = stream.columns[out.from];
    if (out.is_list) out.list_first.assign(came.list_first.begin(), came.list_first.begin() + rows + 1);
    out.numbers.resize(out.is_list ? came.list_first[rows] : rows);
    const std::string_view wanted = book.resolved(out.currency);
    parallel_for(rows - from, kGrain, [&](size_t low, size_t high) {
      for (size_t row = from + low; row < from + high; ++row) {
        const size_t first = out.is_list ? came.list_first[row] : row;
        const size_t last = out.is_list ? came.list_first[row + 1] : row + 1;
        const std::string_view own = named.of(row);
        for (size_t at = first; at < last; ++at) {
          int64_t number = number_at(came, dictionary, at);
          if (number > kClearedNumber && !own.empty())
            number = book.rates->convert(number, own, wanted, stream.time[row]).value_or(kAbsentNumber);
          out.numbers[at] = number;
        }
      }
    });
  }
}

void add_conversions(History& history, std::span<const MoneyWant> wants, const MoneyBook& book) {
  if (wants.empty() || book.home.empty()) return;
  for (Stream& stream : history.streams) {
    if (!stream.is_counted()) continue;
    const Named named(stream, history.dictionary, book, 0);
    std::vector<MoneyWant> needed;
    for (const MoneyWant& want : wants)
      if (std::ranges::any_of(stream.columns, [&](const Column& column) { return is_of(column, want); }) &&
          !named.are_all(book.resolved(want.currency), 0))
        needed.push_back(want);
    add_converted_columns(stream, needed);
    convert_rows(stream, history.dictionary, book, 0);
  }
}

}  // namespace tessera::profiles
