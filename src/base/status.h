// absl::Status with fmt messages; the expected and slow plane of errors.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <fmt/format.h>

#include <string>
#include <utility>

namespace wick {

/// Makes a status of the given code: `Error(absl::StatusCode::kNotFound, "no file {}", path)`.
template <typename... Args>
absl::Status Error(absl::StatusCode code, fmt::format_string<Args...> format, Args&&... args) {
  return absl::Status(code, fmt::format(format, std::forward<Args>(args)...));
}

template <typename... Args>
absl::Status InvalidArgument(fmt::format_string<Args...> format, Args&&... args) {
  return Error(absl::StatusCode::kInvalidArgument, format, std::forward<Args>(args)...);
}

inline std::string Message(const absl::Status& status) { return std::string(status.message()); }

}  // namespace wick

#define WICK_RETURN_IF_ERROR(expression)                                    \
  do {                                                                      \
    if (absl::Status status_ = (expression); !status_.ok()) return status_; \
  } while (false)

#define WICK_CONCAT_INNER(a, b) a##b
#define WICK_CONCAT(a, b) WICK_CONCAT_INNER(a, b)
#define WICK_ASSIGN_OR_RETURN(target, expression) \
  WICK_ASSIGN_OR_RETURN_(WICK_CONCAT(status_or_, __LINE__), target, expression)
#define WICK_ASSIGN_OR_RETURN_(temporary, target, expression) \
  auto temporary = (expression);                              \
  if (!temporary.ok()) return std::move(temporary).status();  \
  target = std::move(temporary).value()
