// The front door of files: a file becomes rows with a meaning. Knows no record.
//
// Large because most of it is tables of words: the layouts of vendors, and what things are called in five languages.
//
//   read    bytes.hpp              open_bytes: plain or gzip
//           csv.hpp                open_csv, sniff_csv
//           rates_file.hpp         read_rates: currencies by days, as the European Central Bank writes them
//           blanks.hpp             blanks_between_columns, tabs_for_blanks: columns that blanks alone part
//           csv_layout.hpp         LeftOut, header_among: what stands around a table
//           documents.hpp          open_json, open_parquet
//           json_document.hpp      JsonParser: one document as a flat list of nodes
//           json_text.hpp          end_of_value, unescape_json: of what a parser refuses as a whole
//           row.hpp                Row, RowReader: what each of them gives
//   mean    profile.hpp            profile_table: what the values of a file say about its columns
//           presets.hpp            recognise_preset, apply_preset: known exports
//           preset.hpp             Preset: what one is made of
//           preset_tables.hpp      the tables of them, by kind
//           preset_rows.hpp        rows_of_preset: columns that a preset makes, rows that it leaves out
//           guess.hpp              guess_mapping: when nobody says
//           guess_words.hpp        what columns are called
//           mapping.hpp            Mapping, parse_map: what a table means
//   settle  plan.hpp               settle: how each column of one file is read
//           values.hpp             parse_amount, parse_time, clean_email: what one field says
//           order_status.hpp       StatusWords: what the words of a status column mean
//           record_states.hpp      states of appointments, claims and their like
//           scanner.hpp            taking a text apart from its front
//           suspicious_values.hpp  OddRules: can be read and is hardly ever meant
#pragma once
