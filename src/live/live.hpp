// The front door of the live engine: acknowledged means logged, logged means in the right segments.
//
// Large because what follows the log, what it keeps in memory and the threads around it are of no use without each
// other.
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
//                log_reader.hpp          LogReader: who follows the log, also from rooms above
//                fold_reader.hpp         FoldReader: the first of them
//                sources.hpp             Sources: how much each sends, and how often
//                import_tallies.hpp      ImportTallies: what came of the pieces of imports
//                rates.hpp               Rates: who sends more than a person can
//   the fold     fold.hpp                Fold: how one entry changes everything that is known
//                live_intake.hpp         Inflow: rows on their way in
//                identities.hpp          Identities: who is who, one link at a time
//                seen_messages.hpp       Recent: messages that came before
//   in memory    shape.hpp               Wanted, Shape: which facts are kept
//                histories.hpp           Histories: a block of bytes for each profile
//                hot_histories.hpp       Memory: the histories with what they are made of
//                member_set.hpp          MemberSet: who is in a segment
//                values.hpp              values_of, facts_of: lets, scores and traits of customers
//   membership   in_force.hpp            InForce: the definitions, and since when they mean what they mean
//                dependencies.hpp        Affected: what a fact can change
//                timers.hpp              Timers: who has to be looked at next
//                evaluate_customers.hpp  CustomerEvaluator: many customers, each as of an instant of its own
//   the record   record_batch.hpp        Page: what the fold hands over
//                recorder.hpp            Recorder: pages into the record, and back when the server starts
#pragma once
