#include <cstddef>
#include <cstring>

#include "cli/bench/picker.h"
#include "cli/bench/work.h"

namespace wick::cli::bench {
namespace {

class LatestWork final : public Work {
 public:
  LatestWork(const Options& options, const Series& series, uint32_t batch, uint64_t seed)
      : ids_(series.ids), batch_(batch), random_(seed), picker_(options.series, options.zipf) {
    const size_t start = wire::BeginFrame(RequestType(wire::Type::kLatestByIds), 0, frame_);
    wire::Writer(frame_).U32(batch_);
    frame_.resize(kIdsOffset + batch_ * sizeof(SeriesId));
    wire::EndFrame(start, frame_);
  }

  void Append(uint64_t request_id, uint32_t, std::string& out) override {
    std::memcpy(frame_.data() + offsetof(wire::Header, request_id), &request_id,
                sizeof(request_id));
    for (uint32_t i = 0; i < batch_; ++i) {
      const SeriesId id = ids_[picker_.Pick(random_)];
      std::memcpy(frame_.data() + kIdsOffset + i * sizeof(id), &id, sizeof(id));
    }
    out += frame_;
  }

  bool Take(const Answer& answer, Stats& stats) override {
    wire::Reader reader(answer.payload);
    const uint32_t count = reader.U32();
    const auto prices = reader.Records<Price>(count);
    if (answer.type != ReplyType(wire::Type::kLatestByIds) || !reader.AtEnd()) return false;
    for (size_t i = 0; i < prices.size(); ++i) stats.missing += prices[i].timestamp_ms == 0;
    stats.operations += count;
    return count == batch_;
  }

 private:
  static constexpr size_t kIdsOffset = wire::kHeaderBytes + sizeof(uint32_t);

  const std::vector<SeriesId>& ids_;
  const uint32_t batch_;
  Random random_;
  Picker picker_;
  std::string frame_;  // as it is sent, but for its request id and series
};

}  // namespace

std::unique_ptr<Work> MakeLatest(const Options& options, const Series& series, uint32_t batch,
                                 uint64_t seed) {
  return std::make_unique<LatestWork>(options, series, batch, seed);
}

}  // namespace wick::cli::bench
