// A client that behaves, beside those that do not: is every answer right, and how long does it
// wait?
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"
#include "integration/http_client.h"

namespace wick::test {

/// Waiting times of one kind of request, in microseconds.
class Waits {
 public:
  void Add(std::chrono::steady_clock::duration wait) {
    micros_.push_back(
        static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(wait).count()));
  }
  uint64_t Percentile(unsigned percent) {
    if (micros_.empty()) return 0;
    std::sort(micros_.begin(), micros_.end());
    return micros_[std::min(micros_.size() - 1, micros_.size() * percent / 100)];
  }
  size_t count() const { return micros_.size(); }

 private:
  std::vector<uint64_t> micros_;
};

/// Posts an event, reads it back, asks for its candle; again and again on one connection.
class HealthyClient {
 public:
  explicit HealthyClient(uint16_t port, std::string name = "HEALTHY")
      : http_(port), name_(std::move(name)) {}

  void Turn() {
    using Clock = std::chrono::steady_clock;
    const uint64_t now_ms =
        static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                  std::chrono::system_clock::now().time_since_epoch())
                                  .count());
    const std::string price = std::to_string(++turns_);
    const std::string event = R"({"baseCurrency":")" + name_ +
                              R"(","quoteCurrency":"USD","exchange":"x","price":)" + price +
                              R"(,"timestampInMs":)" + std::to_string(now_ms) + "}";
    const auto began = Clock::now();
    wrong_ += http_.Post("/v1/events", event).body.find(R"("accepted":1,)") == std::string::npos;
    const auto written = Clock::now();
    wrong_ +=
        http_.Get("/v1/latest?symbol=x:" + name_ + "/USD").body.find(R"("price":)" + price + ",") ==
        std::string::npos;
    const auto read = Clock::now();
    const HttpAnswer candles =
        http_.Get("/v1/candles?symbol=x:" + name_ + "/USD&interval=1m&limit=10");
    const bool refused =
        candles.status == 503 && candles.body.find("\"overloaded\"") != std::string::npos;
    refused_ += refused;
    wrong_ += candles.status != 200 && !refused;
    writes.Add(written - began);
    reads.Add(read - written);
  }

  uint64_t turns() const { return turns_; }
  uint64_t wrong() const { return wrong_; }
  /// Reads that may touch the disk and were refused, because there were too many.
  uint64_t refused() const { return refused_; }

  Waits writes;
  Waits reads;

 private:
  HttpClient http_;
  const std::string name_;
  uint64_t turns_ = 0;
  uint64_t wrong_ = 0;
  uint64_t refused_ = 0;
};

/// Turns of the healthy client alone, for the time given.
inline void RunAlone(HealthyClient& client, std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) client.Turn();
}

/// Measures a healthy client alone, then beside `attack()`, on the same server and machine. Every
/// answer must be right. The waits are printed; asserted is only what the noise of a shared machine
/// cannot break: the median beside stays within ten times the median alone, or a tenth of a second.
/// `refusals`: cold reads may be refused with 503 overloaded, for the attack uses up the memory for
/// answers.
template <typename Attack>
void CheckHealthyBeside(uint16_t port, const std::string& what, Attack attack,
                        bool refusals = false) {
  HealthyClient alone(port, "ALONE");
  RunAlone(alone, std::chrono::milliseconds(1'500));
  std::atomic<bool> over{false};
  HealthyClient beside(port, "BESIDE");
  std::thread turning([&] {
    while (!over.load()) beside.Turn();
  });
  attack();
  over = true;
  turning.join();
  const auto line = [&](const char* kind, Waits& a, Waits& b) {
    std::printf("%s: %s p50 %llu -> %llu us, p99 %llu -> %llu us (alone %zu, beside %zu)\n",
                what.c_str(), kind, static_cast<unsigned long long>(a.Percentile(50)),
                static_cast<unsigned long long>(b.Percentile(50)),
                static_cast<unsigned long long>(a.Percentile(99)),
                static_cast<unsigned long long>(b.Percentile(99)), a.count(), b.count());
  };
  line("read", alone.reads, beside.reads);
  line("write", alone.writes, beside.writes);
  std::fflush(stdout);
  CHECK(alone.wrong() == 0);
  CHECK(beside.wrong() == 0);
  CHECK((refusals || beside.refused() == 0));
  if (beside.refused() > 0) {
    std::printf("%s: %llu of %llu cold reads beside were refused as overloaded\n", what.c_str(),
                static_cast<unsigned long long>(beside.refused()),
                static_cast<unsigned long long>(beside.turns()));
  }
  CHECK(beside.turns() > 0);
  CHECK(beside.reads.Percentile(50) <= 10 * alone.reads.Percentile(50) + 100'000);
}

}  // namespace wick::test
