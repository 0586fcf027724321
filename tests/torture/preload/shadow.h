// What a power cut would leave, recorded while the server runs. tests/torture/power_loss.h reads
// it.
#pragma once

#include <sys/types.h>

#include <mutex>
#include <string>
#include <string_view>

namespace wick::torture {

/// The shadow directory holds `objects/<inode>`, a hard link to every file the watched directory
/// ever had; `safe`, "<inode> <bytes> <name>" of what was there before; and `record`, a line for
/// each thing that matters to a power cut, in the order in which they happened:
///
///   C <inode> <name>    a file was made          S <inode> <bytes>  so many bytes of the file are
///   safe R <from> <to>       a name was moved         T <inode> <bytes>  the file was cut to so
///   many bytes U <name>            a name was removed       D <lines>          C, R, U among the
///   first so many lines are safe
///
/// A line is written after its deed: what a kill leaves without its line was promised to nobody.
/// Files only grow at their end, as RocksDB writes them. Threads: any.
class Shadow {
 public:
  explicit Shadow(std::string directory);

  /// Held around a deed that changes names and its line, so that lines and deeds have the same
  /// order.
  std::unique_lock<std::mutex> Lock() { return std::unique_lock(mutex_); }
  // With the lock held.
  void Made(const std::string& path, ino_t inode);
  void Moved(std::string_view from, std::string_view to);
  void Removed(std::string_view name);

  // Without it.
  void Cut(ino_t inode, off_t bytes);
  void Safe(ino_t inode, off_t bytes);
  long Lines();
  void DirectorySafe(long lines);

 private:
  void Write(const std::string& line);

  const std::string directory_;
  std::mutex mutex_;
  int record_;      // under mutex_
  long lines_ = 0;  // under mutex_
};

}  // namespace wick::torture
