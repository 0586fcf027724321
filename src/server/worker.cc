#include "server/worker.h"

#include <pthread.h>
#include <sched.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <ctime>

#include "server/http_answer.h"

namespace wick::server {

namespace asio = boost::asio;

Worker::Worker(unsigned index, std::optional<int> core, std::chrono::microseconds spin)
    : index_(index), core_(core), spin_(spin) {}

Worker::~Worker() { Stop(); }

void Worker::Start(std::function<void()> poll) {
  poll_ = std::move(poll);
  Sweep();
  thread_ = std::thread([this] {
    Pin();
    const auto guard = asio::make_work_guard(io_);
    Run();
  });
}

void Worker::Wake() {
  // Acquire-release on both sides: a wake that finds the flag up is seen by the poll that takes it
  // down.
  if (woken_.exchange(true, std::memory_order_acq_rel)) return;
  asio::post(io_, [this] {
    woken_.exchange(false, std::memory_order_acq_rel);
    poll_();
  });
}

void Worker::Stop() {
  if (!thread_.joinable()) return;
  io_.stop();
  thread_.join();
}

void Worker::Adopt(std::shared_ptr<Session> session, Connections::Ticket ticket) {
  Session* const key = session.get();
  sessions_.emplace(key, Adopted{std::move(session), std::move(ticket)});
  session_count_.store(sessions_.size(), std::memory_order_relaxed);
  key->Start();
  if (draining_) key->Close();
}

void Worker::Forget(Session* session) {
  sessions_.erase(session);
  session_count_.store(sessions_.size(), std::memory_order_relaxed);
}

std::vector<std::shared_ptr<Session>> Worker::CopySessions() const {
  std::vector<std::shared_ptr<Session>> copy;
  copy.reserve(sessions_.size());
  for (const auto& [key, adopted] : sessions_) copy.push_back(adopted.session);
  return copy;
}

void Worker::DrainSessions() {
  draining_ = true;
  for (const auto& session : CopySessions()) session->Drain();
}

void Worker::CloseSessions() {
  draining_ = true;
  for (const auto& session : CopySessions()) session->Close();
}

void Worker::Sweep() {
  sweep_timer_.expires_after(std::chrono::seconds(1));
  sweep_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    const auto now = std::chrono::steady_clock::now();
    for (const auto& session : CopySessions()) session->Sweep(now);
    Sweep();
  });
}

void Worker::Run() {
  using Clock = std::chrono::steady_clock;
  if (spin_.count() == 0) {
    io_.run();
    return;
  }
  while (io_.run_one() > 0) {  // sleeps until there is work; 0: stopped
    auto sleep_at = Clock::now() + spin_;
    while (!io_.stopped() && Clock::now() < sleep_at) {
      if (io_.poll() > 0) sleep_at = Clock::now() + spin_;
    }
  }
}

std::string_view Worker::Date() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec != date_seconds_) {
    date_seconds_ = now.tv_sec;
    date_ = HttpDate(now.tv_sec);
  }
  return date_;
}

void Worker::Pin() const {
  pthread_setname_np(pthread_self(), fmt::format("worker-{}", index_).c_str());
  if (!core_) return;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(*core_, &cores);
  pthread_setaffinity_np(pthread_self(), sizeof(cores), &cores);
}

std::vector<int> AllowedCores() {
  std::vector<int> cores;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    for (int core = 0; core < CPU_SETSIZE; ++core) {
      if (CPU_ISSET(core, &set)) cores.push_back(core);
    }
  }
  if (cores.empty()) cores.push_back(0);
  return cores;
}

}  // namespace wick::server
