// Commands of the command line that run here, on the server's record: their route.
#include "server/commands.hpp"
#include "server/site.hpp"

namespace tessera::server {

namespace {

void run_command(Service& service, Call call, http::Responder responder) {
  if (!service.commands) return responder.send(problem(501, "this server runs no commands"));
  auto asked = parse_command_call(call.request.body);
  if (!asked) return responder.send(problem_of(asked.error(), 400));
  asked->caller = std::move(call.caller);
  service.commands->post(std::move(*asked), responder);
}

constexpr Route kRoutes[] = {
    {"POST",
     "/api/v1/commands",
     "Run a command of the command line on the server's record, as --store http://... does",
     {},
     R"({"words": ["segments", "list"], "files": [{"path": "my.tsl", "text": "..."}]})",
     "Frames: what the command says, the files it writes, its exit code",
     Needs::Any,
     Runs::Worker,
     run_command,
     {8 << 20, 413}},
};

}  // namespace

std::span<const Route> command_routes() {
  return kRoutes;
}

}  // namespace tessera::server
