#include "core/http_client.hpp"

#include <atomic>
#include <cstring>
#include <map>
#include <thread>

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/address.hpp"
#include "core/guarded.hpp"

namespace tessera {

namespace {

constexpr size_t kLongestUrl = 2048, kLongestAnswer = 64 << 10;
constexpr std::string_view kPrivateRemedy =
    "name a public address, or allow private addresses if those who may add URLs may also reach your network";

// Once for the process, before any thread uses it.
bool curl_is_ready() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

// Why a connection to this address is not made; empty where it is.
std::string refusal(Reach reach, const HttpRules& rules, bool is_plain) {
  if (reach != Reach::Public && !rules.private_addresses) return "leads to a private address";
  if (is_plain && !rules.plain_http && reach != Reach::Loopback)
    return "is plain http, which anyone on the way can read";
  return {};
}

struct Url {
  bool is_plain = false;
  std::string host{};  // without the brackets of IPv6
};

Result<Url> parse_url(const std::string& text) {
  if (text.size() > kLongestUrl)
    return fail(fmt::format("a URL of {} characters is too long; at most {}", text.size(), kLongestUrl));
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), curl_url_cleanup);
  const std::string remedy = "write it like https://example.com/hook";
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return fail("is not a URL", text, remedy);
  const std::string scheme = part_of(url.get(), CURLUPART_SCHEME);
  if (scheme != "https" && scheme != "http") return fail("is not an http or https URL", text, remedy);
  if (!part_of(url.get(), CURLUPART_USER).empty() || !part_of(url.get(), CURLUPART_PASSWORD).empty())
    return fail("has a user name or a password in it, which logs would show", text,
                "leave them out; deliveries are signed, so that the receiver can tell who sent them");
  std::string host = part_of(url.get(), CURLUPART_HOST);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return Url{scheme == "http", std::move(host)};
}

struct Transfer {
  HttpRequest request;
  std::function<void(Result<HttpAnswer>)> done;
  HttpRules rules;
  bool is_plain = false;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  HttpAnswer answer{};
  std::string refused{};  // the address and why
  char why[CURL_ERROR_SIZE] = {};

  ~Transfer() {
    if (easy) curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
  }
};

std::optional<Reach> reach_of_socket(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    return reach_of({reinterpret_cast<const uint8_t*>(&in.sin_addr), 4});
  }
  if (address.sa_family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(address);
    return reach_of({reinterpret_cast<const uint8_t*>(&in.sin6_addr), 16});
  }
  return std::nullopt;
}

// libcurl asks here for every connection, with the address that the name led to.
curl_socket_t open_socket(void* given, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(given);
  const auto reach = reach_of_socket(address->addr);
  transfer.refused = reach ? refusal(*reach, transfer.rules, transfer.is_plain) : "is no internet address";
  if (!transfer.refused.empty()) return CURL_SOCKET_BAD;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// A longer answer is cut off by saying that not all was taken in.
size_t take_body(char* bytes, size_t size, size_t count, void* given) {
  std::string& body = static_cast<Transfer*>(given)->answer.body;
  const size_t taken = std::min(size * count, kLongestAnswer - body.size());
  body.append(bytes, taken);
  return taken;
}

void prepare(Transfer& transfer) {
  CURL* const easy = transfer.easy = curl_easy_init();
  VERIFY(easy != nullptr);
  const HttpRequest& request = transfer.request;
  for (const auto& [name, value] : request.headers) {
    curl_slist* const longer = curl_slist_append(transfer.headers, (name + ": " + value).c_str());
    VERIFY(longer != nullptr);
    transfer.headers = longer;
  }
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "Tessera");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.ms));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.why);
}

Result<HttpAnswer> answer_of(Transfer& transfer, CURLcode code) {
  long status = 0;
  curl_off_t retry_after = 0;
  curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(transfer.easy, CURLINFO_RETRY_AFTER, &retry_after);
  const bool cut_off = code == CURLE_WRITE_ERROR && transfer.answer.body.size() == kLongestAnswer;
  if (code != CURLE_OK && !cut_off) {
    if (!transfer.refused.empty()) return fail(transfer.refused, transfer.request.url, std::string(kPrivateRemedy));
    return fail(*transfer.why ? transfer.why : curl_easy_strerror(code), transfer.request.url);
  }
  transfer.answer.status = static_cast<int>(status);
  if (retry_after > 0) transfer.answer.retry_after = kSecond * std::min<int64_t>(retry_after, 1'000'000'000);
  return std::move(transfer.answer);
}

class CurlClient final : public HttpClient {
 public:
  CurlClient(const HttpRules& rules, long most_connections) : rules_(rules) {
    VERIFY(curl_is_ready());
    multi_ = curl_multi_init();
    VERIFY(multi_ != nullptr);
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, most_connections);
    thread_ = std::thread([this] { run(); });
  }

  ~CurlClient() override {
    closing_ = true;
    curl_multi_wakeup(multi_);
    thread_.join();
    curl_multi_cleanup(multi_);
  }

  void post(HttpRequest request, std::function<void(Result<HttpAnswer>)> done) override {
    auto transfer = std::make_unique<Transfer>(Transfer{std::move(request), std::move(done), rules_});
    arrived_.lock()->push_back(std::move(transfer));
    curl_multi_wakeup(multi_);
  }

 private:
  void run() {
    while (!closing_) {
      begin_arrived();
      int running = 0;
      curl_multi_perform(multi_, &running);
      end_finished();
      constexpr int kMilliseconds = 60'000;  // woken by news; this is only how often nothing is looked at
      curl_multi_poll(multi_, nullptr, 0, kMilliseconds, nullptr);
    }
    begin_arrived();
    while (!on_the_way_.empty()) end(on_the_way_.begin()->first, fail("the HTTP client was closed"));
  }

  void begin_arrived() {
    auto arrived = std::exchange(*arrived_.lock(), {});
    for (auto& transfer : arrived) {
      if (const auto allowed = check_url(transfer->request.url, rules_); !allowed) {
        transfer->done(std::unexpected(allowed.error()));
        continue;
      }
      transfer->is_plain = parse_url(transfer->request.url)->is_plain;
      prepare(*transfer);
      CURL* const easy = transfer->easy;
      curl_multi_add_handle(multi_, easy);
      on_the_way_.emplace(easy, std::move(transfer));
    }
  }

  void end_finished() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* const easy = message->easy_handle;
      end(easy, answer_of(*on_the_way_.at(easy), message->data.result));
    }
  }

  void end(CURL* easy, Result<HttpAnswer> answer) {
    auto transfer = std::move(on_the_way_.extract(easy).mapped());
    curl_multi_remove_handle(multi_, easy);
    transfer->done(std::move(answer));
  }

  const HttpRules rules_;
  CURLM* multi_ = nullptr;
  std::atomic<bool> closing_ = false;
  Guarded<std::vector<std::unique_ptr<Transfer>>> arrived_;
  std::map<CURL*, std::unique_ptr<Transfer>> on_the_way_{};  // of the thread
  std::thread thread_;
};

}  // namespace

namespace {

struct Taking {
  CURL* easy;
  const std::function<bool(std::string_view)>& take;
  HttpAnswer answer{};
  bool is_stopped = false;
};

size_t take_piece(char* bytes, size_t size, size_t count, void* given) {
  auto& taking = *static_cast<Taking*>(given);
  long status = 0;
  curl_easy_getinfo(taking.easy, CURLINFO_RESPONSE_CODE, &status);
  const std::string_view piece(bytes, size * count);
  if (status == 200) {
    taking.is_stopped = !taking.take(piece);
    return taking.is_stopped ? 0 : piece.size();
  }
  taking.answer.body += piece.substr(0, kLongestAnswer - std::min(kLongestAnswer, taking.answer.body.size()));
  return piece.size();
}

}  // namespace

Result<HttpAnswer> exchange(const HttpExchange& request, const std::function<bool(std::string_view)>& take) {
  VERIFY(curl_is_ready());
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(curl_easy_init(), curl_easy_cleanup);
  VERIFY(easy != nullptr);
  curl_slist* headers = curl_slist_append(nullptr, "Expect:");  // the body at once
  for (const auto& [name, value] : request.headers) headers = curl_slist_append(headers, (name + ": " + value).c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> kept(headers, curl_slist_free_all);
  Taking taking{easy.get(), take};
  char why[CURL_ERROR_SIZE] = {};
  const auto set = [&](auto option, auto value) { curl_easy_setopt(easy.get(), option, value); };
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method != "GET") {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.c_str());
  }
  set(CURLOPT_HTTPHEADER, headers);
  set(CURLOPT_USERAGENT, "Tessera");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT, 10L);
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);  // bytes a second, for so long:
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.silence.ms / 1000));
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_WRITEFUNCTION, take_piece);
  set(CURLOPT_WRITEDATA, &taking);
  set(CURLOPT_ERRORBUFFER, why);
  const CURLcode code = curl_easy_perform(easy.get());
  long status = 0;
  curl_off_t retry_after = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy.get(), CURLINFO_RETRY_AFTER, &retry_after);
  if (code != CURLE_OK && !taking.is_stopped) return fail(*why ? why : curl_easy_strerror(code), request.url);
  taking.answer.status = static_cast<int>(status);
  if (retry_after > 0) taking.answer.retry_after = kSecond * std::min<int64_t>(retry_after, 1'000'000'000);
  return std::move(taking.answer);
}

Result<void> check_url(const std::string& text, const HttpRules& rules) {
  const Url url = TRY(parse_url(text));
  // A name is looked up when it is connected to; "localhost" names no other machine by RFC 6761.
  const auto reach = url.host == "localhost" ? Reach::Loopback : reach_of(url.host);
  const std::string refused = refusal(reach.value_or(Reach::Public), rules, url.is_plain);
  if (refused.empty()) return {};
  return fail(refused, text,
              refused.ends_with("address") ? std::string(kPrivateRemedy) : "use https, or allow plain http");
}

std::unique_ptr<HttpClient> curl_client(const HttpRules& rules, long most_connections) {
  return std::make_unique<CurlClient>(rules, most_connections);
}

}  // namespace tessera
