// Connections that send the events of their ledgers as fast as they are answered, each on its
// thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "torture/ledger.h"
#include "torture/server.h"

namespace wick::torture {

enum class How : uint8_t {
  kBinary,     // one batch at a time
  kPipelined,  // several batches in flight; ends at the first refusal
  kHttp,       // one POST at a time
};

struct Load {
  std::vector<How> connections = {How::kBinary, How::kPipelined, How::kHttp, How::kHttp};
  size_t events_per_batch_max = 400;
  std::chrono::microseconds pause_max{2'000};   // between the batches of a connection
  uint64_t events_per_second_max = UINT64_MAX;  // of each connection
};

/// What a connection saw beside acknowledgements.
struct Refusals {
  uint64_t batches = 0;             // refused as a whole by a server that lives
  uint64_t acknowledged_after = 0;  // batches acknowledged after the first refusal
  uint64_t events_rejected = 0;     // single events that were not acceptable
  std::string first;                // what the server said
  std::string problem;              // what should never happen
};

/// Threads: made, stopped and read by one. The ledgers belong to the senders until Stop() returned.
class Senders {
 public:
  /// One thread a ledger; ledger i sends as load.connections[i].
  Senders(const Server& server, std::vector<ConnectionLedger>& ledgers, const Load& load,
          uint64_t seed);
  ~Senders() { Stop(); }
  Senders(const Senders&) = delete;
  Senders& operator=(const Senders&) = delete;

  uint64_t acknowledged() const { return acknowledged_.load(); }  // batches, so far
  uint64_t refused() const { return refused_.load(); }            // batches, so far

  /// Tells the threads to end and waits for them. A server that does not answer keeps them waiting.
  void Stop();
  const std::vector<Refusals>& refusals() const { return refusals_; }

 private:
  void RunBinary(ConnectionLedger& ledger, Refusals& refusals, uint64_t seed);
  void RunPipelined(ConnectionLedger& ledger, Refusals& refusals, uint64_t seed);
  void RunHttp(ConnectionLedger& ledger, Refusals& refusals, uint64_t seed);
  void Acknowledged(Refusals& refusals);
  void Refused(Refusals& refusals, const std::string& message);
  void Pause(std::mt19937_64& random, uint64_t events_sent) const;

  const Load load_;
  const uint16_t http_port_;
  const uint16_t binary_port_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> acknowledged_{0};
  std::atomic<uint64_t> refused_{0};
  std::vector<Refusals> refusals_;  // by ledger
  std::vector<std::thread> threads_;
};

/// Several ledgers, one for each connection of a load.
std::vector<ConnectionLedger> MakeLedgers(uint64_t seed, const Load& load, uint64_t start_ms);

/// Start of the events where nothing depends on the clock: 2020-09-13.
inline constexpr uint64_t kLongAgoMs = 1'600'000'000'000;

}  // namespace wick::torture
