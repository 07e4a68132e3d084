#include "cli/remote.hpp"

#include <charconv>
#include <cstdio>

#include <poll.h>

#include "core/http_client.hpp"
#include "core/json.hpp"
#include "core/remedy_json.hpp"
#include "core/text.hpp"
#include "http/frames.hpp"
#include "http/http_server.hpp"
#include "server/commands.hpp"
#include "store/keystore.hpp"
#include "store/record_file.hpp"

namespace tessera::cli {

namespace fs = std::filesystem;

namespace {

constexpr int kMostRetries = 20;

// --- asking

std::vector<std::pair<std::string, std::string>> headers_of(const Context& context, std::string_view type) {
  std::vector<std::pair<std::string, std::string>> out{{"Content-Type", std::string(type)}};
  if (!context.token.empty()) out.emplace_back("Authorization", "Bearer " + context.token);
  return out;
}

Error unreachable(const Context& context, const Error& error) {
  return {fmt::format("the server cannot be asked: {}", error.message), context.store,
          try_shell("curl").argument(context.store + "/healthz").note("is it running there?")};
}

// What the server's problem document says.
Error refused(const Context& context, const HttpAnswer& answer) {
  const auto body = parse_json(answer.body);
  const Json* detail = body ? body->find("detail") : nullptr;
  if (answer.status == 401)
    return {
        detail ? detail->text_or("") : "a token is needed", context.store,
        http::try_token().note("makes one where the server is, while it does not run; then: export TESSERA_TOKEN=..."),
        Blame::Usage};
  if (!detail) return {fmt::format("the server answers {}, not as a Tessera server", answer.status), context.store, {}};
  return {detail->text_or(""), context.store, remedy_from(*body), answer.status == 400 ? Blame::Usage : Blame::World};
}

// --- taking in what comes back

// The files that a command may write here: those that were named, and those in a folder that was.
class Outputs {
 public:
  explicit Outputs(const Called& called) {
    for (const Option& option : called.command->options)
      for (const std::string& path : called.own.all(long_name(option.name))) {
        if (option.means == Means::Output || option.means == Means::NewFile) files_.push_back(path);
        if (option.means == Means::NewFile) files_.push_back(store::Keystore::path_of(path));  // of a backup
        if (option.means == Means::Folder) folders_.push_back(path);
      }
  }
  bool allows(const std::string& path) const {
    if (std::ranges::find(files_, path) != files_.end()) return true;
    const fs::path file(path);
    return file.has_filename() && file.filename() != ".." && file.filename() != "." &&
           std::ranges::any_of(folders_, [&](const std::string& folder) {
             return (fs::path(folder) / file.filename()).string() == path;
           });
  }

 private:
  std::vector<std::string> files_, folders_;
};

// A file as it comes in, under another name until it is whole.
class Arriving {
 public:
  ~Arriving() { drop(); }
  Result<void> begin(const std::string& path, bool is_new) {
    drop();
    path_ = path;
    is_new_ = is_new;
    std::error_code error;
    if (const fs::path folder = fs::path(path).parent_path(); !folder.empty()) fs::create_directories(folder, error);
    if (error) return fail(fmt::format("the folder cannot be made: {}", error.message()), path);
    file_ = std::fopen(partial().c_str(), "wb");
    return file_ ? Result<void>() : cannot();
  }
  Result<void> part(std::string_view bytes) {
    if (!file_) return fail("a part of no file came from the server");
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) return cannot();
    return {};
  }
  Result<void> done() {
    if (!file_) return {};
    if (std::fclose(std::exchange(file_, nullptr)) != 0) return cannot();
    if (is_new_) return store::publish(partial(), path_);
    if (std::rename(partial().c_str(), path_.c_str()) != 0) return cannot();
    return {};
  }

 private:
  std::string partial() const { return path_ + ".partial"; }
  std::unexpected<Error> cannot() {
    return fail(fmt::format("cannot be written: {}", std::strerror(errno)), path_,
                try_shell("df -h").note("is there room?"));
  }
  void drop() {
    if (!file_) return;
    std::fclose(std::exchange(file_, nullptr));
    std::remove(partial().c_str());
  }
  std::string path_;
  bool is_new_ = false;
  std::FILE* file_ = nullptr;
};

class Listener {
 public:
  Listener(const Context& context, const Called& called) : context_(context), outputs_(called) {}
  // False: enough was heard.
  bool take(std::string_view piece) {
    frames_.take(piece);
    for (;;) {
      auto next = frames_.next();
      if (!next) trouble_ = next.error();
      if (!next || !*next) return !trouble_;
      if (auto heard = hear(**next); !heard) {
        trouble_ = heard.error();
        return false;
      }
    }
  }
  Result<int> outcome() const {
    if (trouble_) return std::unexpected(*trouble_);
    if (code_) return *code_;
    return fail("the answer broke off before its end", context_.store, "is the server stopping? ask again");
  }

 private:
  Result<void> hear(const http::Frame& frame) {
    if (frame.kind == "step") return step(frame.bytes), Result<void>();
    context_.progress.finish();
    if (frame.kind == "out") context_.world.print(frame.bytes);
    if (frame.kind == "err") context_.world.note(frame.bytes);
    if (frame.kind == "file" || frame.kind == "new") {
      if (!outputs_.allows(frame.bytes))
        return fail("the server wants to write a file that was not asked for", frame.bytes);
      return file_.begin(frame.bytes, frame.kind == "new");
    }
    if (frame.kind == "part") return file_.part(frame.bytes);
    if (frame.kind == "done") return file_.done();
    if (frame.kind == "end") code_ = std::atoi(frame.bytes.c_str());
    return {};
  }
  void step(std::string_view text) {
    uint64_t numbers[2] = {};
    for (uint64_t& number : numbers) {
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc()) return;
      text.remove_prefix(std::min(text.size(), static_cast<size_t>(end - text.data()) + 1));
    }
    context_.progress.step(std::string(text), numbers[0], numbers[1]);
  }

  const Context& context_;
  Outputs outputs_;
  http::FrameReader frames_;
  Arriving file_;
  std::optional<int> code_;
  std::optional<Error> trouble_;
};

// --- what is sent

// Without the words that say where the server is and who asks.
std::vector<std::string> without_address(std::span<const std::string> words) {
  std::vector<std::string> out;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--store" || words[i] == "--token") {
      ++i;
    } else if (!words[i].starts_with("--store=") && !words[i].starts_with("--token=")) {
      out.push_back(words[i]);
    }
  }
  return out;
}

Result<server::CommandCall> call_of(const Context& context, const Called& called, std::span<const std::string> words) {
  server::CommandCall out{.words = without_address(words), .store = context.store, .files = {}};
  for (const std::string& word : out.words)
    if (first_invalid_utf8(word)) return usage(fmt::format("'{}' is not UTF-8", repair_utf8(word)));
  std::error_code error;
  for (const Option& option : called.command->options)
    for (const std::string& path : called.own.all(long_name(option.name))) {
      if (option.means == Means::Input) out.files.insert_or_assign(path, context.world.read(path));
      if (option.means == Means::NewFile && fs::exists(path, error))
        return fail("exists already", path, store::try_moving(path, path + ".old"));
    }
  return out;
}

// As long as the server asked for, at most a minute.
void wait_as_told(const HttpAnswer& answer) {
  const int64_t wait = std::clamp<int64_t>(answer.retry_after.value_or(kSecond).ms, 100, kMinute.ms);
  poll(nullptr, 0, static_cast<int>(wait));
}

Result<HttpAnswer> ask(const Context& context, const HttpExchange& request,
                       const std::function<bool(std::string_view)>& take) {
  for (int tries = 0;; ++tries) {
    auto answer = exchange(request, take);
    if (!answer) return std::unexpected(unreachable(context, answer.error()));
    const bool is_busy = (answer->status == 503 || answer->status == 429) && answer->retry_after;
    if (!is_busy || tries == kMostRetries) return answer;
    context.progress.step("waiting for the server", 0, 0);
    wait_as_told(*answer);
  }
}

}  // namespace

Result<int> run_there(const Context& context, const Called& called, std::span<const std::string> words) {
  const auto call = TRY(call_of(context, called, words));
  Listener listener(context, called);
  const auto answer = TRY(ask(context,
                              {.method = "POST",
                               .url = context.store + "/api/v1/commands",
                               .body = server::text_of(call),
                               .headers = headers_of(context, "application/json")},
                              [&](std::string_view piece) { return listener.take(piece); }));
  if (answer.status != 200) return std::unexpected(refused(context, answer));
  return listener.outcome();
}

Result<std::string> ask_server(const Context& context, std::string_view method, const std::string& path,
                               std::string body, std::string_view type) {
  std::string text;
  const auto answer = TRY(ask(context,
                              {.method = std::string(method),
                               .url = context.store + path,
                               .body = std::move(body),
                               .headers = headers_of(context, type)},
                              [&](std::string_view piece) {
                                text += piece;
                                return true;
                              }));
  if (answer.status != 200) return std::unexpected(refused(context, answer));
  return text;
}

}  // namespace tessera::cli
