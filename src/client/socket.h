// TCP sockets of the client: connect and wait, with deadlines.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "wick/client.h"

namespace wick::client {

using SteadyClock = std::chrono::steady_clock;
using Deadline = SteadyClock::time_point;

inline Deadline DeadlineIn(uint64_t timeout_ms) {
  // A year is longer than anybody waits, and the clock's nanoseconds do not overflow.
  constexpr uint64_t kYearMs = 365ull * 86'400'000;
  return SteadyClock::now() +
         std::chrono::milliseconds(timeout_ms < kYearMs ? timeout_ms : kYearMs);
}

/// A connected, non-blocking socket without Nagle's delay, which the caller closes. Every address
/// of the name is tried until the deadline.
Result<int> ConnectTcp(const std::string& host, uint16_t port, Deadline deadline);

/// Waits for `events` (of poll(2)) on the socket; what came, 0 if the deadline passed.
short WaitFor(int socket, short events, Deadline deadline);

/// "Connection refused", for an errno.
std::string ErrnoText(int error);

}  // namespace wick::client
