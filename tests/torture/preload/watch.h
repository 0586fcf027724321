// Which files are watched, what is to fail, and what the wall clock says.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "torture/preload/control.h"
#include "torture/preload/shadow.h"

namespace wick::torture {

/// An open file of the watched directory, or the directory itself.
struct WatchedFile {
  FileKind kind;
  ino_t inode;
};

/// Made at the first call that is stood in for, from the environment; never destroyed. Threads:
/// any.
class Watch {
 public:
  static Watch& Instance();

  /// The kind of a file by its path; nullopt: not watched.
  std::optional<FileKind> KindOf(std::string_view path) const;
  /// Name of a watched path within the directory.
  std::string_view NameOf(std::string_view path) const { return path.substr(path.rfind('/') + 1); }

  void Opened(int descriptor, FileKind kind, ino_t inode);
  void Closed(int descriptor);
  std::optional<WatchedFile> Find(int descriptor) const;

  /// Counts a call; true if it is to fail, with errno set.
  bool Fails(Call call, FileKind kind);
  int64_t ClockOffsetMs() const;

  Shadow* shadow() { return shadow_; }  // nullptr: power loss is not recorded

 private:
  Watch();

  std::string directory_;  // empty: nothing is watched
  Control* control_ = nullptr;
  Shadow* shadow_ = nullptr;
};

}  // namespace wick::torture
