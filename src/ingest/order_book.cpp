#include "ingest/order_book.hpp"

#include <algorithm>
#include <unordered_map>

#include "core/hash.hpp"
#include "ingest/orders.hpp"

namespace tessera::ingest {

namespace {

// Orders whose rows are read, and asked about, at one time: some tens of MB of what was read, and one pass over the
// record's orders.
constexpr size_t kOrdersAtOnce = 32'768;

constexpr std::string_view kFirstEvents[] = {"Order Completed", "Order Refunded", "Order Cancelled", "Order Pending",
                                             "Order Failed"};

bool shares_identifier(const Who& a, const Who& b) {
  return std::ranges::any_of(a.ids, [&](const auto& id) { return std::ranges::find(b.ids, id) != b.ids.end(); });
}

MoneyFate fate_of(const OrderWord& word) {
  if (word.is_credit) return MoneyFate::Credited;
  switch (word.stage) {
    case Stage::Pending:
      return MoneyFate::Pending;
    case Stage::Failed:
      return MoneyFate::Failed;
    case Stage::Bought:
      return MoneyFate::Bought;
    case Stage::Cancelled:
      return MoneyFate::Cancelled;
  }
  return MoneyFate::Bought;
}

}  // namespace

Normaliser& OrderBook::open(formats::Plan plan, NormaliserContext context) {
  plans_.push_back(std::make_unique<formats::Plan>(std::move(plan)));
  contexts_.push_back(std::make_unique<NormaliserContext>(std::move(context)));
  sources_.push_back(make_order_source(*plans_.back(), *contexts_.back()));
  return *sources_.back();
}

// Each order with its places, by the earliest of their times.
std::vector<OrderBook::Group> OrderBook::groups() const {
  std::vector<Group> out;
  std::unordered_map<std::string_view, size_t> by_id;
  for (uint32_t s = 0; s < sources_.size(); ++s) {
    for (uint32_t order = 0; order < sources_[s]->orders(); ++order) {
      const Place place{sources_[s]->time(order), s, order};
      const std::string_view id = sources_.size() > 1 ? sources_[s]->id(order) : std::string_view();
      const auto [known, is_new] = id.empty() ? std::pair(by_id.end(), true) : by_id.try_emplace(id, out.size());
      if (is_new)
        out.push_back({place});
      else
        out[known->second].push_back(place);
    }
  }
  const auto earliest = [](const Group& group) { return std::ranges::min(group, {}, &Place::time).time; };
  std::ranges::stable_sort(out, {}, earliest);
  return out;
}

// A group's files speak of one order as far as they have a customer in common; who names nobody goes with the first.
void OrderBook::read(const Group& group, std::vector<Open>& out) {
  const size_t first = out.size();
  for (const Place& place : group) {
    Part part{sources_[place.source].get(), sources_[place.source]->read(place.order)};
    const auto same = std::find_if(out.begin() + static_cast<ptrdiff_t>(first), out.end(), [&](const Open& open) {
      return part.reading.who.empty() || open.who.empty() || shares_identifier(open.who, part.reading.who);
    });
    Open& open = same != out.end() ? *same : out.emplace_back();
    for (const auto& [kind, value] : part.reading.who.ids) open.who.add(kind, value);
    open.parts.push_back(std::move(part));
  }
}

// The words as one, its lines with the part that each is in.
void OrderBook::join_parts(Open& order) {
  if (order.parts.size() == 1) {
    order.word = std::move(order.parts[0].reading.word);
    return;
  }
  std::vector<OrderWord> words;
  for (uint32_t part = 0; part < order.parts.size(); ++part) {
    OrderWord& word = order.parts[part].reading.word;
    for (OrderLine& line : word.lines) line.part = part;
    words.push_back(std::move(word));
  }
  order.newest = newest(words);
  order.word = words.size() == 1 ? std::move(words[0]) : join_words(words);
}

Result<void> OrderBook::finish() {
  if (sources_.empty()) return {};
  for (const auto& source : sources_) until_ = std::max(until_, source->newest());
  const std::vector<Group> all = groups();
  std::vector<Open> open;
  for (const Group& group : all) {
    read(group, open);
    if (open.size() < kOrdersAtOnce) continue;
    TRY(settle(open));
    open.clear();
  }
  TRY(settle(open));
  for (const auto& source : sources_) TRY(source->finish());
  if (memory_ && until_ > kEver) memory_->keep_until(until_);
  return {};
}

Result<std::vector<profiles::ToldOrder>> OrderBook::ask(std::vector<Open>& orders) {
  std::vector<profiles::AskedOrder> asked;
  for (Open& order : orders) {
    const OrderReading& reading = order.parts[order.newest].reading;
    order.is_asked = memory_ && memory_->has_orders() && !reading.id.empty() && !order.who.empty() &&
                     reading.kind == OrderReading::Kind::State;
    if (!order.is_asked) continue;
    profiles::AskedOrder& one = asked.emplace_back();
    one.id = reading.id;
    for (const auto& [kind, value] : order.who.ids) one.who.push_back({kind, value});
    one.wants_lines = order.word.total_from == TotalFrom::Lines;
  }
  if (asked.empty()) return std::vector<profiles::ToldOrder>();
  return memory_->told(asked);
}

Result<void> OrderBook::settle(std::vector<Open>& orders) {
  for (Open& order : orders) join_parts(order);
  const std::vector<profiles::ToldOrder> told = TRY(ask(orders));
  const profiles::ToldOrder nothing;
  size_t next = 0;
  for (Open& order : orders) settle(order, order.is_asked ? told[next++] : nothing);
  return {};
}

void OrderBook::settle(Open& order, const profiles::ToldOrder& told) {
  Part& part = order.parts[order.newest];
  const OrderReading& reading = part.reading;
  const Micros said = order.word.total().value_or(0);
  if (reading.kind == OrderReading::Kind::Gone) return;
  const auto add_money = [&](MoneyFate fate, Micros amount) {
    findings_.add_money(reading.currency, fate, amount, reading.file, reading.first_line, reading.id);
  };
  if (reading.kind == OrderReading::Kind::None) return add_money(MoneyFate::LeftOut, said);
  if (order.who.empty()) {
    for (const Part& each : order.parts) findings_.rows_without_customer += each.reading.rows_read;
    return add_money(MoneyFate::NoCustomer, order.word.is_credit ? -said : said);
  }
  if (order.word.placed == kEver) {
    for (Part& each : order.parts) each.source->reject_order(each.reading, "no-time");
    return add_money(MoneyFate::Rejected, said);
  }
  if (reading.kind == OrderReading::Kind::Adjusted) {
    add_money(MoneyFate::Adjusted, said);
    const OrderEvent event{.name = "Order Adjusted", .time = order.word.placed, .money = order.word.money};
    write(order, event, first_print(order, event.name));
    return part.source->log_traits(reading, order.who, order.word.placed);
  }
  const OrderDifference difference(order.word, told);
  for (const OrderEvent& event : difference.events()) {
    const uint64_t print = first_print(order, event.name);
    write(order, event, event.mark ? mix64(print ^ event.mark) : print);
  }
  note_known(order, told, difference);
  const profiles::OrderVersion until{kEver, memory_ && memory_->keeps_until() ? until_ : kEver};
  if (const auto version = difference.version_to_keep(until); version && memory_ && !reading.id.empty()) {
    const auto& [kind, value] = order.who.ids.front();
    memory_->keep({reading.id, {kind, value}, *version});
  }
  for (const Part& each : order.parts) each.source->log_traits(each.reading, order.who, each.reading.word.placed);
  tally(order);
}

// What was told before is put down again by its fingerprint alone, so that the row counts as known, and its customer
// and time as those of this import.
void OrderBook::note_known(Open& order, const profiles::ToldOrder& told, const OrderDifference& difference) {
  bool is_noted = false;
  for (const std::string_view name : kFirstEvents) {
    const uint64_t print = first_print(order, name);
    if (std::ranges::find(told.prints, print) == told.prints.end()) continue;
    is_noted = true;
    order.parts[order.newest].source->write_known(name, order.who, order.word.placed, print);
  }
  if (told.is_known() && !is_noted && difference.events().empty()) ++findings_.orders_known;
}

void OrderBook::write(Open& order, const OrderEvent& event, uint64_t print) {
  Part& part = order.parts[order.newest];
  part.source->write(part.reading, event, order.who, print);
  const bool is_whole = event.body == OrderEvent::Body::Whole;
  for (const OrderLine& line : is_whole ? order.word.lines : event.lines) {
    Part& from = order.parts[line.part];
    if (is_whole && line.part == order.newest) continue;  // written with the event
    from.source->write_line(from.reading, event, line.row);
  }
}

void OrderBook::tally(const Open& order) {
  const OrderWord& word = order.word;
  const OrderReading& reading = order.parts[order.newest].reading;
  const Micros total = word.total().value_or(0);
  const auto add_money = [&](MoneyFate fate, Micros amount) {
    findings_.add_money(reading.currency, fate, amount, reading.file, reading.first_line, reading.id);
  };
  add_money(fate_of(word), word.is_credit ? -total : total);
  if (reading.unsold != 0) add_money(MoneyFate::Cancelled, reading.unsold);
  if (word.is_credit || word.stage != Stage::Bought) return;
  Micros refunded = word.is_refunded_whole ? std::max(word.refunded, total) : word.refunded;
  for (const auto& [time, amount] : word.refunds) refunded = word.refunded > 0 ? refunded : refunded + amount;
  if (refunded == 0) return;
  findings_.money[reading.currency].refunded.add(refunded, reading.file, reading.first_line, reading.id);
}

// The identity of an order's first event of a name. Stored on disk, never change.
uint64_t OrderBook::first_print(const Open& order, std::string_view event) {
  const OrderReading& reading = order.parts[order.newest].reading;
  if (reading.id.empty()) return reading.row_print;
  const auto& [kind, value] = order.who.ids.front();
  return mix64(hash64(reading.id, hash64(value, static_cast<uint64_t>(kind))) ^ hash64(event));
}

}  // namespace tessera::ingest
