#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cli/table.h"

namespace wick::cli {
namespace {

constexpr std::chrono::milliseconds kInterval{200};
constexpr std::string_view kWipe = "\r\x1b[K";  // to the line's start, and erase it
constexpr size_t kBarWidth = 20;

}  // namespace

Progress::Progress()
    : on_terminal_(isatty(STDERR_FILENO) == 1),
      begin_(std::chrono::steady_clock::now()),
      next_(begin_) {}

Progress::~Progress() {
  if (on_terminal_) fmt::print(stderr, "{}", kWipe);
}

void Progress::Show(uint64_t bytes, std::optional<uint64_t> total, uint64_t events) {
  if (!on_terminal_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + kInterval;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  fmt::print(stderr, "{}{}", kWipe, ProgressLine(bytes, total, events, seconds));
}

std::string ProgressLine(uint64_t bytes, std::optional<uint64_t> total, uint64_t events,
                         double seconds) {
  const auto mib = [](double n) { return n / (1 << 20); };
  const auto done = static_cast<double>(bytes);
  const uint64_t rate =
      seconds > 0 ? static_cast<uint64_t>(static_cast<double>(events) / seconds) : 0;
  if (!total || *total == 0) {
    return fmt::format("{:.1f} MiB  {} events  {} events/s", mib(done), Grouped(events),
                       Grouped(rate));
  }
  const auto whole = static_cast<double>(*total);
  const double share = std::min(done / whole, 1.0);
  const auto filled = static_cast<size_t>(share * static_cast<double>(kBarWidth));
  std::string line =
      fmt::format("[{:<{}}] {:3.0f}%  {:.1f} of {:.1f} MiB  {} events/s", std::string(filled, '#'),
                  kBarWidth, share * 100, mib(done), mib(whole), Grouped(rate));
  if (bytes > 0) line += fmt::format("  ETA {:.0f} s", seconds * (1 - share) / share);
  return line;
}

}  // namespace wick::cli
