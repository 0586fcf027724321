#include "server/attendance.h"

#include <fmt/ranges.h>

namespace wick::server {

std::string Attendance::Fields() {
  for (const uint32_t node : missing_) here_.erase(node);
  std::string fields = fmt::format("Wick-Nodes: {}\r\n", fmt::join(here_, ","));
  if (!differing_.empty()) {
    fields += fmt::format("Wick-References-Differ: {}\r\n", fmt::join(differing_, ","));
  }
  if (missing_.empty()) return fields;
  cluster_.CountIncomplete();
  return fields + fmt::format("Wick-Nodes-Missing: {}\r\n", fmt::join(missing_, ","));
}

}  // namespace wick::server
