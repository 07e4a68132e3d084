// The one door to RESTinio, Asio and OpenSSL's TLS. What RESTinio 0.6 leaves open and is closed here:
// - a request it cannot parse, or that is too large, ends the connection without a word: CheckedSocket hands RESTinio
//   only bytes that Framing has passed, and answers for the others itself
// - a TLS handshake has no time limit: prepare_connection_and_start_read below gives it one
// - an error of accept (no file descriptor left) ends accepting for good: the number of connections stays below what
//   the process may open
// - its acceptor is not safe to use from several threads: one thread does the network, others answer
//
// Long because RESTinio's headers are compiled once.
#include "http/http_server.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <ctime>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <new>
#include <set>
#include <thread>
#include <tuple>

#include <asio.hpp>
#include <asio/ssl.hpp>
#include <poll.h>
// RESTinio's own expected, which under clang would be the standard's and lack half of what it uses.
#define nsel_CONFIG_SELECT_EXPECTED 1
#include <netinet/tcp.h>
#include <restinio/all.hpp>
#include <sys/resource.h>

#include "core/json.hpp"
#include "core/logging.hpp"
#include "core/remedy_json.hpp"
#include "core/text.hpp"
#include "http/workers.hpp"

namespace tessera::http::wire {

using asio::ip::tcp;
using ErrorCode = asio::error_code;

constexpr size_t kMostDrained = 4 << 20;  // bytes read and dropped behind a refusal, so that it is read before a reset
constexpr size_t kFilesForOthers = 256;   // descriptors kept for the record, the log and the rest
constexpr auto kDrainTime = std::chrono::seconds(5);  // to read a refusal
// RESTinio's own limit for a request, behind ours: a body of 8 MB at the slowest that is waited for.
constexpr auto kRequestTime = std::chrono::hours(2);
// How often it is looked whether those who wait for an answer are still there.
constexpr auto kLookForGone = std::chrono::milliseconds(200);
constexpr uint64_t kUncountedBody = 8 << 10;  // bytes of a body: every connection has a buffer of about that size

using Steady = std::chrono::steady_clock;

// The request that is being handed on, for whoever takes it (HttpServer::State::take): on one thread, and within the
// call that hands it on.
struct Handing {
  std::shared_ptr<Asker> asker;
  std::shared_ptr<const MemoryBudget::Share> memory;
  bool is_last = false;  // nothing more is taken on its connection
};
constexpr int kMostNotSent = 128 << 10;  // bytes of an answer that the system holds and has not sent yet
using NotSent = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;

// What all connections of a server share.
struct Wire {
  explicit Wire(const HttpSettings& of) : settings(of), connections(of.connections) {}

  HttpSettings settings;
  std::shared_ptr<asio::ssl::context> tls;  // null: none
  std::array<std::atomic<uint64_t>, kRefusals> refused{};
  SystemClock clock;  // of the lines
  LogTally tally{LogLevel::Warning, "connections refused"};
  Handing handing;  // of the network's thread

  // A connection may end on the thread that answers it.
  std::mutex mutex;
  std::set<tcp::socket::lowest_layer_type*> sockets;
  Connections connections;
  std::map<tcp::socket::lowest_layer_type*, std::shared_ptr<Asker>> asking;  // whose request is being answered

  void count(Refused why) {
    const auto which = static_cast<size_t>(why);
    ++refused[which];
    tally.count(settings.logger, LogWord::known(kRefusedNames[which]), clock.now());
  }

  // Tells those of whom the other end has closed. What they sent behind their request is in the way of a read that finds
  // the end, and not of this.
  void look_for_gone() {
    std::vector<std::shared_ptr<Asker>> gone;
    {
      const std::lock_guard lock(mutex);
      std::vector<pollfd> all;
      all.reserve(asking.size());
      for (const auto& [socket, who] : asking)
        all.push_back({socket->is_open() ? socket->native_handle() : -1, POLLRDHUP, 0});
      if (poll(all.data(), all.size(), 0) < 0) return;
      auto who = asking.begin();
      for (const pollfd& each : all) {
        const auto asked = who++;
        if (each.fd >= 0 && (each.revents & (POLLRDHUP | POLLHUP | POLLERR)) == 0) continue;
        gone.push_back(asked->second);
        asking.erase(asked);
      }
    }
    for (const auto& who : gone) who->leave();
  }
  bool is_anyone_asking() {
    const std::lock_guard lock(mutex);
    return !asking.empty();
  }
  // Null: nobody asked on it.
  std::shared_ptr<Asker> answered(tcp::socket::lowest_layer_type* socket) {
    const std::lock_guard lock(mutex);
    const auto found = asking.find(socket);
    if (found == asking.end()) return nullptr;
    auto out = std::move(found->second);
    asking.erase(found);
    return out;
  }

  // On the network's thread, or when it has ended.
  void close_all() {
    const std::lock_guard lock(mutex);
    asio::error_code ignored;
    for (auto* socket : sockets) socket->close(ignored);
  }
};

std::string refusal_text(const Refusal& refusal) {
  Json problem = Json::object();
  problem.set("type", "about:blank").set("title", reason_of(refusal.status)).set("status", refusal.status);
  problem.set("detail", refusal.why);
  const bool is_stranger = refusal.status == 401, is_for_later = refusal.status == 503 || refusal.status == 429;
  if (is_stranger) put_remedy(problem, try_token());
  const std::string body = problem.dump();
  return fmt::format(
      "HTTP/1.1 {} {}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
      "Access-Control-Allow-Origin: *\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
      "{}{}Content-Length: {}\r\n\r\n{}",
      refusal.status, reason_of(refusal.status), is_stranger ? "WWW-Authenticate: Bearer\r\n" : "",
      is_for_later ? "Retry-After: 1\r\n" : "", body.size(), body);
}

Refused kind_of(const Refusal& refusal) {
  switch (refusal.status) {
    case 401:
    case 429:
      return Refused::NoToken;
    case 408:
      return Refused::TooSlow;
    case 413:
    case 414:
    case 431:
      return Refused::TooLarge;
    case 503:
      return Refused::NoMemory;
    default:
      return Refused::Malformed;
  }
}

bool is_local(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
  return address.is_loopback();
}

Network network_of(asio::ip::address address) {
  if (address.is_v4()) address = asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4());
  Network out = address.to_v6().to_bytes();
  if (!address.to_v6().is_v4_mapped()) std::fill(out.begin() + 8, out.end(), uint8_t{0});
  return out;
}

// A socket, with TLS or without, that checks what comes in before it hands it on.
//
// It hands on one request at a time, and the next only when nothing is being written: RESTinio resets its parser when
// an answer has gone out, and what it had read of the next request by then would be lost (and the rest of it, a body of
// the sender's choice, be read as a request). So it is also certain that what is written from here never comes between
// the parts of an answer.
class CheckedSocket {
  // Long because RESTinio sees one type, which reads, writes, waits and refuses for it.
 public:
  using executor_type = asio::any_io_executor;

  CheckedSocket(asio::io_context& io, std::shared_ptr<Wire> wire)
      : state_(std::make_unique<State>(io, std::move(wire))) {}
  CheckedSocket(CheckedSocket&&) = default;
  CheckedSocket& operator=(CheckedSocket&&) = default;

  tcp::socket::lowest_layer_type& lowest_layer() { return state_->lowest(); }
  const tcp::socket::lowest_layer_type& lowest_layer() const { return state_->lowest(); }
  executor_type get_executor() { return state_->lowest().get_executor(); }
  tcp::endpoint remote_endpoint() const { return state_->lowest().remote_endpoint(); }
  bool is_open() const { return state_->lowest().is_open(); }
  void cancel(ErrorCode& error) { state_->lowest().cancel(error); }
  void shutdown(tcp::socket::shutdown_type what, ErrorCode& error) { state_->lowest().shutdown(what, error); }
  void close() {
    ErrorCode ignored;
    state_->lowest().close(ignored);
  }

  template <typename Handler>
  void async_read_some(asio::mutable_buffer buffer, Handler handler) {
    state_->when_written([state = state_.get(), buffer, handler = std::move(handler)]() mutable {
      state->wire->answered(&state->lowest());
      if (state->framing.refusal()) {
        state->refuse(std::move(handler));
      } else {
        state->read(buffer, std::move(handler));
      }
    });
  }
  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    // By reference: the caller's arguments come of one object, which must not be moved from before it gave the buffers.
    auto write = state_->begin_write();
    const auto executor = asio::get_associated_executor(handler);
    auto then = asio::bind_executor(
        executor, [state = state_.get(), write = std::move(write), handler = std::forward<Handler>(handler)](
                      const ErrorCode& error, size_t size) mutable {
          write->is_over = true;
          handler(error, size);  // may begin another write, or be the last that keeps `state`
          if (write->read_behind) state->when_written(std::move(write->read_behind));
        });
    if (state_->tls) {
      state_->tls->async_write_some(buffers, std::move(then));
    } else {
      state_->plain.async_write_some(buffers, std::move(then));
    }
  }

  // Calls one of them. The handshake's time is limited.
  template <typename Begin, typename Fail>
  void prepare(std::shared_ptr<void> connection, Begin begin, Fail fail) {
    if (!state_->find_place()) return fail(asio::error::no_buffer_space);
    if (!state_->tls) return begin();
    state_->timer.expires_after(std::chrono::milliseconds(state_->wire->settings.handshake_time.ms));
    state_->timer.async_wait([state = state_.get(), connection](const ErrorCode& error) {
      ErrorCode ignored;
      if (!error) state->lowest().close(ignored);
    });
    state_->tls->async_handshake(asio::ssl::stream_base::server,
                                 [state = state_.get(), connection, begin, fail](const ErrorCode& error) {
                                   state->timer.cancel();
                                   if (error) {
                                     fail(error);
                                   } else {
                                     begin();
                                   }
                                 });
  }
  bool is_encrypted() const { return state_->tls != nullptr; }

 private:
  // A write in progress; whoever wants to read meanwhile waits in it. Kept by the operation alone.
  struct Write {
    bool is_over = false;
    std::move_only_function<void()> read_behind;
  };

  struct State {
    State(asio::io_context& io, std::shared_ptr<Wire> shared)
        : wire(std::move(shared)), plain(io), timer(io), framing(wire->settings.framing) {
      if (wire->tls) tls = std::make_unique<asio::ssl::stream<tcp::socket>>(std::move(plain), *wire->tls);
      const std::lock_guard lock(wire->mutex);
      wire->sockets.insert(&lowest());
    }
    ~State() {
      if (const auto asker = wire->answered(&lowest())) asker->leave();
      const std::lock_guard lock(wire->mutex);
      *self = nullptr;
      held_place.give_back();
      wire->sockets.erase(&lowest());
    }

    // False: there is none for it. Says so, where that can be said in the clear and at once.
    bool find_place() {
      ErrorCode gone;
      const auto peer = lowest().remote_endpoint(gone).address();
      framing.set_peer(network_of(peer), is_local(peer));
      const auto place = [&] {
        const std::lock_guard lock(wire->mutex);
        return wire->connections.admit(network_of(peer), held_place, [this] { close_now(); });
      }();
      if (place == Connections::Place::Kept) framing.set_for_keepers();
      if (place != Connections::Place::None) return true;
      wire->count(held_place.is_over_address() ? Refused::OfOne : Refused::Full);
      if (!tls) {
        lowest().non_blocking(true, gone);
        plain.write_some(asio::buffer(refusal_text({503, "as many connections as there may be are open", {}})), gone);
      }
      return false;
    }
    void close_now() {
      ErrorCode ignored;
      lowest().close(ignored);
    }

    // --- patience. One timer, which is not set anew with every read: when it goes off, it looks how late it is.

    void wait_until(Steady::time_point latest) {
      deadline = latest;
      if (is_timer_set && timer.expiry() <= latest) return;
      is_timer_set = true;
      timer.expires_at(latest);
      timer.async_wait([self = self, wire = wire](const ErrorCode& error) {
        const std::lock_guard lock(wire->mutex);
        if (*self && !error) (*self)->time_has_come();
      });
    }
    void time_has_come() {
      is_timer_set = false;
      if (deadline == Steady::time_point::max()) return;
      if (Steady::now() < deadline) return wait_until(deadline);
      deadline = Steady::time_point::max();
      if (framing.refusal()) return close_now();  // nobody reads what was said
      is_late = true;
      ErrorCode ignored;
      lowest().cancel(ignored);
    }
    static auto of(Duration duration) { return std::chrono::milliseconds(duration.ms); }
    void wait_for_bytes() {
      const HttpSettings& settings = wire->settings;
      const auto now = Steady::now();
      if (framing.is_between()) {
        began = {};
        const bool is_kept = held_place.place() == Connections::Place::Kept;
        return wait_until(now + of(is_kept ? settings.kept_idle_time : settings.idle_time));
      }
      if (began == Steady::time_point{} || framing.is_in_head() != is_head) began = now;
      is_head = framing.is_in_head();
      if (is_head) return wait_until(began + of(settings.head_time));
      const auto steady = std::chrono::seconds(framing.body_taken() / settings.slowest_body);
      wait_until(std::min(now + of(settings.body_pause), began + of(settings.body_pause) + steady));
    }
    // The read was cancelled because it took too long.
    template <typename Handler>
    void give_up(Handler handler) {
      if (framing.is_between()) return handler(asio::error::eof, 0);
      framing.refuse(408, is_head ? "the head of the request does not come on" : "the body does not come on");
      refuse(std::move(handler));
    }

    // --- memory: what RESTinio holds of a body, whose string doubles as it grows

    bool is_body_held() {
      const uint64_t bytes = framing.body_taken();
      if (bytes <= kUncountedBody) return true;
      if (!memory) memory = std::make_shared<MemoryBudget::Share>(wire->settings.memory, framing.rank());
      if (memory->grow_to(std::bit_ceil(bytes))) return true;
      framing.refuse(503, "there is no memory for this body now");
      return false;  // what came of it is held until the connection ends, and so is its share
    }

    // Gives RESTinio what it may have. It calls HttpServer::State::take within, where a request is whole, and this may be
    // gone then.
    template <typename Handler>
    void hand_on(Handler handler, size_t passed) {
      deadline = Steady::time_point::max();
      const auto shared = wire;
      if (framing.is_between()) {
        shared->handing = {std::make_shared<Asker>(), std::exchange(memory, nullptr),
                           held_place.place() == Connections::Place::Kept};
        const std::lock_guard lock(shared->mutex);
        held_place.has_spoken();
        shared->asking[&lowest()] = shared->handing.asker;
      }
      handler(ErrorCode(), passed);
      shared->handing = {};
    }
    tcp::socket::lowest_layer_type& lowest() { return tls ? tls->lowest_layer() : plain.lowest_layer(); }

    std::shared_ptr<Write> begin_write() {
      auto write = std::make_shared<Write>();
      writing = write;
      return write;
    }
    // `read` keeps the connection, and so this.
    void when_written(std::move_only_function<void()> read) {
      const auto write = writing.lock();
      if (write && !write->is_over) {
        write->read_behind = std::move(read);
      } else {
        read();
      }
    }

    // Operations outlive no connection: `handler` keeps it, and so this.
    template <typename Handler>
    void read_some(asio::mutable_buffer buffer, Handler handler) {
      if (tls) {
        tls->async_read_some(buffer, std::move(handler));
      } else {
        plain.async_read_some(buffer, std::move(handler));
      }
    }
    template <typename Handler>
    void write_all(asio::const_buffer buffer, Handler handler) {
      if (tls) {
        asio::async_write(*tls, buffer, std::move(handler));
      } else {
        asio::async_write(plain, buffer, std::move(handler));
      }
    }
    template <typename Handler, typename Then>
    static auto on_executor_of(const Handler& handler, Then then) {
      return asio::bind_executor(asio::get_associated_executor(handler), std::move(then));
    }

    template <typename Handler>
    void read(asio::mutable_buffer buffer, Handler handler) {
      const auto executor = asio::get_associated_executor(handler);
      if (held.empty()) {
        wait_for_bytes();
        read_some(buffer, asio::bind_executor(executor, [this, buffer, handler = std::move(handler)](
                                                            const ErrorCode& error, size_t size) mutable {
                    // What came at the same moment as its time was over is taken.
                    const bool was_late = std::exchange(is_late, false);
                    if (error && was_late) return give_up(std::move(handler));
                    if (error) return handler(error, size);
                    check(static_cast<char*>(buffer.data()), size, std::move(handler));
                  }));
        return;
      }
      const size_t size = std::min(buffer.size(), held.size());
      std::memcpy(buffer.data(), held.data(), size);
      held.erase(0, size);
      asio::post(executor, [this, buffer, size, handler = std::move(handler)]() mutable {
        check(static_cast<char*>(buffer.data()), size, std::move(handler));
      });
    }
    template <typename Handler>
    void check(char* bytes, size_t size, Handler handler) {
      const size_t passed = framing.take(bytes, size);
      if (framing.refusal() || !is_body_held()) return refuse(std::move(handler));
      held.insert(0, bytes + passed, size - passed);
      if (framing.take_expectation()) return expect(std::move(handler), passed);
      hand_on(std::move(handler), passed);
    }
    template <typename Handler>
    void expect(Handler handler, size_t size) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      const auto executor = asio::get_associated_executor(handler);
      write_all(asio::buffer(kContinue), asio::bind_executor(executor, [handler = std::move(handler), size](
                                                                           const ErrorCode& error, size_t) mutable {
                  handler(error, error ? 0 : size);
                }));
    }
    template <typename Handler>
    void refuse(Handler handler) {
      const bool is_kept = held_place.place() == Connections::Place::Kept;
      const auto crowded = held_place.is_over_address() ? Refused::OfOne : Refused::Full;
      wire->count(is_kept && framing.refusal()->status == 503 ? crowded : kind_of(*framing.refusal()));
      wait_until(Steady::now() + kDrainTime);
      text = refusal_text(*framing.refusal());
      const auto executor = asio::get_associated_executor(handler);
      write_all(asio::buffer(text), asio::bind_executor(executor, [this, handler = std::move(handler)](
                                                                      const ErrorCode& error, size_t) mutable {
                  ErrorCode ignored;
                  if (error) return handler(error, 0);
                  lowest().shutdown(tcp::socket::shutdown_send, ignored);
                  drain(std::move(handler));
                }));
    }
    template <typename Handler>
    void drain(Handler handler) {
      text.resize(4096);
      const auto executor = asio::get_associated_executor(handler);
      read_some(asio::buffer(text), asio::bind_executor(executor, [this, handler = std::move(handler)](
                                                                      const ErrorCode& error, size_t size) mutable {
                  drained += size;
                  if (error || drained > kMostDrained) return handler(asio::error::eof, 0);
                  drain(std::move(handler));
                }));
    }

    std::shared_ptr<Wire> wire;
    tcp::socket plain;  // moved into `tls` where there is one
    std::unique_ptr<asio::ssl::stream<tcp::socket>> tls;
    asio::steady_timer timer;
    Framing framing;
    std::weak_ptr<Write> writing;
    Connections::Held held_place;
    std::shared_ptr<MemoryBudget::Share> memory;  // of the body at hand
    Steady::time_point deadline = Steady::time_point::max(), began{};
    bool is_timer_set = false, is_late = false, is_head = false;
    const std::shared_ptr<State*> self =
        std::make_shared<State*>(this);  // for the timer: it may go off when this is gone
    std::string held;                    // read, and of a later request
    std::string text;                    // being written, or what is drained
    size_t drained = 0;
  };

  std::unique_ptr<State> state_;
};

// Found by argument-dependent lookup, in place of RESTinio's own for its sockets.
template <typename Connection, typename Begin, typename Fail>
void prepare_connection_and_start_read(CheckedSocket& socket, Connection& connection, Begin begin, Fail fail) {
  socket.prepare(connection.shared_from_this(), std::move(begin), std::move(fail));
}
inline restinio::impl::tls_socket_t* make_tls_socket_pointer_for_state_listener(CheckedSocket&) noexcept {
  return nullptr;
}

}  // namespace tessera::http::wire

namespace restinio {

template <typename Settings>
class socket_type_dependent_settings_t<Settings, tessera::http::wire::CheckedSocket> {
 public:
  Settings& wire(std::shared_ptr<tessera::http::wire::Wire> wire) {
    wire_ = std::move(wire);
    return static_cast<Settings&>(*this);
  }
  std::shared_ptr<tessera::http::wire::Wire> wire() const { return wire_; }

 protected:
  ~socket_type_dependent_settings_t() = default;

 private:
  std::shared_ptr<tessera::http::wire::Wire> wire_;
};

namespace impl {

template <>
class socket_supplier_t<tessera::http::wire::CheckedSocket> {
  using Socket = tessera::http::wire::CheckedSocket;

 protected:
  template <typename Settings>
  socket_supplier_t(Settings& settings, asio::io_context& io) : wire_(settings.wire()), io_(io) {
    for (size_t i = 0; i < settings.concurrent_accepts_count(); ++i) sockets_.emplace_back(io_, wire_);
  }
  virtual ~socket_supplier_t() = default;
  Socket& socket(size_t index) { return sockets_[index]; }
  Socket move_socket(size_t index) {
    Socket fresh(io_, wire_);
    std::swap(fresh, sockets_[index]);
    return fresh;
  }
  size_t concurrent_accept_sockets_count() const { return sockets_.size(); }

 private:
  std::shared_ptr<tessera::http::wire::Wire> wire_;
  asio::io_context& io_;
  std::vector<Socket> sockets_;
};

}  // namespace impl
}  // namespace restinio

namespace tessera::http {

namespace {

using asio::ip::tcp;

struct Traits : restinio::traits_t<restinio::asio_timer_manager_t, restinio::null_logger_t,
                                   std::function<restinio::request_handling_status_t(restinio::request_handle_t)>,
                                   restinio::noop_strand_t, wire::CheckedSocket> {
  static constexpr bool use_connection_count_limiter = true;
};
using Server = restinio::http_server_t<Traits>;
using Incoming = restinio::request_handle_t;

restinio::http_status_line_t status_line(int status) {
  return {restinio::http_status_code_t(static_cast<uint16_t>(status)), std::string(reason_of(status))};
}

auto milliseconds(Duration duration) {
  return std::chrono::milliseconds(duration.ms);
}

constexpr uint64_t kPieceOfStream = 256 << 10;  // bytes that a stream may hold: see Stream::next

// What is in progress, for stop() and the counts. Kept by whatever still has something to do for a request.
struct Progressing {
  std::mutex mutex;
  std::condition_variable none;
  uint64_t requests = 0, streams = 0;
  std::atomic<uint64_t> all_requests{0}, slow_readers{0};
  std::atomic<bool> stopping{false};

  std::shared_ptr<void> hold(uint64_t Progressing::* what) {
    const std::lock_guard lock(mutex);
    ++(this->*what);
    return {static_cast<void*>(this), [this, what](void*) {
              const std::lock_guard lock(mutex);
              if (--(this->*what) == 0) none.notify_all();
            }};
  }
};

// Carries a Stream to its reader: worker (next) -> network (write) -> worker ... , parked while there is nothing.
class StreamDriver : public std::enable_shared_from_this<StreamDriver> {
 public:
  using Builder = restinio::response_builder_t<restinio::chunked_output_t>;
  // `too_slow` is called where the reader took nothing for settings.write_time.
  StreamDriver(asio::io_context& io, Workers& workers, Builder builder, std::shared_ptr<Stream> stream,
               const HttpSettings& settings, std::function<void()> too_slow, std::shared_ptr<void> held)
      : held_(std::move(held)),
        workers_(workers),
        builder_(std::move(builder)),
        stream_(std::move(stream)),
        idle_(settings.stream_idle),
        write_time_(settings.write_time),
        too_slow_(std::move(too_slow)),
        timer_(io) {}

  void start() {
    stream_->on_wake([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->wake();
    });
    flush(Stream::Then::More);  // the head, at once
  }
  void finish() {
    is_ending_ = true;
    wake();
  }

 private:
  void flush(Stream::Then then) {
    flushed_ = std::chrono::steady_clock::now();
    builder_.flush(continued(then));
  }
  restinio::write_status_cb_t continued(Stream::Then then) {
    return [self = shared_from_this(), then](const asio::error_code& error) {
      if (error) {
        if (std::chrono::steady_clock::now() - self->flushed_ >= milliseconds(self->write_time_)) self->too_slow_();
        return self->end();
      }
      if (then == Stream::Then::More) return self->schedule(false);
      self->park();
    };
  }
  void schedule(bool is_idle) {
    workers_.post([self = shared_from_this(), is_idle] { self->pull(is_idle); });
  }
  void pull(bool is_idle) {
    if (!stream_) return;
    Stream::Piece piece;
    if (!is_ending_ && is_idle) piece = {stream_->idle(), Stream::Then::Wait};
    if (!is_ending_ && !is_idle) piece = stream_->next();
    if (is_ending_) piece.then = Stream::Then::End;
    if (piece.shared)
      builder_.append_chunk(std::move(piece.shared));
    else if (!piece.text.empty())
      builder_.append_chunk(std::move(piece.text));
    else if (piece.then == Stream::Then::Wait)
      return park();
    else if (piece.then == Stream::Then::More)
      return schedule(false);
    if (piece.then != Stream::Then::End) {
      flush(piece.then);
    } else {
      builder_.done([self = shared_from_this()](const asio::error_code&) { self->end(); });
    }
  }
  void park() {
    const std::lock_guard lock(mutex_);
    if (is_woken_) {
      is_woken_ = false;
      return schedule(false);
    }
    is_parked_ = true;
    timer_.expires_after(milliseconds(idle_));
    // While it is parked the timer is what keeps it.
    timer_.async_wait([self = shared_from_this()](const asio::error_code& error) {
      if (!error) self->unpark(true);
    });
  }
  void wake() {
    const std::lock_guard lock(mutex_);
    if (is_parked_) {
      is_parked_ = false;
      timer_.cancel();
      schedule(false);
    } else {
      is_woken_ = true;
    }
  }
  void unpark(bool is_idle) {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(is_parked_, false)) return;
    schedule(is_idle);
  }
  // The reader is gone or has everything.
  void end() {
    workers_.post([self = shared_from_this()] { self->stream_.reset(); });
  }

  std::shared_ptr<void> held_;  // the server; goes last
  Workers& workers_;
  Builder builder_;
  std::shared_ptr<Stream> stream_;
  Duration idle_, write_time_;
  std::function<void()> too_slow_;
  std::chrono::steady_clock::time_point flushed_;  // written before what reads it is handed over
  std::mutex mutex_;                               // of what follows
  asio::steady_timer timer_;
  bool is_parked_ = false, is_woken_ = false;
  std::atomic<bool> is_ending_{false};
};

Request request_of(const Incoming& incoming, bool is_encrypted) {
  Request out;
  const auto& head = incoming->header();
  out.method = head.method().c_str();
  std::string_view target = head.request_target();
  if (const size_t scheme = target.find("://"); !target.starts_with('/') && scheme != std::string_view::npos) {
    const size_t path = target.find_first_of("/?", scheme + 3);
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  const size_t mark = target.find('?');
  out.path = target.substr(0, mark);
  if (mark != std::string_view::npos) out.query = target.substr(mark + 1);
  head.for_each_field([&](const auto& field) { out.headers.emplace_back(field.name(), trim(field.value())); });
  out.body = std::move(const_cast<std::string&>(incoming->body()));
  asio::ip::address peer = incoming->remote_endpoint().address();
  if (peer.is_v6() && peer.to_v6().is_v4_mapped()) peer = asio::ip::make_address_v4(asio::ip::v4_mapped, peer.to_v6());
  out.peer = peer.to_string();
  out.network = wire::network_of(peer);
  out.is_peer_local = peer.is_loopback();
  out.is_encrypted = is_encrypted;
  return out;
}

// What every answer has that does not say it otherwise: it is what its type says, is not kept anywhere, stands in no
// other page, and (behind TLS) is asked for by TLS alone from then on.
struct Standing {
  std::string_view name, value;
  bool is_of_tls = false;
};
constexpr Standing kStanding[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Strict-Transport-Security", "max-age=31536000", true},
};

// The Date of an answer, made once a second.
const std::string& date_now() {
  thread_local std::time_t made_at = -1;
  thread_local std::string text;
  const std::time_t now = SystemClock().now().ms / kSecond.ms;
  if (std::exchange(made_at, now) != now) text = restinio::make_date_field_value(now);
  return text;
}

template <typename Builder>
void put_headers(Builder& builder, const Response& response, bool is_last, bool is_encrypted) {
  builder.append_header(restinio::http_field_t::content_type, response.type);
  builder.append_header(restinio::http_field_t::date, date_now());
  for (const auto& [name, value] : response.headers) builder.append_header(name, value);
  for (const Standing& each : kStanding) {
    const bool is_said = std::any_of(response.headers.begin(), response.headers.end(),
                                     [&](const auto& header) { return header.first == each.name; });
    if (!is_said && (is_encrypted || !each.is_of_tls))
      builder.append_header(std::string(each.name), std::string(each.value));
  }
  if (is_last) builder.connection_close();
}

// The number of connections that can be held without running out of file descriptors.
size_t connections_allowed(size_t wanted) {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return wanted;
  const rlim_t needed = wanted + wire::kFilesForOthers;
  if (files.rlim_cur < needed && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = std::min<rlim_t>(needed, files.rlim_max);
    setrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_NOFILE, &files);
  }
  if (files.rlim_cur >= needed) return wanted;
  return files.rlim_cur > 2 * wire::kFilesForOthers ? files.rlim_cur - wire::kFilesForOthers : files.rlim_cur / 2;
}

// Twice as many as are kept, because whose place was taken is still there for a moment.
HttpSettings within_files(HttpSettings settings) {
  ConnectionLimits& limits = settings.connections;
  const size_t allowed = connections_allowed(limits.all + 2 * limits.kept);
  limits.kept = std::min(limits.kept, allowed / 8);
  limits.all = std::min(limits.all, allowed - 2 * limits.kept);
  limits.of_one = std::min(limits.of_one, limits.all);
  return settings;
}

// Of TLS 1.2: a key that is lost later opens nothing that was said before (ECDHE), and none of the constructions that were
// broken (CBC, SHA-1). TLS 1.3 has no others.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

Result<std::shared_ptr<asio::ssl::context>> tls_of(const HttpSettings& settings) {
  if (settings.certificate_file.empty() && settings.key_file.empty()) return nullptr;
  if (settings.certificate_file.empty() || settings.key_file.empty())
    return usage("TLS needs both a certificate and its key",
                 try_again().blank_option("--tls-cert", "CERT.pem").blank_option("--tls-key", "KEY.pem"));
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  asio::error_code error;
  context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                           asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_sslv3,
                       error);
  VERIFY(SSL_CTX_set_cipher_list(context->native_handle(), kCiphers) == 1);
  context->use_certificate_chain_file(settings.certificate_file, error);
  if (error)
    return fail(fmt::format("the certificate cannot be read: {}", error.message()), settings.certificate_file,
                "give a file in PEM with the whole chain");
  context->use_private_key_file(settings.key_file, asio::ssl::context::pem, error);
  if (error)
    return fail(fmt::format("the key cannot be read, or is not the certificate's: {}", error.message()),
                settings.key_file, "give the certificate's private key in PEM, without a password");
  return context;
}

}  // namespace

struct HttpServer::State : std::enable_shared_from_this<HttpServer::State> {
  State(const HttpSettings& settings, Workers& pool, Handler handle)
      : shared(std::make_shared<wire::Wire>(within_files(settings))),
        workers(pool),
        handler(std::move(handle)),
        guard(io.get_executor()),
        look(io) {}

  std::shared_ptr<wire::Wire> shared;
  Workers& workers;
  Handler handler;
  Progressing progress;  // before io: what is destroyed with it still counts down
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard;
  asio::steady_timer look;  // whether those who ask are still there; set while somebody asks
  bool is_looking = false;
  std::unique_ptr<Server> server;
  std::thread thread;
  std::atomic<uint16_t> port{0};
  std::mutex drivers_mutex;
  std::vector<std::weak_ptr<StreamDriver>> drivers;
  bool is_stopped = false;

  restinio::request_handling_status_t take(const Incoming& incoming) {
    ++progress.all_requests;
    auto held = progress.hold(&Progressing::requests);
    const bool is_head = incoming->header().method() == restinio::http_method_head();
    Request request = request_of(incoming, shared->tls != nullptr);
    request.asker = shared->handing.asker;
    request.memory = shared->handing.memory;
    keep_looking();
    const Asked asked{incoming, shared->handing.asker, is_head, shared->handing.is_last};
    const Responder responder([self = shared_from_this(), asked, held](Response response) {
      try {
        if (response.stream) {
          self->send_stream(asked, std::move(response));
        } else {
          self->send_whole(asked, std::move(response), held);
        }
      } catch (const std::exception&) {
        // RESTinio says so where the connection is gone.
      }
    });
    try {
      handler(std::move(request), responder);
    } catch (const std::bad_alloc&) {
      responder.send(no_memory());
    }
    return restinio::request_accepted();
  }

  // What is needed to answer.
  struct Asked {
    Incoming incoming;
    std::shared_ptr<Asker> asker;
    bool is_head = false, is_last = false;
  };

  void keep_looking() {
    if (std::exchange(is_looking, true)) return;
    look.expires_after(wire::kLookForGone);
    look.async_wait([this](const asio::error_code& error) {
      is_looking = false;
      if (error) return;
      shared->look_for_gone();
      if (shared->is_anyone_asking()) keep_looking();
    });
  }

  void send_whole(const Asked& asked, Response response, std::shared_ptr<void> held) {
    const bool is_last = asked.is_last || progress.stopping;
    const Incoming& incoming = asked.incoming;
    auto done = [held](const asio::error_code&) {};
    if (asked.is_head) {
      auto builder = incoming->create_response<restinio::user_controlled_output_t>(status_line(response.status));
      put_headers(builder, response, is_last, shared->tls != nullptr);
      builder.set_content_length(response.body.size());
      builder.done(done);
      return;
    }
    auto builder = incoming->create_response(status_line(response.status));
    put_headers(builder, response, is_last, shared->tls != nullptr);
    builder.set_body(std::move(response.body));
    builder.done(done);
  }

  void send_stream(const Asked& asked, Response response) {
    auto held = progress.hold(&Progressing::streams);
    const auto memory = std::make_shared<MemoryBudget::Share>(shared->settings.memory, MemoryBudget::Rank::Manager);
    bool is_refused = !memory->grow_to(kPieceOfStream);
    {
      const std::lock_guard lock(progress.mutex);
      is_refused |= progress.streams > shared->settings.streams || progress.stopping;
    }
    if (asked.is_head || is_refused) {
      Response whole{.status = is_refused ? 503 : response.status, .type = response.type, .body = ""};
      if (is_refused) whole.headers = {{"Retry-After", "5"}};
      return send_whole(asked, std::move(whole), held);
    }
    auto builder = asked.incoming->create_response<restinio::chunked_output_t>(status_line(response.status));
    put_headers(builder, response, asked.is_last, shared->tls != nullptr);
    const auto kept =
        std::make_shared<std::tuple<std::shared_ptr<State>, std::shared_ptr<void>, std::shared_ptr<void>>>(
            shared_from_this(), held, memory);
    held.reset();
    auto driver = std::make_shared<StreamDriver>(
        io, workers, std::move(builder), std::move(response.stream), shared->settings, [this] { note_slow_reader(); },
        kept);
    {
      const std::lock_guard lock(drivers_mutex);
      std::erase_if(drivers, [](const auto& weak) { return weak.expired(); });
      drivers.push_back(driver);
    }
    asked.asker->when_gone([weak = std::weak_ptr(driver)] {
      if (const auto still = weak.lock()) still->finish();
    });
    driver->start();
  }

  // `this` is held by the driver that calls it.
  void note_slow_reader() {
    ++progress.slow_readers;
    say(shared->settings.logger, LogLevel::Warning, "slow reader of a stream cut off",
        {{"stood_still_ms", shared->settings.write_time.ms}});
  }

  void run() {
    for (;;) {
      try {
        io.run();
        return;
      } catch (const std::bad_alloc&) {
        say(shared->settings.logger, LogLevel::Error, "no memory for a connection");
      } catch (const std::exception&) {
        // A handler of ours or RESTinio's threw; its connection is gone, the others go on.
      }
    }
  }

  Result<void> open();
  void stop(Duration patience);
  // RESTinio's connections must go before its server, which counts them: closes them and runs what that sets off.
  // REQUIRES: the thread has ended, or has not begun.
  void close_connections() {
    shared->close_all();
    io.restart();
    for (int rounds = 0; rounds < 1000 && io.poll() > 0; ++rounds) {
    }
  }
  ~State() { close_connections(); }
};

Result<void> HttpServer::State::open() {
  const HttpSettings& settings = shared->settings;
  shared->tls = TRY(tls_of(settings));
  asio::error_code bad;
  const auto address = asio::ip::make_address(settings.address.host, bad);
  if (bad)
    return usage(fmt::format("'{}' is no address", settings.address.host),
                 try_again().option("--listen", "127.0.0.1:8080"));
  try {
    restinio::server_settings_t<Traits> inner;
    inner.port(settings.address.port)
        .address(address)
        .protocol(address.is_v6() ? tcp::v6() : tcp::v4())
        .buffer_size(4096)
        .max_pipelined_requests(1)
        .separate_accept_and_create_connect(false)
        .concurrent_accepts_count(1)
        .max_parallel_connections(settings.connections.all + 2 * settings.connections.kept)
        .read_next_http_message_timelimit(wire::kRequestTime)
        .write_http_response_timelimit(milliseconds(settings.write_time))
        .handle_request_timeout(milliseconds(settings.answer_time))
        .socket_options_setter([](auto& options) {
          options.set_option(tcp::no_delay(true));
          // Without it the system takes megabytes for a reader that takes nothing.
          options.set_option(wire::NotSent(wire::kMostNotSent));
        })
        .acceptor_post_bind_hook([this](tcp::acceptor& acceptor) { port = acceptor.local_endpoint().port(); })
        .request_handler([this](Incoming incoming) { return take(incoming); })
        .wire(shared);
    server = std::make_unique<Server>(restinio::external_io_context(io), std::move(inner));
    server->open_sync();
    thread = std::thread([this] { run(); });
  } catch (const std::exception& error) {
    return fail(fmt::format("cannot listen on {}:{}: {}", settings.address.host, settings.address.port, error.what()),
                {}, try_again().option("--listen", "127.0.0.1:8081").note("is another server running there?"));
  }
  return {};
}

void HttpServer::State::stop(Duration patience) {
  if (std::exchange(is_stopped, true)) return;
  progress.stopping = true;
  if (!thread.joinable()) return;  // it never listened
  std::promise<void> closed;
  asio::post(io, [&] {
    try {
      server->close_sync();
    } catch (const std::exception&) {
      // Nothing is left to close.
    }
    closed.set_value();
  });
  closed.get_future().wait();
  std::vector<std::weak_ptr<StreamDriver>> open;
  {
    const std::lock_guard lock(drivers_mutex);
    open = drivers;
  }
  for (const auto& weak : open)
    if (const auto driver = weak.lock()) driver->finish();
  {
    std::unique_lock lock(progress.mutex);
    // Who does not read a stream holds nobody up; a question that is being answered may take its time.
    const Duration for_streams = std::min(patience, kSecond);
    const auto since = std::chrono::steady_clock::now();
    progress.none.wait_for(lock, milliseconds(for_streams),
                           [this] { return progress.requests == 0 && progress.streams == 0; });
    progress.none.wait_until(lock, since + milliseconds(patience), [this] { return progress.requests == 0; });
  }
  guard.reset();
  io.stop();
  thread.join();
  close_connections();
}

HttpServer::HttpServer(std::shared_ptr<State> state) : state_(std::move(state)) {}
HttpServer::~HttpServer() {
  stop();
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpSettings& settings, Workers& workers, Handler handler) {
  std::unique_ptr<HttpServer> out(new HttpServer(std::make_shared<State>(settings, workers, std::move(handler))));
  TRY(out->state_->open());
  return out;
}

uint16_t HttpServer::port() const {
  return state_->port;
}

void HttpServer::stop(Duration patience) {
  state_->stop(patience);
}

HttpServer::Counts HttpServer::counts() const {
  Progressing& progress = state_->progress;
  std::array<uint64_t, kRefusals> by{};
  for (size_t i = 0; i < kRefusals; ++i) by[i] = state_->shared->refused[i];
  const std::lock_guard lock(progress.mutex);
  return {.requests = progress.all_requests,
          .in_progress = progress.requests,
          .streams = progress.streams,
          .refused = by[0] + by[1] + by[2],
          .slow_readers = progress.slow_readers,
          .refused_by = by};
}

}  // namespace tessera::http
