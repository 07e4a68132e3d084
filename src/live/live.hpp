// The front door of the live engine: acknowledged means logged, logged means in the right segments.
//
// What the log means is the room fold; here are the log itself, who follows it, and the threads around it.
//
//   the engine   engine.hpp              Engine::start, submit, and every question that memory answers
//                answers.hpp             SegmentState, CustomerState, Status, ...: what it answers
//                door.hpp                Door, Submission, Reader: where what comes in goes, and who reads it
//                settings.hpp            Settings: how much it holds, and for how long
//                engine_state.hpp        its parts, and who hands what to whom
//                log_queue.hpp           LogQueue: what waits to be logged
//                backlog.hpp             Backlog: what is logged and not yet applied
//                record_writer.hpp       RecordWriter: pages on their way into the record
//                lock_order.hpp          the order of their locks
//   the log      entry.hpp               encode, decode: an entry as bytes
//                log_clock.hpp           LogClock: the instant it goes by, whatever is done to the wall clock
//                log_reader.hpp          LogReader: who follows the log, also from rooms above
//                fold_reader.hpp         FoldReader: the first of them
//                sources.hpp             Sources: how much each sends, and how often
//                import_tallies.hpp      ImportTallies: what came of the pieces of imports
//                rates.hpp               Rates: who sends more than a person can
//   the record   recorder.hpp            Recorder: pages into the record, and back when the server starts
#pragma once
