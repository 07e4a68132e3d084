// Questions that the live engine does not hold the answer to: who was in a segment at another time, who would be in one
// that is not in force, what becomes of a customer. A route asks a use case (workspace/) of a workspace over the
// server's record, and makes JSON of what it gives.
#pragma once

#include <mutex>

#include "core/memory.hpp"
#include "core/stop.hpp"
#include "server/lent_record.hpp"
#include "server/site.hpp"
#include "workspace/open.hpp"

namespace tessera::server {

// `answer` of the record with everything in it that came before. One at a time, so that the memory is that of one
// question; it ends when whoever asked is gone, or the server stops. Errors: its own; the record; somebody else's question
// is being answered; there is no memory for it.
template <typename Answer>
auto answered(Service& service, const Call& call, const workspace::Look& look, Answer answer)
    -> decltype(answer(std::declval<workspace::Workspace&>())) {
  const std::unique_lock turn(service.question, std::try_to_lock);
  if (!turn.owns_lock())
    return fail("another question of this kind is being answered, and they are answered one at a time", {},
                "ask again in a moment");
  const StopWhen stop(service.questions.is_gone());
  TRY(go_on());
  TRY(service.engine.record_now());
  return within_memory(service.memory, MemoryBudget::Rank::Manager,
                       [&]() -> decltype(answer(std::declval<workspace::Workspace&>())) {
                         const StopWhen gone(call.request.asker->is_gone());
                         LentRecord lent(service);
                         const LentWhile<http::Asker> interrupted(lent, *call.request.asker);
                         const LentWhile<Questions> ended(lent, service.questions);
                         workspace::Workspace workspace = TRY(workspace::open(lent, service.clock, look));
                         auto out = answer(workspace);
                         TRY(go_on());
                         return out;
                       });
}

}  // namespace tessera::server
