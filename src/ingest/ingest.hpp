// The front door of what comes in: files, bodies of SDKs and messages of Kafka become events of an intake.
//
//   files   import.hpp                import_files: the whole way, with a report
//           rows.hpp                  make_normaliser: a plan carried out, row by row
//           orders.hpp                make_order_normaliser: lines with one order id
//           document_normalisers.hpp  recognise_document: exports whose meaning is in their structure
//           row_stream.hpp            WireIntake, read_piece: rows on their way to a server
//   calls   segment_spec_body.hpp     SegmentBody: bodies of Segment's HTTP API
//   topics  kafka.hpp                 KafkaSource
//           kafka_ledger.hpp          KafkaLedger: up to where a partition is recorded
//   shared  normaliser.hpp            Normaliser, NormaliserContext, Who
//           fields.hpp                FieldReader: one row by its plan
//           flatten.hpp               Flattener: nested members to properties
//           findings.hpp              Findings: rejects, warnings, odd values
//           agents.hpp                bot_of: agents that are no person's
//           discard.hpp               DiscardIntake: an intake that keeps nothing
#pragma once
