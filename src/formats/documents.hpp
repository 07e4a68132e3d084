// Files of JSON documents: JSON lines, one array of objects, objects one after the other over several lines; and
// Parquet, whose rows DuckDB hands over as JSON, so that nested exports (GA4) are one thing whatever they come in.
//
// A line of JSON lines that is no JSON is rejected alone. In an array or a pretty-printed file the end of a damaged
// object cannot be known, so there the damage is an error of the file.
// Memory: one chunk and one document (at most kLongestDocument).
#pragma once

#include "formats/bytes.hpp"
#include "formats/json_document.hpp"
#include "formats/row.hpp"

namespace tessera::formats {

inline constexpr size_t kLongestDocument = 32 << 20;  // bytes
inline constexpr size_t kMostJsonColumns = 5'000;     // different paths in one file

class DocumentReader {
 public:
  virtual ~DocumentReader() = default;
  // False at the end. Views live until the next call.
  virtual Result<bool> next(JsonDocument& document, uint64_t& line, std::string_view& raw) = 0;
  virtual uint64_t consumed() const = 0;
};

Result<std::unique_ptr<DocumentReader>> open_json(const OpenFile& file, RejectSink rejects);
Result<std::unique_ptr<DocumentReader>> json_of_text(std::string text, RejectSink rejects, std::string name = "text");
Result<std::unique_ptr<DocumentReader>> open_parquet(const OpenFile& file);

// Documents as rows: nested members become columns "a.b.c", lists stay JSON text.
std::unique_ptr<RowReader> rows_of_documents(std::unique_ptr<DocumentReader> documents, std::string name);

}  // namespace tessera::formats
