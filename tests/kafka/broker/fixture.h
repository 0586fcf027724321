// A real Apache Kafka of 12 partitions, and what a server holds of what it brought.
#pragma once

#include <fcntl.h>

#include <chrono>
#include <functional>
#include <map>
#include <regex>
#include <string>
#include <thread>

#include "engine/naive_market.h"
#include "environment.h"
#include "free_ports.h"
#include "integration/wick_process.h"

namespace wick::test {

inline constexpr int kPartitions = 12;
inline const std::string kBroker =
    std::string(test::kSourceDirectory) + "/tests/kafka/broker/broker";

inline bool Eventually(const std::function<bool()>& so) {
  for (int i = 0; i < 12'000; ++i) {
    if (so()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  }
  return false;
}

/// A port that is free, and the next one, too.
inline uint16_t FreePort() { return FreePorts(2).front(); }

/// Empty: the broker's jars are there. Else why they cannot be had.
inline std::string WhyNoKafka() {
  const TemporaryDirectory directory;
  const std::string fetch =
      kBroker + " fetch " WICK_KAFKA_JARS " > '" + (directory / "why") + "' 2>&1";
  return std::system(fetch.c_str()) == 0 ? "" : ReadFile(directory / "why");
}

/// The broker's process.
class Broker {
 public:
  explicit Broker(std::string data) : data_(std::move(data)), port_(FreePort()) { Start(); }
  ~Broker() { Kill(); }
  /// Its log, if it ended by itself; empty: it runs.
  std::string Death() const {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == 0) return {};
    return "the broker ended: " + ReadFile(data_ + ".log");
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  void Start() {
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ > 0) return;
    const int log = open((data_ + ".log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    const std::string port = std::to_string(port_);
    execl(kBroker.c_str(), kBroker.c_str(), "run", WICK_KAFKA_JARS, data_.c_str(), port.c_str(),
          nullptr);
    _exit(127);
  }
  void Kill() {
    ::kill(pid_, SIGKILL);
    int status = 0;
    waitpid(pid_, &status, 0);
  }

 private:
  const std::string data_;
  const uint16_t port_;
  pid_t pid_ = -1;
};

/// The sum of a number over all partitions of the status.
inline uint64_t SumOf(const std::string& status, const std::string& name) {
  const std::regex number('"' + name + "\":([0-9]+)");
  const size_t partitions = status.find("\"partitions\":");
  if (partitions == status.npos) return 0;
  uint64_t sum = 0;
  for (std::sregex_iterator at(status.begin() + static_cast<ptrdiff_t>(partitions), status.end(),
                               number);
       at != std::sregex_iterator(); ++at) {
    sum += std::stoull((*at)[1]);
  }
  return sum;
}

/// Every candle of BASE/USD on the exchange is that of the fold.
inline void CheckFold(Client& client, const std::map<std::string, NaiveSeries>& series,
                      const std::string& exchange) {
  for (const auto& [base, expected] : series) {
    for (size_t tier = 0; tier < kTierUnits.size(); ++tier) {
      CAPTURE(base, tier);
      CandlesRequest request;
      request.interval = {1, kTierUnits[tier]};
      request.from_ms = 0;
      request.limit = 10'000;
      std::vector<NaiveCandle> seen;
      do {
        const auto reply = client.Candles(SymbolView{base, "USD", exchange}, request);
        REQUIRE(reply.ok());
        for (const Candle& c : reply->candles) {
          seen.push_back({c.timestamp_ms, c.open, c.high, c.low, c.close, c.count,
                          c.base_volume_last_24h, c.quote_volume_last_24h, true});
        }
        request.from_ms = reply->next_ms;
      } while (request.from_ms);
      REQUIRE(seen == expected.Candles(tier, 0, UINT64_MAX));
    }
  }
}

}  // namespace wick::test
