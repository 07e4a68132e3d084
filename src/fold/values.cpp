#include "fold/values.hpp"

#include "fold/fold.hpp"
#include "segment/evaluate.hpp"

namespace tessera::fold {

namespace {

using profiles::Column;
using profiles::PropertyType;
using profiles::Stream;

constexpr size_t kBlock = 256;  // customers unpacked together

// Of a fraction, the nearest millionth; unknown where it is too large.
Value value_of(const segment::Rational& number) {
  if (!number.known()) return {};
  int128 micros = 0;
  if (__builtin_mul_overflow(number.num, int128{Number::kOne}, &micros)) return {};
  const int128 half = micros < 0 ? -number.den / 2 : number.den / 2;
  micros = (micros + half) / number.den;
  if (micros <= -Number::kLimit || micros >= Number::kLimit) return {};
  return Number{static_cast<int64_t>(micros)};
}

Value value_of(const segment::ValueColumn& column, size_t i) {
  if (!column.known(i)) return {};
  switch (column.type) {
    case language::Type::Condition:
    case language::Type::Bool:
      return column.truth(i);
    case language::Type::Text:
      return std::string(column.text(i));
    case language::Type::Instant:
      return column.instant(i);
    case language::Type::Duration:
      return column.duration(i);
    case language::Type::Number:
      return value_of(column.number(i));
    case language::Type::List:
    case language::Type::Unresolved:
      return {};
  }
  return {};
}

// In one row; nullopt: nothing is said there. A cleared one is unknown.
std::optional<Value> value_in(const Column& column, size_t row, const profiles::Dictionary& dictionary) {
  switch (column.type) {
    case PropertyType::Number: {
      const int64_t number = column.numbers[row];
      if (number == profiles::kAbsentNumber) return std::nullopt;
      return number == profiles::kClearedNumber ? Value() : Value(Number{number});
    }
    case PropertyType::Text: {
      const profiles::TextId text = column.texts[row];
      if (text == profiles::kAbsentText) return std::nullopt;
      return text == profiles::kClearedText ? Value() : Value(std::string(dictionary.text(text)));
    }
    case PropertyType::Bool: {
      const profiles::Truth truth = column.truths[row];
      if (truth == profiles::Truth::Absent) return std::nullopt;
      return truth == profiles::Truth::Cleared ? Value() : Value(truth == profiles::Truth::Yes);
    }
  }
  return std::nullopt;
}

// The last one of a customer that is said at or before an instant, in whatever type it came.
Value last_value(const Stream& stream, size_t customer, std::string_view property, Instant at,
                 const profiles::Dictionary& dictionary) {
  for (size_t row = stream.first[customer + 1]; row-- > stream.first[customer];) {
    if (stream.time[row] > at) continue;
    std::optional<Value> said;
    for (const Column& column : stream.columns)
      if (column.property == property && !column.is_list)
        if (const auto value = value_in(column, row, dictionary); value && (!said || *said == Value())) said = value;
    if (said) return *said;
  }
  return {};
}

// Customers, unpacked together with all that is in memory of them.
class Laid {
 public:
  explicit Laid(const Fold& fold) : fold_(fold), wanted_(fold.memory().shape.streams().size(), 1) {
    unpacked_.history.dictionary = fold.memory().dictionary;
    fold.memory().histories.fit(unpacked_);
  }
  void out(std::span<const Profile> leaders) {
    std::vector<std::vector<Profile>> members(leaders.size());
    std::vector<std::span<const Profile>> customers;
    for (size_t i = 0; i < leaders.size(); ++i) {
      fold_.identities().members(leaders[i], members[i]);
      customers.emplace_back(members[i]);
    }
    fold_.memory().histories.unpack(customers, wanted_, unpacked_);
  }
  const profiles::History& history() const { return unpacked_.history; }
  Value trait(size_t customer, std::string_view name) const {
    const Stream* stream = history().stream(profiles::stream_of_trait(name));
    return stream ? last_value(*stream, customer, name, fold_.learnt(), history().dictionary) : Value();
  }

 private:
  const Fold& fold_;
  std::vector<uint8_t> wanted_;
  Unpacked unpacked_;
};

Result<std::vector<uint32_t>> outputs_of(const segment::Plan& plan, const std::vector<std::string>& names) {
  std::vector<uint32_t> out;
  for (const std::string& name : names) {
    const auto found = plan.find(name);
    if (!found || plan.outputs[*found].kind == language::DefinitionKind::Segment)
      return fail(fmt::format("no let or score '{}' is in force", name));
    out.push_back(*found);
  }
  return out;
}

}  // namespace

Result<std::vector<CustomerValues>> values_of(const Fold& fold, std::span<const Profile> leaders,
                                              const AskedValues& asked) {
  const std::vector<uint32_t> outputs = TRY(outputs_of(fold.plan(), asked.definitions));
  const Wanted& kept = fold.memory().shape.wanted();
  for (const std::string& trait : asked.traits)
    if (!kept.keeps(profiles::stream_of_trait(trait)) || !kept.keeps_property(trait))
      return fail(
          fmt::format("the trait '{}' is not in memory: no definition looks at it, and no reader of the log "
                      "has asked for it",
                      trait));
  std::vector<CustomerValues> out(leaders.size());
  Laid laid(fold);
  for (size_t from = 0; from < leaders.size(); from += kBlock) {
    const auto block = leaders.subspan(from, std::min(kBlock, leaders.size() - from));
    laid.out(block);
    for (size_t i = 0; i < block.size(); ++i)
      for (const std::string& trait : asked.traits) out[from + i].traits.push_back(laid.trait(i, trait));
    if (outputs.empty()) continue;
    const segment::Bound bound = TRY(segment::Bound::bind(fold.plan(), laid.history()));
    const auto found = segment::evaluate(bound, {0, static_cast<profiles::CustomerIndex>(block.size())}, fold.learnt(),
                                         kNever, {.members = false, .values = outputs});
    for (size_t i = 0; i < block.size(); ++i)
      for (const uint32_t output : outputs) out[from + i].definitions.push_back(value_of(found.values[output], i));
  }
  return out;
}

CustomerFacts facts_of(const Fold& fold, Profile leader) {
  CustomerFacts out;
  Laid laid(fold);
  laid.out({&leader, 1});
  for (const Stream& stream : laid.history().streams) {
    if (stream.system == profiles::SystemStream::Identify)
      for (const Column& column : stream.columns)
        if (const Value value = laid.trait(0, column.property); !column.is_list && value != Value())
          out.traits[column.property] = value;
    if (stream.is_counted() && stream.rows() > 0)
      out.events[stream.event.empty() ? std::string(kFurtherEvents) : stream.event] = stream.rows();
  }
  return out;
}

}  // namespace tessera::fold
