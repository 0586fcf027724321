// One connection of the binary protocol.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/binary_requests.h"
#include "server/auth.h"
#include "server/binary_api.h"
#include "server/patience.h"
#include "server/services.h"
#include "server/stream.h"
#include "server/worker.h"
#include "wick/wire.h"

namespace wick::server {

/// A first frame: the longest hello, with room for what later versions put behind it. Nobody has
/// shown a token yet, so nobody gets a larger buffer.
inline constexpr wire::Limits kLimitsOfHello{.payload_bytes = 4'096};
static_assert(kLimitsOfHello.payload_bytes >
              2 * (wire::kTokenBytesMax + wire::kClientNameBytesMax));

/// Reads frames and replies to each as soon as its reply is there, in whatever order that happens.
/// Nothing is read while the peer does not read, too many requests are open, or the engine has no
/// room for an ingest. A silent peer is kept; one that is slow with hello, a frame or its replies
/// is not (limits.*), nor one that holds for ten seconds what others wait for. Threads: the
/// worker's. Failure: after bytes that are no frames an error frame is sent, open requests are
/// answered, and the connection is closed; errors of the socket close it at once.
class BinarySession final : public Session, public std::enable_shared_from_this<BinarySession> {
 public:
  BinarySession(boost::asio::ip::tcp::socket socket, Services& services, Worker& worker,
                BinaryApi& api);

  void Start() override;
  void Drain() override;
  void Close() override;
  void Sweep(Time now) override;

 private:
  using Error = boost::system::error_code;
  using Frame = protocol::binary::Frame;

  /// A request without a reply.
  struct Open {
    size_t type;
    Time began;
    bool is_light;
    bool is_read;  // may read the disk
  };

  void OnHandshake(const Error& error);
  void Read();
  void OnRead(const Error& error, size_t bytes);
  /// Handles the frames in the buffer, then writes and reads on.
  void Work();
  void Hello(const Frame& frame);
  void Dispatch(const Frame& frame);
  /// False: the request is refused, and the refusal written.
  bool MayAsk(const Frame& frame);
  void WaitForRoom();
  void OnReply(const Open& open, BinaryReply reply);
  void CountOpen(const Open& open, int by);
  void Count(size_t type, Time began, Outcome outcome);
  /// Counts a request that was answered at once, together with those like it before.
  void CountAtOnce(size_t type, Outcome outcome);
  void CountAnswered();
  /// A frame did not come in time: says so, then closes.
  void GiveUp(std::string why);
  void Fail(uint64_t request_id, const protocol::binary::ErrorReply& error);
  /// Bytes that the buffer is to have: for the frame at its head, but not much more than has come
  /// of it.
  size_t BytesWanted() const;
  /// The peer has so many replies to take that none is added: limits.max_unread, or what it holds
  /// out of no budget while that for answers is exhausted.
  bool IsFull() const;
  /// Reads on, or waits until there is memory for the buffer.
  void ReadWithinBudget();
  /// Replaces or compacts the buffer.
  void MakeSpace(size_t bytes);
  void HoldReplies() { answer_share_.Hold(reply_.frames.size() + writing_.size()); }
  void Write();
  void OnWritten(const Error& error);
  void CloseIfDone();

  Stream stream_;
  Services& services_;
  Worker& worker_;
  BinaryApi& api_;
  Bearer bearer_;

  BudgetShare request_share_;
  BudgetShare answer_share_;
  boost::asio::steady_timer budget_timer_;

  std::unique_ptr<char[]> buffer_;
  size_t buffer_bytes_;
  size_t begin_ = 0;  // of what was read and not yet handled
  size_t end_ = 0;
  size_t frame_bytes_ = 0;  // of the frame at begin_, as far as known

  BinaryReply reply_;         // frames to be written next; the outcome of the request in Dispatch()
  std::string writing_;       // frames being written
  size_t open_requests_ = 0;  // but for the light ones
  size_t open_reads_ = 0;     // of these, those that may read the disk
  size_t open_light_ = 0;

  /// Requests of one type answered at once, each right after the other, since now_. Those for
  /// latest prices are counted with their mean latency, all others one by one: a look at the clock
  /// is a tenth of what a latest price costs.
  struct Answered {
    size_t type = 0;
    Outcome outcome = Outcome::kOk;
    uint64_t requests = 0;
  };
  Answered answered_;
  Time now_{};  // when Work() began, or looked at the clock last

  // What Sweep() judges by.
  Time began_{};         // accepted
  Time linger_began_{};  // if lingering_
  Arrival frame_;        // if in_frame_
  Departure departure_;  // of writing_, if write_busy_

  bool greeted_ = false;
  bool in_frame_ = false;  // the peer is to send the rest of a frame, or to take replies first
  bool working_ = false;   // within Work()
  bool read_busy_ = false;
  bool write_busy_ = false;
  bool no_room_ = false;  // the engine calls back
  bool last_ = false;     // no more frames are handled
  bool draining_ = false;
  bool lingering_ = false;
  bool closed_ = false;
};

}  // namespace wick::server
