#include "http/http_framing.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

namespace tessera::http {

namespace {

constexpr std::string_view kMethods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};
constexpr std::string_view kUpgrade = "upgrade";
constexpr size_t kLongestChunkLine = 256;  // its size and extensions
constexpr size_t kNone = std::string_view::npos;

bool is_token(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c != 0 && std::string_view("!#$%&'*+-.^_`|~").find(c) != kNone);
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}
std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

void Framing::refuse(int status, std::string why) {
  if (!refusal_) refusal_ = Refusal{status, std::move(why), target_};
}

void Framing::begin_message() {
  at_ = At::Head;
  head_.clear();
  head_.shrink_to_fit();  // thousands of connections are idle
  first_line_ = fields_ = in_name_ = 0;
  skipped_line_ = false;
}

bool Framing::take_expectation() {
  return std::exchange(expectation_waits_, false);
}

uint64_t Framing::body_taken() const {
  if (at_ == At::Head) return 0;
  return is_chunked_ ? body_bytes_ - (at_ == At::ChunkData ? remaining_ : 0) : length_ - remaining_;
}

size_t Framing::take(char* bytes, size_t size) {
  for (size_t i = 0; i < size;) {
    if (at_ == At::Body || at_ == At::ChunkData) {
      expectation_waits_ = false;
      const auto step = static_cast<size_t>(std::min<uint64_t>(remaining_, size - i));
      i += step;
      remaining_ -= step;
      if (remaining_ == 0) {
        if (at_ == At::ChunkData) {
          at_ = At::ChunkEnd;
        } else {
          begin_message();
        }
      }
    } else {
      if (const size_t plain = at_ == At::Head ? plain_ahead(bytes + i, size - i) : 0) {
        head_.append(bytes + i, plain);
        i += plain;
        continue;
      }
      if (at_ == At::Head) {
        take_head(bytes[i]);
      } else {
        expectation_waits_ = false;
        take_chunk_byte(bytes[i]);
      }
      ++i;
    }
    if (refusal_) return 0;
    if (at_ == At::Head && head_.empty() && !skipped_line_) return i;
  }
  return size;
}

// --- the head

// How many bytes of the middle of a line there are, of which take_head would do no more than keep them.
size_t Framing::plain_ahead(const char* bytes, size_t size) const {
  if (head_.empty() || head_.back() == '\r' || head_.back() == '\n') return 0;
  if (first_line_ > 0 && in_name_ != kNone) return 0;
  const size_t longest = first_line_ == 0 ? std::min<size_t>(limits_->target_bytes + 32, limits_->head_bytes)
                                          : static_cast<size_t>(limits_->head_bytes);
  if (head_.size() >= longest) return 0;
  size = std::min(size, longest - head_.size());
  for (const char special : {'\r', '\n', '\0'})
    if (const void* const found = std::memchr(bytes, special, size))
      size = static_cast<size_t>(static_cast<const char*>(found) - bytes);
  return size;
}

void Framing::take_head(char& byte) {
  if (!head_.empty() && head_.back() == '\r' && byte != '\n') return refuse(400, "a CR that no LF follows");
  if (byte == '\n' && (head_.empty() || head_.back() != '\r')) return refuse(400, "a LF without its CR");
  if (byte == 0) return refuse(400, "a NUL byte in the head");
  // Another protocol (TLS) on this port is told at once.
  if (head_.empty() && byte != '\r' && !is_token(byte)) return refuse(400, "this is no HTTP/1.1 request");
  // The seventh letter of "Upgrade" at the start of a line; "Upgrade-Insecure-Requests" is no use to us either.
  if (first_line_ > 0 && in_name_ != kNone && byte != '\n') {
    if (lower(byte) != kUpgrade[in_name_]) {
      in_name_ = kNone;
    } else if (++in_name_ == kUpgrade.size()) {
      byte = 'X';
      in_name_ = kNone;
    }
  }
  head_ += byte;
  if (first_line_ == 0 && head_.size() > limits_->target_bytes + 32) return refuse(414, "the address is too long");
  if (head_.size() > limits_->head_bytes) {
    return refuse(431, fmt::format("the headers are longer than {} bytes", limits_->head_bytes));
  }
  if (byte != '\n') return;
  in_name_ = 0;
  if (head_ == "\r\n") {
    if (skipped_line_) return refuse(400, "empty lines before the request");
    begin_message();
    skipped_line_ = true;
    return;
  }
  if (first_line_ == 0) first_line_ = head_.size();
  if (head_.ends_with("\r\n\r\n")) read_head();
}

void Framing::read_head() {
  method_.clear();
  target_.clear();
  authorization_.clear();
  is_http10_ = has_length_ = is_chunked_ = expects_ = false;
  hosts_ = authorizations_ = 0;
  length_ = 0;
  std::string_view rest(head_.data(), head_.size() - 2);
  for (bool first = true; !rest.empty(); first = false) {
    const size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    if (!(first ? read_request_line(line) : read_field(line))) return;
  }
  choose_body();
}

bool Framing::read_request_line(std::string_view line) {
  const size_t space = line.find(' '), second = line.rfind(' ');
  const auto bad = [&](int status, std::string why) {
    refuse(status, std::move(why));
    return false;
  };
  if (space == kNone || second == space || space == 0)
    return bad(400, "the request line is not METHOD ADDRESS HTTP/1.1");
  const std::string_view method = line.substr(0, space), target = line.substr(space + 1, second - space - 1);
  const std::string_view version = line.substr(second + 1);
  for (const char c : method) {
    if (!is_token(c)) return bad(400, "the method is no word");
  }
  if (target.empty()) return bad(400, "the address is missing");
  if (target.size() > limits_->target_bytes) return bad(414, "the address is too long");
  for (const char c : target) {
    if (c <= ' ' || c >= 0x7F || c == '#') return bad(400, "the address has characters that must be percent-encoded");
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    const bool is_other = version.size() == 8 && version.starts_with("HTTP/");
    return bad(is_other ? 505 : 400, "this server speaks HTTP/1.1");
  }
  const bool is_old = version == "HTTP/1.0";
  if (is_old && !limits_->modern_only.empty() && target.starts_with(limits_->modern_only)) {
    return bad(505, "answers in pieces need HTTP/1.1");
  }
  method_ = method;
  target_ = target;
  is_http10_ = version == "HTTP/1.0";
  if (std::find(std::begin(kMethods), std::end(kMethods), method) == std::end(kMethods)) {
    return bad(501, fmt::format("no such method: {}", method.substr(0, 20)));
  }
  const bool is_rooted = target.front() == '/' || target.starts_with("http://") || target.starts_with("https://");
  if (!is_rooted && !(target == "*" && method == "OPTIONS")) return bad(400, "the address does not begin with '/'");
  return true;
}

bool Framing::read_length(std::string_view value) {
  const auto bad = [&](std::string why) {
    refuse(400, std::move(why));
    return false;
  };
  if (has_length_) return bad("Content-Length is given twice");
  has_length_ = true;
  if (value.empty()) return bad("Content-Length is empty");
  for (const char c : value) {
    if (c < '0' || c > '9') return bad("Content-Length is no whole number");
  }
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length_);
  if (error != std::errc() || end != value.data() + value.size()) length_ = UINT64_MAX;  // beyond every limit
  return true;
}

bool Framing::read_field(std::string_view line) {
  const auto bad = [&](int status, std::string why) {
    refuse(status, std::move(why));
    return false;
  };
  if (line.front() == ' ' || line.front() == '\t') return bad(400, "a header goes on over two lines");
  if (++fields_ > limits_->fields) return bad(431, fmt::format("more than {} headers", limits_->fields));
  const size_t colon = line.find(':');
  if (colon == kNone || colon == 0) return bad(400, "a header is not NAME: VALUE");
  const std::string_view name = line.substr(0, colon), value = without_blanks(line.substr(colon + 1));
  for (const char c : name) {
    if (!is_token(c)) return bad(400, "a header's name is no word");
  }
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < ' ' && byte != '\t') || byte == 0x7F) return bad(400, "a header's value has control characters");
  }
  if (same(name, "host")) {
    ++hosts_;
  } else if (same(name, "content-length")) {
    return read_length(value);
  } else if (same(name, "transfer-encoding")) {
    if (is_chunked_) return bad(400, "Transfer-Encoding is given twice");
    if (!same(value, "chunked")) return bad(501, "the only Transfer-Encoding understood is chunked");
    is_chunked_ = true;
  } else if (same(name, "authorization")) {
    authorization_ = ++authorizations_ == 1 ? value : std::string_view();
  } else if (same(name, "expect")) {
    if (!same(value, "100-continue")) return bad(417, "the only expectation understood is 100-continue");
    expects_ = true;
  }
  return true;
}

void Framing::choose_body() {
  if (hosts_ > 1) return refuse(400, "Host is given twice");
  if (hosts_ == 0 && !is_http10_) return refuse(400, "the header Host is missing");
  if (is_chunked_ && has_length_) return refuse(400, "both Content-Length and Transfer-Encoding are given");
  if (is_chunked_ && is_http10_) return refuse(400, "HTTP/1.0 knows no Transfer-Encoding");
  if (is_for_keepers_ && limits_->is_for_keepers && !limits_->is_for_keepers(target_))
    return refuse(503, "as many connections as there may be are open: no other than for health and management");
  const bool has_body = is_chunked_ || length_ > 0;
  const Sender sender{method_, target_, authorization_, is_local_, network_};
  rank_ = has_body && limits_->rank ? limits_->rank(sender) : MemoryBudget::Rank::Stranger;
  if (has_body && limits_->may_send && !limits_->may_send(sender)) {
    if (limits_->tries_too_often && limits_->tries_too_often(sender))
      return refuse(429, "too many tokens were tried from this address; wait");
    return refuse(401, "a token that is in force is needed before a body is taken");
  }
  body_limit_ = limits_->body ? limits_->body(method_, target_) : BodyLimit{};
  if (has_length_ && length_ > body_limit_.bytes) {
    return refuse(body_limit_.status, fmt::format("the body is larger than {} bytes", body_limit_.bytes));
  }
  begin_message();
  expectation_waits_ = expects_ && has_body && !is_http10_;
  if (is_chunked_) {
    at_ = At::ChunkSize;
    body_bytes_ = 0;
  } else if (length_ > 0) {
    at_ = At::Body;
    remaining_ = length_;
  }
}

// --- chunks

// Collects a line in head_; true when it is whole (head_ is then the line without its end).
bool Framing::take_line(char byte, size_t longest) {
  if (!head_.empty() && head_.back() == '\r' && byte != '\n') {
    refuse(400, "a CR that no LF follows");
  } else if (byte == '\n' && (head_.empty() || head_.back() != '\r')) {
    refuse(400, "a LF without its CR");
  } else if (byte == '\n') {
    head_.pop_back();
    return true;
  } else if (head_.size() >= longest) {
    refuse(400, "the line of a chunk is too long");
  } else {
    head_ += byte;
  }
  return false;
}

void Framing::take_chunk_byte(char byte) {
  if (at_ == At::ChunkEnd) {
    if (!take_line(byte, 1)) return;
    if (!head_.empty()) return refuse(400, "a chunk is longer than it said");
    at_ = At::ChunkSize;
    return;
  }
  if (at_ == At::LastLine) {
    if (!take_line(byte, 1)) {
      if (refusal_ || (!head_.empty() && head_ != "\r")) {
        refusal_.reset();
        refuse(400, "headers behind a chunked body are not taken");
      }
      return;
    }
    return begin_message();
  }
  if (!take_line(byte, kLongestChunkLine)) return;
  const std::string_view line = head_, digits = line.substr(0, line.find(';'));
  uint64_t size = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || digits.size() > 16 ||
      digits.front() == '-') {
    return refuse(400, "the size of a chunk is no hexadecimal number");
  }
  for (const char c : line) {
    if ((c < ' ' && c != '\t') || c == 0x7F) return refuse(400, "the line of a chunk has control characters");
  }
  head_.clear();
  if (size > body_limit_.bytes || body_bytes_ + size > body_limit_.bytes) {
    return refuse(body_limit_.status, fmt::format("the body is larger than {} bytes", body_limit_.bytes));
  }
  body_bytes_ += size;
  remaining_ = size;
  at_ = size == 0 ? At::LastLine : At::ChunkData;
}

}  // namespace tessera::http
