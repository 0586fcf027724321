#include "feed/kafka/record_reader.h"

#include <variant>

#include "market/validation.h"
#include "protocol/binary_requests.h"
#include "wick/partition.h"

namespace wick::feed {

namespace binary = protocol::binary;

ReadRecord RecordReader::Read(std::string_view value, engine::EventBatch& batch) {
  resolved_.clear();
  first_refusal_.clear();
  broken_.clear();
  events_ = refused_ = 0;
  rejected_ = {};
  not_yet_ = false;
  constexpr size_t kHighByteOfType = 5;  // no type is above 255
  if (value.size() > kHighByteOfType && value[kHighByteOfType] == '\0') {
    ReadBinary(value);
  } else {
    ReadJson(value);
  }

  ReadRecord read;
  read.not_yet = not_yet_;
  if (not_yet_) return read;  // and counted when it is read for good
  for (int i = 1; i < kRefusalCount; ++i) {
    if (rejected_[i] > 0) engine_.CountRejected(static_cast<Refusal>(i), rejected_[i]);
  }
  if (!broken_.empty()) {
    engine_.CountRejected(Refusal::kInvalidJson);
    read.reason = broken_;
    return read;
  }
  for (const Resolved& event : resolved_) batch.Add(event.series, event.price);
  read.events = resolved_.size();
  if (refused_ > 0) {
    read.reason = fmt::format("{} of {} events refused; {}", refused_, events_, first_refusal_);
  }
  return read;
}

void RecordReader::ReadJson(std::string_view value) {
  const protocol::ParsedEvents& parsed =
      parser_.Parse(value, protocol::EventsFormat::kJson, engine_.clock().NowMs(),
                    engine_.options().future_skew_ms_max);
  if (!parsed.document_error.empty()) return RefuseRecord(parsed.document_error);
  events_ = parsed.events.size() + parsed.report.rejected();
  for (const protocol::EventError& error : parsed.report.errors()) {
    Refuse(error.index, error.refusal, error.message);
  }
  refused_ = parsed.report.rejected();
  for (int i = 1; i < kRefusalCount; ++i) {
    rejected_[i] += parsed.report.rejected(static_cast<Refusal>(i));
  }
  for (const protocol::ParsedEvent& event : parsed.events) {
    SeriesId series = kNoSeries;
    if (Resolve(event.symbol, series, event.index)) resolved_.push_back({series, event.price});
  }
}

void RecordReader::ReadBinary(std::string_view value) {
  const wire::Limits limits;
  const uint64_t now_ms = engine_.clock().NowMs();
  const uint64_t skew_ms_max = engine_.options().future_skew_ms_max;
  registered_.clear();
  bool first = true;
  while (!value.empty()) {
    binary::Frame frame;
    binary::ErrorReply error;
    const binary::FrameState state = binary::NextFrame(value, limits, frame, error);
    if (state == binary::FrameState::kPart) return RefuseRecord("it ends within a frame");
    if (state == binary::FrameState::kBroken) return RefuseRecord(error.message);
    value.remove_prefix(frame.bytes());
    binary::Request request;
    if (!binary::DecodeRequest(frame, limits, request, error)) return RefuseRecord(error.message);
    const auto* symbols = std::get_if<binary::RegisterRequest>(&request);
    const auto* ingest = std::get_if<binary::IngestRequest>(&request);
    if (first != (symbols != nullptr) || first == (ingest != nullptr)) {
      return RefuseRecord("its frames are not one that registers symbols, then ingests");
    }
    if (first) {
      first = false;
      for (const SymbolView& symbol : symbols->symbols) {
        SeriesId series = kNoSeries;
        Resolve(symbol, series, registered_.size());
        registered_.push_back(series);
      }
      refused_ = 0;  // symbols are no events
      if (not_yet_) return;
      continue;
    }
    for (size_t i = 0; i < ingest->ticks.size(); ++i, ++events_) {
      const Tick tick = ingest->ticks[i];
      const Price price = PriceOf(tick);
      const SeriesId series =
          tick.series < registered_.size() ? registered_[tick.series] : kNoSeries;
      const Refusal refusal = series == kNoSeries ? Refusal::kUnknownSeries
                                                  : market::CheckPrice(price, now_ms, skew_ms_max);
      if (refusal == Refusal::kNone) {
        resolved_.push_back({series, price});
        continue;
      }
      Refuse(events_, refusal,
             first_refusal_.empty() && series != kNoSeries
                 ? market::DescribePrice(refusal, price, now_ms, skew_ms_max)
                 : fmt::format("the record registers no symbol {}", tick.series));
      ++rejected_[static_cast<size_t>(refusal)];
    }
  }
}

bool RecordReader::Resolve(const SymbolView& symbol, SeriesId& series, uint64_t index) {
  const Refusal refusal = engine_.Resolve(symbol, series);
  if (refusal == Refusal::kNone) return true;
  series = kNoSeries;
  if (refusal == Refusal::kTooManyNewSeries) {
    not_yet_ = true;
    return false;
  }
  ++rejected_[static_cast<size_t>(refusal)];
  Refuse(index, refusal, DescribeRefusal(refusal, symbol));
  return false;
}

std::string RecordReader::DescribeRefusal(Refusal refusal, const SymbolView& symbol) const {
  if (refusal == Refusal::kTooManySeries) {
    return fmt::format("the server already holds {} series, its limit (series.max)",
                       engine_.options().series_max);
  }
  if (refusal == Refusal::kMoved) {
    return fmt::format(
        "{} is a pair of another partition, on another node of the cluster: write "
        "records with the key BASE/QUOTE and Kafka's own partitioner (murmur2)",
        market::Printable(PairKey(symbol)));
  }
  return market::DescribeSymbol(symbol);
}

void RecordReader::Refuse(uint64_t index, Refusal refusal, std::string_view message) {
  ++refused_;
  if (!first_refusal_.empty()) return;
  first_refusal_ = fmt::format("event {}: {}: {}", index, RefusalCode(refusal), message);
}

void RecordReader::RefuseRecord(std::string_view reason) {
  resolved_.clear();
  broken_ = reason.empty() ? "it is empty" : std::string(reason);
}

}  // namespace wick::feed
