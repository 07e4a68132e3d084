// The front door of the server: routes and answers. What answers them is in the rooms below.
//
// Large because every route is here, and what guards the doors that the routes share.
//
//   routes     site.hpp         Site::handle, routes: every route is a row of a table
//              call_values.hpp  what a route reads off the address
//              remedies.hpp     put_advice: what helps, as members and links
//              keys.hpp         Keys: who may send and who may manage
//              rate_limits.hpp  RateLimits: how often one may
//              doors.hpp        Doors::let_in: who asks, and whether they may
//   the engine engine_json.hpp  json_of: its answers as JSON; rule: decisions as JSON
//              reader.hpp       segment_reader: bodies of the tracking API, pieces of imports
//              change_streams.hpp  ChangeStreams: the feed, to many readers at once
//              metrics.hpp      metrics: every number that /metrics says is a row of a table
//              live_doctor.hpp  live_findings: what a running server knows of its own health
//   the record lent_record.hpp  LentRecord: the server's record for a use case (workspace/)
//              questions.hpp    answered: a route asks one, one at a time
//   long work  jobs.hpp         one piece at a time, beside the events
//              imports.hpp      take_piece, finish_import
//              discoveries.hpp  Discoveries: made in the background, and kept
//              commands.hpp     Commands: for clients far away
#pragma once
