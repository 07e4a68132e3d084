#include "ingest/order_state.hpp"

#include <algorithm>
#include <map>

#include "core/hash.hpp"

namespace tessera::ingest {

using profiles::OrderMoney;
using profiles::OrderVersion;
using profiles::ToldOrder;

namespace {

constexpr size_t kTotal = static_cast<size_t>(OrderMoney::Total), kRevenue = static_cast<size_t>(OrderMoney::Revenue),
                 kSubtotal = static_cast<size_t>(OrderMoney::Subtotal);
constexpr std::string_view kNames[] = {"Order Pending", "Order Failed", "Order Completed", "Order Cancelled"};

std::string_view name_of(Stage stage) {
  return kNames[static_cast<size_t>(stage)];
}

// The order of the law: by time of change, by the stage, by the export, by how much it says.
using Rank = std::tuple<Instant, Stage, Instant, size_t, Micros>;

Rank rank_of(const OrderWord& word) {
  const size_t lines = word.total_from == TotalFrom::Lines ? word.lines.size() : 0;
  return {word.version.updated, word.stage, word.version.seen, lines, word.total().value_or(0)};
}

// How often each line was there already; take() says whether a line is one of them.
class Counted {
 public:
  explicit Counted(const std::vector<uint64_t>& prints) {
    for (const uint64_t print : prints) ++left_[print];
  }
  bool take(uint64_t print) {
    const auto found = left_.find(print);
    if (found == left_.end() || found->second == 0) return false;
    --found->second;
    return true;
  }

 private:
  std::map<uint64_t, uint32_t> left_;
};

Micros sum_of(const std::vector<OrderLine>& lines) {
  Micros sum = 0;
  for (const OrderLine& line : lines) sum += line.amount;
  return sum;
}

std::vector<OrderLine> lines_beyond(const std::vector<OrderLine>& lines, const std::vector<uint64_t>& known) {
  Counted there(known);
  std::vector<OrderLine> out;
  for (const OrderLine& line : lines)
    if (!there.take(line.print)) out.push_back(line);
  return out;
}

void unite_lines(OrderWord& into, const OrderWord& from) {
  std::vector<uint64_t> known;
  for (const OrderLine& line : into.lines) known.push_back(line.print);
  for (const OrderLine& line : lines_beyond(from.lines, known)) into.lines.push_back(line);
}

void fill(std::optional<Instant>& into, const std::optional<Instant>& from) {
  if (from && (!into || *from > *into)) into = from;
}

// What the newest word leaves open, from another.
void fill_gaps(OrderWord& into, const OrderWord& newest, const OrderWord& from) {
  into.placed = into.placed == kEver   ? from.placed
                : from.placed == kEver ? into.placed
                                       : std::min(into.placed, from.placed);
  if (!newest.bought_at) fill(into.bought_at, from.bought_at);
  if (!newest.cancelled_at) fill(into.cancelled_at, from.cancelled_at);
  if (!newest.refunded_at) fill(into.refunded_at, from.refunded_at);
  if (!newest.updated_at) fill(into.updated_at, from.updated_at);
  into.refunded = std::max(into.refunded, from.refunded);
  for (const auto& [time, amount] : from.refunds) into.refunds[time] = std::max(into.refunds[time], amount);
  into.is_refunded_whole |= from.is_refunded_whole;
  into.has_refund_status |= from.has_refund_status;
}

// Where words tell it at different times: the earliest of those that say that it was bought; one that was given back says
// it for want of another.
std::optional<Instant> time_of_purchase(const std::vector<OrderWord>& words) {
  std::optional<Instant> bought, given_back;
  for (const OrderWord& word : words) {
    if (word.stage != Stage::Bought || word.placed == kEver) continue;
    std::optional<Instant>& earliest = word.has_refund_status ? given_back : bought;
    earliest = std::min(earliest.value_or(kNever), word.placed);
  }
  return bought ? bought : given_back;
}

}  // namespace

size_t newest(const std::vector<OrderWord>& words) {
  size_t best = 0;
  for (size_t i = 1; i < words.size(); ++i)
    if (rank_of(words[i]) > rank_of(words[best])) best = i;
  return best;
}

OrderWord join_words(const std::vector<OrderWord>& words) {
  const size_t best = newest(words);
  OrderWord out = words[best];
  if (words.size() == 1) return out;
  std::vector<const OrderWord*> by_rank;
  for (const OrderWord& word : words) by_rank.push_back(&word);
  std::ranges::stable_sort(by_rank, std::ranges::greater{}, [](const OrderWord* word) { return rank_of(*word); });
  const bool has_order_total =
      std::ranges::any_of(words, [](const OrderWord& word) { return word.total_from == TotalFrom::Order; });
  for (const OrderWord* word : by_rank) {
    if (word == &words[best]) continue;
    fill_gaps(out, words[best], *word);
    if (word->total_from > out.total_from)
      out.total_from = word->total_from, out.money[kTotal] = word->money[kTotal];
    else if (word->total_from == TotalFrom::Refund && out.total_from == TotalFrom::Refund)
      out.money[kTotal] = std::max(out.money[kTotal], word->money[kTotal]);
    if (!out.money[kSubtotal]) out.money[kSubtotal] = word->money[kSubtotal];
    if (!out.deductions) out.deductions = word->deductions;
    if (!has_order_total) unite_lines(out, *word);
  }
  if (out.total_from == TotalFrom::Lines && !out.lines.empty()) out.money[kTotal] = sum_of(out.lines);
  if (!out.bought_at) out.bought_at = time_of_purchase(words);
  return out;
}

OrderDifference::OrderDifference(const OrderWord& word, const ToldOrder& told)
    : word_(word), told_(told), was_known_(told.is_known()) {
  if (word.is_credit) {
    tell_credit();
    return;
  }
  if (told_.is_older_refund) {  // it stands for the purchase too
    for (ToldOrder::Amount& amount : told_.money) amount.bought = amount.refunded;
    told_.is_bought = true;
    told_.orders = 1;
  }
  choose_stage();
  settle_money();
  stage_ == Stage::Bought ? tell_bought() : tell_undone();
}

void OrderDifference::choose_stage() {
  std::optional<Stage> before;
  if (told_.is_bought && told_.orders > 0)
    before = Stage::Bought;
  else if (told_.is_cancelled || told_.is_bought)
    before = Stage::Cancelled;
  else if (told_.is_failed)
    before = Stage::Failed;
  else if (told_.is_pending)
    before = Stage::Pending;
  const Rank told{told_.version.updated, before.value_or(Stage::Pending), told_.version.seen,
                  word_.total_from == TotalFrom::Lines ? told_.lines.size() : 0,
                  static_cast<Micros>(told_.money[kTotal].bought)};
  is_newer_ = !before || rank_of(word_) > told;
  stage_ = is_newer_ ? word_.stage : *before;
}

// What is said of a kind of money beside the total: by the word, or as the total has moved.
std::optional<Micros> OrderDifference::now_of_kind(size_t kind, bool is_used) const {
  if (is_used && kind == kRevenue && word_.deductions) return total_ - *word_.deductions;
  if (is_used && kind == kSubtotal && word_.money[kind]) return word_.money[kind];
  const ToldOrder::Amount& told = told_.money[kind];
  if (!told_.is_bought || !told.is_said) return std::nullopt;
  return static_cast<Micros>(told.bought + total_ - told_.money[kTotal].bought);
}

void OrderDifference::settle_money() {
  const Micros said = word_.total().value_or(0), told = static_cast<Micros>(told_.money[kTotal].bought);
  const bool is_better = told_.total_is_estimated && word_.total_from > TotalFrom::Refund;
  bool is_used = !told_.is_bought || is_newer_ || is_better;
  if (!told_.is_bought) {
    total_ = said;
  } else if (word_.total_from == TotalFrom::Lines && !told_.lines.empty() && told_.orders > 0) {
    new_lines_ = lines_beyond(word_.lines, told_.lines);
    total_ = told + sum_of(new_lines_);
  } else if (word_.total_from == TotalFrom::Refund) {
    is_used = false;
    total_ = told_.total_is_estimated ? std::max(told, said) : told;
  } else {
    is_used &= word_.total_from != TotalFrom::Nothing;
    total_ = is_used ? said : told;
  }
  if (word_.total() || told_.is_bought) now_[kTotal] = total_;
  for (const size_t kind : {kRevenue, kSubtotal}) now_[kind] = now_of_kind(kind, is_used);
  const Micros before = static_cast<Micros>(told_.money[kTotal].refunded);
  refunded_ = std::max({before, word_.refunded, word_.is_refunded_whole ? total_ : Micros{0}});
  Micros more = 0;
  for (const auto& [time, amount] : word_.refunds) more += refund_beyond(time, amount);
  refunded_ = std::max(refunded_, before + more);
  // As much was bought as was given back, at least.
  if (word_.total_from == TotalFrom::Refund && (!told_.is_bought || told_.total_is_estimated))
    total_ = std::max(total_, refunded_), now_[kTotal] = total_;
}

// What a refund of that time is more than was told of that time.
Micros OrderDifference::refund_beyond(Instant time, Micros amount) const {
  const auto told = told_.refunds.find(time);
  return std::max(Micros{0}, amount - (told == told_.refunds.end() ? 0 : static_cast<Micros>(told->second)));
}

// Of a kind of money, what is given back with so much in all: everything with everything, else as much, for nobody says
// how much of it was tax.
Micros OrderDifference::given_back(size_t kind, Micros refunded) const {
  if (kind == kTotal) return refunded;
  return refunded >= total_ ? now(kind) : std::min(refunded, now(kind));
}

// What happens to an order does not come before it: a date alone is the midnight before.
Instant OrderDifference::not_before(const std::optional<Instant>& time) const {
  return std::max(time.value_or(word_.placed), word_.placed);
}

// Nor is money given back before it was paid.
Instant OrderDifference::not_before_payment(const std::optional<Instant>& time) const {
  return std::max(not_before(time), told_.bought_at.value_or(word_.bought_at.value_or(word_.placed)));
}

// Of events beyond the first of their name: the same state told twice is told once.
uint64_t OrderDifference::mark() const {
  uint64_t mark = mix64(told_.prints.size() + 1);
  for (const Micros part : {total_, refunded_, now(kRevenue)}) mark = mix64(mark ^ static_cast<uint64_t>(part));
  return mark | 1;  // 0 is the first's
}

void OrderDifference::tell_credit() {
  stage_ = Stage::Bought;
  OrderEvent refund{.name = "Order Refunded", .time = word_.placed, .is_refund = true};
  std::optional<Micros> total = word_.total();
  if (told_.is_refunded && word_.total_from == TotalFrom::Lines && !told_.credited_lines.empty()) {
    new_lines_ = lines_beyond(word_.lines, told_.credited_lines);
    total = static_cast<Micros>(told_.money[kTotal].refunded) + sum_of(new_lines_);
  }
  refunded_ = total.value_or(0);
  if (!told_.is_refunded) {
    refund.money = word_.money;
    if (total && word_.deductions) refund.money[kRevenue] = *total - *word_.deductions;
    events_.push_back(refund);
    return;
  }
  const Micros more = refunded_ - static_cast<Micros>(told_.money[kTotal].refunded);
  if (more <= 0) return;
  total_ = refunded_;
  refund.body = OrderEvent::Body::Money;
  refund.money[kTotal] = more;
  refund.mark = mark();
  refund.lines = new_lines_;
  events_.push_back(refund);
  total_ = 0;
}

// What was given back and not told: as a running total all at one time, else each at its own.
std::vector<OrderDifference::Refund> OrderDifference::new_refunds() const {
  std::vector<Refund> out;
  Micros left = refunded_ - static_cast<Micros>(told_.money[kTotal].refunded);
  for (const auto& [time, amount] : word_.refunds) {
    const Micros more = std::min(left, refund_beyond(time, amount));
    if (more <= 0) continue;
    const bool is_own_time = time != word_.placed || (told_.bought_at && time > *told_.bought_at);
    out.push_back({time, !is_own_time, more});
    left -= more;
  }
  if (left > 0) out.push_back({not_before_payment(word_.refunded_at), !word_.refunded_at, left});
  return out;
}

void OrderDifference::tell_bought() {
  const std::vector<Refund> refunds = new_refunds();
  if (!told_.is_bought) {
    events_.push_back({.name = name_of(Stage::Bought),
                       .time = not_before(word_.bought_at),
                       .total_is_estimated = word_.total_from == TotalFrom::Refund,
                       .money = now_});
  } else {
    tell_update();
  }
  tell_refunds(refunds);
}

void OrderDifference::tell_refunds(const std::vector<Refund>& refunds) {
  Micros so_far = static_cast<Micros>(told_.money[kTotal].refunded);
  std::array<Micros, 3> given{};
  for (size_t kind = 0; kind < given.size(); ++kind) given[kind] = static_cast<Micros>(told_.money[kind].refunded);
  for (const Refund& refund : refunds) {
    so_far += refund.amount;
    const bool is_first = !told_.is_refunded && &refund == &refunds.front();
    OrderEvent event{.name = "Order Refunded",
                     .body = word_.has_refund_status && is_first && so_far >= total_ ? OrderEvent::Body::Whole
                                                                                     : OrderEvent::Body::Money,
                     .time = refund.time,
                     .time_is_estimated = refund.time_is_estimated,
                     .is_refund = true,
                     .mark = is_first ? 0 : mix64(mark() ^ static_cast<uint64_t>(refund.time.ms)) | 1};
    for (size_t kind = 0; kind < given.size(); ++kind) {
      if (kind != kTotal && !now_[kind]) continue;
      const Micros all = std::max(given[kind], given_back(kind, so_far));
      event.money[kind] = all - given[kind];
      given[kind] = all;
    }
    events_.push_back(std::move(event));
  }
}

// Another sum of money than was told. The difference is that of what customers bring, net: refunds that are told with it
// count there.
void OrderDifference::tell_update() {
  const auto differs = [&](size_t kind) {
    return now_[kind] && told_.money[kind].is_said && told_.money[kind].bought != *now_[kind];
  };
  if (told_.orders > 0 && total_ == told_.money[kTotal].bought && !differs(kRevenue) && !differs(kSubtotal)) return;
  OrderEvent update{.name = "Order Updated",
                    .body = OrderEvent::Body::Money,
                    .time = not_before(word_.updated_at),
                    .time_is_estimated = !word_.updated_at,
                    .mark = mark(),
                    .lines = new_lines_};
  const Micros refunded_before = static_cast<Micros>(told_.money[kTotal].refunded);
  for (size_t kind = 0; kind < update.changes.size(); ++kind) {
    const ToldOrder::Amount& told = told_.money[kind];
    if (kind != kTotal && !now_[kind] && !told.is_said) continue;
    // After it, what was given back before counts as it does of the new sum.
    const Micros given = std::max(static_cast<Micros>(told.refunded), given_back(kind, refunded_));
    const Micros told_with_it = refunded_ > refunded_before ? given - static_cast<Micros>(told.refunded) : 0;
    update.changes[kind] =
        static_cast<Micros>(now(kind) - given_back(kind, refunded_) - (told.bought - told.refunded) + told_with_it);
  }
  if (told_.orders <= 0) update.orders_change = 1;
  events_.push_back(std::move(update));
}

void OrderDifference::tell_undone() {
  const bool is_told = stage_ == Stage::Cancelled ? told_.is_cancelled
                       : stage_ == Stage::Failed  ? told_.is_failed
                                                  : told_.is_pending;
  const bool takes_back = told_.is_bought && told_.orders > 0;
  if (is_told && !takes_back) return;
  OrderEvent undone{.name = name_of(stage_),
                    .time = stage_ == Stage::Cancelled ? not_before(word_.cancelled_at) : word_.placed,
                    .money = now_,
                    .mark = is_told ? mark() : 0};
  for (size_t kind = 0; takes_back && kind < undone.changes.size(); ++kind) {
    const ToldOrder::Amount& told = told_.money[kind];
    if (kind == kTotal || told.is_said) undone.changes[kind] = static_cast<Micros>(told.refunded - told.bought);
  }
  if (takes_back) undone.orders_change = -1;
  events_.push_back(std::move(undone));
}

std::optional<OrderVersion> OrderDifference::version_to_keep(OrderVersion until) const {
  if (word_.is_credit) return std::nullopt;
  if (!was_known_) return word_.version == until ? std::nullopt : std::optional(word_.version);
  return is_newer_ && word_.version > told_.version ? std::optional(word_.version) : std::nullopt;
}

}  // namespace tessera::ingest
