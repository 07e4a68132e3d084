#include "profiles/home_amounts.hpp"

#include <map>
#include <tuple>

#include "core/number_in_text.hpp"
#include "profiles/money_names.hpp"

namespace tessera::profiles {

namespace {

class HomeReading {
 public:
  HomeReading(History& history, const MoneyBook& book) : history_(history), book_(book) {}

  void read(Stream& stream, std::span<const MoneyWant> wants) {
    const Column* named = stream.column(kCurrencyProperty, PropertyType::Text, false);
    if (!named) return;  // all of the record's
    currencies_ = named->texts;
    std::vector<MoneyWant> others;
    for (const MoneyWant& want : wants)
      if (book_.resolved(want.currency) != book_.home) others.push_back(want);
    add_converted_columns(stream, others);
    convert_rows(stream, history_.dictionary, book_, 0);
    for (Column& column : stream.columns)
      if (column.currency.empty() && column.type != PropertyType::Bool && is_money(column.property))
        read(stream, column);
  }

  std::vector<LeftOut> left_out() && {
    std::vector<LeftOut> out;
    for (auto& [key, one] : left_out_) out.push_back(std::move(one));
    return out;
  }

 private:
  void read(const Stream& stream, Column& column) {
    TextId last = kAbsentText;
    std::string currency;
    for (size_t row = 0; row < stream.rows(); ++row) {
      const TextId id = currencies_[row];
      if (id <= kClearedText) continue;
      if (id != last) currency = currency_named(history_.dictionary.text(last = id));
      if (currency.empty() || currency == book_.home) continue;
      const size_t from = column.is_list ? column.list_first[row] : row;
      const size_t to = column.is_list ? column.list_first[row + 1] : row + 1;
      for (size_t at = from; at < to; ++at) convert(stream, row, column, at, currency);
    }
  }

  void convert(const Stream& stream, size_t row, Column& column, size_t at, const std::string& currency) {
    const bool is_number = column.type == PropertyType::Number;
    int64_t came = 0;
    if (is_number) {
      came = column.numbers[at];
      if (came <= kClearedNumber) return;
    } else {
      const auto said =
          column.texts[at] > kClearedText ? number_in_text(history_.dictionary.text(column.texts[at])) : std::nullopt;
      if (!said) return;
      came = said->micros;
    }
    const auto amount = book_.rates->convert(came, currency, book_.home, stream.time[row]);
    if (is_number)
      column.numbers[at] = amount.value_or(kAbsentNumber);
    else
      column.texts[at] = amount ? history_.dictionary.intern(Number{*amount}.text()) : kAbsentText;
    if (amount) return;
    LeftOut& one = left_out_[{stream.event, column.property, currency}];
    if (one.values == 0) one = {stream.event, column.property, currency};
    ++one.values;
    one.sum += came;
  }

  History& history_;
  const MoneyBook& book_;
  std::vector<TextId> currencies_;  // of the stream at hand, by row
  std::map<std::tuple<std::string, std::string, std::string>, LeftOut> left_out_;
};

}  // namespace

void read_in_home(History& history, std::span<const MoneyWant> wants, const MoneyBook& book) {
  history.currency = book.home;
  if (book.home.empty()) return;
  HomeReading reading(history, book);
  for (Stream& stream : history.streams)
    if (stream.is_counted()) reading.read(stream, wants);
  history.left_out = std::move(reading).left_out();
}

}  // namespace tessera::profiles
