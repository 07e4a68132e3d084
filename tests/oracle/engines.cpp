#include "oracle/engines.hpp"

#include "oracle/reference.hpp"
#include "segment/evaluate.hpp"
#include "segment/timeline.hpp"

namespace tessera::oracle {

namespace {

using segment::Bound;
using segment::Evaluation;
using segment::Plan;

std::string text_of_whole(int128 value) {
  std::string digits;
  for (int128 rest = value < 0 ? -value : value; rest != 0; rest /= 10)
    digits += static_cast<char>('0' + int(rest % 10));
  if (digits.empty()) digits = "0";
  if (value < 0) digits += '-';
  return {digits.rbegin(), digits.rend()};
}

std::string text_of_lane(const segment::ValueColumn& column, size_t i) {
  if (!column.known(i)) return "unknown";
  switch (column.type) {
    case language::Type::Number: {
      const segment::Rational x = column.number(i);
      // The product's own text of exact numbers where it has one.
      if (1'000'000 % x.den == 0) return text_of_micros(x.num * (1'000'000 / x.den));
      return text_of_whole(x.num) + "/" + text_of_whole(x.den);
    }
    case language::Type::Text:
      return std::string(column.text(i));
    case language::Type::Instant:
      return tessera::text_of(column.instant(i));
    case language::Type::Duration:
      return tessera::text_of(column.duration(i));
    default:
      return column.truth(i) ? "true" : "false";
  }
}

// A condition is asked by its members, who are there; where rulings keep people out of segments, as a value.
bool is_of_members(const Question& question) {
  return question.asks == Asks::Value && !cannot_be_segments(question);
}

// Who is not there is neither in the one nor in the other.
constexpr std::string_view kNotThere = "unknown";

Result<Answer> reference(const Question& question) {
  Answer answer;
  const Amounts amounts(question.money, question.history);
  for (profiles::CustomerIndex c = 0; c < question.history.customers(); ++c) {
    const auto rows = rows_of(question.history, c);
    const Reference evaluator(question.program, rows, question.as_of, question.history.visible_until(question.known_at),
                              Zone::utc(), &amounts);
    if (question.asks == Asks::Value) {
      const language::Definition& asked = question.program.definitions.back();
      const bool is_segment = asked.kind == language::DefinitionKind::Segment;
      const bool is_value = evaluator.has_begun() || (!is_of_members(question) && !is_segment);
      answer.push_back(is_value                  ? text_of(evaluator.value(asked.body))
                       : is_of_members(question) ? std::string(kNotThere)
                                                 : "false");
      continue;
    }
    std::vector<size_t> segments;
    for (size_t d = 0; d < question.program.definitions.size(); ++d)
      if (question.program.definitions[d].kind == language::DefinitionKind::Segment) segments.push_back(d);
    answer.push_back(
        said_by_segments(question, question.program, [&](size_t s) { return evaluator.is_member(segments[s]); }));
  }
  return answer;
}

// As the loader would lay it out for this plan.
profiles::History laid_out(const Question& question, const Plan& plan) {
  profiles::History out = question.history;
  const auto wanted = segment::money_wanted(plan);
  profiles::add_conversions(out, std::vector<profiles::MoneyWant>(wanted.begin(), wanted.end()),
                            question.money.book(question.history));
  return out;
}

enum class Form { Batch, Single };

Result<Answer> product(const Question& question, Form form) {
  const bool by_members = is_of_members(question);
  const language::Program program = by_members ? *as_segments(question) : question.program;
  const Plan plan = TRY(segment::compile(program));
  const profiles::History history = laid_out(question, plan);
  const Bound bound = TRY(Bound::bind(plan, history));
  const auto asked = static_cast<uint32_t>(plan.outputs.size() - (by_members ? 3 : 1));
  const segment::EvaluateOptions options{.values = {asked}};
  const auto customers = static_cast<profiles::CustomerIndex>(question.history.customers());
  Answer answer;
  const auto take = [&](const Evaluation& evaluation) {
    for (size_t i = 0; i < evaluation.customers.to - evaluation.customers.from; ++i) {
      const bool is_value = question.asks == Asks::Value;
      const std::string value = is_value ? text_of_lane(evaluation.values[asked], i) : "";
      answer.push_back(is_value && !by_members ? value : said_by_segments(question, program, [&](size_t s) {
        return evaluation.is_member(s, i);
      }));
      // Of somebody who is not there the condition may hold all the same, and makes no member.
      VERIFY(!by_members || answer.back() == value || answer.back() == kNotThere);
    }
  };
  if (form == Form::Batch) {
    take(segment::evaluate_all(bound, question.as_of, question.known_at, options));
  } else {
    for (profiles::CustomerIndex c = 0; c < customers; ++c)
      take(segment::evaluate(bound, {c, c + 1}, question.as_of, question.known_at, options));
  }
  return answer;
}

// Earlier than every dated fact.
Instant before_all(const Question& question) {
  Instant first = question.as_of;
  for (const profiles::Stream& stream : question.history.streams)
    for (const Instant time : stream.time)
      if (time != kEver) first = std::min(first, time);
  return first - Duration{1};
}

// How the whole past ends: each customer's timeline from before their first fact up to the instant asked about.
Result<Answer> end_of_timeline(const Question& question) {
  const language::Program program = *as_segments(question);
  const Plan plan = TRY(segment::compile(program));
  const profiles::History history = laid_out(question, plan);
  const Bound bound = TRY(Bound::bind(plan, history));
  Answer answer;
  for (profiles::CustomerIndex c = 0; c < question.history.customers(); ++c) {
    auto line = segment::timeline(bound, c, before_all(question), question.as_of, question.known_at);
    for (const segment::Turn& turn : line.turns) line.at_start[turn.segment] = turn.member;
    answer.push_back(said_by_segments(question, program, [&](size_t s) { return line.at_start[s]; }));
  }
  return answer;
}

language::Definition segment_named(std::string_view name, language::Expr body) {
  return {.kind = language::DefinitionKind::Segment,
          .name = std::string(name),
          .slug = std::string(name),
          .body = std::move(body)};
}

}  // namespace

std::optional<language::Program> as_segments(const Question& question) {
  using language::Expr;
  if (question.asks == Asks::Membership) return question.program;
  Expr asked = question.program.definitions.back().body;
  if (asked.type == language::Type::Bool) {
    Expr truth{.node = language::Literal{true}, .type = language::Type::Bool};
    asked = {.node = language::Compare{language::CompareOp::Equal, {asked, truth}}, .type = language::Type::Condition};
  }
  if (asked.type != language::Type::Condition) return std::nullopt;
  language::Program out = question.program;
  Expr opposite{.node = language::Logic{language::LogicOp::Not, {asked}}, .type = language::Type::Condition};
  out.definitions.push_back(segment_named("asked is true", std::move(asked)));
  out.definitions.push_back(segment_named("asked is false", std::move(opposite)));
  return out;
}

std::string said_by_segments(const Question& question, const language::Program& program,
                             const std::function<bool(size_t)>& is_member) {
  std::vector<std::string_view> slugs;
  for (const language::Definition& definition : program.definitions)
    if (definition.kind == language::DefinitionKind::Segment) slugs.push_back(definition.slug);
  if (question.asks == Asks::Value) {
    const bool is_true = is_member(slugs.size() - 2), is_false = is_member(slugs.size() - 1);
    VERIFY(!(is_true && is_false));
    return is_true ? "true" : is_false ? "false" : "unknown";
  }
  std::string out;
  for (size_t s = 0; s < slugs.size(); ++s)
    if (is_member(s)) out += fmt::format("{}{}", out.empty() ? "" : " ", slugs[s]);
  return out;
}

std::optional<std::string_view> cannot_be_segments(const Question& question) {
  if (!as_segments(question)) return "for it knows memberships and no values";
  if (question.asks == Asks::Value && question.history.stream(profiles::SystemStream::Ruling))
    return "for rulings keep people out of its segments";
  return std::nullopt;
}

std::vector<Engine> engines() {
  return {{"reference", reference},
          {"batch", [](const Question& question) { return product(question, Form::Batch); }},
          {"single customer", [](const Question& question) { return product(question, Form::Single); }},
          {"timeline", end_of_timeline, cannot_be_segments},
          live_engine()};
}

}  // namespace tessera::oracle
