// Hand-over of work between threads, a batch at a time.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

namespace wick::engine {

/// Messages of any number of senders for one receiver, in order for each sender.
/// Threads: any may Push; one drains. Bounded by its senders: every batch of events holds a part of
/// its worker's budget until it is durable (Engine::HasRoom).
template <typename T>
class Mailbox {
 public:
  /// True if it was empty: the receiver has to be woken.
  [[nodiscard]] bool Push(T message) {
    const std::lock_guard lock(mutex_);
    messages_.push_back(std::move(message));
    return messages_.size() == 1;
  }

  /// Replaces `messages`, which should be empty, with what has come; its memory is used for what
  /// comes next.
  void Drain(std::vector<T>& messages) {
    const std::lock_guard lock(mutex_);
    messages_.swap(messages);
  }

  bool empty() const {
    const std::lock_guard lock(mutex_);
    return messages_.empty();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<T> messages_;
};

}  // namespace wick::engine
