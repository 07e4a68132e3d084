// The front door of the live engine: acknowledged means logged, logged means in the right segments.
//
//   the engine   engine.hpp              Engine::open, submit, and every question that memory answers
//                engine_state.hpp        what its threads share
//                answers.hpp             what it answers, as plain values
//   the log      entry.hpp               encode, decode: an entry as bytes
//   the fold     fold.hpp                Fold: how one entry changes everything that is known
//                live_intake.hpp         Inflow: rows on their way in
//                identities.hpp          Identities: who is who, one link at a time
//                seen_messages.hpp       Recent: messages that came before
//                sources.hpp             Sources: how much each sends, and how often
//   in memory    shape.hpp               Wanted, Shape: which facts are kept
//                histories.hpp           Histories: a block of bytes for each profile
//                hot_histories.hpp       Memory: the histories with what they are made of
//                member_set.hpp          MemberSet: who is in a segment
//   membership   in_force.hpp            InForce: the definitions, and since when they mean what they mean
//                dependencies.hpp        Affected: what a fact can change
//                timers.hpp              Timers: who has to be looked at next
//                evaluate_customers.hpp  CustomerEvaluator: many customers, each as of an instant of its own
//   the record   record_batch.hpp        Page: what the fold hands over
//                recorder.hpp            Recorder: pages into the record, and back when the server starts
#pragma once
