// Asking: how many are in a segment and who, why somebody is, or will be. A question goes the same way whoever asks it:
// known definitions -> program -> what it needs of the record -> plan -> bound to the history -> evaluated.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "language/check.hpp"
#include "profiles/customer_summary.hpp"
#include "profiles/history.hpp"
#include "segment/bind.hpp"
#include "segment/evaluate.hpp"
#include "segment/explain.hpp"
#include "segment/outlook.hpp"
#include "segment/plan.hpp"
#include "workspace/open.hpp"

namespace tessera::workspace {

// One of the two.
struct Question {
  std::optional<std::string> segment;    // its name in any letter case, or its id
  std::optional<std::string> condition;  // in the segment language
};

// The segment of that name, in any letter case, or id. Error: there is none; it names the nearest.
Result<size_t> find_segment(const std::vector<language::Definition>& known, std::string_view name);

// A program ready to run. Addresses are kept: not to be moved once bound, hence the pointers.
struct Prepared {
  language::Program program;
  std::unique_ptr<profiles::History> history;
  std::unique_ptr<segment::Plan> plan;
  std::unique_ptr<segment::Bound> bound;
  uint32_t asked = 0;    // of the program: the definition that was asked for
  std::string warnings;  // of the checker, rendered
};
// Compiles, loads what the program needs, binds. `asked` is the index of a segment of the program.
Result<Prepared> prepare(Workspace& workspace, language::Program program, uint32_t asked);
Result<Prepared> prepare(Workspace& workspace, const Question& question);

struct Answer {
  Prepared prepared;
  Moment moment;
  segment::Evaluation evaluation;
  size_t segment = 0;    // of the evaluation: the one asked for
  size_t customers = 0;  // who are there at as_of

  size_t count() const { return evaluation.count(segment); }
  std::vector<std::string> members() const;  // public ids, ascending
};
Result<Answer> ask(Workspace& workspace, const Question& question);

// Who was in a segment, by its definition of then. nullopt: there was none of that id in force.
struct PastMembers {
  std::string definition;
  std::vector<std::string> members;  // public ids, ascending
};
Result<std::optional<PastMembers>> members_then(Workspace& workspace, std::string_view slug);

struct Why {
  std::string slug, name;  // empty: of a condition
  segment::Explanation explanation;
};
// Of one question. Error: the record knows no such customer (public id); it names a near one.
struct WhyOne {
  Prepared prepared;
  Moment moment;
  segment::Explanation explanation;
};
Result<WhyOne> explain(Workspace& workspace, const Question& question, const std::string& customer);
// Of each segment in force, or of the one of this id. None: nobody is known by it.
Result<std::vector<Why>> explain_all(Workspace& workspace, std::string_view customer, std::string_view segment);

// Who somebody is, which segments they are in, since when, and what time alone changes. nullopt: nobody is known by it.
struct CustomerLook {
  profiles::Acquaintance who;
  Moment moment;
  std::optional<Instant> nothing_since;
  segment::Outlook outlook;
};
Result<std::optional<CustomerLook>> look_at(Workspace& workspace, std::string_view id);
// `identified`: with the identifiers' values, which is written into the record's audit before it is shown.
Json to_json(const CustomerLook& look, bool identified);

// The newest event of a history, where it is looked at from now, nobody said so, and that is more than a month ago.
std::optional<Instant> nothing_since(const Workspace& workspace, const profiles::History& history);

}  // namespace tessera::workspace
