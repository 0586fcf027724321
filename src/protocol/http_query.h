// The query of a request target: "a=1&b=%C3%A9".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/http_problem.h"

namespace wick::protocol {

enum class Plus : bool { kPlus, kSpace };

/// Decodes %XX, and '+' as asked for; nullopt if a '%' has no two hexadecimal digits after it.
std::optional<std::string> DecodePercent(std::string_view text, Plus plus);

/// The parameters of one request, form-encoded: '+' is a space, a plus sign is %2B.
class Query {
 public:
  /// Refuses names that are not `known`, repeated names and broken encoding.
  static OrProblem<Query> Read(std::string_view text, std::span<const std::string_view> known);

  /// nullopt: it was not given. Given without '=' it is empty.
  std::optional<std::string_view> Find(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace wick::protocol
