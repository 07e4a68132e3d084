// Discoveries in the background: options are checked, states survive, results are bounded, what runs can be stopped.
#include "server/discoveries.hpp"

#include <filesystem>
#include <fstream>
#include <future>

#include "core/hash.hpp"
#include "server/fake.hpp"

namespace tessera::server {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

using Files = std::vector<report::ReportFile>;

// A discovery that a test holds by the hand.
class Played {
 public:
  using Play = std::function<Result<Files>(Progress&)>;
  RunDiscovery run() {
    return [this](const workspace::DiscoveryWish& wish, Progress& progress, Job& job) -> Result<Files> {
      std::unique_lock lock(mutex_);
      seen.push_back(wish);
      is_running_ = true;
      news_.notify_all();
      job.when_gone([this] {
        const std::lock_guard inner(mutex_);
        is_stopped_ = true;
        news_.notify_all();
      });
      news_.wait(lock, [this] { return play_ || is_stopped_; });
      const bool is_stopped = std::exchange(is_stopped_, false);
      is_running_ = false;
      if (is_stopped) return fail("it was stopped");  // what is to be played next is for the next one
      const auto play = std::exchange(play_, {});
      lock.unlock();
      return play(progress);
    };
  }
  void wait_until_running() {
    std::unique_lock lock(mutex_);
    news_.wait(lock, [this] { return is_running_; });
  }
  void play(Play what) {
    const std::lock_guard lock(mutex_);
    play_ = std::move(what);
    news_.notify_all();
  }
  std::vector<workspace::DiscoveryWish> seen;

 private:
  std::mutex mutex_;
  std::condition_variable news_;
  Play play_;
  bool is_running_ = false, is_stopped_ = false;
};

Files result(std::string json) {
  return {{"report.html", "<p>report</p>"}, {"segments.tsl", "segment ..."}, {"discovery.json", std::move(json)}};
}

class Discovering : public Served {
 protected:
  Discovering() { open(); }
  ~Discovering() override {
    server->stop();
    jobs.reset();
    fs::remove_all(folder);
  }
  void open(DiscoveryLimits limits = {}) {
    service.discoveries = nullptr;
    jobs = std::make_unique<Jobs>(2);
    discoveries = MUST(Discoveries::open(folder.string(), *jobs, played.run(), clock, limits));
    service.discoveries = discoveries.get();
  }
  std::string ask_for(std::string_view options = "") {
    const http::Answer made = send("/api/v1/discoveries", options);
    EXPECT_EQ(made.status, 202) << made.body;
    const std::string id = MUST(parse_json(made.body)).find("id")->text_or("");
    EXPECT_TRUE(made.has("Location: /api/v1/discoveries/" + id)) << made.head;
    return id;
  }
  Json look(const std::string& id) { return MUST(parse_json(get("/api/v1/discoveries/" + id).body)); }
  std::string member(const std::string& id, std::string_view name) { return look(id).find(name)->text_or(""); }
  // The next one's turn comes after the end of this one is on disk.
  void finish(const std::string& id) {
    while (member(id, "status") == "queued" || member(id, "status") == "running") std::this_thread::yield();
  }
  fs::path folder = fs::temp_directory_path() / ("discoveries-" + hex_of(secret_bytes(8)));
  Played played;
  std::unique_ptr<Jobs> jobs;
  std::unique_ptr<Discoveries> discoveries;
};

TEST_F(Discovering, FromTheQuestionToTheResult) {
  const std::string id = ask_for(R"x({"min_size": 20, "features": "let x = count(\"A\")", "as_of": "2026-03-01"})x");
  EXPECT_EQ(id, std::to_string(clock.ms));
  played.wait_until_running();
  const workspace::DiscoveryWish& wish = played.seen[0];
  EXPECT_EQ(wish.look.as_of, parse_instant("2026-03-01"));
  EXPECT_EQ(wish.options.min_size, 20u);
  EXPECT_EQ(wish.options.features, "let x = count(\"A\")");
  EXPECT_TRUE(wish.options.hides && wish.keep && !wish.options.anew);
  EXPECT_EQ(member(id, "status"), "running");
  EXPECT_EQ(get("/api/v1/discoveries/" + id + "?format=html").status, 409);
  std::promise<void> looked;
  std::promise<void> stepped;
  played.play([&](Progress& progress) {
    progress.step("clustering", 4, 7);
    stepped.set_value();
    looked.get_future().wait();
    return result("{\"k\": 3}\n");
  });
  stepped.get_future().wait();
  EXPECT_EQ(look(id).find("progress")->dump(), R"({"done":4,"total":7,"what":"clustering"})");
  looked.set_value();
  finish(id);
  const Json done = look(id);
  EXPECT_EQ(done.find("status")->text_or(""), "done");
  EXPECT_EQ(done.find("result")->find("k")->number_or(0), 3);
  EXPECT_EQ(done.find("options")->find("min_size")->number_or(0), 20);
  const http::Answer report = get("/api/v1/discoveries/" + id + "?format=html");
  EXPECT_EQ(report.body, "<p>report</p>");
  EXPECT_TRUE(report.has("Content-Security-Policy: sandbox"));
  EXPECT_EQ(get("/api/v1/discoveries/" + id + "?format=tsl").body, "segment ...");
  EXPECT_EQ(get("/api/v1/discoveries/" + id + "?format=pdf").status, 400);
  // Also after a restart, and until it is removed.
  jobs.reset();
  open();
  EXPECT_EQ(look(id), done);
  EXPECT_EQ(send("/api/v1/discoveries/" + id, "", "", "DELETE").status, 200);
  EXPECT_EQ(get("/api/v1/discoveries/" + id).status, 404);
  EXPECT_EQ(send("/api/v1/discoveries/" + id, "", "", "DELETE").status, 404);
  EXPECT_TRUE(fs::is_empty(folder));
}

TEST_F(Discovering, WhatFailsSaysWhy) {
  const std::string id = ask_for();
  played.play([](Progress&) { return fail("the record holds no customers", "", "tessera import FILE"); });
  finish(id);
  EXPECT_EQ(member(id, "status"), "failed");
  EXPECT_EQ(member(id, "error"), "the record holds no customers\n  tessera import FILE");
}

TEST_F(Discovering, ARestartFailsWhatRanAndGoesOnWithWhatWaited) {
  const std::string first = ask_for(), second = ask_for(R"({"seed": 2})");
  played.wait_until_running();
  // As a kill leaves it: copied while it runs.
  const fs::path killed = folder.string() + "-killed";
  fs::copy(folder, killed);
  std::ofstream(killed / "17.html") << "of none";
  std::ofstream(killed / (first + ".json.partial")) << "half";
  std::ofstream(killed / "notes.txt") << "somebody's";
  jobs.reset();  // as a stop leaves it: what ran is stopped
  EXPECT_EQ(member(first, "status"), "failed");
  EXPECT_THAT(member(first, "error"), HasSubstr("server was stopped"));
  EXPECT_EQ(member(second, "status"), "queued");
  fs::remove_all(folder);
  fs::rename(killed, folder);
  open();
  EXPECT_EQ(member(first, "status"), "failed");
  EXPECT_THAT(member(first, "error"), HasSubstr("the server ended while it ran"));
  EXPECT_FALSE(fs::exists(folder / "17.html"));
  EXPECT_FALSE(fs::exists(folder / (first + ".json.partial")));
  EXPECT_TRUE(fs::exists(folder / "notes.txt"));
  played.play([](Progress&) { return result("{}"); });
  finish(second);
  EXPECT_EQ(member(second, "status"), "done");
  EXPECT_EQ(played.seen.back().options.seed, 2u);
}

TEST_F(Discovering, OneThatRunsIsStoppedAndOneThatWaitsIsNotBegun) {
  const std::string first = ask_for();
  played.wait_until_running();
  const std::string second = ask_for(), third = ask_for();
  EXPECT_EQ(send("/api/v1/discoveries", "{}").status, 503);  // two may wait here
  EXPECT_EQ(send("/api/v1/discoveries/" + second, "", "", "DELETE").status, 200);
  EXPECT_EQ(send("/api/v1/discoveries/" + first, "", "", "DELETE").status, 200);
  played.play([](Progress&) { return result("{}"); });
  finish(third);
  EXPECT_EQ(member(third, "status"), "done");
  EXPECT_EQ(played.seen.size(), 2u);
  EXPECT_EQ(get("/api/v1/discoveries/" + first).status, 404);
}

TEST_F(Discovering, TheOldestMakeRoomAndPagesGoFromTheNewest) {
  jobs.reset();
  open({.number = 3, .bytes = 100, .one_bytes = 60});
  std::vector<std::string> ids;
  const auto make = [&](std::string_view json) {
    ids.push_back(ask_for());
    played.play([&](Progress&) { return result(std::string(json)); });
    finish(ids.back());
  };
  for (int i = 0; i < 4; ++i) make("{}");  // 26 bytes each
  EXPECT_EQ(get("/api/v1/discoveries/" + ids[0]).status, 404);
  const Json page = MUST(parse_json(get("/api/v1/discoveries?limit=2").body));
  EXPECT_EQ(page.find("discoveries")->as_array()->at(0).find("id")->text_or(""), ids[3]);
  EXPECT_EQ(page.find("next")->text_or(""), ids[2]);
  const Json rest = MUST(parse_json(get("/api/v1/discoveries?before=" + ids[2]).body));
  EXPECT_EQ(rest.find("discoveries")->as_array()->size(), 1u);
  EXPECT_TRUE(rest.find("next")->is_null());
  make("{                              }");  // 56: two of 26 more are too many
  EXPECT_EQ(get("/api/v1/discoveries/" + ids[2]).status, 404);
  EXPECT_EQ(member(ids[3], "status"), "done");
  make("{                                    }");
  EXPECT_EQ(member(ids.back(), "status"), "failed");
  EXPECT_THAT(member(ids.back(), "error"), HasSubstr("more than 60 bytes"));
  for (const char* bad : {"?limit=0", "?limit=101", "?limit=x", "?before=x"})
    EXPECT_EQ(get(fmt::format("/api/v1/discoveries{}", bad)).status, 400) << bad;
}

TEST_F(Discovering, OptionsAreCheckedBeforeTheyWait) {
  for (const char* bad : {"7",
                          "[]",
                          "{",
                          R"({"min-size": 3})",
                          R"({"min_size": 0})",
                          R"({"min_size": 1.5})",
                          R"({"min_size": "3"})",
                          R"({"segments": 1001})",
                          R"({"segments": "few"})",
                          R"({"features": 1})",
                          R"({"features": "let = ="})",
                          R"({"active": "long"})",
                          R"({"active": 365})",
                          R"({"goal": 1})",
                          R"({"goal": ""})",
                          R"({"horizon": 90})",
                          R"({"horizon": "0d"})",
                          R"({"no_hiding": "yes"})",
                          R"({"zone": "Europe/Atlantis"})",
                          R"({"zone": 1})",
                          R"({"allow": "x"})",
                          R"({"allow": [""]})",
                          R"({"allow": [1]})",
                          R"({"keep_unwanted": "yes"})",
                          R"({"as_of": "soon"})",
                          R"({"known_at": 5})",
                          R"({"seed": -1})",
                          R"({"out": "/etc/passwd"})",
                          R"({"labels": "x"})"}) {
    const http::Answer refused = send("/api/v1/discoveries", bad);
    EXPECT_EQ(refused.status, 400) << bad << refused.body;
    EXPECT_THAT(refused.body, testing::AnyOf(HasSubstr("remedy"), HasSubstr("features:1:5"))) << bad;
  }
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_THAT(send("/api/v1/discoveries", R"({"min-size": 3})").body, HasSubstr("did you mean 'min_size'?"));
  // What looks like an option stays a value.
  ask_for(R"({"allow": ["--out", "a b"], "keep_unwanted": true, "segments": "auto", "zone": "none", "seed": null})");
  played.wait_until_running();
  EXPECT_THAT(played.seen[0].allow, ElementsAre("--out", "a b"));
  EXPECT_TRUE(played.seen[0].options.keep_unwanted);
  EXPECT_EQ(played.seen[0].options.segments, std::nullopt);
  EXPECT_EQ(played.seen[0].zone, "none");
}

TEST_F(Discovering, AFolderThatCannotBeWrittenIsSaid) {
  std::ofstream(folder) << "a file";
  const http::Answer refused = send("/api/v1/discoveries", "");
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_THAT(get("/api/v1/discoveries").body, HasSubstr(R"("discoveries":[])"));
}

}  // namespace
}  // namespace tessera::server
