// The fold of the log: everything the live engine knows, and how one entry of the log changes it. No thread, no clock,
// no file: the same entries give the same state and the same changes with the same ids.
//
// An entry has an instant. First time passes up to it: whoever's memberships may turn by time alone before or at that
// instant is looked at, at the very instant. Then the rows of the entry come in. For each customer they touch,
// memberships are worked out anew from the time of their earliest new fact on. Mostly that is one look: nothing else
// turned since then, so the answer at that time is compared with what was thought. Where something did turn since (the
// fact is late, or two customers became one), the whole stretch is walked twice, as it was thought and as it is, and
// what differs are corrections: a change that moved names the one it replaces, a change that never was is voided.
//
// A customer begins with the earliest of their facts (one without a time counts from when it was learnt), a segment
// when its definition came into force: nobody is a member before.
//
// The front door of the room:
//
//   the fold     fold.hpp                Fold: how one entry changes everything that is known
//                inflow.hpp              Inflow: rows on their way in
//                identities.hpp          Identities: who is who, one link at a time
//                seen_messages.hpp       Recent: messages that came before
//   in memory    shape.hpp               Wanted, Shape: which facts are kept
//                histories.hpp           Histories: a block of bytes for each profile
//                hot_histories.hpp       Memory: the histories with what they are made of
//                member_set.hpp          MemberSet: who is in a segment
//                values.hpp              values_of, facts_of: lets, scores and traits of customers
//   membership   in_force.hpp            InForce: the definitions, and since when they mean what they mean
//                dependencies.hpp        Affected: what a fact can change
//                timers.hpp              Timers: who has to be looked at next
//                evaluate_customers.hpp  CustomerEvaluator: many customers, each as of an instant of its own
//   handed over  record_batch.hpp        Page: what the record gets
//
// live/live.hpp goes on from here: the log, the threads, the record.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "fold/evaluate_customers.hpp"
#include "fold/inflow.hpp"
#include "fold/member_set.hpp"
#include "fold/record_batch.hpp"
#include "fold/timers.hpp"
#include "language/tree.hpp"

namespace tessera::fold {

// What is in force: a program that has passed the checker, and of each of its segments which version it is.
struct Definitions {
  language::Program program;
  std::vector<SegmentVersion> segments;
  std::shared_ptr<const segment::Plan> plan = nullptr;  // of the program; null: it is compiled where it is needed
};

struct FoldLimits {
  profiles::StitchLimits stitch = {};
  std::string key = {};            // the record's
  profiles::MoneyBook money = {};  // the record's, where make() gets no memory
  uint64_t remembered_messages = 50'000'000;
  uint64_t kept_flips = 1'000'000;
  uint64_t unpacked_from = 1024;  // facts of a customer whose history stays unpacked
};

class Fold {
 public:
  // Finds a change that is no longer kept in memory: of this customer and segment, at this instant, of this kind.
  using FindChange = std::function<std::optional<feed::ChangeId>(const Flip& like, const SegmentVersion& segment)>;

  // Knows nobody yet; `memory`, where given, holds what wanted_by() names. Error: a definition cannot be run.
  static Result<std::unique_ptr<Fold>> make(Definitions definitions, const FoldLimits& limits, FindChange find_change,
                                            std::unique_ptr<Memory> memory = nullptr);
  ~Fold();

  // A restart, before any entry, after identities() were filled: memberships as of `now`, the instant of
  // the last entry, without changes. `begins`: by profile, kNever where the profile has no dated facts.
  void restore(std::vector<Instant> begins, Instant now, profiles::Seq next_seq);

  // --- one entry: begin, rows through intake(), or redefine, finish. `learnt` never goes back.
  void begin(uint64_t offset, Instant learnt);
  profiles::Intake& intake() { return *inflow_; }
  // Other definitions, in force from this entry on. `memory` where they need more than covers() says. `touched`: the
  // segments, by id, that may have other members than before; null: all. Error: a definition cannot be run; nothing has
  // changed.
  Result<void> redefine(Definitions definitions, std::unique_ptr<Memory> memory = nullptr,
                        const std::set<std::string>* touched = nullptr);
  // Who was in what as the feed said it last, up to the entry before: what differs from what is, is said, by time.
  struct Said {
    Profile profile;
    std::string segment;  // slug
    auto operator<=>(const Said&) const = default;
  };
  void restate(std::span<const Said> members);
  void finish(uint64_t next_offset);

  Instant next_due() { return timers_->earliest(); }  // when time alone may do something; kNever: not
  Page take_page();
  bool has_rows() const { return !inflow_->empty(); }

  Identities& identities() { return identities_; }
  const Identities& identities() const { return identities_; }
  profiles::Rulings& rulings() { return rulings_; }
  const profiles::Rulings& rulings() const { return rulings_; }
  Inflow& inflow() { return *inflow_; }
  Memory& memory() { return *memory_; }
  const Memory& memory() const { return *memory_; }
  Recent& recent() { return recent_; }
  const Recent& recent() const { return recent_; }
  const Inflow& inflow() const { return *inflow_; }
  const Definitions& definitions() const { return definitions_; }
  const segment::Plan& plan() const { return *plan_; }
  // By id or name: index in the plan's segments.
  std::optional<size_t> find_segment(std::string_view name) const;
  static Result<Wanted> wanted_by(const Definitions& definitions);

  // --- what is true at the instant of the last entry
  Instant learnt() const { return learnt_; }
  const MemberSet& members(size_t segment) const { return members_[segment]; }  // leaders
  bool is_member(Profile leader, size_t segment) const {
    return bits_[leader * words_ + segment / 64] >> (segment % 64) & 1;
  }
  const SegmentVersion& version_of(const Flip& flip) const { return versions_[flip.segment]; }
  // The changes in memory, oldest first.
  const std::deque<Flip>& flips() const { return flips_; }
  // The rows of the last entry.
  const std::vector<Touched::Row>& rows() const { return rows_; }
  // Those of the last entry.
  std::vector<Flip> fresh() const;
  Instant next_look(Profile leader) const { return next_[leader]; }
  Instant begin_of(Profile leader) const { return begin_[leader]; }
  struct Counts {
    uint64_t looks = 0, walks = 0, timers = 0, flips = 0;
  };
  const Counts& counts() const { return counts_; }
  size_t bytes() const;

 private:
  Fold(const FoldLimits& limits, FindChange find_change);
  struct Turn {  // one flip of one segment of a customer
    Instant at;
    uint32_t segment;
    bool member;
    auto operator<=>(const Turn&) const = default;
  };
  Result<void> set_plan(Definitions definitions);
  struct Layout {  // of memberships, by the segments that there were
    size_t words = 1;
    std::vector<uint64_t> bits;
    std::vector<uint32_t> version_of_plan;
    std::vector<MemberSet> members;
  };
  void lay_out_anew(Layout before);
  void add_profiles();
  void pass_time();
  void expect(Profile leader) const;
  void follow(std::vector<CustomerEvaluator::Lane> lanes, feed::Cause cause);
  struct Work {  // what an entry does to one customer
    Profile leader = 0;
    Instant from = kNever, old_begin = kNever;     // the earliest fact; when the customer began until now
    const std::vector<Profile>* before = nullptr;  // merged: what it was made of; null: nothing
    bool is_merged = false;
    CustomerEvaluator::Part part = Affected::kNone;
  };
  std::vector<Work> works_of(const Touched& touched) const;
  void settle(const Touched& touched);
  void correct(std::span<const Work> works, profiles::Seq visible);
  Instant walked_from(const Work& of) const;
  void tell_difference(const Work& of, const std::vector<Turn>& thought, const std::vector<Turn>& is);
  void look_again(Profile leader, Instant at, CustomerEvaluator::Part part);
  void retire(Profile former, Profile into);
  Instant begin_of_members(Profile leader);
  std::vector<Turn> turns_of(const std::vector<State>& states, Instant begin, Instant from) const;
  void set_bits(Profile leader, const uint64_t* bits);
  void emit(Profile leader, uint32_t plan_segment, feed::ChangeKind kind, feed::Cause cause, Instant at,
            std::optional<feed::ChangeId> correction_of = std::nullopt);
  void publish();
  std::optional<feed::ChangeId> original_of(const Flip& like) const;

  FoldLimits limits_;
  FindChange find_change_;
  Definitions definitions_;
  std::shared_ptr<const segment::Plan> plan_;
  std::unique_ptr<Memory> memory_;
  std::unique_ptr<CustomerEvaluator> looker_;
  Identities identities_;
  Recent recent_;
  profiles::Rulings rulings_;
  std::unique_ptr<Inflow> inflow_;

  // By profile; meaningful for those who lead a customer.
  size_t words_ = 1;
  std::vector<uint64_t> bits_;
  std::vector<Instant> next_, begin_, settled_;  // settled: nothing has turned after it
  std::vector<Instant> own_begin_;               // of each profile's own facts: customers may come apart
  std::unique_ptr<Timers> timers_;

  std::vector<MemberSet> members_;         // by segment of the plan
  std::vector<SegmentVersion> versions_;   // all there were
  std::vector<uint32_t> version_of_plan_;  // by segment of the plan: index in versions_
  std::vector<uint32_t> plan_of_version_;  // the way back; kNotInForce: of one that is not in force any more
  std::vector<uint32_t> rank_;             // of each version: its place by name
  Instant defined_ = kEver;                // when the newest definition came into force
  Instant first_defined_ = kEver;          // and the oldest

  uint64_t offset_ = 0;
  Instant learnt_ = kEver;
  std::vector<Flip> fresh_;  // of the entry at hand
  std::vector<Touched::Row> rows_;
  std::deque<Flip> flips_;
  uint64_t dropped_flips_ = 0;
  std::vector<uint64_t> last_flip_;     // by profile: its number (dropped ones counted), or kNoFlip
  std::deque<uint64_t> previous_flip_;  // beside flips_: the customer's one before, or kNoFlip
  Counts counts_;
};

}  // namespace tessera::fold
