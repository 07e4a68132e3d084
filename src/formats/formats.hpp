// The front door of files: a file becomes rows with a meaning. Knows no record.
//
//   read    bytes.hpp              open_bytes: plain or gzip
//           csv.hpp                open_csv, sniff_csv
//           documents.hpp          open_json, open_parquet
//           json_document.hpp      JsonParser: one document as a flat list of nodes
//           row.hpp                Row, RowReader: what each of them gives
//   mean    profile.hpp            profile_table: what the first rows say about columns
//           presets.hpp            recognise_preset, apply_preset: known exports
//           guess.hpp              guess_mapping: when nobody says
//           mapping.hpp            Mapping, parse_map: what a table means
//   settle  plan.hpp               settle: how each column of one file is read
//           values.hpp             parse_amount, parse_time, clean_email: what one field says
//           order_status.hpp       StatusWords: what the words of a status column mean
//           suspicious_values.hpp  OddRules: can be read and is hardly ever meant
#pragma once
