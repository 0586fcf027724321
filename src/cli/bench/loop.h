// One thread of a load: many connections, nothing that blocks.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "cli/bench/link.h"
#include "cli/bench/schedule.h"
#include "cli/bench/work.h"

namespace wick::cli::bench {

/// Requests of one kind on one thread; a load has one stream or two.
struct Stream {
  std::unique_ptr<Work> work;
  std::optional<Schedule> schedule;  // nullopt: closed loop
  double share = 1;                  // of the requests, in a closed loop
  uint64_t requests_left = UINT64_MAX;
  uint64_t in_flight = 0;
  Stats stats;
};

/// When a load runs, on the steady clock.
struct Times {
  uint64_t begin_ns = 0;
  uint64_t measure_ns = 0;  // what was intended before is sent but not counted
  uint64_t end_ns = 0;      // nothing is intended to be sent from here on
  uint64_t give_up_ns = 0;  // what is not answered by here is counted as that
};

/// Sends requests and takes answers until the time is over, or the requests. Closed loop: every
/// connection always has as many in flight as it may. Open loop: each request goes out at its
/// intended time, or as soon after as there is room.
class Loop {
 public:
  /// `stop`: set by whichever thread fails first, ends all. It outlives this.
  Loop(const Options& options, std::vector<Link> links, std::vector<Stream> streams, Times times,
       uint64_t seed, std::atomic<bool>& stop);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// nullopt: it ran to its end.
  std::optional<ClientError> Run();

  const std::vector<Stream>& streams() const { return streams_; }
  uint64_t last_answer_ns() const { return last_answer_ns_; }  // of those counted; 0: none

 private:
  std::optional<ClientError> Turn();
  /// The stream whose intended time is the earliest, with requests left; nullptr: none.
  Stream* Earliest();
  /// The stream of a closed loop's next request, by their shares; nullptr: no requests are left.
  Stream* Chosen();
  std::optional<ClientError> SendDue(uint64_t now_ns);
  /// Gives a connection of a closed loop all it may have in flight.
  std::optional<ClientError> Fill(Link& link);
  bool InFlight() const;
  std::optional<ClientError> Take(const Sent& sent, const Answer& answer, uint64_t now_ns);
  void Send(Stream& stream, Link& link, uint64_t intended_ns, uint64_t now_ns);
  Link* NextWithRoom();
  std::optional<ClientError> Serve(Link& link, uint32_t events);
  std::optional<ClientError> Flush(Link& link);
  /// Nanoseconds that may be slept.
  uint64_t Patience(uint64_t now_ns);
  bool IsDone(uint64_t now_ns);
  void CountLeftovers();

  const bool open_loop_;
  const bool spin_;
  const bool small_;  // requests, so that one reading of the clock serves several
  const Times times_;
  std::atomic<bool>& stop_;
  Random random_;
  std::vector<Link> links_;
  std::vector<bool> watched_;  // for room to write
  std::vector<Stream> streams_;
  Stats unmeasured_;
  int epoll_ = -1;
  size_t turn_ = 0;  // the connection whose turn it is
  uint32_t turn_requests_ = 0;
  bool held_ = false;  // the request that is due was counted as held
  uint64_t last_answer_ns_ = 0;
};

}  // namespace wick::cli::bench
