// The front door of customers and their events: on their way into the record, and in memory.
//
//   the system's own  system_facts.hpp      the table of its streams; SystemFact, put: facts that any room says
//   on their way in   intake.hpp            Intake: rows put down column by column, wherever they lead
//                     identifiers.hpp       IdentifierKind, Identifier: what a customer is known by
//                     identifier_rules.hpp  may_join, is_shown_itself, any_spelling
//                     consent.hpp           Mark, ConsentSaid: what is said of a customer beside what they did
//                     reject.hpp            Reject: a row that could not be used
//   into the record   import_intake.hpp     begin_intake: all rows of an import or none
//                     intake_outcome.hpp    IntakeOutcome: what became of them
//                     batch_writer.hpp      BatchWriter: the rows of one batch into an open transaction
//                     batch.hpp             RowBuffer: rows before they are written
//                     batch_identities.hpp  BatchIdentities: whom they are about
//                     write_rows.hpp        write_rows: from a buffer into its table
//                     tables.hpp            EventTables: one table an event name, one for all rare ones
//                     extra.hpp             said_by: what the member of a rare property, or of one said null, means
//                     message_prints.hpp    print_of_source: what a message is known by when it comes again
//                     restated_traits.hpp   say_again: traits without a time that came back
//                     told_orders.hpp       OrderMemory: what the record was told of an order
//                     service_lines.hpp     is_service_line: postage, fees, vouchers
//   who is who        identity.hpp          stitch: which identifiers are one person
//                     people.hpp            read_people, link_identifiers, pseudonym_of
//                     customer_summary.hpp  acquaintance: who one customer is
//   decided           ruling.hpp            Ruling, parse_ruling: one decision of a person or a detector
//                     rulings.hpp           Rulings, rule: those that stand
//                     ruling_law.hpp        RulingLaw: what follows from rows and rulings, live, imported or at rest
//                     gate.hpp              Gate: what keeps a customer out of segments
//   in memory         load.hpp              load: from the record, what a plan needs of it
//                     rare_columns.hpp      RareColumns: what `extra` says, as columns
//                     history.hpp           History, Stream, Column: what did this customer do, of this kind, when?
//                     money.hpp             MoneyBook, add_conversions: amounts in the currency in which they are asked for
//                     money_names.hpp       is_money: which properties are amounts
//                     home_amounts.hpp      read_in_home: a whole history in the record's currency
//                     past.hpp              past_of: a history as it was
//   looked over       schema.hpp            list_events: which events and properties there are
//                     value_count.hpp       count_values: of one property in one type
//                     currencies.hpp        money_book, currencies_named: what the record says its amounts are in
//                     newest_event.hpp      newest_event: from when questions look
//                     doctor.hpp            examine: is the record in order?
//                     set_back.hpp          set_back: a record that is ahead of the clock
//
// Large because what is decided about customers (ruling_law.hpp) binds who is who, the way in and the history in memory:
// parted, each part would need the others.
#pragma once
