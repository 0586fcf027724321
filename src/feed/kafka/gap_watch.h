// What to do about offsets of which no record comes.
#pragma once

#include <cstdint>

namespace wick::feed {

/// A gap in the offsets of a partition is what a compaction or a transaction left, unless an error
/// came in between: then records may have been skipped, and are asked for again. What they are not
/// even then is missing. Threads: one at a time.
class GapWatch {
 public:
  enum class Step : uint8_t {
    kTake,      // the record is the next one
    kAskAgain,  // begin again with the offset that is due
    kGiveUp,    // errors and gaps go on at this place
  };
  static constexpr int kTriesMax = 3;

  void MeetError() { erred_ = true; }

  /// A record came with `offset`, `next` was due.
  Step Meet(uint64_t next, uint64_t offset) {
    if (!erred_ || offset <= next) {
      erred_ = false;
      return Step::kTake;
    }
    erred_ = false;
    tries_ = place_ == next ? tries_ + 1 : 1;
    place_ = next;
    return tries_ > kTriesMax ? Step::kGiveUp : Step::kAskAgain;
  }

 private:
  bool erred_ = false;  // since the last record
  int tries_ = 0;       // at place_
  uint64_t place_ = UINT64_MAX;
};

}  // namespace wick::feed
