#include "cold/journal_frame.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "cold/possible.h"

namespace wick::cold {

// A packed record may be read where it lies, whatever its address.
static_assert(alignof(Tick) == 1);

FrameHeader MakeFrameHeader(uint32_t ticks) {
  FrameHeader header = {static_cast<char>(FrameVersion::kV1)};
  std::memcpy(header.data() + 1, &ticks, sizeof(ticks));
  return header;
}

absl::StatusOr<std::span<const Tick>> DecodeFrame(std::string_view value) {
  FrameVersion version;
  uint32_t ticks;
  if (!TakeLittleEndian(value, version) || !TakeLittleEndian(value, ticks)) {
    return absl::DataLossError("it is too short");
  }
  if (version != FrameVersion::kV1) {
    return Error(absl::StatusCode::kDataLoss, "its version is {}, this wick reads {}",
                 static_cast<int>(version), static_cast<int>(FrameVersion::kV1));
  }
  if (value.size() != ticks * sizeof(Tick)) {
    return Error(absl::StatusCode::kDataLoss, "it says {} ticks and holds {} bytes of them", ticks,
                 value.size());
  }
  const std::span all(reinterpret_cast<const Tick*>(value.data()), ticks);
  const auto wrong =
      std::ranges::find_if_not(all, [](const Tick& tick) { return IsPossible(PriceOf(tick)); });
  if (wrong == all.end()) return all;
  return Error(absl::StatusCode::kDataLoss, "its tick {} of {} has impossible values",
               wrong - all.begin() + 1, ticks);
}

}  // namespace wick::cold
