// The audit of the real binary: every road to a customer leaves a line that says who took it, and none says whom but by
// pseudonym; and a line that was changed shows.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/json.hpp"

namespace tessera::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class AuditOfAServer : public testing::Test {
 protected:
  void SetUp() override {
    server.start();
    ASSERT_TRUE(server.is_up()) << server.errors();
    const std::string target = "/v1/identify?writeKey=" + server.key();
    ASSERT_EQ(server.ask("POST", target, R"({"userId":"ann-4711","traits":{"email":"ann@marker.example"}})").status,
              200);
    ASSERT_EQ(server.ask("PUT", "/api/v1/segments", "segment \"All\" = at least 0 any event").status, 200);
    const auto made =
        server.ask("POST", "/api/v1/tokens", R"({"name":"support","scopes":"identified","expires":"30 days"})");
    ASSERT_EQ(made.status, 201) << made.body;
    support = parse_json(made.body)->find("token")->text_or("");
    ASSERT_EQ(server.ask("POST", "/api/v1/commands", R"({"words":["segments","list"]})").status, 200);
  }
  http::Answer as_support(std::string_view method, std::string_view target, std::string_view body = {}) {
    http::Raw raw(server.port());
    raw.send(request(method, target, body, fmt::format("Authorization: Bearer {}\r\n", support)));
    return raw.answer();
  }
  std::string audit() { return server.ask("GET", "/api/v1/audit").body; }

  Workplace work;
  Serving server{work.path("r.duckdb")};
  std::string support;
};

// The finding, and its kind: history was not in it, nor any other road but one option of one verb.
TEST_F(AuditOfAServer, EveryRoadToACustomerIsInIt) {
  const std::pair<const char*, const char*> kRoads[] = {
      {"/api/v1/customers/ann-4711/history", "GET /api/v1/customers/{id}/history"},
      {"/api/v1/customers/ann%40marker.example", "GET /api/v1/customers/{id}"},
      {"/api/v1/customers/nobody@marker.example", "GET /api/v1/customers/{id}"},
      {"/api/v1/customers/ann-4711/outlook", "GET /api/v1/customers/{id}/outlook"},
      {"/api/v1/customers/ann-4711/segments", "GET /api/v1/customers/{id}/segments"},
      {"/api/v1/segments/all/members", "GET /api/v1/segments/{slug}/members"},
      {"/api/v1/segments/all/members?format=csv", "GET /api/v1/segments/{slug}/members"},
      {"/api/v1/changes?after=", "GET /api/v1/changes"},
      {"/api/v1/rejects", "GET /api/v1/rejects"},
      {"/api/v1/rulings", "GET /api/v1/rulings"}};
  size_t before = parse_json(server.ask("GET", "/api/v1/audit/head").body)->find("size")->number_or(0) - 1;
  for (const auto& [target, action] : kRoads) {
    const int status = as_support("GET", target).status;
    EXPECT_TRUE(status == 200 || status == 404) << target << ": " << status;
    const Json page = *parse_json(server.ask("GET", "/api/v1/audit?limit=1&skip=1").body);
    const Json& newest = (*page.find("entries")->as_array())[0];
    EXPECT_EQ(newest.find("action")->text_or(""), action);
    EXPECT_EQ(newest.find("who")->text_or(""), "support");
    EXPECT_EQ(newest.find("address")->text_or(""), "127.0.0.1");
    EXPECT_GT(newest.find("number")->number_or(0), before) << target;
    before = static_cast<size_t>(newest.find("number")->number_or(0));
  }
  for (const char* const words :
       {R"(["sql","SELECT * FROM customers"])", R"(["sql","SELECT email FROM identify -- ann@marker.example"])",
        R"(["rejects"])", R"(["segments","members","All"])", R"(["export","All"])",
        R"(["customer","ann@marker.example"])", R"(["customer","ann-4711","--identified"])",
        R"(["segments","explain","All","--customer","ann-4711"])", R"(["customers","duplicates"])",
        R"(["segments","count","-e","trait email is \"ann@marker.example\""])"})
    EXPECT_EQ(as_support("POST", "/api/v1/commands", fmt::format(R"({{"words":{}}})", words)).status, 200) << words;
  const std::string all = audit();
  for (const char* const verb : {"tessera sql", "tessera rejects", "tessera segments members", "tessera export",
                                 "tessera customer", "tessera segments explain", "tessera customers duplicates"})
    EXPECT_THAT(all, HasSubstr(fmt::format("\"action\":\"{}\"", verb)));
  // Nobody but by pseudonym, and no secret.
  EXPECT_THAT(all, Not(HasSubstr("marker.example")));
  EXPECT_THAT(all, Not(HasSubstr("ann-4711")));
  EXPECT_THAT(all, Not(HasSubstr("tsk_")));
  EXPECT_THAT(all, Not(HasSubstr("wk_")));
}

TEST_F(AuditOfAServer, OneCustomerHasOnePseudonymByWhateverTheyAreLookedUp) {
  as_support("GET", "/api/v1/customers/ann-4711");
  as_support("GET", "/api/v1/customers/ann@marker.example");
  as_support("POST", "/api/v1/commands", R"({"words":["customer","ann@marker.example"]})");
  const Json all = *parse_json(audit());
  std::set<std::string> seen;
  for (const Json& entry : *all.find("entries")->as_array())
    if (entry.find("who")->text_or("") == "support") {
      std::string detail = entry.find("detail")->text_or("");
      if (detail.starts_with("ID=")) detail = detail.substr(3);
      seen.insert(detail);
    }
  EXPECT_EQ(seen.size(), 1U) << audit();
}

TEST_F(AuditOfAServer, WhatIsChangedIsInItWithWhoDidIt) {
  const auto source = server.ask("POST", "/api/v1/sources", R"({"name":"shop"})");
  const std::string key = parse_json(source.body)->find("key")->text_or("");
  server.ask("DELETE", "/api/v1/keys/" + key);
  server.ask("DELETE", "/api/v1/keys/support");
  server.ask("POST", "/api/v1/rulings", R"({"ruling":"mark","who":"ann-4711","as":"staff","by":"x"})");
  server.ask("POST", "/api/v1/webhooks", R"({"url":"https://example.org/x"})");
  server.ask("DELETE", "/api/v1/segments/all");
  const Ran copy = work.sh(fmt::format("tessera --store http://127.0.0.1:{} backup copy.duckdb", server.port()));
  EXPECT_EQ(copy.code, 0) << copy.err;
  const std::string all = audit();
  for (const char* const action :
       {"PUT /api/v1/segments", "POST /api/v1/tokens", "POST /api/v1/sources", "DELETE /api/v1/keys/{key}",
        "POST /api/v1/rulings", "POST /api/v1/webhooks", "DELETE /api/v1/segments/{slug}", "tessera backup"})
    EXPECT_THAT(all, HasSubstr(fmt::format(R"("who":"admin","address":"127.0.0.1","action":"{}")", action)));
  EXPECT_THAT(all, Not(HasSubstr(key)));
}

// Who may write the file can change a row, and is seen.
TEST_F(AuditOfAServer, AHeadThatWasNotedFindsWhatWasChanged) {
  const std::string address = fmt::format("tessera --store http://127.0.0.1:{} ", server.port());
  const Ran noted = work.sh(address + "audit verify");
  ASSERT_EQ(noted.code, 0) << noted.err;
  const std::string head = noted.out.substr(0, noted.out.find('\n'));
  EXPECT_EQ(work.sh(address + "audit list").code, 0);
  EXPECT_EQ(work.sh(address + "audit verify --head " + head).code, 0);
  ASSERT_EQ(server.stop(), 0);
  const Ran later = work.sh("tessera --store r.duckdb audit verify --head " + head);
  EXPECT_EQ(later.code, 0) << later.err;
  EXPECT_NE(later.out, noted.out);
  std::string wrong = head;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  EXPECT_EQ(work.sh("tessera --store r.duckdb audit verify --head " + wrong).code, 1);
  EXPECT_EQ(work.sh("tessera --store r.duckdb audit verify --head 5").code, 2);
}

}  // namespace
}  // namespace tessera::cli
