// What was wrong with the events of one request.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "wick/event.h"

namespace wick::protocol {

inline constexpr size_t kReportedErrorsMax = 100;

struct EventError {
  uint64_t index = 0;  // of the event in its request, from 0
  Refusal refusal = Refusal::kNone;
  std::string message;
};

/// Counts every refused event and keeps the errors with the lowest indexes, in any order they come.
/// Not thread-safe.
class IngestReport {
 public:
  /// Counts the event; keeps its message if Keeps(index).
  void AddError(uint64_t index, Refusal refusal, std::string message);

  /// True if the index is among the kReportedErrorsMax lowest so far; else no message need be made.
  bool Keeps(uint64_t index) const;

  void Clear();

  uint64_t rejected() const { return rejected_; }
  uint64_t rejected(Refusal refusal) const { return by_refusal_[static_cast<size_t>(refusal)]; }
  const std::vector<EventError>& errors() const { return errors_; }  // by index, ascending

 private:
  uint64_t rejected_ = 0;
  std::array<uint64_t, kRefusalCount> by_refusal_ = {};
  std::vector<EventError> errors_;
};

}  // namespace wick::protocol
