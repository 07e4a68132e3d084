// A running server's record, lent to one piece of work: connections of its own on one moment of it, and its engine for
// what comes into force.
#pragma once

#include <list>
#include <mutex>
#include <optional>

#include "server/jobs.hpp"
#include "server/site.hpp"
#include "workspace/holder.hpp"

namespace tessera::server {

class LentRecord final : public workspace::Holder {
 public:
  // REQUIRES: the service outlives it, and it outlives what is made of its records.
  explicit LentRecord(Service& service) : service_(service), live_(service.engine) {}

  bool has_record() override { return true; }
  // Opened to be read: all of it is of one moment, whatever is recorded meanwhile. Error: the work was stopped.
  Result<std::shared_ptr<store::Record>> open_record(store::OpenMode mode) override;
  workspace::LiveDefinitions* live() override { return &live_; }

  // Queries that run are ended. Any thread.
  void interrupt();

 private:
  class Engine final : public workspace::LiveDefinitions {
   public:
    explicit Engine(live::Engine& engine) : engine_(engine) {}
    Result<void> apply(const std::string& text) override;
    Result<void> remove(const std::string& slug) override;

   private:
    live::Engine& engine_;
  };
  struct Lent {
    Lent(std::shared_ptr<store::Record> of, std::optional<store::Transaction> as)
        : record(std::move(of)), snapshot(std::move(as)) {}
    std::shared_ptr<store::Record> record;
    std::optional<store::Transaction> snapshot;  // ends before the record goes
  };
  Service& service_;
  Engine live_;
  std::mutex mutex_;
  std::list<Lent> lent_;
};

// While it lives, queries on what is lent are ended once nobody waits for it any more: for a Job, or what an http::Asker asked.
template <typename Waited>
class LentWhile {
 public:
  LentWhile(LentRecord& lent, Waited& waited) : waited_(waited) {
    waited_.when_gone([&lent] { lent.interrupt(); });
  }
  ~LentWhile() { waited_.when_gone({}); }
  LentWhile(const LentWhile&) = delete;
  LentWhile& operator=(const LentWhile&) = delete;

 private:
  Waited& waited_;
};

}  // namespace tessera::server
