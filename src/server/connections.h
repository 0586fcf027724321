// The connections that are open, and how many may be.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace wick::server {

enum class ConnectionKind : uint8_t { kHttp, kBinary };
inline constexpr size_t kConnectionKindCount = 2;

/// Counts connections by kind and by address. Thread-safe.
class Connections {
 public:
  struct Limits {
    uint32_t all = 10'000;
    uint32_t of_address = 0;  // 0: no bound of its own
  };

  explicit Connections(const Limits& limits) : limits_(limits) {}

  /// One open connection, counted until it is destroyed. The Connections must outlive it.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& from) noexcept { *this = std::move(from); }
    Ticket& operator=(Ticket&& from) noexcept;
    ~Ticket() { Release(); }

   private:
    friend class Connections;
    void Release();

    Connections* of_ = nullptr;  // nullptr: counts nothing
    ConnectionKind kind_{};
    boost::asio::ip::address address_;
  };

  /// nullopt: too many are open already; it is counted as refused.
  std::optional<Ticket> Admit(ConnectionKind kind, const boost::asio::ip::address& address);
  void CountFailedHandshake() { failed_handshakes_.fetch_add(1, std::memory_order_relaxed); }
  /// Counts a connection that was refused for another reason.
  void CountRefused() { refused_.fetch_add(1, std::memory_order_relaxed); }

  uint32_t open(ConnectionKind kind) const {
    return open_[static_cast<size_t>(kind)].load(std::memory_order_relaxed);
  }
  uint64_t failed_handshakes() const { return failed_handshakes_.load(std::memory_order_relaxed); }
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  const Limits& limits() const { return limits_; }

 private:
  const Limits limits_;
  std::array<std::atomic<uint32_t>, kConnectionKindCount> open_ = {};
  std::atomic<uint64_t> refused_{0};
  std::atomic<uint64_t> failed_handshakes_{0};

  std::mutex mutex_;
  uint32_t all_ = 0;                                         // under mutex_
  std::map<boost::asio::ip::address, uint32_t> of_address_;  // under mutex_; only if bounded
};

/// The soft limit of this process's descriptors, less those that the storage needs: a connection
/// with a greater one is closed at once, for a file that cannot be opened would end writing.
int DescriptorsForConnections();

/// Descriptors kept for the storage's files, logs and event loops; half of a limit that is small.
inline constexpr uint64_t kOtherDescriptors = 1'024;

}  // namespace wick::server
