// Batch: typed writes into one RocksDB write batch.
#include <array>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "cold/batch_impl.h"
#include "cold/chunk_merge.h"
#include "cold/families.h"
#include "cold/horizons_record.h"
#include "cold/journal_frame.h"
#include "cold/kafka_records.h"
#include "cold/keys.h"
#include "cold/names_record.h"
#include "cold/state_record.h"

namespace wick::cold {
namespace {

using rocksdb::Slice;

rocksdb::ColumnFamilyHandle* Of(Family family) {
  // Kept for ever: a store that lives until the process exits may write after static objects ended.
  static auto& names = *new std::array<FamilyName, kFamilyCount>{
      FamilyName(Family::kMeta),       FamilyName(Family::kJournal),
      FamilyName(Family::kSeries),     FamilyName(Family::kState),
      FamilyName(Family::kReferences), FamilyName(Family::kCandles1s),
      FamilyName(Family::kCandles1m),  FamilyName(Family::kCandles1h),
      FamilyName(Family::kCandles1d),  FamilyName(Family::kKafkaOffsets),
      FamilyName(Family::kDeadLetters)};
  return &names[Index(family)];
}

// A write batch in memory refuses only what no caller does: 4 GiB, keys with timestamps.
void Must(const rocksdb::Status& status) { WICK_ASSERT(status.ok()); }

}  // namespace

Batch::Batch() : impl_(std::make_unique<Impl>()) {}
Batch::~Batch() = default;

void Batch::PutSymbol(SeriesId series, const SymbolView& symbol) {
  const std::string value =
      EncodeNames<3>({symbol.base_currency, symbol.quote_currency, symbol.exchange});
  Must(impl_->writes.Put(Of(Family::kSeries), ToSlice(MakeSeriesKey(series).view()), value));
}

void Batch::PutFrame(uint64_t number, std::span<const std::span<const Tick>> parts) {
  size_t ticks = 0;
  for (const auto& part : parts) ticks += part.size();
  WICK_ASSERT(ticks <= UINT32_MAX);
  const FrameHeader header = MakeFrameHeader(static_cast<uint32_t>(ticks));

  // Gathered by RocksDB straight into its batch: the only copy of the ticks.
  std::vector<Slice> slices;
  slices.reserve(1 + parts.size());
  slices.emplace_back(header.data(), header.size());
  for (const auto& part : parts) {
    if (part.empty()) continue;
    slices.emplace_back(reinterpret_cast<const char*>(part.data()), part.size_bytes());
  }
  const FrameKey key = MakeFrameKey(number);
  const Slice key_slice = ToSlice(key.view());
  Must(impl_->writes.Put(Of(Family::kJournal), rocksdb::SliceParts(&key_slice, 1),
                         rocksdb::SliceParts(slices.data(), static_cast<int>(slices.size()))));
}

void Batch::DeleteFrame(uint64_t number) {
  Must(impl_->writes.Delete(Of(Family::kJournal), ToSlice(MakeFrameKey(number).view())));
}

void Batch::PutState(SeriesId series, const SeriesState& state) {
  std::string value;
  EncodeState(state, value);
  Must(impl_->writes.Put(Of(Family::kState), ToSlice(MakeSeriesKey(series).view()), value));
}

void Batch::WriteCandles(market::Tier tier, SeriesId series, CandleOp op,
                         std::span<const market::FoldedCandle> candles) {
  std::string value;
  while (!candles.empty()) {
    const Chunk chunk = ChunkOf(candles.front().bucket);
    size_t n = 1;
    while (n < candles.size() && ChunkOf(candles[n].bucket) == chunk) ++n;
    value.clear();
    EncodeOperand(op, candles.first(n), value);
    Must(impl_->writes.Merge(Of(CandlesOf(tier)), ToSlice(MakeChunkKey(Raw(series), chunk).view()),
                             value));
    candles = candles.subspan(n);
  }
}

void Batch::PutReference(const Reference& reference) {
  const std::string value = EncodeNames<2>({reference.quote_currency, reference.exchange});
  Must(impl_->writes.Put(Of(Family::kReferences), reference.base_currency, value));
}

void Batch::DeleteReference(std::string_view base_currency) {
  Must(impl_->writes.Delete(Of(Family::kReferences), ToSlice(base_currency)));
}

void Batch::PutLastNumber(uint64_t number) {
  std::string value;
  AppendLittleEndian(number, value);
  Must(impl_->writes.Put(Of(Family::kMeta), ToSlice(kLastNumberKey), value));
}

void Batch::PutRefusedUntil(const market::Horizons& refused_until) {
  Must(impl_->writes.Put(Of(Family::kMeta), ToSlice(kRefusedUntilKey),
                         EncodeHorizons(refused_until)));
}

void Batch::PutKafkaOffset(const KafkaOffset& offset) {
  Must(impl_->writes.Put(Of(Family::kKafkaOffsets),
                         MakeKafkaOffsetKey(offset.topic, offset.partition),
                         EncodeKafkaOffset(offset)));
}

void Batch::PutDeadLetter(const DeadLetter& letter) {
  Must(impl_->writes.Put(Of(Family::kDeadLetters), MakeDeadLetterKey(letter.place),
                         EncodeDeadLetter(letter)));
}

void Batch::DeleteDeadLetter(const KafkaPlace& place) {
  Must(impl_->writes.Delete(Of(Family::kDeadLetters), MakeDeadLetterKey(place)));
}

bool Batch::empty() const { return impl_->writes.Count() == 0; }
size_t Batch::bytes() const { return impl_->writes.GetDataSize(); }
void Batch::Clear() { impl_->writes.Clear(); }

}  // namespace wick::cold
