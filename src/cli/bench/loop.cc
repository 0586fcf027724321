#include "cli/bench/loop.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "client/codec.h"

namespace wick::cli::bench {
namespace {

constexpr int kReadyMax = 256;
/// Requests that are due together go out on one connection, up to so many: one system call for
/// them.
constexpr uint32_t kRequestsPerTurn = 16;
/// Looks at the stop flag and the end of the load at least so often.
constexpr uint64_t kPatienceMaxNs = 20'000'000;
/// Operations of a request whose making takes longer than reading the clock, by far.
constexpr uint32_t kLargeOperations = 32;

}  // namespace

Loop::Loop(const Options& options, std::vector<Link> links, std::vector<Stream> streams,
           Times times, uint64_t seed, std::atomic<bool>& stop)
    : open_loop_(options.open_loop()),
      spin_(options.spin),
      small_(options.BatchOf() < kLargeOperations),
      times_(times),
      stop_(stop),
      random_(seed),
      links_(std::move(links)),
      watched_(links_.size()),
      streams_(std::move(streams)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  for (uint32_t i = 0; i < links_.size(); ++i) {
    epoll_event event = {.events = EPOLLIN, .data = {.u32 = i}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, links_[i].socket(), &event);
  }
}

Loop::~Loop() { close(epoll_); }

std::optional<ClientError> Loop::Run() {
  prctl(PR_SET_TIMERSLACK, 1ul);  // of this thread: it is woken at the nanosecond it asks for
  while (NowNs() < times_.begin_ns) usleep(100);
  std::optional<ClientError> failed;
  if (!open_loop_) {
    for (Link& link : links_) {
      if (!failed) failed = Fill(link);
    }
  }
  while (!failed && !stop_.load(std::memory_order_relaxed) && !IsDone(NowNs())) failed = Turn();
  if (failed) stop_.store(true, std::memory_order_relaxed);
  CountLeftovers();
  return failed;
}

std::optional<ClientError> Loop::Turn() {
  if (open_loop_) {
    if (auto failed = SendDue(NowNs())) return failed;
  }
  const uint64_t patience_ns = Patience(NowNs());
  const timespec timeout = {0, static_cast<long>(patience_ns)};
  epoll_event ready[kReadyMax];
  const int count = epoll_pwait2(epoll_, ready, kReadyMax, &timeout, nullptr);
  if (count < 0 && errno != EINTR) {
    return ClientError{ErrorCode::kInternal, "epoll_pwait2: " + client::ErrnoText(errno)};
  }
  for (int i = 0; i < count; ++i) {
    if (auto failed = Serve(links_[ready[i].data.u32], ready[i].events)) return failed;
  }
  return std::nullopt;
}

Stream* Loop::Earliest() {
  Stream* earliest = nullptr;
  for (Stream& stream : streams_) {
    if (stream.requests_left == 0 || stream.schedule->next_ns() >= times_.end_ns) continue;
    if (!earliest || stream.schedule->next_ns() < earliest->schedule->next_ns()) earliest = &stream;
  }
  return earliest;
}

std::optional<ClientError> Loop::SendDue(uint64_t now_ns) {
  Link* link = nullptr;
  for (;;) {
    Stream* const stream = Earliest();
    if (!stream || stream->schedule->next_ns() > now_ns) break;
    Link* const next = NextWithRoom();
    if (next != link && link) {
      if (auto failed = Flush(*link)) return failed;
    }
    link = next;
    if (!link) {
      stream->stats.held += !std::exchange(held_, true);
      return std::nullopt;
    }
    held_ = false;
    ++turn_requests_;
    const uint64_t intended_ns = stream->schedule->next_ns();
    stream->schedule->Advance();
    Send(*stream, *link, intended_ns, NowNs());
  }
  if (!link) return std::nullopt;
  turn_requests_ = kRequestsPerTurn;  // those due later are the next connection's
  return Flush(*link);
}

Link* Loop::NextWithRoom() {
  if (turn_requests_ < kRequestsPerTurn && links_[turn_].HasRoom()) return &links_[turn_];
  turn_requests_ = 0;
  for (size_t i = 0; i < links_.size(); ++i) {
    turn_ = turn_ + 1 == links_.size() ? 0 : turn_ + 1;
    if (links_[turn_].HasRoom()) return &links_[turn_];
  }
  return nullptr;
}

Stream* Loop::Chosen() {
  size_t chosen = streams_.size() > 1 && random_.Unit() > streams_[0].share ? 1 : 0;
  if (streams_[chosen].requests_left == 0) chosen = streams_.size() - 1 - chosen;
  return streams_[chosen].requests_left > 0 ? &streams_[chosen] : nullptr;
}

std::optional<ClientError> Loop::Fill(Link& link) {
  uint64_t now_ns = NowNs();
  while (link.HasRoom() && now_ns < times_.end_ns) {
    Stream* const stream = Chosen();
    if (!stream) break;
    Send(*stream, link, now_ns, now_ns);
    if (!small_) now_ns = NowNs();
  }
  return Flush(link);
}

void Loop::Send(Stream& stream, Link& link, uint64_t intended_ns, uint64_t now_ns) {
  --stream.requests_left;
  ++stream.in_flight;
  link.Add(*stream.work, {intended_ns, std::max(now_ns, intended_ns),
                          static_cast<uint32_t>(&stream - streams_.data()), 0});
}

std::optional<ClientError> Loop::Serve(Link& link, uint32_t events) {
  if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
    auto failed = link.Receive([this](const Sent& sent, const Answer& answer, uint64_t now_ns) {
      return Take(sent, answer, now_ns);
    });
    if (failed) return failed;
  }
  return open_loop_ ? Flush(link) : Fill(link);
}

std::optional<ClientError> Loop::Take(const Sent& sent, const Answer& answer, uint64_t now_ns) {
  --streams_[sent.stream].in_flight;
  const bool measured = sent.intended_ns >= times_.measure_ns;
  Stats& stats = measured ? streams_[sent.stream].stats : unmeasured_;
  if (measured) last_answer_ns_ = now_ns;
  stats.latency.Add(now_ns - std::min(now_ns, sent.intended_ns));
  if (open_loop_) {
    stats.service.Add(now_ns - std::min(now_ns, sent.sent_ns));
    stats.late.Add(sent.sent_ns - sent.intended_ns);
  }
  stats.bytes_out += sent.bytes;
  stats.bytes_in += answer.bytes;
  if (ClientError error;
      answer.type == wire::kErrorType && client::ReadReply(answer.payload, error)) {
    stats.Refuse(error.message);
  } else if (!streams_[sent.stream].work->Take(answer, stats)) {
    return ClientError{ErrorCode::kBadReply, "an answer of type " + std::to_string(answer.type) +
                                                 " is not that of its request"};
  }
  return std::nullopt;
}

std::optional<ClientError> Loop::Flush(Link& link) {
  if (auto failed = link.Flush()) return failed;
  const auto index = static_cast<uint32_t>(&link - links_.data());
  if (watched_[index] == link.HasUnsent()) return std::nullopt;
  watched_[index] = link.HasUnsent();
  const uint32_t wanted = EPOLLIN | (watched_[index] ? uint32_t{EPOLLOUT} : 0u);
  epoll_event event = {.events = wanted, .data = {.u32 = index}};
  epoll_ctl(epoll_, EPOLL_CTL_MOD, link.socket(), &event);
  return std::nullopt;
}

uint64_t Loop::Patience(uint64_t now_ns) {
  if (spin_) return 0;
  if (!open_loop_ || held_) return kPatienceMaxNs;
  const Stream* const next = Earliest();
  if (!next) return kPatienceMaxNs;
  const uint64_t next_ns = next->schedule->next_ns();
  return next_ns > now_ns ? std::min(next_ns - now_ns, kPatienceMaxNs) : 0;
}

bool Loop::InFlight() const {
  return std::any_of(streams_.begin(), streams_.end(),
                     [](const Stream& stream) { return stream.in_flight > 0; });
}

bool Loop::IsDone(uint64_t now_ns) {
  if (now_ns >= times_.give_up_ns) return true;
  if (InFlight()) return false;
  if (open_loop_) return Earliest() == nullptr;
  return now_ns >= times_.end_ns || Chosen() == nullptr;
}

void Loop::CountLeftovers() {
  for (Stream& stream : streams_) stream.stats.unanswered += stream.in_flight;
  if (!open_loop_) return;
  while (Stream* const stream = Earliest()) {
    ++stream->stats.unsent;
    --stream->requests_left;
    stream->schedule->Advance();
  }
}

}  // namespace wick::cli::bench
