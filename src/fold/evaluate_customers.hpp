// Many customers evaluated at instants of their own: the one step that arriving facts, timers and corrections are made
// of. Customers are unpacked in blocks, each core with a workspace of its own; the answer is a row of bits a customer,
// and the instant at which to look at them again. A block looks at those segments that what happened can have changed
// (dependencies.hpp), and unpacks what these read. Customers with many facts, once they have been looked at a second
// time, stay unpacked with what was added up of them: a fact then costs what it brings, not what was there.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <unordered_set>
#include <vector>

#include "core/guarded.hpp"
#include "fold/dependencies.hpp"
#include "fold/histories.hpp"
#include "fold/identities.hpp"
#include "segment/bind.hpp"
#include "segment/evaluate.hpp"

namespace tessera::fold {

// What a customer's memberships were from an instant on.
struct State {
  Instant at;
  std::vector<uint64_t> bits;
};

class CustomerEvaluator {
 public:
  using Part = Affected::Part;
  // REQUIRES: all outlive it. The dictionary is the histories'. kept_from: with so many facts a customer is worth being
  // kept unpacked.
  CustomerEvaluator(const segment::Plan& plan, const Identities& identities, const Histories& histories,
                    profiles::Dictionary dictionary, uint64_t kept_from);
  ~CustomerEvaluator();

  struct Lane {
    Profile leader;
    Instant at;
    Part part = Affected::kAll;  // the segments that are looked at
  };
  size_t words() const { return words_; }
  Affected& affected() { return affected_; }
  // bits: words() for each lane, of which those of its part are set; look: the instant (after the lane's) up to which
  // they are certain. On all cores.
  void look(std::span<const Lane> lanes, std::span<uint64_t> bits, std::span<Instant> look);

  // The states of one customer in [from, to]: the first is at `from`, each differs from the one before.
  struct Path {
    std::span<const Profile> members;  // what the customer is made of
    Instant from, to;
    Part part = Affected::kAll;
    std::vector<State> states = {};
    Instant next = kNever;  // the instant after `to` at which to look again
  };
  // Only facts of seq < visible exist. On all cores.
  void walk(std::span<Path> paths, profiles::Seq visible);

 private:
  struct Workspace;
  struct Task {
    std::span<const Profile> members;
    Instant at;
    Part part;
    uint64_t* bits;
    Instant* look;
  };
  // A customer that stays unpacked.
  struct Kept;
  bool is_kept(const Task& task);
  bool evaluate_kept(Kept& kept, const Task& task, profiles::Seq visible);
  void let_go();
  std::unique_ptr<Workspace> borrow();
  void give_back(std::unique_ptr<Workspace> workspace);
  void run(std::span<Task> tasks, profiles::Seq visible);
  void run_blocks(std::span<Task> tasks, profiles::Seq visible);
  void evaluate(Workspace& workspace, std::span<const Task> tasks, const Affected::Segments& part,
                profiles::Seq visible);

  const segment::Plan& plan_;
  const Identities& identities_;
  const Histories& histories_;
  profiles::Dictionary dictionary_;
  uint64_t kept_from_;
  size_t words_;
  Affected affected_;
  Guarded<std::vector<std::unique_ptr<Workspace>>> idle_;
  std::map<Profile, std::unique_ptr<Kept>> kept_;  // by leader
  std::unordered_set<Profile> met_;                // were looked at once, and have many facts
  uint64_t runs_ = 0;
};

}  // namespace tessera::fold
