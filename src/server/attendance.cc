#include "server/attendance.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace wick::server {

std::string Attendance::Fields() {
  std::ranges::sort(here_);
  std::string fields = fmt::format("Wick-Nodes: {}\r\n", fmt::join(here_, ","));
  if (missing_.empty()) return fields;
  cluster_.CountIncomplete();
  std::ranges::sort(missing_);
  return fields + fmt::format("Wick-Nodes-Missing: {}\r\n", fmt::join(missing_, ","));
}

}  // namespace wick::server
