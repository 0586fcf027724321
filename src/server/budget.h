// Bytes that all connections together may hold, and each one's part of them.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/units.h"

namespace wick::server {

class BudgetShare;

/// Threads: any. A bound for memory, not a lock: what was taken orders nothing.
///
/// Connections that hold a part each and want more could wait for one another for ever. So one of
/// them has the turn: it gets what it asks for, beyond the bound if need be, until it has given
/// everything back. The bound is passed by no more than one connection may hold.
class Budget {
 public:
  explicit Budget(uint64_t bytes_max) : bytes_max_(bytes_max) {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  /// False, and nothing is taken: it would be more than there is, and another has the turn.
  bool TryTake(uint64_t bytes, const BudgetShare* who) {
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= bytes_max_) return true;
    const BudgetShare* has_turn = nullptr;
    if (turn_.compare_exchange_strong(has_turn, who, std::memory_order_relaxed) || has_turn == who)
      return true;
    Give(bytes);
    return false;
  }
  void EndTurn(const BudgetShare* who) {
    turn_.compare_exchange_strong(who, nullptr, std::memory_order_relaxed);
  }
  /// For what is there already: may pass the bound, and then nobody gets more.
  void Take(uint64_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  void Give(uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  bool exhausted() const { return used() >= bytes_max_; }

  /// Connections that wait for their part. While there are any, those that hold theirs for long
  /// have to give it back.
  void Wait() { waiting_.fetch_add(1, std::memory_order_relaxed); }
  void EndWait() { waiting_.fetch_sub(1, std::memory_order_relaxed); }
  bool wanted() const { return waiting_.load(std::memory_order_relaxed) > 0; }

 private:
  const uint64_t bytes_max_;
  std::atomic<uint64_t> used_{0};
  std::atomic<uint32_t> waiting_{0};
  std::atomic<const BudgetShare*> turn_{nullptr};
};

/// What a connection holds without a budget: a slow or hostile neighbour cannot take it away.
inline constexpr uint64_t kFreeBytes = 64_KiB;

/// What one connection holds; given back at the end. Threads: one.
class BudgetShare {
 public:
  explicit BudgetShare(Budget& budget) : budget_(budget) {}
  ~BudgetShare() {
    EndWait();
    Hold(0);
  }
  BudgetShare(const BudgetShare&) = delete;
  BudgetShare& operator=(const BudgetShare&) = delete;

  /// Holds `bytes` from now on. False, and nothing changes: there are not so many; the connection
  /// waits until a later call says true.
  bool TryHold(uint64_t bytes) {
    const uint64_t charged = Charged(bytes);
    if (charged > charged_ && !budget_.TryTake(charged - charged_, this)) {
      if (!waiting_) budget_.Wait();
      waiting_ = true;
      return false;
    }
    if (charged < charged_) budget_.Give(charged_ - charged);
    Charge(charged);
    EndWait();
    return true;
  }

  /// The same for bytes that are there already.
  void Hold(uint64_t bytes) {
    const uint64_t charged = Charged(bytes);
    if (charged > charged_) budget_.Take(charged - charged_);
    if (charged < charged_) budget_.Give(charged_ - charged);
    Charge(charged);
  }

  void EndWait() {
    if (waiting_) budget_.EndWait();
    waiting_ = false;
  }

  bool waiting() const { return waiting_; }
  /// Others wait for what this one holds.
  bool is_wanted() const { return charged_ > 0 && budget_.wanted(); }
  /// Bytes it holds of the budget.
  uint64_t charged() const { return charged_; }
  /// It holds of a budget that is used up.
  bool is_scarce() const { return charged_ > 0 && budget_.exhausted(); }

 private:
  void Charge(uint64_t charged) {
    charged_ = charged;
    if (charged == 0) budget_.EndTurn(this);
  }
  static uint64_t Charged(uint64_t bytes) { return bytes > kFreeBytes ? bytes - kFreeBytes : 0; }

  Budget& budget_;
  uint64_t charged_ = 0;
  bool waiting_ = false;
};

}  // namespace wick::server
