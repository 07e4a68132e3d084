#include "server/backend.hpp"

namespace tessera::server {

namespace {

class EngineBackend final : public Backend {
 public:
  explicit EngineBackend(live::Engine& engine) : engine_(engine) {}
  live::Taken submit(live::Submission submission, std::function<void(Result<uint64_t>)> done) override {
    return engine_.submit(std::move(submission), std::move(done));
  }
  Result<Json> apply_definitions(const std::string& text) override { return engine_.apply_definitions(text); }
  Result<Json> remove_definition(const std::string& slug) override { return engine_.remove_definition(slug); }
  Result<Json> rule(const std::string& text) override { return engine_.rule(text); }
  Json segments() override { return engine_.segments(); }
  std::optional<Json> customer(std::string_view id) override { return engine_.customer(id); }
  Result<std::vector<std::string>> members(std::string_view segment, std::string_view after, size_t limit) override {
    return engine_.members(segment, after, limit);
  }
  Result<void> record_now() override { return engine_.record_now(); }
  Result<void> while_still(const std::function<Result<void>()>& run) override { return engine_.while_still(run); }
  Json import_of(std::string_view import) override { return engine_.import_of(import); }
  Json status() override { return engine_.status(); }
  Result<std::vector<feed::Change>> changes_after(std::string_view id, size_t limit) override {
    return engine_.changes_after(id, limit);
  }
  std::pair<std::shared_ptr<void>, std::string> on_changes(std::function<void()> news) override {
    return engine_.subscribe([news = std::move(news)](std::span<const feed::Change>) { news(); });
  }

 private:
  live::Engine& engine_;
};

}  // namespace

std::unique_ptr<Backend> backend_of(live::Engine& engine) {
  return std::make_unique<EngineBackend>(engine);
}

}  // namespace tessera::server
