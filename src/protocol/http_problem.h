// Errors as HTTP clients meet them: problem documents of RFC 9457.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace wick::protocol {

inline constexpr std::string_view kProblemContentType = "application/problem+json";

/// Every error the HTTP API answers. Status, code and title of each: ProblemKinds().
enum class ProblemCode : uint8_t {
  kMoved,
  kBadRequest,
  kInvalidJson,
  kInvalidBody,
  kInvalidParameter,
  kMissingParameter,
  kUnknownParameter,
  kUnauthorized,
  kForbidden,
  kUnknownSeries,
  kUnknownReference,
  kNotFound,
  kMethodNotAllowed,
  kRequestTimeout,
  kBodyTooLarge,
  kUnsupportedMediaType,
  kHeaderTooLarge,
  kInternalError,
  kUnavailable,
  kRecovering,
  kLagging,
  kOverloaded,
  kNodeUnavailable,
  kWriteFailed,
  kStorageFull,
};

/// One line of the table of all problems; the index is the ProblemCode.
struct ProblemKind {
  int status;
  std::string_view code;   // stable: "unknown_series"
  std::string_view title;  // the same for every problem of this code
};
std::span<const ProblemKind> ProblemKinds();

struct Problem {
  int status = 500;        // of HTTP
  std::string_view code;   // from the table
  std::string_view title;  // from the table
  std::string detail;      // what was wrong, where, and what to do
  std::string allow;       // value of the Allow header; empty unless status is 405
};

/// Either the value or why there is none.
template <typename T>
using OrProblem = std::variant<T, Problem>;

Problem MakeProblem(ProblemCode code, std::string detail);

/// Appends {"type":"urn:wick:problem:<code>","title","status","detail","code"}.
void AppendProblem(std::string& out, const Problem& problem);

}  // namespace wick::protocol
