#include "server/discoveries.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>

#include <fcntl.h>
#include <unistd.h>

#include "core/logging.hpp"

namespace tessera::server {

namespace fs = std::filesystem;

namespace {

constexpr size_t kErrorBytes = 16 << 10, kStepBytes = 1'000;
constexpr std::string_view kState = ".state.json", kPartial = ".partial";
// What a report's folder holds, and what it is called here.
constexpr std::pair<std::string_view, std::string_view> kResults[] = {
    {"discovery.json", "json"}, {"report.html", "html"}, {"segments.tsl", "tsl"}};

enum class Status : uint8_t { Queued, Running, Done, Failed };
constexpr std::string_view kStatus[] = {"queued", "running", "done", "failed"};
std::string_view text_of(Status status) {
  return kStatus[static_cast<size_t>(status)];
}

std::optional<uint64_t> id_of(std::string_view text) {
  uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || std::to_string(id) != text)
    return std::nullopt;
  return id;
}

// On disk when it returns, whole or as it was.
Result<void> write_file(const std::string& path, std::string_view bytes) {
  const std::string partial = path + std::string(kPartial);
  const int file = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool is_fine = file >= 0;
  while (is_fine && !bytes.empty()) {
    const ssize_t wrote = ::write(file, bytes.data(), bytes.size());
    if (wrote > 0)
      bytes.remove_prefix(static_cast<size_t>(wrote));
    else
      is_fine = wrote < 0 && errno == EINTR;
  }
  is_fine = is_fine && ::fsync(file) == 0;
  int why = errno;
  if (file >= 0) ::close(file);
  if (is_fine && ::rename(partial.c_str(), path.c_str()) != 0) is_fine = false, why = errno;
  if (is_fine) return {};
  ::unlink(partial.c_str());
  return fail(fmt::format("cannot be written: {}", std::strerror(why)), path,
              try_shell("df -h").note("is there room?"));
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return fail("cannot be read", path, "DELETE it, and ask for it again");
  return text;
}

struct Kept {
  Status status = Status::Queued;
  Instant asked;
  std::optional<Instant> started, ended;
  Json options;
  struct Step {
    std::string what;
    uint64_t done = 0, total = 0;
  };
  std::optional<Step> progress;
  std::string error;
  uint64_t bytes = 0;      // of the results
  std::weak_ptr<Job> job;  // owned by the jobs, and owns the state
};

Json instant_or_null(const std::optional<Instant>& at) {
  return at ? Json(text_of(*at)) : Json();
}

Json json_of(uint64_t id, const Kept& kept) {
  Json out = Json::object();
  out.set("id", std::to_string(id)).set("status", text_of(kept.status)).set("asked", text_of(kept.asked));
  out.set("started", instant_or_null(kept.started)).set("ended", instant_or_null(kept.ended));
  Json progress;
  if (const auto& step = kept.progress)
    progress = Json::object().set("done", step->done).set("total", step->total).set("what", step->what);
  out.set("options", kept.options).set("progress", std::move(progress));
  return out.set("error", kept.error.empty() ? Json() : Json(kept.error));
}

std::optional<Kept> kept_of(const Json& json) {
  Kept out;
  const auto text = [&](std::string_view name) {
    const Json* found = json.find(name);
    return found ? found->text_or("") : std::string();
  };
  const auto status = std::ranges::find(kStatus, text("status"));
  const auto asked = parse_instant(text("asked"));
  if (status == std::end(kStatus) || !asked) return std::nullopt;
  out.status = static_cast<Status>(status - kStatus);
  out.asked = *asked;
  out.started = parse_instant(text("started"));
  out.ended = parse_instant(text("ended"));
  if (const Json* options = json.find("options")) out.options = *options;
  out.error = text("error");
  return out;
}

}  // namespace

struct Discoveries::State {
  std::string folder;
  Jobs& jobs;
  RunDiscovery run;
  const Clock& clock;
  DiscoveryLimits limits;
  const Logger* logger;
  mutable std::mutex mutex;
  std::map<uint64_t, Kept> all;
  uint64_t newest = 0;

  std::string path(uint64_t id, std::string_view ending) const {
    return (fs::path(folder) / fmt::format("{}{}", id, ending)).string();
  }
  std::string result_path(uint64_t id, std::string_view kind) const { return path(id, fmt::format(".{}", kind)); }
  Result<void> write_state(uint64_t id, const Kept& kept) const {
    return write_file(path(id, kState), json_of(id, kept).dump());
  }
  void remove_files(uint64_t id) const {
    std::error_code ignored;
    fs::remove(path(id, kState), ignored);
    for (const auto& [name, kind] : kResults) fs::remove(result_path(id, kind), ignored);
  }
  Result<void> make_folder() const {
    std::error_code error;
    if (fs::create_directory(folder, error)) fs::permissions(folder, fs::perms::owner_all, error);
    if (error) return fail(fmt::format("the folder cannot be made: {}", error.message()), folder, try_shell("df -h"));
    return {};
  }
  bool is_over(const Kept& kept) const { return kept.status == Status::Done || kept.status == Status::Failed; }
  // The oldest that are over go until there is room for one more, and the results of all fit.
  void make_room(size_t number, uint64_t spared) {
    uint64_t bytes = 0;
    for (const auto& [id, kept] : all) bytes += kept.bytes;
    for (auto at = all.begin(); at != all.end() && (all.size() > number || bytes > limits.bytes);) {
      if (!is_over(at->second) || at->first == spared) {
        ++at;
        continue;
      }
      bytes -= at->second.bytes;
      remove_files(at->first);
      at = all.erase(at);
    }
  }
  Result<void> read_folder();
};

namespace {

// A discovery on its way.
template <class State>
class DiscoveryJob final : public Job, private Progress {
 public:
  DiscoveryJob(std::shared_ptr<State> state, uint64_t id, workspace::DiscoveryWish wish)
      : state_(std::move(state)), id_(id), wish_(std::move(wish)) {}

  void run() override {
    std::string why;
    with([&](Kept& kept) {
      kept.status = Status::Running;
      kept.started = state_->clock.now();
      say(state_->logger, LogLevel::Info, "discovery begun",
          {{"discovery", id_}, {"waited_ms", (*kept.started - kept.asked).ms}});
      // Where this is not written, a kill makes it begin again.
      if (const auto written = state_->write_state(id_, kept); !written) why = written.error().text() + "\n";
    });
    const auto files = state_->run(wish_, *this, *this);
    if (!files) why += files.error().text();
    with([&](Kept& kept) { end(kept, files ? &*files : nullptr, why.substr(0, kErrorBytes)); });
  }

 private:
  using Files = std::vector<report::ReportFile>;

  void step(const std::string& what, uint64_t done, uint64_t total) override {
    with([&](Kept& kept) { kept.progress = {what.substr(0, kStepBytes), done, total}; });
  }
  void finish() override {}

  template <class Do>
  void with(const Do& run) {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->all.find(id_);
    if (found != state_->all.end()) run(found->second);
  }
  static Duration took(const Kept& kept) { return *kept.ended - kept.started.value_or(*kept.ended); }
  // Null: there are none, `why` says why.
  void end(Kept& kept, const Files* files, std::string why) {
    kept.ended = state_->clock.now();
    if (is_gone()) {
      why = "the server was stopped while it ran: ask again";
    } else if (files) {
      const auto written = keep(kept, *files);
      if (written) {
        say(state_->logger, LogLevel::Info, "discovery done",
            {{"discovery", id_}, {"ms", took(kept).ms}, {"bytes", kept.bytes}});
        return state_->make_room(SIZE_MAX, id_);
      }
      why = written.error().text();
    }
    state_->remove_files(id_);
    kept.status = Status::Failed;
    kept.bytes = 0;
    kept.error = std::move(why);
    // Why is in its state: it may quote what is in the record.
    say(state_->logger, LogLevel::Warning, "discovery failed",
        {{"discovery", id_}, {"ms", took(kept).ms}, {"stopped", is_gone().load()}});
    // Where this is not written, the next start says that the server ended while it ran.
    (void)state_->write_state(id_, kept);
  }
  Result<void> keep(Kept& kept, const Files& files) {
    for (const report::ReportFile& file : files) kept.bytes += file.text.size();
    if (kept.bytes > state_->limits.one_bytes)
      return fail(fmt::format("the result has more than {} bytes", state_->limits.one_bytes));
    for (const auto& [name, kind] : kResults) {
      const auto file = std::ranges::find(files, name, &report::ReportFile::name);
      VERIFY(file != files.end());
      TRY(write_file(state_->result_path(id_, kind), file->text));
    }
    kept.status = Status::Done;
    kept.progress.reset();
    return state_->write_state(id_, kept);
  }

  std::shared_ptr<State> state_;
  uint64_t id_;
  workspace::DiscoveryWish wish_;
};

}  // namespace

// Leaves only what states speak of.
Result<void> Discoveries::State::read_folder() {
  std::error_code error;
  if (!fs::exists(folder, error) && !error) return {};
  std::vector<fs::path> files;
  for (auto at = fs::directory_iterator(folder, error); !error && at != fs::directory_iterator(); at.increment(error))
    files.push_back(at->path());
  if (error)
    return fail(fmt::format("cannot be read: {}", error.message()), folder, try_shell("ls -ld").argument(folder));
  for (const fs::path& file : files) {
    const std::string name = file.filename().string();
    if (!name.ends_with(kState)) continue;
    const auto id = id_of(std::string_view(name).substr(0, name.size() - kState.size()));
    if (!id) continue;
    const auto text = read_file(file.string());
    const auto json = text ? parse_json(*text) : Result<Json>(std::unexpected(text.error()));
    auto kept = json ? kept_of(*json) : std::nullopt;
    if (!kept) kept = Kept{.status = Status::Failed, .asked = clock.now(), .error = "its state cannot be read"};
    if (kept->status == Status::Running) {
      kept->status = Status::Failed;
      kept->ended = clock.now();
      kept->error = "the server ended while it ran: ask again";
      TRY(write_state(*id, *kept));
    }
    for (const auto& [result, kind] : kResults) {
      const uintmax_t size = fs::file_size(result_path(*id, kind), error);
      if (!error) kept->bytes += size;
    }
    newest = std::max(newest, *id);
    all.emplace(*id, std::move(*kept));
  }
  for (const fs::path& file : files) {
    const std::string name = file.filename().string();
    const auto id = id_of(std::string_view(name).substr(0, name.find('.')));
    const bool is_ours = id && name.find('.') != std::string::npos;
    if (is_ours && (!all.contains(*id) || name.ends_with(kPartial))) fs::remove(file, error);
  }
  make_room(limits.number, 0);
  return {};
}

Discoveries::Discoveries(std::shared_ptr<State> state) : state_(std::move(state)) {}
Discoveries::~Discoveries() = default;

Result<std::unique_ptr<Discoveries>> Discoveries::open(std::string folder, Jobs& jobs, RunDiscovery run,
                                                       const Clock& clock, DiscoveryLimits limits,
                                                       const Logger* logger) {
  auto state = std::shared_ptr<State>(new State{.folder = std::move(folder),
                                                .jobs = jobs,
                                                .run = std::move(run),
                                                .clock = clock,
                                                .limits = limits,
                                                .logger = logger});
  const std::lock_guard lock(state->mutex);
  TRY(state->read_folder());
  for (auto& [id, kept] : state->all) {
    if (kept.status != Status::Queued) continue;
    if (auto wish = workspace::discovery_wish(kept.options)) {
      const auto job = std::make_shared<DiscoveryJob<State>>(state, id, std::move(*wish));
      kept.job = job;
      if (jobs.post(job, Urgency::Background)) continue;
    }
    kept.status = Status::Failed;
    kept.error = "it cannot be run any more: ask again";
    TRY(state->write_state(id, kept));
  }
  return std::unique_ptr<Discoveries>(new Discoveries(state));
}

Result<std::optional<Json>> Discoveries::add(const Json& options) {
  auto wish = TRY(workspace::discovery_wish(options));
  const std::lock_guard lock(state_->mutex);
  TRY(state_->make_folder());
  state_->make_room(state_->limits.number - 1, 0);
  const Instant now = state_->clock.now();
  // Ids rise, also over restarts, and tell when.
  const uint64_t id = std::max(static_cast<uint64_t>(std::max<int64_t>(now.ms, 1)), state_->newest + 1);
  const auto job = std::make_shared<DiscoveryJob<State>>(state_, id, std::move(wish));
  Kept kept{.asked = now, .options = options, .job = job};
  TRY(state_->write_state(id, kept));
  if (!state_->jobs.post(job, Urgency::Background)) {
    state_->remove_files(id);
    return std::nullopt;
  }
  state_->newest = id;
  return json_of(id, state_->all.emplace(id, std::move(kept)).first->second);
}

Result<Json> Discoveries::list(std::string_view before, size_t limit) const {
  const auto from = before.empty() ? std::optional(UINT64_MAX) : id_of(before);
  if (!from) return usage("'before' is what the page before said as 'next'", "leave it out to begin with the newest");
  const std::lock_guard lock(state_->mutex);
  Json items = Json::array(), next;
  for (auto at = std::make_reverse_iterator(state_->all.lower_bound(*from)); at != state_->all.rend(); ++at) {
    if (items.as_array()->size() == limit) {
      next = *items.as_array()->back().find("id");
      break;
    }
    items.add(json_of(at->first, at->second));
  }
  return Json::object().set("discoveries", std::move(items)).set("next", std::move(next));
}

std::optional<Json> Discoveries::get(std::string_view id) const {
  const auto number = id_of(id);
  const std::lock_guard lock(state_->mutex);
  const auto found = number ? state_->all.find(*number) : state_->all.end();
  if (found == state_->all.end()) return std::nullopt;
  Json out = json_of(*number, found->second);
  if (found->second.status == Status::Done) {
    auto text = read_file(state_->result_path(*number, "json"));
    if (!text) return out.set("error", text.error().text());
    while (text->ends_with('\n')) text->pop_back();
    out.set("result", Json::Literal{std::move(*text)});  // as it is: it is JSON
  }
  return out;
}

std::optional<Result<std::string>> Discoveries::file(std::string_view id, std::string_view kind) const {
  const auto number = id_of(id);
  const std::lock_guard lock(state_->mutex);
  const auto found = number ? state_->all.find(*number) : state_->all.end();
  if (found == state_->all.end()) return std::nullopt;
  if (found->second.status != Status::Done)
    return fail(fmt::format("this discovery is {}: there is no report", text_of(found->second.status)), {},
                try_get("/api/v1/discoveries/" + std::string(id)));
  return read_file(state_->result_path(*number, kind));
}

bool Discoveries::remove(std::string_view id) {
  const auto number = id_of(id);
  std::shared_ptr<Job> job;
  {
    const std::lock_guard lock(state_->mutex);
    const auto found = number ? state_->all.find(*number) : state_->all.end();
    if (found == state_->all.end()) return false;
    job = found->second.job.lock();
    state_->all.erase(found);
    state_->remove_files(*number);
  }
  if (job) job->leave();
  return true;
}

}  // namespace tessera::server
