#include "torture/preload/shadow.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "torture/preload/real.h"

namespace wick::torture {
namespace {

/// The shadow must not be wrong in silence: a test that rests on it would prove nothing.
[[noreturn]] void GiveUp(const std::string& what) {
  std::fprintf(stderr, "torture preload: cannot %s\n", what.c_str());
  std::abort();
}

}  // namespace

Shadow::Shadow(std::string directory) : directory_(std::move(directory)) {
  const std::string path = directory_ + "/record";
  record_ = Real<int(const char*, int, ...)>("open")(
      path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (record_ < 0) GiveUp("open " + path);
}

void Shadow::Made(const std::string& path, ino_t inode) {
  const std::string object = directory_ + "/objects/" + std::to_string(inode);
  if (link(path.c_str(), object.c_str()) != 0) GiveUp("link " + path + " to " + object);
  Write("C " + std::to_string(inode) + " " + path.substr(path.rfind('/') + 1));
}

void Shadow::Moved(std::string_view from, std::string_view to) {
  Write("R " + std::string(from) + " " + std::string(to));
}

void Shadow::Removed(std::string_view name) { Write("U " + std::string(name)); }

void Shadow::Cut(ino_t inode, off_t bytes) {
  const auto lock = Lock();
  Write("T " + std::to_string(inode) + " " + std::to_string(bytes));
}

void Shadow::Safe(ino_t inode, off_t bytes) {
  const auto lock = Lock();
  Write("S " + std::to_string(inode) + " " + std::to_string(bytes));
}

long Shadow::Lines() {
  const auto lock = Lock();
  return lines_;
}

void Shadow::DirectorySafe(long lines) {
  const auto lock = Lock();
  Write("D " + std::to_string(lines));
}

void Shadow::Write(const std::string& line) {
  const std::string text = line + "\n";
  const auto written =
      Real<ssize_t(int, const void*, size_t)>("write")(record_, text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size())) GiveUp("write to the record");
  ++lines_;
}

}  // namespace wick::torture
