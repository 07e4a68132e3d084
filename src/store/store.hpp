// The front door of what is kept: the record (one DuckDB file), and the log (a folder of files) in front of it.
//
//   the record  record.hpp       Record::open, append_entry: held by one process, written in numbered entries
//               record_file.hpp  held_by, copy_whole: its file, seen from outside
//               record_zone.hpp  zone_of_record, set_zone: by whose calendar times are read
//               record_currency.hpp  currency_set, rates_of_record: in what amounts are read, and by which rates
//               restate.hpp      note_to_restate: what was told is to be worked out anew
//               migrations.hpp   migrate: its tables, step by step from version to version
//               database.hpp     Database, Connection, Writer: DuckDB behind one door
//               database_memory.hpp  bound_database_memory: all that DuckDB takes
//               definitions.hpp  apply_definitions, remove_definition: texts with versions
//               question.hpp     answer, ask: a user's own SQL
//               keystore.hpp     Keystore: what signs and opens, in a file of its own
//               keystore_moves.hpp  how secrets of a record of before come there
//               audit_log.hpp    AuditLog: who did and saw what, and that nobody changed it
//               backup.hpp       backup, restore
//               private_file.hpp write_private: files that are nobody else's business
//   the log     log.hpp          Log::open, append, read_from: on disk when it returns
//               log_offset.hpp   LogOffset: a place in it
//               log_format.hpp   scan, frame_at: what its bytes mean
//               log_identity.hpp check_identity: which log it is
//               crc32c.hpp       crc32c
#pragma once
