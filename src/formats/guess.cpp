#include "formats/guess.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "core/text.hpp"
#include "formats/guess_words.hpp"
#include "formats/presets.hpp"
#include "formats/record_states.hpp"

namespace tessera::formats {
namespace {

constexpr size_t kMostStates = 30;  // different words of a column that is called the state of an order
constexpr size_t kSomeTimes = 5;    // one time in so many values makes a column that may say when
constexpr std::string_view kEndsOfIds[] = {"id", "no", "nr", "number", "num", "nummer", "numero", "ref"};

constexpr std::string_view kNamesOfStates[] = {"status", "state", "statut", "etat", "estado", "stato", "zustand"};

struct Fit {
  int score = 0;  // 0: cannot be
  std::string why;
};

bool is_id_like(const ColumnProfile& column) {
  if (column.is_time() && !column.is_numeric()) return false;
  if (column.is_email()) return true;
  // Amounts have fractions; ids written by spreadsheets end in .0 throughout.
  return column.numbers.fractions == 0 || !column.is_numeric();
}

size_t order_words(const ColumnProfile& column) {
  size_t known = 0;
  for (const std::string& value : column.distinct) known += fate_of_status(value) ? 1 : 0;
  return known;
}

// Whether the values allow the meaning, and how much they speak for it.
Fit value_fit(Values values, const ColumnProfile& column) {
  const std::string examples = column.examples.empty() ? "" : fmt::format(", e.g. '{}'", column.examples[0]);
  if (column.values == 0) return {};  // empty in the whole file: it says nothing, whatever its name
  switch (values) {
    case Values::Number:
      return column.is_numeric() ? Fit{2, "its values are numbers" + examples} : Fit{};
    case Values::Time:
      return column.is_time() ? Fit{3, fmt::format("its values are times{}", examples)} : Fit{};
    case Values::ClockTime:
      return column.clocks == column.values ? Fit{4, "its values are times of the day" + examples} : Fit{};
    case Values::EmailAddress:
      return column.is_email() ? Fit{8, "its values are e-mail addresses"} : Fit{};
    case Values::Text:
      return column.is_numeric() && column.numbers.padded == 0 ? Fit{} : Fit{1, "its values are texts" + examples};
    case Values::Category:
      if (column.is_numeric() || column.is_time()) return {};
      return column.is_category() || column.values < 20
                 ? Fit{2, fmt::format("{} different values{}", column.distinct.size(), examples)}
                 : Fit{};
    case Values::Status:
      return order_words(column) * 2 > column.distinct.size() ? Fit{4, "its values are states of orders" + examples}
                                                              : Fit{};
    case Values::Flag:
      return column.is_truth() || (!column.is_numeric() && !column.is_time())
                 ? Fit{3, "its values say yes or no" + examples}
                 : Fit{};
    case Values::IdLike:
      return is_id_like(column)
                 ? Fit{2, fmt::format("{}{} different values{}", column.distinct.size() >= 500 ? "over " : "",
                                      std::min<size_t>(column.distinct.size(), 500), examples)}
                 : Fit{};
    case Values::Any:
      return {1, {}};
  }
  return {};
}

// A column that is called the state of an order says states, whatever words or codes the shop has for them: what nobody
// knows is asked about.
Fit own_states(const ColumnProfile& column) {
  if (column.values == 0 || column.is_time() || (column.is_numeric() && column.numbers.fractions > 0)) return {};
  if (column.distinct.size() > kMostStates) return {};
  return {3, fmt::format("states of orders, e.g. '{}'", column.examples.empty() ? "" : column.examples[0])};
}

// What is called an amount and is one in most rows: the others are rejects with their places, not lost.
Fit mostly_numbers(const ColumnProfile& column) {
  const size_t read = column.numbers.values - column.numbers.bad;
  if (column.values == 0 || read * 2 < column.numbers.values || column.is_time()) return {};
  return {1, "most of its values are numbers"};
}

struct Candidate {
  int score;
  size_t column, meaning;
  std::string why;
};

class Guess {
  // Long because it is one decision after the other over the same columns, each of which may take one from the next.
 public:
  Guess(const TableProfile& profile, const std::string& file)
      : profile_(profile), file_(file), header_(profile.header_of(file)) {
    for (const ColumnProfile& column : profile.columns) bare_.push_back(bare_name(column.name));
    taken_.resize(profile.columns.size());
  }

  Result<Mapping> mapping() {
    TRY(refuse_data_as_header());
    assign();
    settle_states();
    find_record();
    by_values();
    prefer_repeating_order();
    TRY(refuse_without_time());
    if (!says_who()) TRY(number_the_rows());
    decide_rows();
    if (mapping_.rows == RowMeans::OrderLine) settle_amount();
    if (mapping_.rows != RowMeans::Customer) read_currency_of_names();
    keep_rest();
    mapping_.preset = "guessed";
    std::stable_sort(mapping_.bindings.begin(), mapping_.bindings.end(),
                     [](const Binding& a, const Binding& b) { return a.role < b.role; });
    return std::move(mapping_);
  }

 private:
  bool has(Role role, std::string_view target = {}) const { return mapping_.find(role, target) != nullptr; }
  bool says_who() const { return customer_ || has(Role::Email) || has(Role::Phone) || has(Role::Anonymous); }

  void take(size_t column, Role role, std::string_view target, std::string why) {
    taken_[column] = true;
    if (role == Role::Customer) customer_ = column;
    mapping_.bindings.push_back(
        {profile_.columns[column].name, role, std::string(target), ValueType::Auto, std::move(why)});
  }

  // A first line of numbers, dates or addresses is no header.
  Result<void> refuse_data_as_header() const {
    size_t names_like_data = 0;
    for (const ColumnProfile& column : profile_.columns) {
      ColumnProfile name;
      name.add({column.name, FieldKind::Text});
      names_like_data += name.is_numeric() || name.is_time() || name.emails > 0 ? 1 : 0;
    }
    if (profile_.columns.size() < 2 || names_like_data * 2 < profile_.columns.size()) return {};
    std::string names = "customer,time,amount";
    for (size_t i = 3; i < profile_.columns.size(); ++i) names += fmt::format(",column_{}", i + 1);
    return fail(fmt::format("the first line looks like data, not like the names of columns: '{}', '{}'",
                            profile_.columns[0].name, profile_.columns[1].name),
                header_,
                try_shell("sed -i.bak").argument("1i " + names).argument(file_).note("put the right names in"));
  }

  void assign() {
    std::vector<Candidate> candidates;
    for (size_t c = 0; c < profile_.columns.size(); ++c) {
      const bool is_personal = is_personal_date(bare_[c]);
      for (size_t m = 0; m < meanings().size(); ++m) {
        const Meaning& meaning = meanings()[m];
        if (is_personal && meaning.role == Role::Time) continue;
        const int by_name = name_score(meaning.words, bare_[c]);
        Fit fit = value_fit(meaning.values, profile_.columns[c]);
        if (meaning.role == Role::Status && fit.score == 0 && by_name == kPlainest)
          fit = own_states(profile_.columns[c]);
        if (meaning.values == Values::Number && fit.score == 0 && by_name >= kPlain)
          fit = mostly_numbers(profile_.columns[c]);
        const bool values_suffice = meaning.role == Role::Email;
        if (fit.score == 0 || (by_name == 0 && !values_suffice)) continue;
        std::string why = by_name > 0 ? "its name says so" : "";
        if (!fit.why.empty()) why += (why.empty() ? "" : "; ") + fit.why;
        candidates.push_back({by_name + fit.score, c, m, std::move(why)});
      }
    }
    std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
      return a.score != b.score ? a.score > b.score : a.meaning < b.meaning;
    });
    std::set<size_t> given;
    for (Candidate& candidate : candidates) {
      if (taken_[candidate.column] || given.contains(candidate.meaning)) continue;
      const Meaning& meaning = meanings()[candidate.meaning];
      // A clock alone is no time; a product's "type" is no status.
      if (meaning.role == Role::Clock && !time_date_alone()) continue;
      given.insert(candidate.meaning);
      take(candidate.column, meaning.role, meaning.target, std::move(candidate.why));
    }
  }

  // An order is bought when it is paid, where nothing else says when. An order's state and its payment's are both the
  // order's.
  void settle_states() {
    const auto paid = std::ranges::find(mapping_.bindings, Role::PaidAt, &Binding::role);
    if (!has(Role::Time) && paid != mapping_.bindings.end()) paid->role = Role::Time;
    for (size_t c = 0; has(Role::Status) && c < profile_.columns.size(); ++c) {
      const ColumnProfile& column = profile_.columns[c];
      if (taken_[c] || name_score(meaning_of(Role::Status).words, bare_[c]) < kPlainest) continue;
      if (value_fit(Values::Status, column).score == 0) continue;
      take(c, Role::Status, property_name(column.name), "a state of the order too");
    }
    // What rows of this column were known by before it had a part of its own.
    for (Binding& binding : mapping_.bindings)
      if (is_of_order_state(binding.role)) binding.known_as = "property " + property_name(binding.column);
  }

  // --- things with a history of states

  bool says_states_of_records(size_t c) const {
    const ColumnProfile& column = profile_.columns[c];
    const auto known = std::ranges::count_if(column.distinct,
                                             [](const std::string& word) { return state_of_record(word).has_value(); });
    return column.values > 0 && column.distinct.size() <= kMostStates &&
           static_cast<size_t>(known) * 2 > column.distinct.size();
  }
  std::optional<size_t> state_column() const {
    if (const auto status = column_of(Role::Status)) return says_states_of_records(*status) ? status : std::nullopt;
    for (size_t c = 0; c < profile_.columns.size(); ++c) {
      const bool is_called_state = std::ranges::any_of(
          kNamesOfStates, [&](std::string_view name) { return bare_[c].find(name) != std::string::npos; });
      if (!taken_[c] && is_called_state && says_states_of_records(c)) return c;
    }
    return std::nullopt;
  }
  // An appointment, a claim, an application: its id and its state, and no sale. A booking with money is an order.
  void find_record() {
    for (size_t c = 0; c < profile_.columns.size(); ++c) {
      const std::string_view thing = thing_of(bare_[c]);
      const auto order = column_of(Role::Order);
      if (thing.empty() || (order && *order != c)) continue;
      const bool has_money = has(Role::Item, "amount") || has(Role::Item, "price") || has(Role::Property, "total");
      const auto state = state_column();
      if (!state || (thing == "Booking" && has_money)) continue;
      std::erase_if(mapping_.bindings, [&](const Binding& b) {
        return b.column == profile_.columns[c].name || b.column == profile_.columns[*state].name;
      });
      if (customer_ == c) customer_.reset();
      mapping_.thing = thing;
      take(c, Role::Record, "", "its name says so");
      take(*state, Role::Status, "", "its values are states of such a thing");
      return;
    }
  }

  // A date without a clock exists besides.
  bool time_date_alone() const {
    return std::any_of(profile_.columns.begin(), profile_.columns.end(),
                       [](const ColumnProfile& c) { return c.is_time() && c.times.with_clock == 0; });
  }

  // What names do not say, values may: the only column of times; ids that repeat; a column called just "id".
  void by_values() {
    if (!has(Role::Time)) {
      std::optional<size_t> only;
      size_t count = 0;
      for (size_t c = 0; c < profile_.columns.size(); ++c) {
        const ColumnProfile& column = profile_.columns[c];
        // Numbers may look like times by chance; texts do not.
        const bool is_plain_number = column.is_numeric() &&
                                     column.times.reads[static_cast<size_t>(TimeForm::EpochMillis)] == 0 &&
                                     column.times.reads[static_cast<size_t>(TimeForm::EpochSeconds)] == 0;
        if (taken_[c] || !column.is_time() || is_plain_number || is_personal_date(bare_[c])) continue;
        only = c;
        ++count;
      }
      if (count == 1) take(*only, Role::Time, "", "the only column whose values are times");
      several_times_ = count > 1;
    }
    if (customer_ || has(Role::Email)) return;
    for (size_t c = 0; c < profile_.columns.size(); ++c) {
      const bool plain_id = bare_[c] == "id" || bare_[c] == "nr" || bare_[c] == "no" || bare_[c] == "key";
      if (!taken_[c] && plain_id && is_id_like(profile_.columns[c])) {
        return take(c, Role::Customer, "", "it is called an id, and no other column says who");
      }
    }
    // Ids repeat, but not as often as categories do; and only in rows of what happened: of rows that say no time each is
    // a customer, and what repeats there is a number about them.
    std::optional<size_t> best;
    for (size_t c = 0; c < profile_.columns.size(); ++c) {
      const ColumnProfile& column = profile_.columns[c];
      if (taken_[c] || !is_id_like(column) || column.values == 0 || column.fill() < 0.5) continue;
      if (column.distinct.size() < 2 || column.is_truth()) continue;
      const bool id_shape = column.numbers.padded > 0 || column.numbers.float_ids == column.values ||
                            bare_[c].ends_with("id") || bare_[c].ends_with("nr") || bare_[c].ends_with("code");
      const bool repeats =
          has(Role::Time) && !column.is_unique() && column.distinct.size() >= std::min<size_t>(column.values / 50, 100);
      if (!id_shape && !(repeats && !column.is_category())) continue;
      if (!best || column.distinct.size() > profile_.columns[*best].distinct.size()) best = c;
    }
    if (best) take(*best, Role::Customer, "", "its values repeat as ids do");
  }

  bool is_unnamed(const std::string& name) const {
    return std::ranges::find(profile_.around.unnamed, name) != profile_.around.unnamed.end();
  }

  // --- the order's id

  // Of the sample: whether values of a column repeat, and only ever within one buyer's one time.
  bool repeats_within_orders(size_t column) const {
    const auto buyer = customer_ ? customer_ : column_of(Role::Email);
    const auto time = column_of(Role::Time);
    std::map<std::string_view, std::pair<std::string_view, std::string_view>> first;
    size_t repeated = 0;
    for (const auto& row : profile_.sample) {
      if (column >= row.size() || row[column].empty()) continue;
      const auto at = [&row](std::optional<size_t> c) {
        return c && *c < row.size() ? std::string_view(row[*c]) : std::string_view();
      };
      const auto [known, is_new] = first.try_emplace(row[column], at(buyer), at(time));
      if (is_new) continue;
      ++repeated;
      if (known->second != std::pair(at(buyer), at(time))) return false;
    }
    return repeated > 0;
  }

  // An id that is another on each line is the line's, where an id beside it is the same on the lines that one buyer
  // bought at one time.
  void prefer_repeating_order() {
    const auto order = column_of(Role::Order);
    if (!order || !profile_.columns[*order].is_unique() || !says_who() || !has(Role::Time)) return;
    for (size_t c = 0; c < profile_.columns.size(); ++c) {
      const ColumnProfile& column = profile_.columns[c];
      const bool is_called_id =
          name_score(meaning_of(Role::Order).words, bare_[c]) > 0 ||
          std::ranges::any_of(kEndsOfIds, [&](std::string_view end) { return bare_[c].ends_with(end); });
      if (taken_[c] || !is_called_id || !is_id_like(column) || column.values == 0 || column.is_unique()) continue;
      if (column.fill() < 1 || column.distinct.size() < 2 - (profile_.rows < 3) || !repeats_within_orders(c)) continue;
      for (Binding& binding : mapping_.bindings) {
        if (binding.role != Role::Order) continue;
        taken_[*order] = false;
        taken_[c] = true;
        binding.column = column.name;
        binding.why = fmt::format("the same on lines that one buyer bought at one time; '{}' is another on each line",
                                  profile_.columns[*order].name);
      }
      return;
    }
  }

  // --- rows without a time

  // Rows without a time are customers, unless they look like what happened: then only the owner of the data can say
  // when.
  Result<void> refuse_without_time() const {
    if (has(Role::Time)) return {};
    for (size_t c = 0; c < profile_.columns.size(); ++c) {
      const ColumnProfile& column = profile_.columns[c];
      if (taken_[c] || column.values == 0 || is_personal_date(bare_[c]) || column.is_numeric()) continue;
      const bool is_named = name_score(meaning_of(Role::Time).words, bare_[c]) > 0;
      const size_t read = column.times.values - column.times.unreadable;
      if (column.times.unreadable == 0 || !(is_named || read * kSomeTimes >= column.times.values)) continue;
      return fail(fmt::format("when did each row happen? Column '{}' looks like it, but {} of the {} values looked at "
                              "cannot be read as a time, first '{}'",
                              column.name, column.times.unreadable, column.times.values, column.untimely),
                  fmt::format("{}:{}", file_, column.untimely_line), write_times_or_say());
    }
    const std::string looks = looks_like_events();
    if (looks.empty()) return {};
    if (several_times_)
      return fail(fmt::format("when did each row happen? {}, and the values of several columns are times: '{}'", looks,
                              join(time_columns(), "', '")),
                  header_, say_when(time_columns().front()));
    return fail(fmt::format("when did each row happen? {}, and no column says when", looks), header_,
                write_times_or_say());
  }
  Remedy write_times_or_say() const {
    return look_and_say(file_,
                        "customer=COLUMN,time=COLUMN,...; times are read as 2026-01-15 15:05 and in the forms of "
                        "docs/ingest.md. Where each row is a customer: --preset customers");
  }
  Remedy say_when(const std::string& column) const {
    Mapping proposed = mapping_;
    proposed.bindings.push_back({column, Role::Time, {}, ValueType::Auto, {}});
    return try_mapping(proposed.map_option()).note("or another column as time=");
  }
  std::vector<std::string> time_columns() const {
    std::vector<std::string> out;
    for (size_t c = 0; c < profile_.columns.size(); ++c)
      if (!taken_[c] && profile_.columns[c].is_time() && !profile_.columns[c].is_numeric() &&
          !is_personal_date(bare_[c]))
        out.push_back(profile_.columns[c].name);
    return out;
  }
  // One value in twenty is there again; of many different ones the sample says it.
  bool repeats_often(size_t c) const {
    const ColumnProfile& column = profile_.columns[c];
    if (column.distinct.size() < 500) return column.distinct.size() * 20 <= column.values * 19;
    std::set<std::string_view> different;
    size_t values = 0;
    for (const auto& row : profile_.sample)
      if (c < row.size() && !row[c].empty()) ++values, different.insert(row[c]);
    return different.size() * 20 <= values * 19;
  }
  // Why rows are no customers: in words, or empty.
  std::string looks_like_events() const {
    const auto named = [this](Role role, std::string_view target = {}) {
      const auto column = column_of(role, target);
      return column ? profile_.columns[*column].name : std::string();
    };
    const bool has_money = has(Role::Item, "amount") || has(Role::Item, "price") || has(Role::Item, "quantity");
    const bool has_things = has(Role::Item, "name") || has(Role::Item, "product_id");
    const bool repeats = customer_ && repeats_often(*customer_);
    const auto order = column_of(Role::Order);
    const bool has_ids =
        order && profile_.columns[*order].distinct.size() * 2 > std::min<size_t>(profile_.columns[*order].values, 500);
    if (order && has_ids && (has_money || has_things || has(Role::Status) || repeats))
      return fmt::format("The rows look like orders (column '{}')", named(Role::Order));
    if (repeats && (has_money || has_things))
      return fmt::format("The rows look like what customers bought: '{}' says the same customer on several rows",
                         named(Role::Customer));
    if (has_things && has_money && !says_who())
      return fmt::format("The rows speak of things (column '{}')",
                         has(Role::Item, "name") ? named(Role::Item, "name") : named(Role::Item, "product_id"));
    if (repeats && has(Role::Event)) return fmt::format("The rows look like events (column '{}')", named(Role::Event));
    return {};
  }

  // A table without ids, dates and things bought: each row is a customer of its own, known by its place in the file.
  Result<void> number_the_rows() {
    const bool is_of_things = has(Role::Item, "product_id") || has(Role::Item, "name") || has(Role::Item, "price") ||
                              has(Role::Item, "quantity") || has(Role::Order) || has(Role::Event);
    if (is_of_things || has(Role::Time)) return nobody();
    mapping_.numbered = file_.substr(file_.rfind('/') + 1);
    return {};
  }

  std::unexpected<Error> nobody() const {
    std::vector<std::string> names;
    for (const ColumnProfile& column : profile_.columns) names.push_back(column.name);
    const auto shown = std::span(names).subspan(0, std::min<size_t>(names.size(), 20));
    return fail(fmt::format("no column says who a row is about; its columns are: {}", join(shown, ", ")), header_,
                look_and_say(file_, "customer=COLUMN,time=COLUMN,..."));
  }

  void decide_rows() {
    const bool has_money = has(Role::Item, "amount") || has(Role::Item, "price") || has(Role::Item, "quantity");
    const bool has_items = has(Role::Item, "name") || has(Role::Item, "product_id");
    if (!has(Role::Time)) {
      mapping_.rows = RowMeans::Customer;
      // What looked like orders is a summary of each customer.
      demote(
          [](const Binding& b) { return b.role != Role::Customer && b.role != Role::Email && b.role != Role::Phone; },
          Role::Trait);
      return;
    }
    if (has(Role::Record)) {
      mapping_.rows = RowMeans::Event;
      for (Binding& binding : mapping_.bindings)
        if (binding.role == Role::Item || binding.role == Role::Event || is_of_order_state(binding.role)) {
          binding.role = Role::Property;
          binding.target = property_name(binding.column);
        }
      return;
    }
    if (has(Role::Event) && !has(Role::Order)) {
      mapping_.rows = RowMeans::Event;
      demote(is_state, Role::Property);
      return;
    }
    demote([](const Binding& b) { return b.role == Role::Event; }, Role::Property);
    if (has_money || has_items || has(Role::Order)) {
      mapping_.rows = RowMeans::OrderLine;
      return;
    }
    mapping_.rows = RowMeans::Event;
    mapping_.event = kNamelessEvent;
    demote(is_state, Role::Property);
  }

  static bool is_state(const Binding& b) { return b.role == Role::Status || is_of_order_state(b.role); }

  template <typename Which>
  void demote(Which which, Role to) {
    for (Binding& binding : mapping_.bindings) {
      if (!which(binding)) continue;
      binding.role = to;
      if (binding.target.empty() || to == Role::Trait) binding.target = property_name(binding.column);
    }
  }

  std::optional<size_t> column_of(Role role, std::string_view target = {}) const {
    const Binding* binding = mapping_.find(role, target);
    for (size_t c = 0; binding && c < profile_.columns.size(); ++c) {
      if (profile_.columns[c].name == binding->column) return c;
    }
    return std::nullopt;
  }

  // Whether a column says the same on all lines of an order; nullopt where no order of the sample has two lines.
  std::optional<bool> is_constant_in_orders(size_t column) const {
    const auto order = column_of(Role::Order);
    if (!order) return std::nullopt;
    std::unordered_map<std::string, std::string> first;
    size_t repeated = 0, different = 0;
    for (const auto& row : profile_.sample) {
      if (*order >= row.size() || column >= row.size() || row[*order].empty() || row[column].empty()) continue;
      const auto [known, is_new] = first.try_emplace(row[*order], row[column]);
      if (is_new) continue;
      ++repeated;
      different += known->second != row[column] ? 1 : 0;
    }
    if (repeated == 0) return std::nullopt;
    return different == 0;
  }

  // "Amount (USD)", "total_eur".
  void read_currency_of_names() {
    if (has(Role::Property, "currency")) return;
    for (const Binding& binding : mapping_.bindings) {
      const bool is_money = (binding.role == Role::Item && (binding.target == "amount" || binding.target == "price")) ||
                            (binding.role == Role::Property && binding.target == "total");
      if (!is_money || !mapping_.currency.empty()) continue;
      std::string spaced = binding.column;
      for (char& c : spaced)
        if (std::string_view("()[]_-/.,:").find(c) != std::string_view::npos) c = ' ';
      for (const std::string_view word : split(spaced, ' ')) {
        // In small letters a code may be a word: "all", "try", "top".
        const bool is_plain = word == "eur" || word == "usd" || word == "gbp" || word == "chf";
        std::string code(word);
        if (is_plain)
          for (char& c : code) c = static_cast<char>(c - 'a' + 'A');
        if (is_currency(code) && code != "ALL" && code != "TOP") mapping_.currency = code;
      }
    }
  }

  // The amount is the line's, or the order's written on each of its lines: the values tell.
  void settle_amount() {
    const auto amount = column_of(Role::Item, "amount");
    if (!amount || !has(Role::Order)) return;
    const auto constant = is_constant_in_orders(*amount);
    const bool has_parts = has(Role::Item, "price");
    const bool of_order = constant.value_or(!has_parts);
    for (Binding& binding : mapping_.bindings) {
      if (binding.role != Role::Item || binding.target != "amount" || !of_order) continue;
      binding.role = Role::Property;
      binding.target = "total";
      binding.why += constant ? "; the same on all lines of an order" : "; one line an order";
    }
  }

  void keep_rest() {
    for (size_t c = 0; c < profile_.columns.size(); ++c) {
      if (taken_[c]) continue;
      const std::string& name = profile_.columns[c].name;
      if (is_unnamed(name) || profile_.columns[c].values == 0) {
        mapping_.bindings.push_back({name,
                                     Role::Ignore,
                                     {},
                                     ValueType::Auto,
                                     profile_.columns[c].values == 0 ? "it is empty" : "it has no name"});
        continue;
      }
      Role role = Role::Property;
      std::string why = "kept as it is";
      if (mapping_.rows == RowMeans::Customer) role = Role::Trait;
      if (mapping_.rows == RowMeans::OrderLine && !is_constant_in_orders(c).value_or(true)) {
        role = Role::Item;
        why = "differs between the lines of an order";
      }
      mapping_.bindings.push_back({name, role, property_name(name), ValueType::Auto, std::move(why)});
    }
  }

  const TableProfile& profile_;
  const std::string& file_;
  const std::string header_;  // the place of the names of the columns
  std::vector<std::string> bare_;
  std::vector<bool> taken_;
  std::optional<size_t> customer_;
  bool several_times_ = false;  // without a name that says which of them is the row's
  Mapping mapping_;
};

}  // namespace

Result<Mapping> guess_mapping(const TableProfile& profile, const std::string& file) {
  return Guess(profile, file).mapping();
}

}  // namespace tessera::formats
