#include "base/clock.h"
#include "cli/bench/picker.h"
#include "cli/bench/prepare.h"
#include "cli/bench/work.h"
#include "client/codec.h"

namespace wick::cli::bench {
namespace {

/// The newest are left out where there is room: the clock goes on, and the series may not.
uint32_t StartsOf(const Options& options) {
  constexpr uint32_t kNewest = 60;
  const uint32_t starts = HistoryOf(options) - options.candles + 1;
  return starts > kNewest ? starts - kNewest : starts;
}

class CandlesWork final : public Work {
 public:
  CandlesWork(const Options& options, const Series& series, uint64_t seed)
      : ids_(series.ids),
        random_(seed),
        picker_(options.series, options.zipf),
        span_(options.random_range ? std::optional(HistorySpan(options, SystemClock().NowMs()))
                                   : std::nullopt),
        starts_(StartsOf(options)) {
    request_.interval = options.interval;
    request_.limit = options.candles;
    type_ = options.packed ? wire::Type::kHistory : wire::Type::kCandles;
  }

  void Append(uint64_t request_id, uint32_t, std::string& out) override {
    if (span_) {
      request_.from_ms = span_->first_ms + random_.Below(starts_) * span_->interval_ms;
      request_.to_ms = *request_.from_ms + request_.limit * span_->interval_ms;
    }
    const size_t start = wire::BeginFrame(RequestType(type_), request_id, out);
    client::WriteCandles(ids_[picker_.Pick(random_)], request_, wire::Writer(out));
    wire::EndFrame(start, out);
  }

  bool Take(const Answer& answer, Stats& stats) override {
    if (answer.type != ReplyType(type_)) return false;
    uint32_t count = 0;
    if (type_ == wire::Type::kHistory) {
      // Decoded, as whoever asks for them packed has to.
      packed_.candles.clear();
      packed_.next_ms.reset();
      if (!client::ReadHistory(answer.payload, request_.limit, packed_)) return false;
      count = static_cast<uint32_t>(packed_.candles.size());
    } else {
      wire::Reader reader(answer.payload);
      reader.Bytes(kCountOffset);
      count = reader.U32();
      reader.U32();
      if (!reader.ok() || reader.left() != count * wire::kCandleBytes) return false;
    }
    stats.operations += count;
    // History ends where memory has the rest.
    if (!packed_.next_ms) stats.missing += request_.limit - std::min(count, request_.limit);
    return true;
  }

 private:
  static constexpr size_t kCountOffset = 24;  // of `candles` in the reply: docs/wire-format.md

  const std::vector<SeriesId>& ids_;
  Random random_;
  Picker picker_;
  std::optional<Span> span_;  // nullopt: the newest candles are asked for
  const uint32_t starts_;     // of the span, from which a whole request of candles follows
  CandlesRequest request_;
  wire::Type type_;
  CandlesReply packed_;
};

}  // namespace

std::unique_ptr<Work> MakeCandles(const Options& options, const Series& series, uint64_t seed) {
  return std::make_unique<CandlesWork>(options, series, seed);
}

}  // namespace wick::cli::bench
