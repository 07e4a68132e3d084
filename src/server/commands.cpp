#include "server/commands.hpp"

#include <new>

#include "core/json.hpp"
#include "core/memory.hpp"
#include "core/remedy_json.hpp"
#include "http/frames.hpp"
#include "server/site.hpp"

namespace tessera::server {

namespace {

constexpr size_t kBuffer = 1 << 20, kPiece = 256 << 10, kMostWords = 1'000;

class CommandStream final : public http::Stream {
 public:
  explicit CommandStream(std::shared_ptr<CommandReader> with) : with_(std::move(with)) {}
  ~CommandStream() override {
    with_->on_wake(nullptr);
    with_->leave();
  }
  Piece next() override { return with_->take(); }
  void on_wake(std::function<void()> wake) override { with_->on_wake(std::move(wake)); }
  std::string idle() const override { return http::frame("beat", ""); }

 private:
  std::shared_ptr<CommandReader> with_;
};

}  // namespace

void CommandReader::run() {
  int code = 1;
  try {
    code = run_(call_, *this);
  } catch (const std::bad_alloc&) {
    say("err", fmt::format("error: {}\n", out_of_memory().message));
  }
  when_gone({});
  say("end", std::to_string(code));
  close();
}

bool CommandReader::say(std::string_view kind, std::string_view bytes) {
  std::function<void()> wake;
  {
    std::unique_lock lock(mutex_);
    news_.wait(lock, [this] { return is_gone() || held_.size() < kBuffer; });
    if (is_gone()) return false;
    held_ += http::frame(kind, bytes);
    wake = wake_;
  }
  if (wake) wake();
  return true;
}

void CommandReader::close() {
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    wake = wake_;
  }
  if (wake) wake();
}

http::Stream::Piece CommandReader::take() {
  http::Stream::Piece out{.text = {}, .then = http::Stream::Then::Wait};
  {
    const std::lock_guard lock(mutex_);
    out.text = held_.substr(0, kPiece);
    held_.erase(0, kPiece);
    if (!held_.empty())
      out.then = http::Stream::Then::More;
    else if (is_over_)
      out.then = http::Stream::Then::End;
  }
  news_.notify_all();
  return out;
}

void CommandReader::on_wake(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

void CommandReader::on_leave() {
  {
    const std::lock_guard lock(mutex_);
  }  // not between say()'s look and its wait
  news_.notify_all();
}

void Commands::post(CommandCall call, const http::Responder& responder) {
  const auto with = std::make_shared<CommandReader>(run_, std::move(call));
  if (!jobs_.post(with, Urgency::Awaited)) {
    http::Response busy = problem(503, "as many commands as may wait are waiting already", "ask again in a moment");
    busy.headers.emplace_back("Retry-After", "5");
    return responder.send(std::move(busy));
  }
  responder.send({.type = std::string(http::kFramesType), .stream = std::make_shared<CommandStream>(with)});
}

// --- the request

Result<CommandCall> parse_command_call(std::string_view body) {
  constexpr const char* kExample = R"({"words": ["segments", "list"]})";
  const auto json = parse_json(body, "body");
  const Json* words = json ? json->find("words") : nullptr;
  if (!words || !words->as_array()) return usage("the body is a JSON object with a list of words", kExample);
  if (words->as_array()->size() > kMostWords) return usage(fmt::format("more than {} words", kMostWords), kExample);
  CommandCall out;
  for (const Json& word : *words->as_array()) {
    if (!word.as_text()) return usage("every word is a text", kExample);
    out.words.push_back(*word.as_text());
  }
  if (const Json* store = json->find("store")) out.store = store->text_or("");
  const Json* files = json->find("files");
  for (const Json& file : files && files->as_array() ? *files->as_array() : Json::Array{}) {
    const Json *path = file.find("path"), *text = file.find("text"), *error = file.find("error");
    if (!path || !path->as_text()) return usage("a file has a path, and a text or an error");
    const auto of_error = [&](std::string_view name) {
      const Json* part = error ? error->find(name) : nullptr;
      return part ? part->text_or("") : std::string();
    };
    out.files.insert_or_assign(
        *path->as_text(), text && text->as_text()
                              ? Result<std::string>(*text->as_text())
                              : fail(of_error("message"), of_error("place"), error ? remedy_from(*error) : Remedy()));
  }
  return out;
}

namespace {

Json json_of(const Error& error) {
  Json out = Json::object().set("message", error.message).set("place", error.place).set("remedy", "");
  put_remedy(out, error.remedy);
  return out;
}

}  // namespace

std::string text_of(const CommandCall& call) {
  Json words = Json::array(), files = Json::array();
  for (const std::string& word : call.words) words.add(word);
  for (const auto& [path, text] : call.files) {
    Json file = Json::object().set("path", path);
    if (text)
      file.set("text", *text);
    else
      file.set("error", json_of(text.error()));
    files.add(std::move(file));
  }
  return Json::object().set("words", std::move(words)).set("store", call.store).set("files", std::move(files)).dump();
}

}  // namespace tessera::server
