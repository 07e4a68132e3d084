#include "cli/lent.hpp"

#include <fstream>
#include <mutex>

#include "cli/calling.hpp"
#include "core/memory.hpp"
#include "core/stop.hpp"
#include "http/frames.hpp"
#include "server/lent_record.hpp"

namespace tessera::cli {

namespace {

// At most ten a second of the same.
class FarProgress final : public Progress {
 public:
  FarProgress(server::CommandReader& reader, const Clock& clock) : reader_(reader), clock_(clock) {}
  void step(const std::string& what, uint64_t done, uint64_t total) override {
    const std::lock_guard lock(mutex_);
    const Instant now = clock_.now();
    if (what == what_ && now - last_ < Duration{100}) return;
    what_ = what;
    last_ = now;
    reader_.say("step", fmt::format("{} {} {}", done, total, what.substr(0, 1000)));
  }
  void finish() override {}

 private:
  server::CommandReader& reader_;
  const Clock& clock_;
  std::mutex mutex_;
  std::string what_;
  Instant last_ = kEver;
};

// The client's files, the server's record. Nothing is read from or written to the server's disk by a name that the
// client gave.
class LentWorld final : public World {
 public:
  LentWorld(server::Service& service, const server::CommandCall& call, server::CommandReader& reader)
      : service_(service), call_(call), reader_(reader), lent_(service), while_(lent_, reader) {}

  void print(std::string_view bytes) override { say("out", bytes); }
  void note(std::string_view bytes) override { say("err", bytes); }
  Result<std::string> read(const std::string& path) override {
    const auto found = call_.files.find(path);
    if (found == call_.files.end()) return fail("was not sent along", path);
    return found->second;
  }
  Result<void> write(const std::string& path, std::string_view bytes) override {
    reader_.say("file", path);
    say("part", bytes);
    reader_.say("done", "");
    return {};
  }
  Result<void> hand_over(const std::string& file, const std::string& path) override {
    std::ifstream in(file, std::ios::binary);
    std::string piece(http::kLargestFrame, '\0');
    reader_.say("new", path);
    while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0)
      if (!reader_.say("part", std::string_view(piece).substr(0, static_cast<size_t>(in.gcount())))) break;
    const bool is_read = in.eof();
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    if (!is_read) return fail("could not be sent as a whole", path);
    reader_.say("done", "");
    return {};
  }
  workspace::Holder& holder() override { return lent_; }
  server::Service* server() override { return &service_; }

 private:
  void say(std::string_view kind, std::string_view bytes) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), http::kLargestFrame)))
      if (!reader_.say(kind, bytes.substr(0, http::kLargestFrame))) return;
  }

  server::Service& service_;
  const server::CommandCall& call_;
  server::CommandReader& reader_;
  server::LentRecord lent_;
  server::LentWhile<server::CommandReader> while_;
};

// The verb, what was given with it, and of whom, before it is run.
Result<void> note_in_audit(server::Service& service, const privacy::Caller& caller, const Called& called) {
  const auto needs = needs_of(*called.command, called.own);
  if (std::ranges::none_of(needs, privacy::is_audited)) return {};
  std::string detail;
  for (const Option& option : called.command->options)
    for (const std::string& value : called.own.all(long_name(option.name))) {
      detail += fmt::format("{}{}", detail.empty() ? "" : ", ", long_name(option.name));
      if (option.noted == Noted::Itself) detail += "=" + value;
      if (option.noted == Noted::Customer) detail += "=" + service.pseudonym_of(value);
    }
  return service.record.audit(service.clock.now(), caller.who, fmt::format("tessera {}", called.command->path), detail,
                              caller.address);
}

std::unexpected<Error> may_not(const privacy::Caller& caller, std::string_view verb, Needs needs) {
  return usage(fmt::format("tessera {} needs a token with the scope '{}', and '{}' has: {}", verb,
                           privacy::name_of(needs), caller.who, caller.may.text()),
               http::try_token(privacy::name_of(needs)));
}

int run_lent(server::Service& service, const server::CommandCall& call, server::CommandReader& reader) {
  const StopWhen stop(reader.is_gone());
  LentWorld world(service, call, reader);
  const std::string store = call.store.empty() ? "http://127.0.0.1:8080" : call.store;
  const auto called = parse_command_line(call.words);
  if (!called) return report(world, called.error(), {.store = store});
  if (!called->help.empty()) return world.print(called->help), 0;
  if (called->command->remote != Remote::There)
    return report(world, usage(fmt::format("tessera {} is not run by a server", called->command->path)).error());
  for (const Needs needs : needs_of(*called->command, called->own))
    if (!call.caller.may.covers(needs)) {
      service.count(server::Barred::Scope);
      return report(world, may_not(call.caller, called->command->path, needs).error(), {.store = store});
    }
  FarProgress progress(reader, service.clock);
  auto context = context_of(called->common, store, service.clock, progress, world);
  if (!context) return report(world, context.error(), {store, &*called});
  context->caller = call.caller;
  if (const auto noted = note_in_audit(service, call.caller, *called); !noted)
    return report(world, noted.error(), {store, &*called});
  if (const auto recorded = service.engine.record_now(); !recorded)
    return report(world, recorded.error(), {store, &*called});
  const auto code = within_memory(service.memory, MemoryBudget::Rank::Manager,
                                  [&]() -> Result<int> { return run_in(*context, *called); });
  return code ? *code : report(world, code.error(), {store, &*called});
}

}  // namespace

server::RunCommand lent_commands(server::Service& service) {
  return [&service](const server::CommandCall& call, server::CommandReader& reader) {
    return run_lent(service, call, reader);
  };
}

}  // namespace tessera::cli
