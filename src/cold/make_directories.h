// Directories that are still there after a power cut.
#pragma once

#include <rocksdb/env.h>

#include <filesystem>
#include <memory>

namespace wick::cold {

/// Makes the names in a directory durable: what was made, renamed and removed there.
inline rocksdb::Status SyncDirectory(rocksdb::Env& env, const std::filesystem::path& directory) {
  std::unique_ptr<rocksdb::Directory> holder;
  rocksdb::Status status = env.NewDirectory(directory, &holder);
  return status.ok() ? holder->Fsync() : status;
}

/// Makes a directory and those above it. Each is synced into the one that holds it; so is the first
/// that is there already, for who made it may have died before.
inline rocksdb::Status MakeDirectories(rocksdb::Env& env, const std::filesystem::path& directory) {
  std::filesystem::path path = directory.lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // "data/"
  const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : ".";
  bool is_directory = false;
  if (env.IsDirectory(path, &is_directory).ok() && is_directory) {
    // What is above may be nobody's to read.
    SyncDirectory(env, parent).PermitUncheckedError();
    return rocksdb::Status::OK();
  }
  if (parent != path) {
    if (rocksdb::Status made = MakeDirectories(env, parent); !made.ok()) return made;
  }
  const rocksdb::Status made = env.CreateDirIfMissing(path);
  return made.ok() ? SyncDirectory(env, parent) : made;
}

}  // namespace wick::cold
