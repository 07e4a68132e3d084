// The front door of the use cases. A verb of the command line and a route of the server are each an adapter of a few
// lines over the same function here: it takes values and gives values, and knows no words, no JSON of requests and no
// terminal.
//
//   holder.hpp             FileHolder; a server's is server/lent_record.hpp: whose record it is
//   open.hpp               open, open_if_any, lay_beside: schema, definitions in force, and the two times
//   moment.hpp             moment_of: from when is looked where nobody says
//   amounts.hpp            load_to_report: a whole history, amounts in the record's currency
//   ask.hpp                ask: how many and who       explain, explain_all: why       look_at: one customer's outlook
//                          members_then: who was in it
//   facts.hpp              facts_of: what one customer did, page by page
//   event_names.hpp        events_of, drop_events: which names of events there are, and without junk
//   apply.hpp              preview, effect_of: what would change       apply, remove: it changes
//   rename.hpp             rename: a segment by another name
//   discover.hpp           discover: found and kept    discovery_options.hpp: everything that can be asked of it
//   adopt.hpp              plan_adoption, adopt: a kept run into use
//   columns.hpp            who is in the segments of several programs, over one reading
//   audience.hpp           audience: the list of those who may be written to
#pragma once

#include "workspace/adopt.hpp"
#include "workspace/apply.hpp"
#include "workspace/ask.hpp"
#include "workspace/audience.hpp"
#include "workspace/discover.hpp"
#include "workspace/discovery_options.hpp"
#include "workspace/event_names.hpp"
#include "workspace/facts.hpp"
#include "workspace/holder.hpp"
#include "workspace/moment.hpp"
#include "workspace/open.hpp"
