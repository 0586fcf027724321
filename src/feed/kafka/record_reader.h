// Price events out of the value of one record.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "protocol/json_events.h"

namespace wick::feed {

/// What became of a record.
struct ReadRecord {
  uint64_t events = 0;   // added to the batch
  std::string reason;    // not empty: the record, or some of its events, could not be read
  bool not_yet = false;  // too many new series for the moment: nothing was added, offer it again
};

/// A value is JSON (one event or an array of them) or binary: frames of docs/wire-format.md, first
/// one that registers symbols, then ingests whose series are the places of its symbols. Which of
/// both is seen by its sixth byte: 0 in a frame, never in JSON. A bad event costs no other of its
/// record. Threads: one at a time; reuse it, it keeps its buffers.
class RecordReader {
 public:
  explicit RecordReader(engine::Engine& engine) : engine_(engine) {}

  ReadRecord Read(std::string_view value, engine::EventBatch& batch);

 private:
  void ReadJson(std::string_view value);
  void ReadBinary(std::string_view value);
  /// False: the event is refused, or there are too many new series.
  bool Resolve(const SymbolView& symbol, SeriesId& series, uint64_t index);
  std::string DescribeRefusal(Refusal refusal, const SymbolView& symbol) const;
  void Refuse(uint64_t index, Refusal refusal, std::string_view message);
  void RefuseRecord(std::string_view reason);

  struct Resolved {
    SeriesId series;
    Price price;
  };

  engine::Engine& engine_;
  protocol::EventParser parser_;
  std::vector<Resolved> resolved_;
  std::vector<SeriesId> registered_;  // by place in the record; kNoSeries: refused
  uint64_t events_ = 0;               // of the record, refused ones included
  uint64_t refused_ = 0;
  std::array<uint64_t, kRefusalCount> rejected_ = {};  // by reason; 0 is none
  std::string first_refusal_;
  std::string broken_;  // not empty: nothing of the record counts, for this reason
  bool not_yet_ = false;
};

}  // namespace wick::feed
