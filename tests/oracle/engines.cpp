#include "oracle/engines.hpp"

#include "oracle/reference.hpp"
#include "segment/evaluate.hpp"

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

Result<Answer> reference(const Question& question) {
  Answer answer;
  for (profiles::CustomerIndex c = 0; c < question.history.customers(); ++c) {
    const auto rows = rows_of(question.history, c);
    const Reference evaluator(question.program, rows, question.as_of,
                              question.history.visible_until(question.known_at));
    answer.push_back(text_of(evaluator.value(question.program.definitions.back().body)));
  }
  return answer;
}

enum class Form { Batch, Single };

Result<Answer> product(const Question& question, Form form) {
  const Plan plan = TRY(segment::compile(question.program));
  const Bound bound = TRY(Bound::bind(plan, question.history));
  const segment::EvaluateOptions options{.values = {static_cast<uint32_t>(plan.outputs.size() - 1)}};
  const auto customers = static_cast<profiles::CustomerIndex>(question.history.customers());
  Answer answer;
  const auto take = [&](const Evaluation& evaluation) {
    for (size_t i = 0; i < evaluation.customers.to - evaluation.customers.from; ++i)
      answer.push_back(text_of_lane(evaluation.values.back(), i));
  };
  if (form == Form::Batch) {
    take(segment::evaluate_all(bound, question.as_of, question.known_at, options));
  } else {
    for (profiles::CustomerIndex c = 0; c < customers; ++c)
      take(segment::evaluate(bound, {c, c + 1}, question.as_of, question.known_at, options));
  }
  return answer;
}

}  // namespace

std::vector<Engine> engines() {
  return {{"reference", reference},
          {"batch", [](const Question& question) { return product(question, Form::Batch); }},
          {"single customer", [](const Question& question) { return product(question, Form::Single); }}};
}

}  // namespace tessera::oracle
