#include "formats/documents.hpp"

#include <cstring>
#include <unordered_map>

#include <fmt/format.h>

#include "core/parallel.hpp"
#include "core/text.hpp"
#include "formats/json_text.hpp"
#include "store/database.hpp"

namespace tessera::formats {
namespace {

constexpr size_t kChunk = 4 << 20;

class StringSource final : public ByteSource {
 public:
  explicit StringSource(std::string text) : text_(std::move(text)) {}
  Result<bool> read(std::string& out, size_t most) override {
    const size_t count = std::min(most, text_.size() - at_);
    out.append(text_, at_, count);
    at_ += count;
    return count > 0;
  }
  uint64_t consumed() const override { return at_; }

 private:
  std::string text_;
  size_t at_ = 0;
};

class TextDocuments final : public DocumentReader {
 public:
  TextDocuments(std::unique_ptr<ByteSource> source, std::string name, RejectSink rejects)
      : source_(std::move(source)), name_(std::move(name)), rejects_(std::move(rejects)) {}

  Result<void> start() {
    TRY(more());
    if (std::string_view(buffer_).starts_with("\xEF\xBB\xBF")) at_ = 3;
    TRY(skip_space());
    if (at_ >= buffer_.size())
      return fail("the file has no text in it, only blank lines", name_, try_shell("head").argument(name_));
    if (buffer_[at_] == '[') {
      form_ = Form::Array;
      ++at_;
      return {};
    }
    // JSON lines unless the first object goes on over its line's end.
    const size_t end = end_of_value(buffer_, at_), line_end = buffer_.find('\n', at_);
    form_ = end != std::string::npos && line_end != std::string::npos && end > line_end ? Form::Objects : Form::Lines;
    return {};
  }

  uint64_t consumed() const override { return source_->consumed(); }

  Result<bool> next(JsonDocument& document, uint64_t& line, std::string_view& raw) override {
    if (form_ == Form::Lines) return next_of_batch(document, line, raw);
    for (;;) {
      const auto text = TRY(next_value());
      if (!text) return false;
      line = text_line_;
      raw = *text;
      std::string problem;
      if (read(parsers_[0], *text, document, problem)) return true;
      reject(line, problem, raw);
    }
  }

 private:
  enum class Form { Lines, Array, Objects };

  struct Parsed {
    std::string_view text;
    uint64_t line = 0;
    JsonDocument document;
    std::string problem;
    bool is_fine = false;
  };
  static constexpr size_t kBatch = 2048, kBlocks = 4;

  static bool read(JsonParser& parser, std::string_view text, JsonDocument& document, std::string& problem) {
    return parser.parse(text, document, problem) || parser.parse_batch(text, document);
  }
  void reject(uint64_t line, const std::string& problem, std::string_view raw) {
    rejects_({line, std::string(reason_of_problem(problem)), problem, repair_utf8(raw.substr(0, 4096))});
  }

  Result<bool> next_of_batch(JsonDocument& document, uint64_t& line, std::string_view& raw) {
    for (;;) {
      if (taken_ == filled_ && !TRY(fill_batch())) return false;
      Parsed& parsed = batch_[taken_++];
      line = parsed.line;
      raw = parsed.text;
      if (parsed.is_fine) {
        std::swap(document, parsed.document);
        return true;
      }
      reject(line, parsed.problem, raw);
    }
  }

  // The lines that stand whole in the buffer, parsed on all cores; each block of them has a parser of its own.
  Result<bool> fill_batch() {
    taken_ = filled_ = 0;
    while (filled_ < kBatch) {
      const auto text = TRY(next_line(filled_ == 0 ? Reading::Allowed : Reading::NotNow));
      if (!text) break;
      if (filled_ == batch_.size()) batch_.emplace_back();
      batch_[filled_].text = *text;
      batch_[filled_++].line = text_line_;
    }
    const size_t grain = (filled_ + kBlocks - 1) / kBlocks;
    parallel_for(filled_, std::max<size_t>(grain, 1), [&](size_t from, size_t to) {
      JsonParser& parser = parsers_[from / grain];
      for (size_t i = from; i < to; ++i) {
        batch_[i].is_fine = read(parser, batch_[i].text, batch_[i].document, batch_[i].problem);
      }
    });
    return filled_ > 0;
  }

  enum class Reading { Allowed, NotNow };  // reading moves the buffer

  // The next line that is not blank; nullopt at the end, or where none stands whole in the buffer and reading is not
  // now.
  Result<std::optional<std::string_view>> next_line(Reading reading) {
    for (;;) {
      size_t end = buffer_.find('\n', searched_);
      if (end == std::string::npos && !ended_) {
        if (reading == Reading::NotNow) return std::optional<std::string_view>();
        if (buffer_.size() - at_ > kLongestDocument) return too_long();
        TRY(more());
        continue;
      }
      if (end == std::string::npos) end = buffer_.size();
      if (at_ >= buffer_.size()) return std::optional<std::string_view>();
      const std::string_view text = trim(std::string_view(buffer_).substr(at_, end - at_));
      text_line_ = line_++;
      at_ = searched_ = std::min(end + 1, buffer_.size());
      if (!text.empty()) return std::optional(text);
    }
  }

  Result<std::optional<std::string_view>> next_value() {
    for (;;) {
      TRY(skip_space());
      if (at_ < buffer_.size() && form_ == Form::Array && (buffer_[at_] == ',' || buffer_[at_] == ']')) {
        if (buffer_[at_] == ']') closed_ = true;
        ++at_;
        continue;
      }
      if (at_ >= buffer_.size()) {
        if (form_ == Form::Array && !closed_) {
          return fail("the array that the file begins with never ends: the file is cut off",
                      fmt::format("{}:{}", name_, line_),
                      try_shell("tail -c 200").argument(name_).note("then export it again"));
        }
        return std::optional<std::string_view>();
      }
      const bool is_container = buffer_[at_] == '{' || buffer_[at_] == '[';
      if (!is_container && form_ != Form::Array) {
        return fail(fmt::format("expected an object here, found: {}", repair_utf8(buffer_.substr(at_, 40))),
                    fmt::format("{}:{}", name_, line_),
                    try_shell("sed -n").argument(fmt::format("{}p", line_)).argument(name_));
      }
      const size_t end = end_of_element();
      if (end == std::string::npos) {
        if (ended_) {
          return fail("an object begins here and never ends: the file is cut off", fmt::format("{}:{}", name_, line_),
                      try_shell("tail -c 200").argument(name_).note("then export it again"));
        }
        if (buffer_.size() - at_ > kLongestDocument) return too_long();
        TRY(more());
        continue;
      }
      const std::string_view text = std::string_view(buffer_).substr(at_, end - at_);
      text_line_ = line_;
      count_lines(text);
      at_ = end;
      return std::optional(text);
    }
  }

  // npos where it may go on behind the buffer. What is no value of JSON goes on to the next comma or bracket.
  size_t end_of_element() const {
    size_t end = end_of_value(buffer_, at_);
    if (end == at_) ++end;
    return end == buffer_.size() && !ended_ && form_ == Form::Array ? std::string::npos : end;
  }
  std::unexpected<Error> too_long() {
    return fail(fmt::format("a document is longer than {} MB", kLongestDocument >> 20),
                fmt::format("{}:{}", name_, line_),
                try_shell("jq -c").argument(".[]").argument(name_).raw("> lines.jsonl").note("an object a line"));
  }
  void count_lines(std::string_view text) {
    for (const char c : text) line_ += c == '\n' ? 1 : 0;
  }
  Result<void> skip_space() {
    for (;;) {
      while (at_ < buffer_.size() && is_json_space(buffer_[at_])) line_ += buffer_[at_++] == '\n' ? 1 : 0;
      if (at_ < buffer_.size() || ended_) return {};
      TRY(more());
    }
  }
  Result<void> more() {
    buffer_.erase(0, at_);
    at_ = 0;
    searched_ = buffer_.size();
    ended_ = !TRY(source_->read(buffer_, kChunk));
    if (ended_) searched_ = 0;
    buffer_.reserve(buffer_.size() + kJsonPadding);
    std::memset(buffer_.data() + buffer_.size(), 0, kJsonPadding);
    return {};
  }

  std::unique_ptr<ByteSource> source_;
  std::string name_;
  RejectSink rejects_;
  std::array<JsonParser, kBlocks> parsers_;
  Form form_ = Form::Lines;
  std::vector<Parsed> batch_;
  size_t taken_ = 0, filled_ = 0;
  std::string buffer_;
  size_t at_ = 0, searched_ = 0;
  uint64_t line_ = 1, text_line_ = 1;
  bool ended_ = false, closed_ = false;
};

// Errors of DuckDB are about the file: it has just been opened by nobody else.
std::unexpected<Error> damaged(const Error& error, const std::string& path) {
  return fail("cannot be read as Parquet: " + error.message.substr(0, error.message.find('\n')), path,
              try_shell("ls -l").argument(path).note("is it whole? fetch it again"));
}

class ParquetDocuments final : public DocumentReader {
 public:
  ParquetDocuments(store::Database database, store::Connection connection, store::Answer answer, const OpenFile& file)
      : database_(std::move(database)), connection_(std::move(connection)), answer_(std::move(answer)), file_(file) {}

  Result<bool> next(JsonDocument& document, uint64_t& line, std::string_view& raw) override {
    while (!chunk_ || row_ >= chunk_->rows()) {
      auto chunk = answer_.next();
      if (!chunk) return damaged(chunk.error(), file_.path);
      if (!*chunk) return false;
      chunk_.reset();
      chunk_.emplace(std::move(**chunk));
      row_ = 0;
    }
    text_ = chunk_->column(0).text(row_++);
    line = ++line_;
    text_.reserve(text_.size() + kJsonPadding);
    std::memset(text_.data() + text_.size(), 0, kJsonPadding);
    raw = text_;
    std::string problem;
    if (!parser_.parse(text_, document, problem)) {
      return fail(fmt::format("row {}: {}", line, problem), file_.path);
    }
    return true;
  }
  // DuckDB does not say how far in the file it is: rows count as bytes would.
  uint64_t consumed() const override { return 0; }

 private:
  store::Database database_;
  store::Connection connection_;
  store::Answer answer_;
  OpenFile file_;
  std::optional<store::Chunk> chunk_;
  size_t row_ = 0;
  uint64_t line_ = 0;
  std::string text_;
  JsonParser parser_;
};

// Flattens documents. A path is remembered by the addresses of its keys, so that most lookups hash two pointers.
class DocumentRows final : public RowReader {
 public:
  DocumentRows(std::unique_ptr<DocumentReader> documents, std::string name)
      : documents_(std::move(documents)), name_(std::move(name)) {}

  const std::vector<std::string>& columns() const override { return columns_; }
  uint64_t consumed() const override { return documents_->consumed(); }

  Result<bool> next(Row& row) override {
    if (!TRY(documents_->next(document_, row.line, row.raw))) return false;
    row.fields.assign(columns_.size(), {});
    if (document_.is(0, JsonKind::Object)) TRY(flatten(0, 0, "", row));
    return true;
  }

 private:
  Result<void> flatten(uint32_t object, uint64_t path, const std::string& prefix, Row& row) {
    for (uint32_t at = object + 1; at < document_.at(object).next; at = document_.at(at).next) {
      const JsonNode& node = document_.at(at);
      const uint64_t inner = path * 0x9E3779B97F4A7C15 + reinterpret_cast<uintptr_t>(node.key.data());
      if (node.kind == JsonKind::Object) {
        TRY(flatten(at, inner + 1, prefix + std::string(node.key) + ".", row));
        continue;
      }
      const size_t column = TRY(column_of(inner, prefix, node.key));
      if (column >= row.fields.size()) row.fields.resize(column + 1);
      row.fields[column] = field_of(node);
    }
    return {};
  }

  Field field_of(const JsonNode& node) {
    switch (node.kind) {
      case JsonKind::Null:
        return {"", FieldKind::Null};
      case JsonKind::True:
        return {"true", FieldKind::True};
      case JsonKind::False:
        return {"false", FieldKind::False};
      case JsonKind::Number:
        return {node.text, FieldKind::Number};
      case JsonKind::Text:
        return {node.text, FieldKind::Text};
      default:
        return {node.text, FieldKind::Raw};
    }
  }

  Result<size_t> column_of(uint64_t path, const std::string& prefix, std::string_view key) {
    const auto known = by_path_.find(path);
    if (known != by_path_.end()) return known->second;
    const std::string name = prefix + std::string(key);
    const auto [found, is_new] = by_name_.try_emplace(name, columns_.size());
    if (is_new) {
      if (columns_.size() >= kMostJsonColumns) {
        return fail(fmt::format("has more than {} different members: ids used as keys?", kMostJsonColumns), name_,
                    try_shell("jq -c").argument("{customer_id, time, event}").argument(name_).raw("> fewer.jsonl"));
      }
      columns_.push_back(name);
    }
    by_path_.emplace(path, found->second);
    return found->second;
  }

  std::unique_ptr<DocumentReader> documents_;
  std::string name_;
  JsonDocument document_;
  std::vector<std::string> columns_;
  std::unordered_map<std::string, size_t> by_name_;
  std::unordered_map<uint64_t, size_t> by_path_;
};

Result<std::unique_ptr<DocumentReader>> start(std::unique_ptr<ByteSource> source, std::string name,
                                              RejectSink rejects) {
  auto reader = std::make_unique<TextDocuments>(std::move(source), std::move(name), std::move(rejects));
  TRY(reader->start());
  return std::unique_ptr<DocumentReader>(std::move(reader));
}

}  // namespace

Result<std::unique_ptr<DocumentReader>> open_json(const OpenFile& file, RejectSink rejects) {
  return start(TRY(open_bytes(file)), file.path, std::move(rejects));
}

Result<std::unique_ptr<DocumentReader>> json_of_text(std::string text, RejectSink rejects, std::string name) {
  return start(std::make_unique<StringSource>(std::move(text)), std::move(name), std::move(rejects));
}

Result<std::unique_ptr<DocumentReader>> open_parquet(const OpenFile& file) {
  auto database = TRY(store::Database::in_memory_for_files());
  auto connection = TRY(database.connect());
  auto answer = connection.stream(
      fmt::format("SELECT CAST(to_json(t) AS VARCHAR) FROM read_parquet({}) AS t", store::quoted_text(file.path)));
  if (!answer) return damaged(answer.error(), file.path);
  return std::unique_ptr<DocumentReader>(
      new ParquetDocuments(std::move(database), std::move(connection), std::move(*answer), file));
}

std::unique_ptr<RowReader> rows_of_documents(std::unique_ptr<DocumentReader> documents, std::string name) {
  return std::make_unique<DocumentRows>(std::move(documents), std::move(name));
}

}  // namespace tessera::formats
