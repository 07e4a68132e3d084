// The front door of customers and their events: on their way into the record, and in memory.
//
//   into the record   intake.hpp            begin_intake: rows put down column by column, all of them or none
//                     batch.hpp             RowBuffer: rows before they are written
//                     batch_identities.hpp  BatchIdentities: whom they are about
//                     write_rows.hpp        write_rows: from a buffer into its table
//                     tables.hpp            EventTables: one table an event name
//                     restated_traits.hpp   say_again: traits without a time that came back
//                     service_lines.hpp     is_service_line: postage, fees, vouchers
//   who is who        identity.hpp          stitch: which identifiers are one person
//                     people.hpp            read_people, link_identifiers, pseudonym_of
//                     customer_summary.hpp  acquaintance: who one customer is
//   decided           ruling.hpp            Ruling, parse_ruling: one decision of a person or a detector
//                     rulings.hpp           Rulings, rule: those that stand
//                     import_rulings.hpp    ImportRulings: what rows give away (marks, consent)
//   in memory         load.hpp              load: from the record, what a plan needs of it
//                     history.hpp           History, Stream, Column: what did this customer do, of this kind, when?
//                     past.hpp              past_of: a history as it was
//   looked over       schema.hpp            list_events: which events and properties there are
//                     doctor.hpp            examine: is the record in order?
#pragma once
