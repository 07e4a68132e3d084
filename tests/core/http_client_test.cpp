#include "core/http_client.hpp"

#include <future>

#include "core/loopback.hpp"

using namespace tessera;
using tessera::testing_support::LoopbackServer;
using testing::HasSubstr;

namespace {

constexpr HttpRules kInside{.private_addresses = true};

Result<HttpAnswer> post(HttpClient& client, HttpRequest request) {
  std::promise<Result<HttpAnswer>> answer;
  auto future = answer.get_future();
  client.post(std::move(request), [&](Result<HttpAnswer> got) { answer.set_value(std::move(got)); });
  return future.get();
}

std::string error_of(const auto& result) {
  return result ? "no error" : result.error().text();
}

std::string answered(int status, const std::string& headers = "", const std::string& body = "") {
  return fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}", status, body.size(),
                     headers, body);
}

TEST(HttpClient, UrlsThatAreRefusedAtOnce) {
  const auto error = [](const std::string& url, const HttpRules& rules = {}) {
    return error_of(check_url(url, rules));
  };
  EXPECT_EQ(error("https://example.com/hook"), "no error");
  EXPECT_EQ(error("https://example.com:8443/hook?a=b"), "no error");
  EXPECT_EQ(error("https://1.1.1.1/"), "no error");
  for (const char* url :
       {"", "example.com", "://", "https://", "http://exa mple.com/", "https://a:99999/", "https://[::1"})
    EXPECT_THAT(error(url), HasSubstr("URL")) << url;
  for (const char* url :
       {"ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "javascript://a/alert(1)"})
    EXPECT_THAT(error(url), HasSubstr("not an http or https URL")) << url;
  EXPECT_THAT(error("https://user:secret@example.com/"), HasSubstr("user name or a password"));
  EXPECT_THAT(error("https://example.com/" + std::string(3000, 'x')), HasSubstr("too long"));
  EXPECT_THAT(error("http://example.com/hook"), HasSubstr("plain http"));
  EXPECT_EQ(error("http://example.com/hook", {.plain_http = true}), "no error");
  for (const char* url : {"https://127.0.0.1/", "https://localhost/", "https://10.1.2.3/", "https://169.254.169.254/",
                          "https://[::1]/", "https://[fe80::1]/", "https://[::ffff:10.0.0.1]/", "https://0x7f.1/",
                          "https://2130706433/", "https://0177.0.0.1/"}) {
    EXPECT_THAT(error(url), HasSubstr("leads to a private address")) << url;
    EXPECT_EQ(error(url, kInside), "no error") << url;
  }
  EXPECT_EQ(error("http://127.0.0.1:8080/", kInside), "no error") << "plain http stays on this machine";
  EXPECT_THAT(error("http://10.1.2.3/", kInside), HasSubstr("plain http"));
}

TEST(HttpClient, PostsAndReadsTheAnswerConcurrently) {
  const LoopbackServer server([](const std::string& request) {
    return answered(request.find("fail") == std::string::npos ? 200 : 503, "Retry-After: 120\r\n", "thanks");
  });
  const auto client = curl_client(kInside);
  const auto answer = post(*client, {.url = server.url(), .body = "{\"a\":1}", .headers = {{"webhook-id", "msg_1"}}});
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "thanks");
  const std::string request = server.requests().front();
  EXPECT_THAT(request, testing::StartsWith("POST /hook HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nwebhook-id: msg_1\r\n"));
  EXPECT_THAT(request, testing::EndsWith("\r\n\r\n{\"a\":1}"));
  const auto failed = post(*client, {.url = server.url(), .body = "fail"});
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->status, 503);
  EXPECT_EQ(failed->retry_after, kSecond * 120);

  std::vector<std::promise<int>> statuses(20);
  for (auto& status : statuses)
    client->post({.url = server.url(), .body = "x"},
                 [&](Result<HttpAnswer> got) { status.set_value(got ? got->status : 0); });
  for (auto& status : statuses) EXPECT_EQ(status.get_future().get(), 200);
}

TEST(HttpClient, WhatCountsIsTheAddressThatIsConnectedTo) {
  const LoopbackServer server([](const std::string&) { return answered(200); });
  // The name says nothing; libcurl looks up every name under .localhost as this machine.
  const std::string url = fmt::format("http://anything.localhost:{}/hook", server.port());
  EXPECT_TRUE(check_url(url, {.plain_http = true}));
  EXPECT_THAT(error_of(post(*curl_client({.plain_http = true}), {.url = url, .body = "x"})),
              HasSubstr("leads to a private address"));
  EXPECT_TRUE(server.requests().empty());
  EXPECT_TRUE(post(*curl_client({.private_addresses = true, .plain_http = true}), {.url = url, .body = "x"}));
  EXPECT_THAT(error_of(post(*curl_client({}), {.url = server.url(), .body = "x"})), HasSubstr("private address"));
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST(HttpClient, RedirectsAreNotFollowed) {
  const LoopbackServer inner([](const std::string&) { return answered(200); });
  const LoopbackServer outer([&](const std::string&) { return answered(302, "Location: " + inner.url() + "\r\n"); });
  const auto client = curl_client(kInside);
  const auto answer = post(*client, {.url = outer.url(), .body = "x"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 302);
  EXPECT_TRUE(inner.requests().empty());
}

TEST(HttpClient, NoProxyOfTheEnvironmentIsUsed) {
  const LoopbackServer proxy([](const std::string&) { return answered(200); });
  const LoopbackServer server([](const std::string&) { return answered(204); });
  setenv("http_proxy", proxy.url("").c_str(), 1);
  setenv("ALL_PROXY", proxy.url("").c_str(), 1);
  const auto answer = post(*curl_client(kInside), {.url = server.url(), .body = "x"});
  unsetenv("http_proxy");
  unsetenv("ALL_PROXY");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 204);
  EXPECT_TRUE(proxy.requests().empty());
}

TEST(HttpClient, AnAnswerWithoutEndIsCutOff) {
  const LoopbackServer server([](const std::string&) {
    return "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + std::string(1 << 20, 'x');
  });
  const auto answer = post(*curl_client(kInside), {.url = server.url(), .body = "x"});
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body.size(), 64u << 10);
}

TEST(HttpClient, ServersThatDoNotAnswerOrTalkNonsenseAreErrors) {
  const auto client = curl_client(kInside);
  {
    const LoopbackServer silent([](const std::string&) { return ""; });
    EXPECT_THAT(error_of(post(*client, {.url = silent.url(), .body = "x", .timeout = Duration{50}})),
                HasSubstr("timed out"));
  }
  {
    const LoopbackServer nonsense([](const std::string&) { return "hello\r\n\r\n"; });
    EXPECT_FALSE(post(*client, {.url = nonsense.url(), .body = "x"}));
    EXPECT_FALSE(post(*client, {.url = "https" + nonsense.url().substr(4), .body = "x", .timeout = Duration{50}}));
  }
  std::string closed;
  {
    const LoopbackServer gone([](const std::string&) { return ""; });
    closed = gone.url();
  }
  EXPECT_FALSE(post(*client, {.url = closed, .body = "x"}));
}

TEST(HttpClient, ClosingItEndsWhatIsOnTheWay) {
  const LoopbackServer silent([](const std::string&) { return ""; });
  auto client = curl_client(kInside);
  std::promise<std::string> answer;
  client->post({.url = silent.url(), .body = "x"}, [&](Result<HttpAnswer> got) { answer.set_value(error_of(got)); });
  client.reset();
  EXPECT_THAT(answer.get_future().get(), HasSubstr("closed"));
}

}  // namespace
