#include "language/print.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "core/result.hpp"
#include "core/text.hpp"
#include "language/lex.hpp"
#include "language/parse.hpp"

namespace tessera::language {

namespace {

// How tightly a printed form binds; less than what its place asks for means parentheses.
enum class Level : uint8_t { Chain, Not, Predicate, Sum, Product, Primary };
enum class Style : uint8_t { Readable, Function, Definition, Term };

constexpr std::array<std::string_view, 6> kSigns{"=", "!=", "<", "<=", ">", ">="};  // by CompareOp
constexpr std::array<std::string_view, 6> kQuantities{"exactly", "", "fewer than", "at most", "more than", "at least"};
constexpr std::array<std::string_view, 12> kFunctions{"count",    "sum",   "avg",  "min",  "max",        "median",
                                                      "distinct", "first", "last", "mode", "first_time", "last_time"};
constexpr std::array<std::string_view, 4> kArithmetic{"+", "-", "*", "/"};
constexpr std::array<std::string_view, 4> kListWords{"includes", "includes all of", "includes any of",
                                                     "includes none of"};

std::string spaces(size_t count) {
  return std::string(count, ' ');
}

std::string text(Duration length) {
  if (length.ms == 0) return "0 days";
  return length.ms < 0 ? "-" + text_of(Duration{-length.ms}) : text_of(length);
}

// A date alone where it is a midnight.
std::string text(Instant instant) {
  const std::string full = text_of(instant);
  constexpr std::string_view kMidnight = "T00:00:00Z";
  return full.ends_with(kMidnight) ? full.substr(0, full.size() - kMidnight.size()) : full;
}

template <typename T>
const T* literal_of(const Expr& expr) {
  const auto* literal = std::get_if<Literal>(&expr.node);
  return literal ? std::get_if<T>(&literal->value) : nullptr;
}

// A whole number from 0 on, as the readable counts have it.
const Number* count_of(const Expr& expr) {
  const Number* number = literal_of<Number>(expr);
  return number && number->micros >= 0 && number->micros % Number::kOne == 0 ? number : nullptr;
}
const Duration* age_of(const Expr& expr) {
  const Duration* length = literal_of<Duration>(expr);
  return length && length->ms >= 0 ? length : nullptr;
}
const Expr* inside_ago(const Expr& expr) {
  const auto* ago = std::get_if<Ago>(&expr.node);
  return ago ? &ago->instant[0] : nullptr;
}
const Aggregate* counted_events(const Expr& expr) {
  const auto* aggregate = std::get_if<Aggregate>(&expr.node);
  return aggregate && aggregate->kind == AggregateKind::Count ? aggregate : nullptr;
}
bool is_happened(const Expr& expr) {
  const auto* compare = std::get_if<Compare>(&expr.node);
  if (!compare || compare->op != CompareOp::GreaterEqual || !counted_events(compare->operands[0])) return false;
  const Number* count = count_of(compare->operands[1]);
  return count && *count == Number::of(1);
}

std::string_view chain_word(const Expr& expr) {
  const auto* logic = std::get_if<Logic>(&expr.node);
  if (!logic) return {};
  switch (logic->op) {
    case LogicOp::And:
      return "and";
    case LogicOp::Or:
      return "or";
    case LogicOp::Xor:
      return "xor";
    default:
      return {};
  }
}

class Printer {
  // Long because it is one function for each kind of node, and what binds tighter decides all parentheses.
 public:
  // --- expressions on one line

  std::string flat(const Expr& expr, Level least) {
    const Level own = level(expr);
    std::string out = std::visit([&](const auto& node) { return form(expr, node); }, expr.node);
    return own < least ? "(" + out + ")" : out;
  }

  // --- expressions over several lines, the first beginning at `column`

  std::string block(const Expr& expr, size_t column) {
    const std::optional<Expr> before = then_;
    const bool wrap = !chain_word(expr).empty();
    std::string out = flat(expr, Level::Not);
    if (column + out.size() <= kWidestLine) return out;
    then_ = before;
    if (wrap) return "(" + broken_chain(expr, column + 1) + ")";
    return broken_list(expr, column).value_or(out);
  }

  // The first operand stands where the others do; their words hang before them, from `column` on.
  std::string broken_chain(const Expr& expr, size_t column, size_t already = 0) {
    const auto& logic = std::get<Logic>(expr.node);
    const std::string_view word = chain_word(expr);
    std::string out = spaces(word.size() + 1 - std::min(already, word.size() + 1));
    const std::optional<Expr> outer = then_;
    for (const Expr& operand : logic.operands) {
      if (&operand != &logic.operands[0]) out += fmt::format("\n{}{} ", spaces(column), word);
      out += block(operand, column + word.size() + 1);
      if (logic.op == LogicOp::And) note_anchor(operand);
    }
    then_ = outer;
    return out;
  }

  std::optional<std::string> broken_list(const Expr& expr, size_t column) {
    const auto* logic = std::get_if<Logic>(&expr.node);
    if (!logic || (logic->op != LogicOp::AtLeast && logic->op != LogicOp::NoneOf)) return std::nullopt;
    std::string out = list_opening(*logic) + "(";
    for (const Expr& operand : logic->operands) {
      out += fmt::format("{}\n{}", &operand == &logic->operands[0] ? "" : ",", spaces(column + 4));
      out += list_item(operand, column + 4);
    }
    return out + ")";
  }

  // --- definitions

  std::string definition(const Definition& definition) {
    std::string out;
    if (!definition.note.empty())
      for (const std::string_view line : split(definition.note, '\n')) out += comment(line);
    std::string clauses = definition.zone.empty() ? "" : fmt::format(" zone {}", in_quotes(definition.zone));
    if (!definition.currency.empty()) clauses += fmt::format(" currency {}", in_quotes(definition.currency));
    switch (definition.kind) {
      case DefinitionKind::Event:
        out += fmt::format("event {}{} = {}", definition.name, clauses, events(definition.event, Style::Definition));
        break;
      case DefinitionKind::Let:
        out += body(fmt::format("let {}{} =", definition.name, clauses), definition.body);
        break;
      case DefinitionKind::Score:
        out += fmt::format("score {}{} = {}", definition.name, clauses, flat(definition.body, Level::Chain));
        break;
      case DefinitionKind::Segment: {
        const bool needs_id = definition.slug != slug_of(definition.name);
        const std::string id = needs_id ? fmt::format(" id {}", in_quotes(definition.slug)) : "";
        out += body(fmt::format("segment {}{}{} =", in_quotes(definition.name), id, clauses), definition.body);
      }
    }
    return out + "\n";
  }

  static std::string comment(std::string_view line) {
    while (line.ends_with(' ')) line.remove_suffix(1);
    return line.empty() ? "#\n" : fmt::format("# {}\n", line);
  }

  std::string events(const EventPattern& pattern, Style style, std::string_view path = {}) {
    std::string out = pattern.each.empty() ? "" : "each ";
    const std::string whole_path = pattern.each.empty() ? std::string(path)
                                   : path.empty()       ? pattern.each
                                                        : fmt::format("{}.{}", pattern.each, path);
    out += event_names(pattern, style == Style::Readable || style == Style::Term || !whole_path.empty());
    if (!whole_path.empty()) out += "." + dotted(whole_path);
    if (pattern.where.empty() || pattern.where_is == EventPattern::Where::OfAlias) return out;
    Prefixes saved = prefixes_;
    prefixes_.clear();
    if (!pattern.alias.empty()) prefixes_.push_back(pattern.alias);
    if (pattern.alias.empty())
      for (const std::string& name : pattern.names) prefixes_.push_back(name);
    if (!pattern.each.empty())
      prefixes_.insert(prefixes_.end(), {whole_path, whole_path.substr(0, whole_path.rfind('.'))});
    const bool both = pattern.where_is == EventPattern::Where::Both;
    const Expr& where = both ? std::get<Logic>(pattern.where[0].node).operands[1] : pattern.where[0];
    // A bare value before a window could be read as its subject, and a sign after a term as part of the condition.
    const bool bare = level(where) >= Level::Sum;
    const bool wrapped = style == Style::Term || (bare && style != Style::Definition);
    const std::string printed = flat(where, style == Style::Readable && !wrapped ? Level::Not : Level::Chain);
    prefixes_ = std::move(saved);
    return out + (wrapped ? fmt::format(" where ({})", printed) : " where " + printed);
  }

 private:
  using Prefixes = std::vector<std::string>;

  std::string body(std::string opening, const Expr& expr) {
    if (opening.starts_with("segment") && !chain_word(expr).empty()) {
      constexpr size_t kWordsEnd = 5;  // "  and ", "   or ", "  xor ": the operands begin at column 6
      const size_t column = kWordsEnd - chain_word(expr).size();
      return fmt::format("{}\n{}{}", opening, spaces(column), broken_chain(expr, column));
    }
    const std::string line = flat(expr, Level::Chain);
    if (opening.size() + 1 + line.size() <= kWidestLine) return fmt::format("{} {}", opening, line);
    if (const std::string_view word = chain_word(expr); !word.empty())
      return fmt::format("{}\n{}{}", opening, spaces(5 - word.size()), broken_chain(expr, 5 - word.size()));
    return fmt::format("{}\n      {}", opening, block(expr, 6));
  }

  void note_anchor(const Expr& operand) {
    if (const Expr* anchor = anchor_of(operand)) then_ = *anchor;
  }

  static Level level(const Expr& expr) {
    return std::visit(
        Match{[](const Logic& logic) {
                if (logic.op == LogicOp::Not) return Level::Not;
                return logic.op == LogicOp::AtLeast || logic.op == LogicOp::NoneOf ? Level::Predicate : Level::Chain;
              },
              [](const Arithmetic& arithmetic) {
                return arithmetic.op == ArithmeticOp::Add || arithmetic.op == ArithmeticOp::Subtract ? Level::Sum
                                                                                                     : Level::Product;
              },
              [](const Literal&) { return Level::Primary; }, [](const Trait&) { return Level::Primary; },
              [](const Property&) { return Level::Primary; }, [](const Name&) { return Level::Primary; },
              [](const Aggregate&) { return Level::Primary; }, [](const Ago&) { return Level::Primary; },
              [](const Size&) { return Level::Primary; }, [](const Score&) { return Level::Chain; },
              [](const auto&) { return Level::Predicate; }},
        expr.node);
  }

  // --- values

  std::string form(const Expr&, const Literal& literal) {
    return std::visit(
        Match{[](bool truth) { return std::string(truth ? "true" : "false"); },
              [](Number number) { return number.text(); }, [](const std::string& value) { return in_quotes(value); },
              [](Instant at) { return text(at); }, [](Duration length) { return text(length); }},
        literal.value);
  }

  static bool is_plain_path(std::string_view path) {
    return std::ranges::all_of(split(path, '.'), [](std::string_view part) { return is_plain_word(part); });
  }
  static std::string dotted(std::string_view path) { return is_plain_path(path) ? std::string(path) : in_quotes(path); }

  std::string form(const Expr&, const Trait& trait) { return "trait " + dotted(trait.name); }

  std::string form(const Expr&, const Property& property) {
    const bool stripped = std::ranges::any_of(
        prefixes_, [&](const std::string& prefix) { return property.name.starts_with(prefix + "."); });
    const bool plain = is_plain_path(property.name) && !is_reserved(split(property.name, '.')[0]) && !stripped;
    return plain ? property.name : "property " + in_quotes(property.name);
  }

  std::string form(const Expr&, const Name& name) { return name.name; }

  std::string form(const Expr&, const Aggregate& aggregate) {
    const std::string when = window(aggregate.window, Style::Function);
    return fmt::format("{}({}{}{})", kFunctions[static_cast<size_t>(aggregate.kind)],
                       events(aggregate.events, Style::Function, aggregate.property), when.empty() ? "" : ", ", when);
  }

  std::string form(const Expr&, const Ago& ago) { return fmt::format("ago({})", flat(ago.instant[0], Level::Sum)); }
  std::string form(const Expr&, const Size& size) { return fmt::format("size({})", flat(size.list[0], Level::Sum)); }

  std::string form(const Expr& expr, const Arithmetic& arithmetic) {
    const Level own = level(expr);
    return fmt::format("{} {} {}", flat(arithmetic.operands[0], own), kArithmetic[static_cast<size_t>(arithmetic.op)],
                       flat(arithmetic.operands[1], own == Level::Sum ? Level::Product : Level::Primary));
  }

  std::string form(const Expr&, const Score& score) {
    std::string out;
    for (const Score::Term& term : score.terms) {
      const bool negative = term.weight.micros < 0;
      if (out.empty())
        out = negative ? "-" : "";
      else
        out += negative ? " - " : " + ";
      out += fmt::format("{} * {}", Number{negative ? -term.weight.micros : term.weight.micros}.text(),
                         events(term.events, Style::Term));
    }
    if (score.half_life) out += "\n  half-life " + text(*score.half_life);
    const std::string when = window(score.window, Style::Readable);
    if (!when.empty()) out += (score.half_life ? " " : "\n  ") + when;
    return out;
  }

  // --- events and windows

  static std::string event_names(const EventPattern& pattern, bool parenthesise) {
    if (!pattern.alias.empty()) return pattern.alias;
    if (pattern.names.empty()) return "any event";
    std::string out;
    for (const std::string& name : pattern.names) out += (out.empty() ? "" : " or ") + in_quotes(name);
    return pattern.names.size() > 1 && parenthesise ? "(" + out + ")" : out;
  }

  std::string window(const Window& window, Style style) {
    return std::visit(Match{[](const Lifetime&) { return std::string(); },
                            [&](const Sliding& sliding) { return sliding_window(sliding, style); },
                            [](const Absolute& absolute) { return absolute_window(absolute); },
                            [&](const Since& since) { return "since " + anchor(since.anchor[0]); }},
                      window);
  }

  static std::string sliding_window(const Sliding& sliding, Style style) {
    if (sliding.oldest == kForever) {
      const bool strict = sliding.newest.ms % 1000 == 1;
      return fmt::format("{} {} ago", strict ? "more than" : "at least",
                         text(strict ? sliding.newest - Duration{1} : sliding.newest));
    }
    if (sliding.newest.ms == 0) {
      if (sliding.oldest.ms % 1000 == 1) return fmt::format("at most {} ago", text(sliding.oldest - Duration{1}));
      return fmt::format("{} {}", style == Style::Function ? "last" : "in the last", text(sliding.oldest));
    }
    return fmt::format("between {} and {} ago", text(sliding.newest), text(sliding.oldest));
  }

  static std::string absolute_window(const Absolute& absolute) {
    if (absolute.to == kNever && absolute.from.ms % 1000 == 1) return "after " + text(absolute.from - Duration{1});
    if (absolute.to == kNever) return "since " + text(absolute.from);
    if (absolute.from == kEver) return "before " + text(absolute.to);
    if (absolute.to - absolute.from == kDay) return "on " + text(absolute.from);
    return fmt::format("between {} and {}", text(absolute.from), text(absolute.to));
  }

  std::string anchor(const Expr& expr) {
    if (then_ && *then_ == expr) return "then";
    if (const auto readable = readable_time(expr)) return *readable;
    return flat(expr, Level::Primary);
  }

  // last order, first order: the time of an event without a window.
  std::optional<std::string> readable_time(const Expr& expr) {
    const auto* aggregate = std::get_if<Aggregate>(&expr.node);
    if (!aggregate || !std::holds_alternative<Lifetime>(aggregate->window)) return std::nullopt;
    if (aggregate->kind != AggregateKind::LastTime && aggregate->kind != AggregateKind::FirstTime) return std::nullopt;
    return fmt::format("{} {}", aggregate->kind == AggregateKind::LastTime ? "last" : "first",
                       events(aggregate->events, Style::Readable));
  }

  // Before "more than 30 days ago", "before 2026-01-01" and the like.
  std::string time_subject(const Expr& expr) {
    const auto readable = readable_time(expr);
    return readable ? *readable : flat(expr, Level::Sum);
  }

  // --- conditions

  std::string form(const Expr&, const Compare& compare) {
    const Expr &left = compare.operands[0], &right = compare.operands[1];
    const std::string_view quantity = kQuantities[static_cast<size_t>(compare.op)];
    const std::string_view sign = kSigns[static_cast<size_t>(compare.op)];
    if (const Aggregate* counted = counted_events(left); counted && count_of(right) && !quantity.empty())
      return count_condition(compare.op, *counted, *count_of(right));
    if (const Expr* instant = inside_ago(left); instant && age_of(right) && !quantity.empty())
      return fmt::format("{} {} {} ago", time_subject(*instant), compare.op == CompareOp::Less ? "less than" : quantity,
                         text(*age_of(right)));
    if (literal_of<Instant>(right) && (compare.op == CompareOp::Less || compare.op == CompareOp::Greater))
      return fmt::format("{} {} {}", time_subject(left), compare.op == CompareOp::Less ? "before" : "after",
                         flat(right, Level::Sum));
    const bool spelled = std::holds_alternative<Name>(left.node) &&
                         (literal_of<Number>(right) || literal_of<Duration>(right)) && compare.op != CompareOp::Equal &&
                         compare.op != CompareOp::NotEqual;
    return fmt::format("{} {} {}", flat(left, Level::Sum),
                       !spelled                        ? sign
                       : compare.op == CompareOp::Less ? "less than"
                                                       : quantity,
                       flat(right, Level::Sum));
  }

  std::string count_condition(CompareOp op, const Aggregate& counted, Number count) {
    std::string opening = fmt::format("{} {}", kQuantities[static_cast<size_t>(op)], count.text());
    if (op == CompareOp::Equal && count.micros == 0) opening = "no";
    if (op == CompareOp::GreaterEqual && count == Number::of(1)) opening = "did";
    std::string which = events(counted.events, Style::Readable);
    if (opening == "no" && which.starts_with("any event")) which.erase(0, 4);
    const std::string when = window(counted.window, Style::Readable);
    return fmt::format("{} {}{}{}", opening, which, when.empty() ? "" : " ", when);
  }

  std::string form(const Expr&, const Between& between) {
    const Expr &x = between.operands[0], &low = between.operands[1], &high = between.operands[2];
    if (const Aggregate* counted = counted_events(x); counted && !between.negated && count_of(low) && count_of(high)) {
      const std::string when = window(counted->window, Style::Readable);
      return fmt::format("between {} and {} {}{}{}", count_of(low)->text(), count_of(high)->text(),
                         events(counted->events, Style::Readable), when.empty() ? "" : " ", when);
    }
    const std::string_view no = between.negated ? "not " : "";
    if (const Expr* instant = inside_ago(x); instant && age_of(low) && age_of(high))
      return fmt::format("{} {}between {} and {} ago", time_subject(*instant), no, text(*age_of(low)),
                         text(*age_of(high)));
    // Two plain dates would be a window, whose second day is out.
    const std::string from = flat(low, Level::Sum);
    const bool plain_date = !from.empty() && literal_of<Instant>(low);
    return fmt::format("{} {}between {} and {}", flat(x, Level::Sum), no, plain_date ? "(" + from + ")" : from,
                       flat(high, Level::Sum));
  }

  std::string items(const Exprs& operands) {
    std::string out;
    for (size_t i = 1; i < operands.size(); ++i) out += (i == 1 ? "" : ", ") + flat(operands[i], Level::Sum);
    return "(" + out + ")";
  }

  std::string form(const Expr&, const In& in) {
    return fmt::format("{} {}in {}", flat(in.operands[0], Level::Sum), in.negated ? "not " : "", items(in.operands));
  }

  std::string form(const Expr&, const TextMatch& match) {
    const TextOperator& words = text_operator(match.op);
    return fmt::format("{} {} {}{}", flat(match.text[0], Level::Sum), match.negated ? words.denied : words.name,
                       in_quotes(match.pattern), match.ignore_case ? " ignoring case" : "");
  }

  std::string is(const Exprs& subject, std::string_view what) {
    return fmt::format("{} is {}", flat(subject[0], Level::Sum), what);
  }
  std::string form(const Expr&, const IsBlank& blank) { return is(blank.text, blank.negated ? "not blank" : "blank"); }
  std::string form(const Expr&, const IsKnown& known) { return is(known.operand, known.negated ? "unknown" : "known"); }
  std::string form(const Expr&, const IsTruth& truth) {
    constexpr std::array<std::string_view, 4> kTests{"true", "false", "not true", "not false"};
    return is(truth.operand, kTests[static_cast<size_t>(truth.test)]);
  }

  std::string form(const Expr&, const ListMatch& match) {
    return fmt::format("{} {} {}", flat(match.operands[0], Level::Sum), kListWords[static_cast<size_t>(match.op)],
                       match.op == ListOp::Includes ? flat(match.operands[1], Level::Sum) : items(match.operands));
  }

  std::string form(const Expr&, const AnyElement& any) {
    prefixes_.push_back(any.list);
    const bool bare = level(any.condition[0]) >= Level::Sum;
    const std::string inner = flat(any.condition[0], Level::Not);
    prefixes_.pop_back();
    return fmt::format("any {} where {}", dotted(any.list), bare ? "(" + inner + ")" : inner);
  }

  std::string form(const Expr&, const Within& within) {
    const std::string_view no = within.negated ? "not " : "";
    const auto when = std::visit(Match{[](const Sliding& sliding) {
                                         if (sliding.newest.ms == 0) return "in the last " + text(sliding.oldest);
                                         return "in the next " + text(Duration{-sliding.newest.ms});
                                       },
                                       [](const Absolute& absolute) { return absolute_window(absolute); }},
                                 within.window);
    return fmt::format("{} {}{}", time_subject(within.instant[0]), no, when);
  }

  std::string form(const Expr&, const InSegment& in) {
    return fmt::format("{}in segment {}", in.negated ? "not " : "", in_quotes(in.segment));
  }

  static std::string list_opening(const Logic& logic) {
    return logic.op == LogicOp::NoneOf ? "none of " : fmt::format("at least {} of ", logic.at_least);
  }

  // `since then` means nothing beyond its own item.
  std::string list_item(const Expr& operand, std::optional<size_t> column = {}) {
    const std::optional<Expr> outer = then_;
    std::string out = column ? block(operand, *column) : flat(operand, Level::Chain);
    then_ = outer;
    return out;
  }

  std::string form(const Expr&, const Logic& logic) {
    if (logic.op == LogicOp::Not) return "not " + denied(logic.operands[0]);
    const std::optional<Expr> outer = then_;
    std::string out;
    if (logic.op == LogicOp::NoneOf || logic.op == LogicOp::AtLeast) {
      for (const Expr& operand : logic.operands) out += (out.empty() ? "" : ", ") + list_item(operand);
      out = list_opening(logic) + "(" + out + ")";
    } else {
      constexpr std::array<std::string_view, 3> kWords{" and ", " or ", " xor "};
      for (const Expr& operand : logic.operands) {
        if (!out.empty()) out += kWords[static_cast<size_t>(logic.op)];
        out += flat(operand, Level::Not);
        if (logic.op == LogicOp::And) note_anchor(operand);
      }
    }
    then_ = outer;
    return out;
  }

  std::string denied(const Expr& operand) {
    const bool plain = is_happened(operand) || std::holds_alternative<Name>(operand.node) ||
                       (std::holds_alternative<Logic>(operand.node) && level(operand) == Level::Predicate);
    return plain ? flat(operand, Level::Chain) : "(" + flat(operand, Level::Chain) + ")";
  }

  Prefixes prefixes_;         // as in the parser: what a property's name must not begin with
  std::optional<Expr> then_;  // as in the parser
};

bool is_short(const Definition& definition, const std::string& printed) {
  const bool in_runs = definition.kind == DefinitionKind::Event || definition.kind == DefinitionKind::Let;
  return in_runs && definition.note.empty() && std::ranges::count(printed, '\n') == 1;
}

}  // namespace

std::string print(std::span<const Definition> definitions, std::string_view last_note) {
  std::string out;
  const Definition* before = nullptr;
  bool before_short = false;
  for (const Definition& definition : definitions) {
    const std::string printed = print(definition);
    const bool short_one = is_short(definition, printed);
    const bool run = before && before_short && short_one && before->kind == definition.kind;
    if (before && !run) out += "\n";
    out += printed;
    before = &definition;
    before_short =
        std::ranges::count(printed, '\n') == 1 + std::ranges::count(definition.note, '\n') + !definition.note.empty();
  }
  if (last_note.empty()) return out;
  if (before) out += "\n";
  for (const std::string_view line : split(last_note, '\n')) out += Printer::comment(line);
  return out;
}

std::string print(const Definition& definition) {
  return Printer().definition(definition);
}

std::string print(const Expr& expr) {
  std::string out = Printer().flat(expr, Level::Chain);
  std::ranges::replace(out, '\n', ' ');  // a score's half-life; texts have no raw line ends
  return out;
}

std::string print(const EventPattern& events) {
  return Printer().events(events, Style::Readable);
}

}  // namespace tessera::language
