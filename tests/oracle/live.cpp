// The live engine as one that answers questions: the facts of the history come in as rows, in the order in which they
// were learnt, and at the instant asked about memberships are read. Three ways of coming in, which must not differ:
// all of them at once; one by one, each at its own time as far as the order allows, so that time passes in between;
// and a few at a time, at the very end.
//
// What comes in was learnt by the instant asked about, so who begins later is not told of. A customer of whom there is no
// fact is introduced by one that says nothing: traits without a trait.
#include <array>

#include "fold/fold.hpp"
#include "oracle/engines.hpp"
#include "oracle/reference.hpp"

namespace tessera::oracle {

namespace {

using profiles::Column;
using profiles::PropertyType;
using profiles::Stream;

// One row of a stream of the history.
struct Place {
  const Stream* stream;
  size_t row;
  profiles::CustomerIndex customer;
  profiles::Seq seq() const { return stream->seq[row]; }
  Instant when() const { return stream->time[row]; }
};

// What was learnt by then, in that order.
std::vector<Place> places_of(const Question& question) {
  std::vector<Place> out;
  const profiles::Seq visible = question.history.visible_until(question.known_at);
  for (const Stream& stream : question.history.streams)
    for (profiles::CustomerIndex c = 0; c < question.history.customers(); ++c)
      for (size_t row = stream.first[c]; row < stream.first[c + 1]; ++row)
        if (stream.seq[row] < visible) out.push_back({&stream, row, c});
  std::ranges::sort(out, {}, &Place::seq);
  return out;
}

enum class Cell : uint8_t { Absent, Cleared, Known };

Cell cell_at(const Column& column, size_t i) {
  switch (column.type) {
    case PropertyType::Number:
      return column.numbers[i] == profiles::kAbsentNumber    ? Cell::Absent
             : column.numbers[i] == profiles::kClearedNumber ? Cell::Cleared
                                                             : Cell::Known;
    case PropertyType::Text:
      return column.texts[i] == profiles::kAbsentText    ? Cell::Absent
             : column.texts[i] == profiles::kClearedText ? Cell::Cleared
                                                         : Cell::Known;
    case PropertyType::Bool:
      return column.truths[i] == profiles::Truth::Absent    ? Cell::Absent
             : column.truths[i] == profiles::Truth::Cleared ? Cell::Cleared
                                                            : Cell::Known;
  }
  return Cell::Absent;
}

// Calls put(value) with the known value there.
void with_value(const Column& column, size_t i, const profiles::Dictionary& dictionary, const auto& put) {
  if (column.type == PropertyType::Number) return put(Number{column.numbers[i]});
  if (column.type == PropertyType::Text) return put(dictionary.text(column.texts[i]));
  put(column.truths[i] == profiles::Truth::Yes);
}

std::string_view prefix_of(std::string_view property) {
  const size_t dot = property.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : property.substr(0, dot);
}

// A row of the history on its way into an intake.
class RowWriter {
 public:
  RowWriter(profiles::Intake& intake, const profiles::History& history) : intake_(intake), history_(history) {}

  void put(const Place& place) {
    kind_ = intake_.kind(place.stream->name());
    const profiles::Identifier who{profiles::IdentifierKind::UserId, history_.customer[place.customer]};
    intake_.start(kind_, std::span(&who, 1), place.when(), place.seq() + 1);
    std::map<std::string_view, std::vector<const Column*>> lists;  // by prefix; "" is of none
    for (const Column& column : place.stream->columns)
      if (column.is_list)
        lists[prefix_of(column.property)].push_back(&column);
      else
        put_scalar(column, place.row);
    for (const auto& [prefix, columns] : lists) put_lists(prefix, columns, place.row);
  }

 private:
  void put_scalar(const Column& column, size_t row) {
    const Cell cell = cell_at(column, row);
    if (cell == Cell::Absent) return;
    const auto property = intake_.property(kind_, column.property);
    if (cell == Cell::Cleared) return intake_.put_null(property);
    with_value(column, row, history_.dictionary, [&](auto value) { intake_.put(property, value); });
  }
  void put_element(const Column& column, size_t i) {
    if (cell_at(column, i) != Cell::Known) return;
    const auto property = intake_.property(kind_, column.property);
    with_value(column, i, history_.dictionary, [&](auto value) { intake_.element(property, value); });
  }
  void put_lists(std::string_view prefix, const std::vector<const Column*>& columns, size_t row) {
    if (prefix.empty()) {
      // A list of mixed types is a column of each, side by side.
      for (const Column* column : columns)
        for (size_t i = column->list_first[row]; i < column->list_first[row + 1]; ++i) put_element(*column, i);
      return;
    }
    const size_t size = columns[0]->list_first[row + 1] - columns[0]->list_first[row];
    for (size_t e = 0; e < size; ++e) {
      for (const Column* column : columns) put_element(*column, column->list_first[row] + e);
      intake_.next_element(kind_, prefix);
    }
  }

  profiles::Intake& intake_;
  const profiles::History& history_;
  profiles::Intake::Kind kind_ = 0;
};

enum class Arrival : uint8_t { AtOnce, OneByOne, AFewAtATime };

class LiveRun {
 public:
  static Result<Answer> answer(const Question& question, Arrival arrival) {
    LiveRun run(question);
    TRY(run.start());
    run.introduce();
    run.take_in(arrival);
    return run.read();
  }

 private:
  explicit LiveRun(const Question& question) : question_(question), places_(places_of(question)) {
    const profiles::Seq visible = question.history.visible_until(question.known_at);
    for (profiles::CustomerIndex c = 0; c < question.history.customers(); ++c) {
      const auto rows = rows_of(question.history, c);
      is_there_.push_back(Reference(question.program, rows, question.as_of, visible).has_begun());
      is_bare_.push_back(rows.empty());
    }
    // A fact that names the record's currency does so for everybody.
    std::erase_if(places_, [&](const Place& place) {
      return !is_there_[place.customer] && !place.stream->column("currency", PropertyType::Text, false);
    });
  }

  Result<void> start() {
    fold::Definitions definitions{.program = *as_segments(question_), .segments = {}};
    for (const language::Definition& definition : definitions.program.definitions)
      if (definition.kind == language::DefinitionKind::Segment)
        definitions.segments.push_back({.slug = definition.slug, .name = definition.name});
    program_ = definitions.program;
    fold::FoldLimits limits;
    limits.money = question_.money.book_before_all();
    fold_ = TRY(fold::Fold::make(std::move(definitions), limits, nullptr));
    return {};
  }

  void entry(Instant learnt, const auto& put) {
    fold_->begin(offset_, learnt);
    put();
    fold_->finish(++offset_);
    fold_->take_page();
  }

  void introduce() {
    now_ = question_.as_of;
    for (const Place& place : places_)
      if (place.when() != kEver) now_ = std::min(now_, place.when());
    now_ = now_ - Duration{1};
    entry(now_, [&] {
      profiles::Intake& intake = fold_->intake();
      for (profiles::CustomerIndex c = 0; c < question_.history.customers(); ++c) {
        if (!is_bare_[c]) continue;
        const profiles::Identifier who{profiles::IdentifierKind::UserId, question_.history.customer[c]};
        intake.start(intake.kind(profiles::SystemStream::Identify), std::span(&who, 1), now_, ~uint64_t{offset_++});
      }
    });
  }

  void take_in(Arrival arrival) {
    RowWriter writer(fold_->intake(), question_.history);
    const size_t step = arrival == Arrival::OneByOne ? 1 : arrival == Arrival::AFewAtATime ? 3 : places_.size() + 1;
    for (size_t from = 0; from < places_.size(); from += step) {
      const Instant own = arrival == Arrival::OneByOne ? places_[from].when() : question_.as_of;
      now_ = std::max(now_, std::min(own, question_.as_of));
      entry(now_, [&] {
        for (size_t i = from; i < std::min(from + step, places_.size()); ++i) writer.put(places_[i]);
      });
    }
    entry(question_.as_of, [] {});
  }

  Answer read() const {
    Answer out;
    for (profiles::CustomerIndex c = 0; c < question_.history.customers(); ++c) {
      const auto profile = fold_->identities().find(profiles::IdentifierKind::UserId, question_.history.customer[c]);
      out.push_back(said_by_segments(question_, program_, [&](size_t s) {
        return is_there_[c] && fold_->is_member(fold_->identities().leader(*profile), s);
      }));
    }
    return out;
  }

  const Question& question_;
  std::vector<Place> places_;
  std::vector<bool> is_there_, is_bare_;  // by customer
  std::unique_ptr<fold::Fold> fold_;
  language::Program program_;
  uint64_t offset_ = 1;
  Instant now_;
};

Result<Answer> live(const Question& question) {
  constexpr std::array kArrivals{Arrival::AtOnce, Arrival::OneByOne, Arrival::AFewAtATime};
  constexpr std::array<std::string_view, 3> kSaid{"at once", "one by one", "a few at a time"};
  std::optional<Answer> first;
  for (size_t i = 0; i < kArrivals.size(); ++i) {
    Answer found = TRY(LiveRun::answer(question, kArrivals[i]));
    if (!first)
      first = std::move(found);
    else if (found != *first)
      return fail(fmt::format("it answers otherwise where rows come in {}, and not {}", kSaid[i], kSaid[0]));
  }
  return *first;
}

// An intake takes no null as an element of a plain list.
bool has_null_in_list(const profiles::History& history) {
  for (const Stream& stream : history.streams)
    for (const Column& column : stream.columns) {
      if (!column.is_list) continue;
      const size_t size = column.list_first.back();
      for (size_t i = 0; i < size; ++i) {
        const Cell cell = cell_at(column, i);
        if (cell == Cell::Cleared || (cell == Cell::Absent && prefix_of(column.property).empty())) return true;
      }
    }
  return false;
}

}  // namespace

Engine live_engine() {
  return {"live", live, [](const Question& question) -> std::optional<std::string_view> {
            if (const auto why = cannot_be_segments(question)) return why;
            if (has_null_in_list(question.history)) return "for no list that comes in has a null";
            return std::nullopt;
          }};
}

}  // namespace tessera::oracle
