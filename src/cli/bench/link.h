// One connection of a load: bytes out, answers in, nothing ever waited for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/bench/work.h"
#include "client/channel.h"

namespace wick::cli::bench {

/// The steady clock.
uint64_t NowNs();

/// A request on its way.
struct Sent {
  uint64_t intended_ns = 0;
  uint64_t sent_ns = 0;
  uint32_t stream = 0;
  uint32_t bytes = 0;  // > 0
};

/// Up to `in_flight_max` requests, whose ids are the numbers of their places from 1 on, so that an
/// answer finds its request without a search. Threads: one at a time.
class Link {
 public:
  /// Connects; over the binary protocol it says hello. HTTP takes one request at a time.
  static Result<Link> Open(const Options& options, uint32_t number);

  uint32_t number() const { return number_; }
  int socket() const { return channel_.socket(); }
  uint32_t in_flight() const { return in_flight_max_ - static_cast<uint32_t>(free_.size()); }
  bool HasUnsent() const { return taken_ < out_.size(); }
  /// False: all places are taken, or the peer does not take what is there already.
  bool HasRoom() const { return !free_.empty() && out_.size() - taken_ < kUnsentBytesMax; }

  /// Appends a request, with room; Flush() sends it.
  void Add(Work& work, Sent sent);
  /// Hands the kernel what it takes.
  std::optional<ClientError> Flush();
  /// Reads all there is, and gives each answer to `take(const Sent&, const Answer&, now_ns)`, which
  /// returns an error or none; `now_ns` is when it was read.
  template <typename Take>
  std::optional<ClientError> Receive(Take&& take);

 private:
  enum class Split : uint8_t { kWhole, kPart, kBroken };

  static constexpr size_t kUnsentBytesMax = 512 * 1024;
  static constexpr size_t kReadBytes = 256 * 1024;

  Link(client::Channel channel, const Options& options, uint32_t number);
  /// The answer at the front of `bytes`, if all of it is there.
  static Split NextFrame(std::string_view bytes, Answer& answer);
  static Split NextResponse(std::string_view bytes, Answer& answer);
  /// Reads once; sets `more` if there may be more to read. The bytes that came.
  Result<size_t> ReadSome(bool& more);
  std::optional<ClientError> Refused(const Answer& answer) const;
  ClientError Broken(const Answer& answer) const;

  client::Channel channel_;
  uint32_t number_;
  uint32_t in_flight_max_;
  bool http_;
  std::vector<Sent> places_;    // of id - 1
  std::vector<uint32_t> free_;  // ids
  std::string out_;             // its first taken_ bytes are with the kernel
  size_t taken_ = 0;
  std::string in_;  // its first in_bytes_ are of answers that are not yet whole
  size_t in_bytes_ = 0;
};

template <typename Take>
std::optional<ClientError> Link::Receive(Take&& take) {
  for (bool more = true; more;) {
    const Result<size_t> came = ReadSome(more);
    if (!came) return came.error();
    const uint64_t now_ns = NowNs();
    std::string_view left(in_.data(), in_bytes_);
    for (;;) {
      Answer answer;
      const Split split = http_ ? NextResponse(left, answer) : NextFrame(left, answer);
      if (split == Split::kPart) break;
      if (split == Split::kBroken || answer.request_id > in_flight_max_) return Broken(answer);
      if (answer.request_id == 0) return Refused(answer);
      const Sent sent = std::exchange(places_[answer.request_id - 1], {});
      if (sent.bytes == 0) return Broken(answer);  // nobody asked
      free_.push_back(static_cast<uint32_t>(answer.request_id));
      if (std::optional<ClientError> failed = take(sent, answer, now_ns)) return failed;
      left.remove_prefix(answer.bytes);
    }
    std::memmove(in_.data(), left.data(), left.size());
    in_bytes_ = left.size();
  }
  return std::nullopt;
}

}  // namespace wick::cli::bench
