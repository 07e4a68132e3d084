#include "segment/evaluate.hpp"

#include <algorithm>
#include <atomic>
#include <bit>

#include "core/guarded.hpp"
#include "core/parallel.hpp"
#include "core/stop.hpp"
#include "segment/block.hpp"

namespace tessera::segment {

namespace {

// Customers in one block: their rows and columns stay in the second-level cache. A multiple of 64, so that blocks of
// bits lie on words.
constexpr size_t kBlockCustomers = 2048;

size_t words(size_t lanes) {
  return (lanes + 63) / 64;
}

void resize(ValueColumn& column, const Col& like, size_t size) {
  column.size = size;
  if (like.kind == Col::Kind::Bits) {
    column.truths.resize(words(size));
    column.knowns.resize(words(size));
  } else if (like.kind == Col::Kind::Text) {
    column.texts.resize(size);
  } else if (like.kind == Col::Kind::Ratio) {
    column.fractions.resize(size);
  } else {
    column.whole.resize(size);
    column.mul = like.scale.mul;
    column.div = like.scale.div;
  }
}

// Bit j of word i becomes bit i of word j: halves of squares change places, then their quarters, and so on.
void transpose(uint64_t (&bits)[64]) {
  uint64_t low = 0x00000000FFFFFFFF;
  for (size_t half = 32; half != 0; half /= 2, low ^= low << half)
    for (size_t square = 0; square < 64; square += 2 * half)
      for (size_t i = square; i < square + half; ++i) {
        const uint64_t differ = (bits[i] >> half ^ bits[i + half]) & low;
        bits[i] ^= differ << half;
        bits[i + half] ^= differ;
      }
}

}  // namespace

bool ValueColumn::known(size_t i) const {
  if (!whole.empty()) return is_known(whole[i]);
  if (!fractions.empty()) return fractions[i].known();
  if (!texts.empty()) return texts[i] > profiles::kClearedText;
  return knowns[i / 64] >> (i % 64) & 1;
}

Rational ValueColumn::number(size_t i) const {
  if (!known(i)) return {};
  return rational::reduced(whole.empty() ? fractions[i] : Rational{int128{whole[i]} * mul, div});
}

double ValueColumn::as_double(size_t i) const {
  if (!known(i) || !texts.empty()) return std::nan("");
  if (!whole.empty())
    return mul == 1 ? static_cast<double>(whole[i]) / static_cast<double>(div)
                    : static_cast<double>(int128{whole[i]} * mul) / static_cast<double>(div);
  return fractions.empty() ? static_cast<double>(truth(i)) : fractions[i].as_double();
}

size_t Evaluation::count(size_t segment) const {
  size_t count = 0;
  for (const uint64_t word : members[segment]) count += static_cast<size_t>(std::popcount(word));
  return count;
}

struct Evaluator::Parts {
  const Bound& bound;
  EvaluateOptions options;
  std::vector<NodeId> cone;
  Block block;
  CustomerRange customers;

  Parts(const Bound& b, EvaluateOptions o)
      : bound(b),
        options(std::move(o)),
        block(b,
              !options.next_change   ? Want::Values
              : options.may_be_early ? Want::NextLook
                                     : Want::NextChange,
              options.one_customer) {
    const Plan& plan = bound.plan();
    if (options.all_values) {
      options.values.clear();
      for (uint32_t i = 0; i < plan.outputs.size(); ++i) options.values.push_back(i);
    }
    std::vector<NodeId> roots;
    if (options.members || options.next_change)
      for (const uint32_t segment : plan.segments) roots.push_back(bound.root(segment));
    for (const uint32_t value : options.values) roots.push_back(bound.root(value));
    cone = plan.cone(roots);
  }
};

Evaluator::Evaluator(const Bound& bound, EvaluateOptions options)
    : parts_(std::make_unique<Parts>(bound, std::move(options))) {}
Evaluator::~Evaluator() = default;

void Evaluator::run(CustomerRange customers, Instant as_of, profiles::Seq visible) {
  parts_->customers = customers;
  parts_->block.run(customers.from, customers.to, as_of, visible, parts_->cone);
}

void Evaluator::run(profiles::CustomerIndex from, std::span<const Instant> as_of, profiles::Seq visible) {
  parts_->customers = {from, from + static_cast<profiles::CustomerIndex>(as_of.size())};
  parts_->block.run(from, as_of, visible, parts_->cone);
}

void Evaluator::run(profiles::CustomerIndex from, std::span<const Instant> as_of, profiles::Seq visible,
                    const Selection& selection) {
  parts_->customers = {from, from + static_cast<profiles::CustomerIndex>(as_of.size())};
  parts_->block.run(from, as_of, visible, parts_->bound.has_rulings() ? selection.cone : selection.ungated);
}

void Evaluator::rows_changed(const profiles::Stream& stream, uint32_t row) {
  parts_->block.rows_changed(stream, row);
}

size_t Evaluator::bytes() const {
  return parts_->block.bytes();
}

void Evaluator::copy_rows(const Selection& selection, std::span<uint64_t* const> rows, std::span<Instant> until) const {
  const Plan& plan = parts_->bound.plan();
  const auto col_of = [&](uint32_t segment) -> const Col& {
    return parts_->block.col(parts_->bound.root(plan.segments[segment]));
  };
  std::ranges::fill(until, kNever);
  for (const uint32_t segment : selection.segments)
    if (const int64_t* own = col_of(segment).until)
      for (size_t i = 0; i < rows.size(); ++i) until[i].ms = std::min(until[i].ms, own[i]);
  // Segments have bits by customer, and are to be bits of a customer: 64 of one and 64 of the other at a time.
  for (size_t from = 0, to = 0; from < selection.segments.size(); from = to) {
    const size_t word = selection.segments[from] / 64;
    uint64_t taken = 0;
    for (; to < selection.segments.size() && selection.segments[to] / 64 == word; ++to)
      taken |= uint64_t{1} << (selection.segments[to] % 64);
    for (size_t w = 0; 64 * w < rows.size(); ++w) {
      uint64_t bits[64] = {};
      for (size_t k = from; k < to; ++k) bits[selection.segments[k] % 64] = col_of(selection.segments[k]).truth[w];
      transpose(bits);
      for (size_t i = 64 * w; i < std::min(rows.size(), 64 * (w + 1)); ++i)
        rows[i][word] = (rows[i][word] & ~taken) | bits[i % 64];
    }
  }
}

Evaluation Evaluator::make(CustomerRange customers) const {
  const Bound& bound = parts_->bound;
  const Plan& plan = bound.plan();
  const size_t size = customers.to - customers.from;
  Evaluation out{.customers = customers};
  if (parts_->options.members) out.members.assign(plan.segments.size(), std::vector<uint64_t>(words(size)));
  out.values.resize(plan.outputs.size());
  for (const uint32_t value : parts_->options.values) {
    out.values[value].type = plan.nodes[bound.root(value)].type;
    out.values[value].bound = &bound;
    resize(out.values[value], parts_->block.col(bound.root(value)), size);
  }
  if (parts_->options.next_change) out.next_change.assign(size, kNever);
  return out;
}

void Evaluator::copy_to(Evaluation& out, size_t at) const {
  const Bound& bound = parts_->bound;
  const Plan& plan = bound.plan();
  const Block& block = parts_->block;
  const size_t lanes = parts_->customers.to - parts_->customers.from;
  const auto copy_bits = [&](const uint64_t* bits, std::vector<uint64_t>& to) {
    std::copy(bits, bits + words(lanes), to.begin() + static_cast<ptrdiff_t>(at / 64));
  };
  if (parts_->options.members)
    for (size_t s = 0; s < plan.segments.size(); ++s)
      copy_bits(block.col(bound.root(plan.segments[s])).truth, out.members[s]);
  for (const uint32_t value : parts_->options.values) {
    const Col& col = block.col(bound.root(value));
    ValueColumn& to = out.values[value];
    switch (col.kind) {
      case Col::Kind::I64:
        std::copy_n(col.i64, lanes, to.whole.begin() + static_cast<ptrdiff_t>(at));
        break;
      case Col::Kind::I32:
        std::copy_n(col.i32, lanes, to.whole.begin() + static_cast<ptrdiff_t>(at));
        break;
      case Col::Kind::Ratio:
        std::copy_n(col.ratio, lanes, to.fractions.begin() + static_cast<ptrdiff_t>(at));
        break;
      case Col::Kind::Text:
        std::copy_n(col.text, lanes, to.texts.begin() + static_cast<ptrdiff_t>(at));
        break;
      case Col::Kind::Bits:
        copy_bits(col.truth, to.truths);
        copy_bits(col.known, to.knowns);
        break;
      default:
        VERIFY(false);  // the checker lets no list be the body of a definition
    }
  }
  if (!parts_->options.next_change) return;
  for (const uint32_t segment : plan.segments)
    if (const int64_t* until = block.col(bound.root(segment)).until)
      for (size_t i = 0; i < lanes; ++i) out.next_change[at + i].ms = std::min(out.next_change[at + i].ms, until[i]);
}

Evaluation evaluate(const Bound& bound, CustomerRange customers, Instant as_of, Instant known_at,
                    const EvaluateOptions& options) {
  Evaluator evaluator(bound, options);
  const profiles::Seq visible = bound.history().visible_until(known_at);
  std::optional<Evaluation> out;
  for (size_t from = customers.from; from < customers.to || !out; from += kBlockCustomers) {
    const auto to = std::min<size_t>(customers.to, from + kBlockCustomers);
    evaluator.run({static_cast<profiles::CustomerIndex>(from), static_cast<profiles::CustomerIndex>(to)}, as_of,
                  visible);
    if (!out) out = evaluator.make(customers);
    evaluator.copy_to(*out, from - customers.from);
  }
  return std::move(*out);
}

Evaluation evaluate_all(const Bound& bound, Instant as_of, Instant known_at, const EvaluateOptions& options) {
  const size_t customers = bound.history().customers();
  const profiles::Seq visible = bound.history().visible_until(known_at);
  const CustomerRange all{0, static_cast<profiles::CustomerIndex>(customers)};
  // Evaluators are lent to threads; which one computes a block makes no difference.
  Guarded<std::vector<std::unique_ptr<Evaluator>>> idle;
  auto first = std::make_unique<Evaluator>(bound, options);
  first->run({0, 0}, as_of, visible);
  Evaluation out = first->make(all);
  idle.lock()->push_back(std::move(first));
  std::atomic<bool> is_left{false};  // nobody waits for it: who asks notices, and the threads that help hear of it
  parallel_for(customers, kBlockCustomers, [&](size_t from, size_t to) {
    if (is_left || is_stopped()) {
      is_left = true;
      return;
    }
    auto evaluator = idle.with([](auto& all) -> std::unique_ptr<Evaluator> {
      if (all.empty()) return nullptr;
      auto last = std::move(all.back());
      all.pop_back();
      return last;
    });
    if (!evaluator) evaluator = std::make_unique<Evaluator>(bound, options);
    evaluator->run({static_cast<profiles::CustomerIndex>(from), static_cast<profiles::CustomerIndex>(to)}, as_of,
                   visible);
    evaluator->copy_to(out, from);
    idle.lock()->push_back(std::move(evaluator));
  });
  return out;
}

}  // namespace tessera::segment
