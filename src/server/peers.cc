#include "server/peers.h"

#include <openssl/ssl.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <thread>
#include <unordered_set>

#include "market/validation.h"
#include "protocol/json_split.h"

namespace wick::server {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

/// Kept open to each node between questions.
constexpr size_t kIdleMax = 16;
/// Of an answer that says why there is none: as much is looked at, and so much is passed on.
constexpr size_t kProblemBytesMax = 64_KiB;
constexpr size_t kReasonBytesMax = 300;
constexpr uint32_t kHeaderBytesMax = 16_KiB;

/// To one node.
struct Connection {
  Connection(asio::io_context& io, ssl::context* context) : socket(io) {
    if (context != nullptr) tls.emplace(socket, *context);
  }

  /// Calls with the stream that bytes go through.
  template <typename Operation>
  void On(Operation operation) {
    if (tls) {
      operation(*tls);
    } else {
      operation(socket);
    }
  }

  tcp::socket socket;
  std::optional<ssl::stream<tcp::socket&>> tls;
  boost::beast::flat_buffer buffer;
};

std::string TextOf(const cluster::Node& node, const PeerRequest& request) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nWick-Forwarded: 1\r\n",
                                 request.method, request.target, cluster::HttpAddress(node));
  if (!request.authorization.empty()) {
    text += fmt::format("Authorization: {}\r\n", request.authorization);
  }
  if (!request.body.empty()) {
    text += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n",
                        request.body.size());
  }
  return text + "\r\n" + request.body;
}

/// Why there is no answer, in the words of whoever answered, for messages.
std::string ReasonOf(std::string_view body) {
  std::string detail;
  if (body.size() <= kProblemBytesMax) {
    const auto text = protocol::StringOf(protocol::FindField(body, "detail").value_or(""));
    if (text) body = detail = *text;
  }
  return market::Printable(body, kReasonBytesMax);
}

std::string ShareOf(boost::beast::string_view field) { return {field.data(), field.size()}; }

absl::StatusOr<std::unique_ptr<ssl::context>> MakeContext(const std::string& ca) {
  auto context = std::make_unique<ssl::context>(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  context->set_verify_mode(ssl::verify_peer);
  ErrorCode error;
  if (ca.empty()) {
    context->set_default_verify_paths(error);
  } else {
    context->load_verify_file(ca, error);
  }
  if (!error) return context;
  return wick::Error(absl::StatusCode::kFailedPrecondition,
                     "cluster.ca = {}: no certificates in PEM form: {}", ca, error.message());
}

}  // namespace

struct Peers::Impl {
  class Call;

  struct Peer {
    void Set(const cluster::Node& to) {
      node = to;
      ErrorCode none;
      const auto address = asio::ip::make_address(node.host, none);
      is_name = none.failed();
      if (!is_name) addresses = {tcp::endpoint(address, node.http_port)};
    }
    void Heard() {
      heard = SteadyClock::now();
      away.clear();
    }
    void Away(std::string why) {
      away = std::move(why);
      rests_until = SteadyClock::now() + std::chrono::milliseconds(kPeerRestMs);
      idle.clear();
      if (is_name) addresses.clear();
    }

    cluster::Node node;
    bool is_name = false;  // its host
    // The peers' thread's.
    std::vector<std::unique_ptr<Connection>> idle;
    std::vector<tcp::endpoint> addresses;  // as they were looked up last; empty: they are not known
    SteadyClock::time_point heard{};       // when it last began an answer
    std::string away;                      // why it rests, or is tried; empty: it does not
    SteadyClock::time_point rests_until{};
    bool is_tried = false;  // by one question
    // That thread writes, anyone reads.
    std::atomic<uint64_t> failures{0};
    std::atomic<int> reachable{-1};  // 0, 1, or -1: was not asked
  };

  /// Requests of which one answer is made.
  struct Gathering {
    std::vector<PeerRequest> requests;
    PeerAnswers answers;
    size_t left;
    Done done;
  };

  Impl(const PeerOptions& peer_options, std::span<const cluster::Node> nodes, Budget& budget)
      : options(peer_options), answers(budget), peers(nodes.size()) {
    for (size_t i = 0; i < nodes.size(); ++i) peers[i].Set(nodes[i]);
  }

  /// Sends the request, and those to the same node behind it when it is answered.
  void Begin(std::shared_ptr<Gathering> gathering, size_t request);
  void Note(uint32_t node, const std::string& failure);

  const PeerOptions options;
  Budget& answers;
  std::unique_ptr<ssl::context> context;  // nullptr: plain
  asio::io_context io{1};
  std::vector<Peer> peers;          // by node
  std::unordered_set<Call*> calls;  // peers' thread: under way
  std::thread thread;
};

/// A question under way. Kept alive by the operations it waits for. Threads: the peers'.
class Peers::Impl::Call : public std::enable_shared_from_this<Call> {
 public:
  using Done = absl::AnyInvocable<void(PeerAnswer)>;

  Call(Impl& impl, PeerRequest request, Done done)
      : impl_(impl),
        peer_(impl.peers[request.node]),
        node_(request.node),
        text_(TextOf(peer_.node, request)),
        timeout_(impl.options.timeout_ms * request.patience),
        done_(std::move(done)),
        timer_(impl.io),
        resolver_(impl.io) {}

  void Begin() {
    impl_.calls.insert(this);
    began_ = SteadyClock::now();
    if (!peer_.away.empty()) {
      if (peer_.is_tried || began_ < peer_.rests_until) return Fail(peer_.away);
      peer_.is_tried = tries_ = true;
    }
    timer_.expires_after(timeout_);
    timer_.async_wait([self = shared_from_this()](const ErrorCode& cancelled) {
      if (!cancelled && self->done_) self->OnTimeout();
    });
    if (peer_.idle.empty()) return Connect();
    connection_ = std::move(peer_.idle.back());
    peer_.idle.pop_back();
    reused_ = true;
    Write();
  }

  void Fail(std::string why) {
    PeerAnswer answer;
    answer.failure = std::move(why);
    End(std::move(answer));
  }

 private:
  void End(PeerAnswer answer) {
    if (!done_) return;
    answer.node = node_;
    impl_.calls.erase(this);
    if (tries_) peer_.is_tried = false;
    impl_.Note(node_, answer.failure);
    timer_.cancel();
    resolver_.cancel();
    if (connection_ != nullptr) {
      ErrorCode ignored;
      connection_->socket.close(ignored);  // its operations end, and find nothing to do
    }
    auto done = std::exchange(done_, nullptr);
    done(std::move(answer));
  }

  /// A handler of an operation, which does nothing when the call has ended meanwhile.
  template <typename Then>
  auto When(Then then) {
    return [self = shared_from_this(), then = std::move(then)](const ErrorCode& error,
                                                               auto&&... rest) mutable {
      if (self->done_) then(error, std::forward<decltype(rest)>(rest)...);
    };
  }

  void FailAway(std::string why) {
    peer_.Away(why);
    Fail(std::move(why));
  }

  void OnTimeout() {
    std::string why =
        fmt::format("it did not answer within {} ms (cluster.peer_timeout)", timeout_.count());
    // Who answered others meanwhile is there; this question takes it too long.
    if (peer_.heard >= began_) return Fail(std::move(why));
    FailAway(std::move(why));
  }

  void Connect() {
    connection_ = std::make_unique<Connection>(impl_.io, impl_.context.get());
    if (peer_.addresses.empty()) {
      LookUp();
    } else {
      Open();
    }
  }

  void LookUp() {
    looked_up_ = true;
    resolver_.async_resolve(
        peer_.node.host, std::to_string(peer_.node.http_port),
        When([this](const ErrorCode& error, const tcp::resolver::results_type& found) {
          if (error) {
            return FailAway(fmt::format("its name cannot be resolved: {}", error.message()));
          }
          peer_.addresses.clear();
          for (const auto& entry : found) peer_.addresses.push_back(entry.endpoint());
          Open();
        }));
  }

  void Open() {
    asio::async_connect(connection_->socket, peer_.addresses,
                        When([this](const ErrorCode& error, const auto& /*at*/) {
                          if (error && peer_.is_name && !looked_up_) return LookUp();
                          if (error) return FailAway("it cannot be reached: " + error.message());
                          ErrorCode ignored;
                          connection_->socket.set_option(tcp::no_delay(true), ignored);
                          if (connection_->tls) return Handshake();
                          Write();
                        }));
  }

  void Handshake() {
    const std::string& host = peer_.node.host;
    auto& tls = *connection_->tls;
    if (peer_.is_name) SSL_set_tlsext_host_name(tls.native_handle(), host.c_str());
    tls.set_verify_callback(ssl::host_name_verification(host));
    tls.async_handshake(ssl::stream_base::client, When([this](const ErrorCode& error) {
                          if (error) return Fail("no TLS with it (cluster.ca): " + error.message());
                          Write();
                        }));
  }

  void Write() {
    connection_->On([this](auto& stream) {
      asio::async_write(stream, asio::buffer(text_), When([this](const ErrorCode& error, size_t) {
                          if (error) return Lost(error);
                          ReadHeader();
                        }));
    });
  }

  void ReadHeader() {
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(impl_.options.answer_bytes_max);
    connection_->On([this](auto& stream) {
      http::async_read_header(stream, connection_->buffer, *parser_,
                              When([this](const ErrorCode& error, size_t) {
                                if (!error || error == http::error::body_limit) peer_.Heard();
                                if (error == http::error::body_limit) return FailTooLarge();
                                if (error) return Lost(error);
                                ReadBody();
                              }));
    });
  }

  void ReadBody() {
    if (impl_.answers.exhausted()) {
      PeerAnswer answer;
      answer.no_memory = true;
      return End(std::move(answer));
    }
    memory_ = BudgetHold(impl_.answers, parser_->content_length().value_or(0));
    connection_->On([this](auto& stream) {
      http::async_read(stream, connection_->buffer, *parser_,
                       When([this](const ErrorCode& error, size_t) {
                         if (error == http::error::body_limit) return FailTooLarge();
                         if (error) return Fail("its answer broke off: " + error.message());
                         Take();
                       }));
    });
  }

  void Take() {
    auto& message = parser_->get();
    const unsigned status = message.result_int();
    if (parser_->keep_alive() && peer_.idle.size() < kIdleMax) {
      peer_.idle.push_back(std::move(connection_));
    }
    PeerAnswer answer;
    if (status == 200 || status == 204 || status == 404) {
      answer.status = static_cast<int>(status);
      answer.share = ShareOf(message["Wick-Share"]);
      answer.body = std::move(message.body());
      answer.memory = std::move(memory_);
    } else {
      answer.failure = fmt::format("it answered {}: {}", status, ReasonOf(message.body()));
    }
    End(std::move(answer));
  }

  void FailTooLarge() {
    Fail(fmt::format("its answer is larger than {} bytes (cluster.max_peer_answer)",
                     impl_.options.answer_bytes_max));
  }

  /// The connection broke before there was an answer. One that was kept open may have been closed
  /// by the other side at any time.
  void Lost(const ErrorCode& error) {
    if (!std::exchange(reused_, false)) return Fail("the connection broke: " + error.message());
    Connect();
  }

  Impl& impl_;
  Peer& peer_;
  const uint32_t node_;
  const std::string text_;
  const std::chrono::milliseconds timeout_;
  Done done_;  // empty: it has ended
  SteadyClock::time_point began_{};
  asio::steady_timer timer_;
  tcp::resolver resolver_;
  std::unique_ptr<Connection> connection_;
  std::optional<http::response_parser<http::string_body>> parser_;
  BudgetHold memory_;
  bool reused_ = false;     // the connection, and nothing came through it since
  bool looked_up_ = false;  // the addresses, for this question
  bool tries_ = false;      // whether the node is back
};

void Peers::Impl::Begin(std::shared_ptr<Gathering> gathering, size_t request) {
  auto take = [this, gathering, request](PeerAnswer answer) {
    Gathering& all = *gathering;
    const uint32_t node = answer.node;
    const bool answered = answer.failure.empty() && !answer.no_memory;
    size_t next = request + 1;
    for (; !answered && next < all.requests.size() && all.requests[next].node == node; ++next) {
      all.answers[next].node = node;
      all.answers[next].failure = answer.failure;
      all.answers[next].no_memory = answer.no_memory;
      --all.left;
    }
    all.answers[request] = std::move(answer);
    if (--all.left == 0) return all.done(std::move(all.answers));
    if (answered && next < all.requests.size() && all.requests[next].node == node) {
      Begin(gathering, next);
    }
  };
  std::make_shared<Call>(*this, std::move(gathering->requests[request]), std::move(take))->Begin();
}

void Peers::Impl::Note(uint32_t node, const std::string& failure) {
  Peer& peer = peers[node];
  const int now = failure.empty() ? 1 : 0;
  if (now == 0) peer.failures.fetch_add(1, std::memory_order_relaxed);
  const int before = peer.reachable.exchange(now, std::memory_order_relaxed);
  if (before == now || (before == -1 && now == 1)) return;
  const std::string address = cluster::HttpAddress(peer.node);
  if (now == 1) {
    spdlog::info("cluster: node {} ({}) answers again", node, address);
  } else {
    spdlog::warn("cluster: node {} ({}) is missing from answers: {}", node, address, failure);
  }
}

absl::StatusOr<std::unique_ptr<Peers>> Peers::Start(const PeerOptions& options,
                                                    std::span<const cluster::Node> nodes, bool tls,
                                                    Budget& answers) {
  auto impl = std::make_unique<Impl>(options, nodes, answers);
  if (tls) {
    WICK_ASSIGN_OR_RETURN(impl->context, MakeContext(options.ca));
  }
  impl->thread = std::thread([&io = impl->io] {
    pthread_setname_np(pthread_self(), "peers");
    const auto guard = asio::make_work_guard(io);
    io.run();
  });
  return std::unique_ptr<Peers>(new Peers(std::move(impl)));
}

Peers::Peers(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Peers::~Peers() { Stop(); }

void Peers::Ask(std::vector<PeerRequest> requests, Done done) {
  if (requests.empty()) return done({});
  const size_t count = requests.size();
  auto gathering = std::make_shared<Impl::Gathering>(
      Impl::Gathering{std::move(requests), PeerAnswers(count), count, std::move(done)});
  asio::post(impl_->io, [&impl = *impl_, gathering = std::move(gathering)] {
    const auto& asked = gathering->requests;
    for (size_t i = 0; i < asked.size(); ++i) {
      if (i == 0 || asked[i].node != asked[i - 1].node) impl.Begin(gathering, i);
    }
  });
}

void Peers::Stop() {
  if (!impl_->thread.joinable()) return;
  asio::post(impl_->io, [&impl = *impl_] {
    while (!impl.calls.empty()) {
      const auto call = (*impl.calls.begin())->shared_from_this();
      call->Fail("this node is stopping");
    }
    impl.io.stop();
  });
  impl_->thread.join();
}

uint64_t Peers::failures(uint32_t node) const {
  return impl_->peers[node].failures.load(std::memory_order_relaxed);
}

std::optional<bool> Peers::reachable(uint32_t node) const {
  const int last = impl_->peers[node].reachable.load(std::memory_order_relaxed);
  return last == -1 ? std::nullopt : std::optional(last == 1);
}

}  // namespace wick::server
