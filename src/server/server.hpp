// The front door of the server: routes and answers. What answers them is in the rooms below.
//
//   routes     site.hpp         Site::handle, routes: every route is a row of a table
//              keys.hpp         Keys: who may send and who may manage
//   the engine backend.hpp      Backend: the live engine as the routes see it
//              live_doctor.hpp  live_findings: what a running server knows of its own health
//   the record questions.hpp    members_at, preview, explain_customer, outlook_of
//              histories.hpp    history_of: one customer's facts
//   long work  imports.hpp      take_piece, finish_import
//              discoveries.hpp  Discoveries: made in the background, and kept
//              commands.hpp     Commands: for clients far away
#pragma once
