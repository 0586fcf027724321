#include "base/clock.h"
#include "cli/bench/picker.h"
#include "cli/bench/prepare.h"
#include "cli/bench/work.h"
#include "client/codec.h"

namespace wick::cli::bench {
namespace {

class CandlesWork final : public Work {
 public:
  CandlesWork(const Options& options, const Series& series, uint64_t seed)
      : ids_(series.ids),
        random_(seed),
        picker_(options.series, options.zipf),
        span_(options.random_range ? std::optional(HistorySpan(options, SystemClock().NowMs()))
                                   : std::nullopt),
        starts_(HistoryOf(options) - options.candles + 1) {
    request_.interval = options.interval;
    request_.limit = options.candles;
  }

  void Append(uint64_t request_id, uint32_t, std::string& out) override {
    if (span_) request_.from_ms = span_->first_ms + random_.Below(starts_) * span_->interval_ms;
    const size_t start = wire::BeginFrame(RequestType(wire::Type::kCandles), request_id, out);
    client::WriteCandles(ids_[picker_.Pick(random_)], request_, wire::Writer(out));
    wire::EndFrame(start, out);
  }

  bool Take(const Answer& answer, Stats& stats) override {
    wire::Reader reader(answer.payload);
    reader.Bytes(kCountOffset);
    const uint32_t count = reader.U32();
    reader.U32();
    if (answer.type != ReplyType(wire::Type::kCandles) || !reader.ok()) return false;
    stats.operations += count;
    stats.missing += request_.limit - std::min(count, request_.limit);
    return reader.left() == count * wire::kCandleBytes;
  }

 private:
  static constexpr size_t kCountOffset = 24;  // of `candles` in the reply: docs/wire-format.md

  const std::vector<SeriesId>& ids_;
  Random random_;
  Picker picker_;
  std::optional<Span> span_;  // nullopt: the newest candles are asked for
  const uint32_t starts_;     // of the span, from which a whole request of candles follows
  CandlesRequest request_;
};

}  // namespace

std::unique_ptr<Work> MakeCandles(const Options& options, const Series& series, uint64_t seed) {
  return std::make_unique<CandlesWork>(options, series, seed);
}

}  // namespace wick::cli::bench
