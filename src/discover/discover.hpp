// The front door of discovery: from the record's events to explained micro-segments. discover() is pure: a history,
// what is known of its names, and options in; all that a report says out.
//
//   discover.hpp           discover (below)
//   discovery.hpp          Options, Discovery: what is asked and found
//   as_of.hpp              as_of_for: the instant it looks from
//   pipeline.hpp           find_segments: the way from customers to segments, step by step
//   segment_rules.hpp      write_rules, judge_rules: from clusters to text of the segment language
//   previous_division.hpp  division_before: a continuum, cut where the run before cut it
//   goal.hpp               Goal: what the segments are for
//   naming.hpp             settle_names: ids and names that stay
//   overview.hpp           draw_tree, draw_map, summary_of
//   backtest.hpp           look_back: what the segments say about days that were hidden
//   run_archive.hpp        Keeping: a discovery's way into the record and back
//
// The way: recognise the industry and its main event -> measure features written in the segment language -> leave out
// bots and tests, set apart those who would distort the groups or are too new -> straighten and scale -> cluster -> a
// rule for each cluster -> count each rule's members by the evaluator -> say who they are. What is reported of a
// segment (size, value, claims) is about the members of its rule, not of its cluster, so that a segment applied
// tomorrow is the one that was described.
#pragma once

#include "core/progress.hpp"
#include "core/result.hpp"
#include "discover/discovery.hpp"
#include "language/schema.hpp"
#include "profiles/history.hpp"

namespace tessera::discover {

// Errors: it was stopped (core/stop.hpp); no events; a text of features that does not check (with its places); fewer
// customers than segments asked for.
Result<Discovery> discover(const profiles::History& history, const language::Schema& schema, const Options& options,
                           Progress& progress);

}  // namespace tessera::discover
