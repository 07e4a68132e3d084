// Many customers evaluated at instants of their own: the one step that arriving facts, timers and corrections are made
// of. Customers are unpacked in blocks, each core with a workspace of its own; the answer is a row of bits a customer,
// and the instant at which to look at them again.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "live/histories.hpp"
#include "live/identities.hpp"
#include "segment/bind.hpp"
#include "segment/evaluate.hpp"

namespace tessera::live {

// What a customer's memberships were from an instant on.
struct State {
  Instant at;
  std::vector<uint64_t> bits;
};

class Looker {
 public:
  // REQUIRES: all outlive it. The dictionary is the histories'.
  Looker(const segment::Plan& plan, const Identities& identities, const Histories& histories,
         profiles::Dictionary dictionary);
  ~Looker();

  struct Lane {
    Profile leader;
    Instant at;
  };
  size_t words() const { return words_; }
  // bits: words() for each lane; look: the instant (after the lane's) up to which its bits are certain. On all cores.
  void look(std::span<const Lane> lanes, std::span<uint64_t> bits, std::span<Instant> look);
  // The states of one customer, as made of these profiles, in [from, to]; the first is at `from`, each differs from the
  // one before. Only facts of seq < visible exist.
  // `next`, where given: the instant after `to` at which to look again.
  std::vector<State> walk(std::span<const Profile> members, Instant from, Instant to, profiles::Seq visible,
                          Instant* next = nullptr);

 private:
  struct Workspace;
  std::unique_ptr<Workspace> borrow();
  void give_back(std::unique_ptr<Workspace> workspace);
  void evaluate(Workspace& workspace, std::span<const std::span<const Profile>> customers, std::span<const Instant> at,
                profiles::Seq visible, uint64_t* bits, Instant* look);

  const segment::Plan& plan_;
  const Identities& identities_;
  const Histories& histories_;
  profiles::Dictionary dictionary_;
  size_t words_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> idle_;
};

}  // namespace tessera::live
