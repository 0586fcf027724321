// Verify: the records that are no candles.
#include <absl/container/flat_hash_set.h>

#include <optional>

#include "base/bytes.h"
#include "cold/horizons_record.h"
#include "cold/journal_frame.h"
#include "cold/names_record.h"
#include "cold/state_record.h"
#include "cold/verify_impl.h"
#include "market/validation.h"

namespace wick::cold {

std::unique_ptr<rocksdb::Iterator> Verification::Walk(Family family) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  return std::unique_ptr<rocksdb::Iterator>(db_.NewIterator(options, Of(family)));
}

void Verification::CheckEnd(const rocksdb::Iterator& iterator, Family family) {
  if (iterator.status().ok()) return;
  Find(In(family), "it cannot be read any further: {}", iterator.status().ToString());
}

namespace {

std::optional<std::string> Get(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family,
                               std::string_view key) {
  std::string value;
  return db.Get(rocksdb::ReadOptions(), family, ToSlice(key), &value).ok()
             ? std::optional(std::move(value))
             : std::nullopt;
}

}  // namespace

bool Verification::IsKnown(uint32_t series) const {
  if (catalogue_is_dense_) return series < counts_.series;
  return Get(db_, Of(Family::kSeries), MakeSeriesKey(SeriesId{series}).view()).has_value();
}

std::string Verification::NameOf(uint32_t series) const {
  if (const auto value = Get(db_, Of(Family::kSeries), MakeSeriesKey(SeriesId{series}).view())) {
    if (const auto names = DecodeNames<3>(*value); names.ok()) {
      return fmt::format("{}:{}/{} (series {})", market::Printable((*names)[2]),
                         market::Printable((*names)[0]), market::Printable((*names)[1]), series);
    }
  }
  return fmt::format("series {}", series);
}

void Verification::CheckCatalogue() {
  absl::flat_hash_set<std::string> seen;
  uint64_t expected = 0;
  const auto iterator = Walk(Family::kSeries);
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
    const std::string_view key = ToView(iterator->key());
    if (key.size() != sizeof(uint32_t)) {
      Find(In(Family::kSeries), "a key of {} bytes instead of 4", key.size());
      continue;
    }
    ++counts_.series;
    const auto series = ReadBigEndian<uint32_t>(key);
    const std::string where = fmt::format("{}, series {}", In(Family::kSeries), series);
    if (series != expected) {
      catalogue_is_dense_ = false;
      Find(where, "the catalogue lacks series {} to {}", expected, uint64_t{series} - 1);
    }
    expected = uint64_t{series} + 1;
    const auto names = DecodeNames<3>(ToView(iterator->value()));
    if (!names.ok()) {
      Find(where, "names damaged: {}", Message(names.status()));
      continue;
    }
    const SymbolView symbol{(*names)[0], (*names)[1], (*names)[2]};
    if (market::CheckSymbol(symbol) != Refusal::kNone)
      Find(where, "names that are none: {}", market::DescribeSymbol(symbol));
    if (!seen.insert(iterator->value().ToString()).second)
      Find(NameOf(series), "the same names as another series");
  }
  CheckEnd(*iterator, Family::kSeries);
  if (!iterator->status().ok()) catalogue_is_dense_ = false;
}

void Verification::CheckReferences() {
  const auto iterator = Walk(Family::kReferences);
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
    ++counts_.references;
    const std::string_view base = ToView(iterator->key());
    const std::string where =
        fmt::format("{}, base currency {}", In(Family::kReferences), market::Printable(base));
    const auto names = DecodeNames<2>(ToView(iterator->value()));
    if (!names.ok()) {
      Find(where, "reference damaged: {}", Message(names.status()));
      continue;
    }
    const SymbolView symbol{base, (*names)[0], (*names)[1]};
    if (market::CheckSymbol(symbol) != Refusal::kNone)
      Find(where, "names that are none: {}", market::DescribeSymbol(symbol));
  }
  CheckEnd(*iterator, Family::kReferences);
}

void Verification::CheckJournal() {
  uint64_t covered = 0;
  if (const auto value = Get(db_, Of(Family::kMeta), kLastNumberKey)) {
    std::string_view bytes = *value;
    if (!TakeLittleEndian(bytes, covered) || !bytes.empty()) {
      Find(In(Family::kMeta), "last_number damaged: {} bytes instead of 8", value->size());
    }
  }
  const auto iterator = Walk(Family::kJournal);
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
    const std::string_view key = ToView(iterator->key());
    if (key.size() != sizeof(uint64_t)) {
      Find(In(Family::kJournal), "a key of {} bytes instead of 8", key.size());
      continue;
    }
    ++counts_.frames;
    const auto number = ReadBigEndian<uint64_t>(key);
    const std::string where = fmt::format("{}, frame {}", In(Family::kJournal), number);
    if (number <= covered) {
      Find(where,
           "a frame that the checkpoint up to {} has deleted; new frames would not be told from it",
           covered);
    }
    const auto ticks = DecodeFrame(ToView(iterator->value()));
    if (!ticks.ok()) {
      Find(where, "frame damaged: {}", Message(ticks.status()));
      continue;
    }
    counts_.events += ticks->size();
    uint32_t last_known = UINT32_MAX;
    for (size_t i = 0; i < ticks->size(); ++i) {
      const Tick tick = (*ticks)[i];
      if (tick.series != last_known && !IsKnown(tick.series)) {
        Find(where, "event {} is of series {}, which the catalogue does not know", i, tick.series);
      }
      last_known = tick.series;
      const Price price = PriceOf(tick);
      if (const Refusal refusal = market::CheckPrice(price, UINT64_MAX, 0);
          refusal != Refusal::kNone) {
        Find(where, "event {} of {} is none: {}", i, NameOf(tick.series),
             market::DescribePrice(refusal, price, UINT64_MAX, 0));
        continue;
      }
      newest_event_ms = std::max(newest_event_ms, price.timestamp_ms);
    }
  }
  CheckEnd(*iterator, Family::kJournal);
}

void Verification::ReadHorizons() {
  const auto read = [this](std::string_view key) -> std::optional<market::Horizons> {
    const auto value = Get(db_, Of(Family::kMeta), key);
    if (!value) return std::nullopt;
    const auto horizons = DecodeHorizons(*value);
    if (horizons.ok()) return *horizons;
    Find(In(Family::kMeta), "{} damaged: {}", key, Message(horizons.status()));
    return std::nullopt;
  };
  const auto refused = read(kRefusedUntilKey);
  const auto removed = read(kRemovedUntilKey);
  if (refused) {
    incomplete_until_ = market::Furthest(*refused, removed.value_or(market::Horizons()));
    return;
  }
  // An older wick kept no account. No horizon was ever beyond the newest event.
  const auto states = Walk(Family::kState);
  for (states->SeekToFirst(); states->Valid(); states->Next()) {
    const auto state = DecodeState(ToView(states->value()));
    if (state.ok()) newest_event_ms = std::max(newest_event_ms, state->latest.timestamp_ms);
  }
  incomplete_until_.ms.fill(newest_event_ms);
}

}  // namespace wick::cold
