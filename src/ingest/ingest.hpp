// The front door of what comes in: files, bodies of SDKs and messages of Kafka become events of an intake.
//
//   files   import.hpp                import_files: the whole way, with a report
//           joined_files.hpp          plan_join, join_rows: one table out of several files
//           rows.hpp                  make_normaliser: a plan carried out, row by row
//           order_state.hpp           OrderDifference: the law of an order's states
//           order_book.hpp            OrderBook: the orders of all files of an import
//           order_source.hpp          OrderSource: what a file says of its orders
//           kept_lines.hpp            KeptLines: rows until all files are read
//           orders.hpp                make_order_source: a file's lines with one order id
//           order_rows.hpp            OrderRows: the rows of one order as a word on its state
//           order_writer.hpp          OrderWriter: what is new as events
//           order_stream.hpp          FarOrders: what a server knows of orders
//           money_report.hpp          money_text: what the files say and what became of it
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
//
// Large because orders, the documents of five vendors, calls and topics all end in the same intake and share how a row is
// read; parted, each part would need fields.hpp and normaliser.hpp of the others.
#pragma once
