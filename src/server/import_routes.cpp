// Imports over HTTP: pieces of rows as `the verb import sends them to a server, or a whole small file; and the
// list of what was imported.
#include <fstream>

#include "core/gzip.hpp"
#include "core/hash.hpp"
#include "core/memory.hpp"
#include "ingest/import.hpp"
#include "ingest/order_stream.hpp"
#include "ingest/row_stream.hpp"
#include "server/imports.hpp"
#include "server/remedies.hpp"

namespace tessera::server {

namespace {

constexpr size_t kListed = 1'000;
// Of a file that comes as one request. A gzip of 8 MB is some 80 MB of a usual export, and may be 8 GB; what is more
// travels in pieces, read where it lies.
constexpr uint64_t kMostUnpacked = 256 << 20;
constexpr int64_t kMostParquetRows = 10'000'000;
constexpr uint64_t kMostRows = 1 << 30;  // bytes of its rows as they are logged
// The options of an import that are parameters here.
constexpr std::string_view kOptions[] = {"preset",  "map",  "zone",   "dates",  "currency",
                                         "country", "keep", "reject", "status", "yes"};

http::Response come_again() {
  http::Response out =
      problem(503, "more waits to be applied than may wait", "send it again after Retry-After seconds");
  out.headers.emplace_back("Retry-After", "1");
  return out;
}

// --- a whole file

// Gone with its name.
class SpooledFile {
 public:
  static Result<SpooledFile> of(const Service& service, const std::string& name, std::string_view bytes) {
    namespace fs = std::filesystem;
    std::error_code error;
    fs::path folder = fs::path(service.record.path()).parent_path();
    if (folder.empty()) folder = fs::temp_directory_path(error);
    SpooledFile out;
    out.folder_ = folder / ("import-" + hex_of(secret_bytes(8)));
    const auto room = fs::space(folder, error);
    if (!error && room.available < 2 * bytes.size())
      return fail("there is no room for the file", {}, try_shell("df -h"));
    fs::create_directory(out.folder_, error);
    std::ofstream file(out.path(name), std::ios::binary);
    file << bytes;
    file.close();
    if (!file) return fail("the file cannot be kept while it is read", folder.string(), try_shell("df -h"));
    return out;
  }
  SpooledFile(SpooledFile&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}
  ~SpooledFile() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string folder() const { return folder_.string() + "/"; }

 private:
  SpooledFile() = default;
  std::filesystem::path folder_;
};

Result<ingest::ImportOptions> options_of(const Service& service, const Call& call) {
  ingest::ImportOptions out;
  out.preset = call.query.get("preset").value_or("");
  out.map = call.query.get("map").value_or("");
  out.zone = call.query.get("zone");
  out.currency = call.query.get("currency").value_or("");
  if (const auto text = call.query.get("country")) out.country = TRY(ingest::country_given(*text));
  out.yes = call.query.get("yes").has_value();
  if (const auto kinds = call.query.get("keep")) TRY(out.odd.say(*kinds, formats::OddRule::Keep));
  if (const auto kinds = call.query.get("reject")) TRY(out.odd.say(*kinds, formats::OddRule::Reject));
  if (const auto meanings = call.query.get("status")) TRY(out.statuses.say(*meanings));
  if (const auto dates = call.query.get("dates")) {
    if (*dates != "dmy" && *dates != "mdy") return usage("'dates' is dmy or mdy", try_again().option("--dates", "dmy"));
    out.dates = *dates == "dmy" ? formats::DateOrder::DayMonth : formats::DateOrder::MonthDay;
  }
  out.learnt = service.clock.now();
  return out;
}

std::string without(std::string text, std::string_view part) {
  for (size_t at; (at = text.find(part)) != std::string::npos;) text.erase(at, part.size());
  return text;
}

// Of what is packed: how much it is unpacked. A gzip that is damaged is told so by whoever reads it.
Result<void> check_unpacked(const std::string& body, const std::string& path) {
  const auto too_large = [](std::string_view what) {
    return fail(fmt::format("the file is larger than {} when it is unpacked", what), {},
                try_command("import").blank("FILE").note("with --store sends it in pieces"));
  };
  if (is_gzipped(body) && unpacked_bytes(body, kMostUnpacked).value_or(0) > kMostUnpacked)
    return too_large(fmt::format("{} MB", kMostUnpacked >> 20));
  if (!body.starts_with("PAR1")) return {};
  const auto files = TRY(store::Database::in_memory_for_files());
  auto connection = TRY(files.connect());
  const auto rows =
      connection.integer(fmt::format("SELECT sum(num_rows) FROM parquet_file_metadata({})", store::quoted_text(path)));
  if (rows && rows->value_or(0) > kMostParquetRows) return too_large(fmt::format("{} rows", kMostParquetRows));
  return {};
}

Result<Json> import_file(Service& service, const Call& call) {
  const auto options = TRY(options_of(service, call));
  const std::string name = "body", import = "http-" + hex_of(secret_bytes(8));
  const auto file = TRY(SpooledFile::of(service, name, call.request.body));
  TRY(check_unpacked(call.request.body, file.path(name)));
  ingest::FarOrders orders([&](std::string body) -> Result<std::string> {
    return TRY(tell_orders(service, TRY(parse_json(body, "orders")))).dump();
  });
  ingest::WireIntake intake(
      [&](std::string piece) -> Result<void> {
        const auto taken = TRY(take_piece(service, import, piece));
        if (taken.is_busy) return fail("more waits to be applied than may wait", {}, "send it again in a moment");
        return {};
      },
      [&](const Json& notes) -> Result<profiles::IntakeOutcome> {
        TRY(orders.send_versions());
        return ingest::outcome_of(TRY(finish_import(service, import, "import over HTTP", notes)));
      },
      ingest::kPieceBytes, kMostRows);
  intake.ask_about_orders(orders);
  SilentProgress silent;
  const std::string path = file.path(name);
  const auto report = within_memory(service.memory, MemoryBudget::Rank::Manager,
                                    [&] { return ingest::import_into(intake, {&path, 1}, options, {}, silent); });
  if (!report) {
    Error error = report.error();
    Advice advice = error.remedy.advice();
    for (Advice::Part& part : advice.parts) part.value = without(part.value, file.folder());
    for (std::string* text : {&error.message, &error.place}) *text = without(*text, file.folder());
    if (!error.remedy.empty()) error.remedy = Remedy(std::move(advice));
    return std::unexpected(std::move(error));
  }
  return *parse_json(without(report->json().dump(), file.folder()));
}

http::Response refused(const Error& error, const http::Request& request) {
  http::Response out = problem_of(error);
  Json body = *parse_json(out.body);
  put_again(body, error.remedy, request, kOptions);
  out.body = body.dump();
  return out;
}

void take_import(Service& service, Call call, http::Responder responder) {
  if (call.request.header("content-type").starts_with(kPieceType)) {
    const auto taken = take_piece(service, call.query.get("id").value_or(""), call.request.body);
    if (!taken) return responder.send(problem_of(taken.error(), 503));
    if (taken->is_busy) return responder.send(come_again());
    return responder.send(json_response(Json::object().set("rows", taken->rows).set("known", taken->known)));
  }
  if (call.request.body.empty())
    return responder.send(problem(400, "the body is a file to import", "curl --data-binary @orders.csv ..."));
  std::unique_lock turn(service.import, std::try_to_lock);
  if (!turn.owns_lock()) return responder.send(come_again());
  const auto report = import_file(service, call);
  turn.unlock();  // before whoever hears the answer asks again
  responder.send(report ? json_response(*report) : refused(report.error(), call.request));
}

void take_orders(Service& service, Call call, http::Responder responder) {
  const auto body = parse_json(call.request.body, "body");
  if (!body || !body->as_object())
    return responder.send(
        problem(400, "the body is a JSON object", R"({"orders": [{"id": "7", "who": [[1, "ann"]]}]})"));
  const auto told = tell_orders(service, *body);
  responder.send(told ? json_response(*told) : problem_of(told.error(), 503));
}

void end_import(Service& service, Call call, http::Responder responder) {
  const auto body = parse_json(call.request.body, "body");
  if (!body || !body->as_object())
    return responder.send(problem(400, "the body is a JSON object", R"({"source": "import of orders.csv"})"));
  const Json *source = body->find("source"), *notes = body->find("notes");
  const auto ended = finish_import(service, call.parts[0], source ? source->text_or("import") : "import",
                                   notes ? *notes : Json::object());
  responder.send(ended ? json_response(*ended) : problem_of(ended.error(), 503));
}

// --- the list

Result<Json> imports(Service& service) {
  auto connection = TRY(service.record.connect());
  const auto rows = TRY(connection.rows(fmt::format(
      "SELECT id, epoch_ms(learnt), source, detail FROM tessera.entry WHERE kind = 'import' ORDER BY id DESC LIMIT {}",
      kListed)));
  Json items = Json::array();
  for (const auto& row : rows) {
    const auto detail = parse_json(row[3].value_or("{}"));
    items.add(Json::object()
                  .set("entry", Json::Literal{row[0].value_or("0")})
                  .set("learnt", text_of(Instant{std::atoll(row[1].value_or("0").c_str())}))
                  .set("source", row[2].value_or(""))
                  .set("detail", detail ? *detail : Json()));
  }
  return Json::object().set("imports", std::move(items));
}

void list_imports(Service& service, Call, http::Responder responder) {
  const auto out = imports(service);
  responder.send(out ? json_response(*out) : problem_of(out.error(), 500));
}

constexpr Parameter kImport[] = {
    {"preset", "query", "string",
     "As of the verb import: --preset; map, zone, dates, currency, country, keep, reject, status, yes too"},
    {"id", "query", "string", "Of a piece: the import it belongs to"}};
constexpr Parameter kEnd[] = {{"id", "path", "string", "The import"}};

constexpr http::BodyLimit kFileBody{8 << 20, 413};

constexpr Route kRoutes[] = {
    {"GET",
     "/api/v1/imports",
     "What was imported, newest first",
     {},
     "",
     "{\"imports\": [...]}",
     Needs::Read,
     Runs::Worker,
     list_imports},
    {"POST", "/api/v1/imports", "Import a file of at most 8 MB; or a piece of rows of the verb import", kImport,
     "text: the file, as it is", "The report of the import", Needs::Write, Runs::Worker, take_import, kFileBody},
    {"POST", "/api/v1/imports/{id}/orders", "What is known of the orders that the verb import is about to tell", kEnd,
     "{\"orders\": [{\"id\": \"7\", \"who\": [[1, \"ann\"]]}]}", "{\"told\": [...]}", Needs::Write, Runs::Worker,
     take_orders, kFileBody},
    {"POST", "/api/v1/imports/{id}/end", "All pieces were sent: record them and count", kEnd,
     "{\"source\": \"import of orders.csv\", \"notes\": {...}}", "{\"stored\": ...}", Needs::Write, Runs::Worker,
     end_import, kFileBody},
};

}  // namespace

std::span<const Route> import_routes() {
  return kRoutes;
}

}  // namespace tessera::server
