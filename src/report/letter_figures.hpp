// What a letter is made from and what it says, as figures; letter.hpp computes them, letter_words.hpp makes sentences.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "features/event_roles.hpp"
#include "language/tree.hpp"
#include "lineage/lineage.hpp"
#include "stats/usual.hpp"

namespace tessera::report {

inline constexpr size_t kMostPeriods = 12;  // before the letter's own

// --- what it is made from

// A definition in force at U, and what became of it since T.
enum class Applied : uint8_t { Before, New, Changed };
struct LetterDefinition {
  language::Definition now;
  std::optional<language::Definition> then;  // in force at T
  Applied applied = Applied::Before;
  Instant since = kEver;  // of this version
};
struct LetterDefinitions {
  std::vector<LetterDefinition> in_force;
  std::vector<language::Definition> removed;  // in force at T, and no more
};
// A source of events as a server keeps it (live/sources.hpp).
struct LetterSource {
  std::string name;
  Instant newest = kEver;
  Duration usual_gap;
};

struct LetterRun {
  uint64_t number = 0;
  Instant as_of;
  std::optional<lineage::Lineage> lineage;
  bool in_force = false;
};

struct LetterQuestion {
  Instant since, until;  // T < U
  std::string pseudonym_key;
  LetterDefinitions definitions;
  std::vector<LetterSource> sources;
  std::optional<LetterRun> run;  // the last one of discover, as of an instant up to U
};

// --- what it says

// A figure of the period and those of the periods before, newest first.
struct LetterFigure {
  double now = 0;
  std::vector<double> before;
  stats::Usual usual;
  bool is_beyond = false;  // after correction
};

struct LetterSegment {
  std::string slug, name;
  Applied applied = Applied::Before;
  Instant since = kEver;  // of the definition
  size_t then = 0, now = 0, entered = 0, left = 0;
  std::optional<size_t> then_by_old;  // of a changed definition: at T by that of then
  LetterFigure change;                // now - then
  bool by_chance_alone = false;       // too few periods: held against chance
  LetterFigure money;                 // of those who were in it when the period began
  double entered_money = 0;           // of those who entered, in the year up to U
  double left_money = 0;              // of those who left, in the year up to T
  std::string leaver;                 // of those who left, the one with most of it; empty: none had any
};

enum class NotableKind : uint8_t { Riser, Faller, WentSilent, FirstBig };
struct Notable {
  NotableKind kind = NotableKind::Riser;
  std::string pseudonym;
  double now = 0, before = 0;       // net money of the period, and of the one before
  bool is_extreme = false;          // Riser, Faller: more than anybody's in each of the periods before
  double year = 0;                  // WentSilent: in the year up to U
  Instant last = kEver;             // WentSilent: of their last main event
  Duration usual_gap, longest_gap;  // WentSilent: median and longest between main events
};

// News in itself; the largest riser of a period is one only where nobody rose as much before.
bool stands_out(const Notable& notable);

struct Silence {
  std::string name;
  bool is_source = false;  // else a kind of event
  Instant newest;
  Duration usual_gap, longest_gap;  // mean; longest in the year before (0: not known)
};

struct Letter {
  Instant since, until;
  size_t periods = 0;  // before
  bool as_known_then = false;
  size_t comparisons = 0;  // that were corrected together
  bool has_money = true;   // else values are numbers of main events
  features::EventRoles parts;
  size_t events = 0;       // in the period
  Instant newest = kEver;  // event up to U
  LetterFigure money, buyers, first_timers;
  std::vector<LetterSegment> segments;  // more than usual first, then by change
  std::vector<language::Definition> removed;
  std::vector<std::string> splits;  // sentences: which applied segment became which
  std::vector<Notable> notables;
  std::vector<double> largest_rises, largest_falls;  // of anybody, in each of the periods before but the first
  std::vector<Silence> silences;
  size_t silent_before = 0;  // that had fallen silent before T
  bool all_silent = false;   // every kind of event: one silence stands for all
  std::optional<LetterRun> run;
  // A letter of one sentence, or of figures without news.
  bool nothing_happened() const;
  // What the run of the period proposes: groups that were split, merged, are new or vanished. Those set apart are
  // conditions, no findings.
  std::vector<lineage::Turn> proposals() const;
};

}  // namespace tessera::report
