// Records on disk that are no candles: journal frames, names, states. Any bytes are safe to decode,
// and what decodes is written again as the same bytes.
#include <array>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "candles.h"
#include "cold/journal_frame.h"
#include "cold/names_record.h"
#include "cold/state_record.h"
#include "input.h"

namespace {

using namespace wick;

void CheckFrame(std::string_view value) {
  const auto ticks = cold::DecodeFrame(value);
  if (!ticks.ok()) {
    WICK_ASSERT(!Message(ticks.status()).empty());
    return;
  }
  const cold::FrameHeader header = cold::MakeFrameHeader(static_cast<uint32_t>(ticks->size()));
  std::string again(header.data(), header.size());
  for (const Tick& tick : *ticks) again.append(reinterpret_cast<const char*>(&tick), sizeof(tick));
  WICK_ASSERT(again == value);
}

template <size_t kNames>
void CheckNames(std::string_view value) {
  const auto names = cold::DecodeNames<kNames>(value);
  if (!names.ok()) {
    WICK_ASSERT(!Message(names.status()).empty());
    return;
  }
  // A reader takes a name of any length, no writer makes one that is longer.
  for (const std::string_view name : *names) {
    if (name.size() > kNameBytesMax) return;
  }
  WICK_ASSERT(cold::EncodeNames(*names) == value);
}

std::string Encoded(const cold::SeriesState& state) {
  std::string value;
  cold::EncodeState(state, value);
  return value;
}

void CheckState(std::string_view value) {
  const auto state = cold::DecodeState(value);
  if (!state.ok()) {
    WICK_ASSERT(!Message(state.status()).empty());
    return;
  }
  const auto applied = cold::DecodeApplied(value);
  WICK_ASSERT(applied.ok());
  WICK_ASSERT(*applied == state->applied);
  // A writer may say the same in other bytes, but no bit of it may change.
  const std::string once = Encoded(*state);
  const auto again = cold::DecodeState(once);
  WICK_ASSERT(again.ok());
  WICK_ASSERT(Encoded(*again) == once);
  WICK_ASSERT(again->applied == state->applied);
  for (size_t tier = 0; tier < state->newest.size(); ++tier) {
    WICK_ASSERT(fuzz::BitsOf(again->newest[tier]) == fuzz::BitsOf(state->newest[tier]));
  }
}

}  // namespace

/// The first byte says which record.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  fuzz::Input input(data, bytes);
  const uint8_t kind = input.U8();
  const std::string_view value = input.Rest();
  switch (kind % 4) {
    case 0:
      CheckFrame(value);
      break;
    case 1:
      CheckNames<3>(value);
      break;
    case 2:
      CheckNames<2>(value);
      break;
    case 3:
      CheckState(value);
      break;
  }
  return 0;
}
