#include "store/question.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <thread>

#include "core/csv.hpp"
#include "core/guarded.hpp"
#include "core/memory.hpp"
#include "core/stop.hpp"
#include "core/text.hpp"

namespace tessera::store {

namespace {

bool is_number(const std::string& type) {
  for (const char* prefix : {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
                             "UBIGINT", "FLOAT", "DOUBLE", "DECIMAL"})
    if (type.starts_with(prefix) && !type.ends_with("[]")) return true;
  return false;
}

Json json_of(const std::optional<std::string>& cell, const std::string& type) {
  if (!cell) return Json();
  if (type == "BOOLEAN") return Json(*cell == "true");
  // What a number's text cannot say in JSON (inf, nan) stays text.
  if (is_number(type) && parse_json(*cell)) return Json(Json::Literal{*cell});
  return Json(*cell);
}

// A null is an empty field, an empty text is "".
std::string csv_cell(const std::optional<std::string>& cell) {
  if (!cell) return "";
  return cell->empty() ? "\"\"" : csv_field(*cell);
}

// What signs and opens is not to be read: the key of the pseudonyms, webhooks' secrets, sources' keys.
struct Secret {
  std::string_view table, column;
};
constexpr Secret kSecrets[] = {
    {"meta", "value"}, {"webhook", "secret"}, {"webhook", "old_secret"}, {"source", "write_key"}};

// The secret that a step of a plan reads or compares, whichever way the question named it. The plan says a table's name
// and not its schema: an event of the name "Meta" may have all properties but "value".
const Secret* secret_in(const Json& step) {
  if (const Json* about = step.find("extra_info"))
    if (const Json* table = about->find("Table")) {
      const std::string all = about->dump();
      for (const Secret& secret : kSecrets)
        if (table->text_or("") == secret.table && all.find(secret.column) != std::string::npos) return &secret;
    }
  if (const Json* children = step.find("children"); children && children->as_array())
    for (const Json& child : *children->as_array())
      if (const Secret* found = secret_in(child)) return found;
  return nullptr;
}

Result<void> refuse_secrets(Connection& connection, const std::string& wrapped) {
  auto answer = TRY(connection.query("EXPLAIN (FORMAT JSON) " + wrapped));
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row) {
      const Json plan = TRY(parse_json(chunk->column(1).text(row), "plan of the question"));
      for (const Json& step : plan.as_array() ? *plan.as_array() : Json::Array{})
        if (const Secret* secret = secret_in(step))
          return fail(fmt::format("tessera.{}.{} is secret, and SQL does not read it", secret->table, secret->column),
                      {}, try_command("keys list").note("shows sources and their write keys"));
    }
  return {};
}

}  // namespace

namespace {

using Cells = std::vector<std::optional<std::string>>;

// A question that was taken: what its answer looks like, and the answer as it comes.
struct Opened {
  std::vector<std::string> columns, types;
  Answer rows;
};

Result<Opened> open_question(Connection& connection, const std::string& sql) {
  std::string_view question = trim(sql);
  while (question.ends_with(';')) question = trim(question.substr(0, question.size() - 1));
  if (question.empty())
    return usage("there is no question", try_command("sql").argument("SELECT * FROM customers LIMIT 10"));
  // As a part of another query it can be nothing but one SELECT; the line break ends a comment at its end.
  const std::string wrapped = fmt::format("FROM ({}\n)", question);
  std::vector<std::string> columns, types;
  {
    auto described = TRY(connection.query("DESCRIBE " + wrapped));
    while (const auto chunk = TRY(described.next()))
      for (size_t row = 0; row < chunk->rows(); ++row) {
        columns.emplace_back(chunk->column(0).text(row));
        types.emplace_back(chunk->column(1).text(row));
      }
  }
  TRY(refuse_secrets(connection, wrapped));
  TRY(go_on());
  // Not within the braces: what was moved there before an error would be nobody's (GCC 12).
  auto rows = TRY(connection.stream(fmt::format("SELECT COLUMNS(*)::VARCHAR {}", wrapped)));
  return Opened{std::move(columns), std::move(types), std::move(rows)};
}

void read_cells(const Chunk& chunk, size_t row, Cells& cells) {
  for (size_t c = 0; c < cells.size(); ++c) {
    const Vector column = chunk.column(c);
    if (column.is_null(row))
      cells[c].reset();
    else
      cells[c] = column.text(row);
  }
}

}  // namespace

Result<SqlAnswer> ask(Connection& connection, const std::string& sql, size_t max_rows) {
  Opened opened = TRY(open_question(connection, sql));
  SqlAnswer answer{.columns = std::move(opened.columns), .types = std::move(opened.types), .rows = {}};
  while (const auto chunk = TRY(opened.rows.next()))
    for (size_t row = 0; row < chunk->rows(); ++row) {
      if (max_rows > 0 && answer.rows.size() == max_rows) {
        answer.is_cut = true;
        return answer;
      }
      read_cells(*chunk, row, answer.rows.emplace_back(answer.columns.size()));
    }
  return answer;
}

// --- as text

namespace {

std::string shown(const std::optional<std::string>& cell) {
  return cell ? *cell : std::string();
}

class Table {
 public:
  explicit Table(const std::vector<std::string>& types) : types_(types), widths_(types.size()) {}
  void widen(const Cells& cells) {
    for (size_t c = 0; c < widths_.size(); ++c) widths_[c] = std::max(widths_[c], length_of(shown(cells[c])));
  }
  std::string line(const Cells& cells) const {
    std::string text;
    for (size_t c = 0; c < widths_.size(); ++c) {
      const std::string cell = shown(cells[c]);
      const size_t length = length_of(cell);
      const std::string blanks(widths_[c] - std::min(widths_[c], length), ' ');
      text += (c == 0 ? "" : "  ") + (is_number(types_[c]) ? blanks + cell : cell + blanks);
    }
    while (text.ends_with(' ')) text.pop_back();
    return text + "\n";
  }

 private:
  const std::vector<std::string>& types_;
  std::vector<size_t> widths_;
};

std::string csv_line(const Cells& cells) {
  std::string line;
  for (size_t c = 0; c < cells.size(); ++c) {
    if (c > 0) line += ',';
    line += csv_cell(cells[c]);
  }
  return line + '\n';
}

Json json_of(const std::vector<std::string>& columns, const std::vector<std::string>& types, const Cells& cells) {
  Json object = Json::object();
  for (size_t c = 0; c < cells.size(); ++c) object.set(columns[c], json_of(cells[c], types[c]));
  return object;
}

Cells head_of(const std::vector<std::string>& columns) {
  return {columns.begin(), columns.end()};
}

}  // namespace

std::string SqlAnswer::text() const {
  Table table(types);
  const Cells head = head_of(columns);
  table.widen(head);
  for (const auto& row : rows) table.widen(row);
  std::string all = table.line(head);
  for (const auto& row : rows) all += table.line(row);
  return all;
}

std::string SqlAnswer::csv() const {
  std::string all = csv_line(head_of(columns));
  for (const auto& row : rows) all += csv_line(row);
  return all;
}

Json SqlAnswer::json() const {
  Json all = Json::array();
  for (const auto& row : rows) all.add(json_of(columns, types, row));
  return all;
}

// --- piece by piece

namespace {

constexpr size_t kPutBytes = 64 << 10;

// Writes rows as they come.
class Writing {
 public:
  Writing(const Opened& opened, AnswerForm form, const std::function<void(std::string_view)>& put)
      : opened_(opened), form_(form), put_(put), table_(opened.types) {
    const Cells head = head_of(opened.columns);
    if (form == AnswerForm::Csv) out_ = csv_line(head);
    if (form == AnswerForm::Text) keep(head);
  }
  void row(const Cells& cells) {
    if (form_ == AnswerForm::Text && !is_measured_)
      keep(cells);
    else if (form_ == AnswerForm::Text)
      out_ += table_.line(cells);
    else if (form_ == AnswerForm::Csv)
      out_ += csv_line(cells);
    else
      json_row(cells);
    ++rows_;
    if (out_.size() >= kPutBytes) flush();
  }
  void end() {
    if (form_ == AnswerForm::Text) measured();
    if (form_ == AnswerForm::Json) out_ += rows_ == 0 ? "[]\n" : "\n]\n";
    flush();
  }
  uint64_t rows() const { return rows_; }

 private:
  // As Json::dump(2) has it in a list.
  void json_row(const Cells& cells) {
    out_ += rows_ == 0 ? "[\n  " : ",\n  ";
    for (const char c : json_of(opened_.columns, opened_.types, cells).dump(2)) {
      out_ += c;
      if (c == '\n') out_ += "  ";  // a text's line breaks are escaped
    }
  }
  void keep(const Cells& cells) {
    table_.widen(cells);
    kept_.push_back(cells);
    for (const auto& cell : cells) kept_bytes_ += cell ? cell->size() : 0;
    if (kept_.size() > kWidthRows || kept_bytes_ > kWidthBytes) measured();
  }
  void measured() {
    is_measured_ = true;
    for (const Cells& cells : kept_) {
      out_ += table_.line(cells);
      if (out_.size() >= kPutBytes) flush();
    }
    kept_ = {};
  }
  void flush() {
    if (!out_.empty()) put_(out_);
    out_.clear();
  }

  const Opened& opened_;
  AnswerForm form_;
  const std::function<void(std::string_view)>& put_;
  Table table_;
  std::vector<Cells> kept_;  // of a table, until it is known how wide it is
  size_t kept_bytes_ = 0;
  bool is_measured_ = false;
  std::string out_;
  uint64_t rows_ = 0;
};

// Ends what runs on a connection when its time is over or nobody waits for it. Again and again: an interruption between
// two statements of one question hits neither.
class Watch {
 public:
  Watch(const Connection& connection, Duration time)
      : connection_(connection), stop_(stop_of_this_thread()), time_(std::chrono::milliseconds(time.ms)) {
    if (stop_ || time.ms > 0) thread_ = std::thread([this] { run(); });
  }
  ~Watch() {
    *is_over_.lock() = true;
    news_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  bool is_late() const { return is_late_; }

 private:
  static constexpr auto kBeat = std::chrono::milliseconds(100);
  void run() {
    const auto latest = std::chrono::steady_clock::now() + time_;
    auto is_over = is_over_.lock();
    while (!is_over.wait_for(news_, kBeat, [&] { return *is_over; })) {
      if (time_.count() > 0 && std::chrono::steady_clock::now() >= latest) is_late_ = true;
      if (is_late_ || (stop_ && stop_->is_stopped())) connection_.interrupt();
    }
  }

  const Connection& connection_;
  const StopWhen* stop_;
  const std::chrono::milliseconds time_;
  Guarded<bool> is_over_{false};
  std::condition_variable news_;
  std::atomic<bool> is_late_{false};
  std::thread thread_;
};

Result<void> write_answer(Connection& connection, const std::string& sql, AnswerForm form, const QuestionLimits& limits,
                          const std::function<void(std::string_view)>& put) {
  Opened opened = TRY(open_question(connection, sql));
  Writing writing(opened, form, put);
  Cells cells(opened.columns.size());
  while (const auto chunk = TRY(opened.rows.next())) {
    TRY(go_on());
    for (size_t row = 0; row < chunk->rows(); ++row) {
      if (limits.rows > 0 && writing.rows() == limits.rows) {
        writing.end();
        return fail(fmt::format("the answer has more than {} rows; it is cut there", limits.rows), {},
                    try_command("serve").option("--sql-rows", "10000000").note("allows more; or ask with a LIMIT"));
      }
      read_cells(*chunk, row, cells);
      writing.row(cells);
    }
  }
  writing.end();
  return {};
}

}  // namespace

Result<void> answer(Connection& connection, const std::string& sql, AnswerForm form, const QuestionLimits& limits,
                    const std::function<void(std::string_view)>& put) {
  if (sql.size() > limits.text_bytes)
    return usage(fmt::format("a question has at most {} bytes, this one has {}", limits.text_bytes, sql.size()),
                 "compare with a list, x IN (1, 2, 3), or ask in parts");
  MemoryBudget budget(limits.memory > 0 ? limits.memory : memory_allowed() / 2);
  const Watch watch(connection, limits.time);
  const auto done = within_memory(&budget, MemoryBudget::Rank::Manager,
                                  [&] { return write_answer(connection, sql, form, limits, put); });
  TRY(go_on());
  if (!done && watch.is_late())
    return fail(fmt::format("the question took longer than {} seconds and was ended", limits.time.ms / kSecond.ms), {},
                try_command("serve").option("--sql-time", "1h").note("allows more; or ask for less"));
  return done;
}

}  // namespace tessera::store
