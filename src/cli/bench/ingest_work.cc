#include <array>

#include "base/clock.h"
#include "cli/bench/market.h"
#include "cli/bench/own_series.h"
#include "cli/bench/work.h"
#include "client/codec.h"

namespace wick::cli::bench {
namespace {

class IngestWork final : public Work {
 public:
  IngestWork(const Options& options, const Series& series, uint32_t batch, uint64_t seed)
      : ids_(series.ids),
        ack_(options.ack),
        batch_(batch),
        own_(options, seed),
        market_(options.series, seed + 1) {}

  void Append(uint64_t request_id, uint32_t connection, std::string& out) override {
    const size_t start = wire::BeginFrame(RequestType(wire::Type::kIngest), request_id, out);
    wire::Writer writer(out);
    client::WriteIngestHead(ack_, batch_, writer);
    const uint64_t now_ms = clock_.NowMs();
    std::array<Tick, 64> ticks;
    for (uint32_t left = batch_; left > 0;) {
      const uint32_t part = std::min<uint32_t>(left, ticks.size());
      for (uint32_t i = 0; i < part; ++i) {
        const uint32_t series = own_.Pick(connection);
        ticks[i] = TickOf(ids_[series], market_.Next(series).At(now_ms));
      }
      writer.Records(std::span<const Tick>(ticks.data(), part));
      left -= part;
    }
    wire::EndFrame(start, out);
  }

  bool Take(const Answer& answer, Stats& stats) override {
    wire::Reader reader(answer.payload);
    const uint32_t accepted = reader.U32();
    const uint32_t duplicates = reader.U32();
    const uint32_t rejected = reader.U32();
    if (answer.type != ReplyType(wire::Type::kIngest) || !reader.ok()) return false;
    stats.operations += accepted + duplicates;
    stats.duplicates += duplicates;
    stats.rejected += rejected;
    if (rejected > 0 && stats.first_error.empty()) {
      wire::IngestReply reply;
      if (client::ReadReply(answer.payload, reply) && !reply.rejections.empty()) {
        stats.first_error = reply.rejections.front().message;
      }
    }
    return accepted + duplicates + rejected == batch_;
  }

 private:
  const std::vector<SeriesId>& ids_;
  const wire::Ack ack_;
  const uint32_t batch_;
  const SystemClock clock_;
  OwnSeries own_;
  Market market_;
};

}  // namespace

std::unique_ptr<Work> MakeIngest(const Options& options, const Series& series, uint32_t batch,
                                 uint64_t seed) {
  return std::make_unique<IngestWork>(options, series, batch, seed);
}

}  // namespace wick::cli::bench
