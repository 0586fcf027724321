// RocksDB's own log file, listened to for the name of a damaged write-ahead log.
#pragma once

#include <rocksdb/env.h>

#include <cstdarg>
#include <memory>
#include <mutex>
#include <string>

namespace wick::cold {

/// Passes everything on to the file and keeps the complaint about a log that does not check: the
/// status that opening returns does not name the file. Threads: any.
class DamageLog final : public rocksdb::Logger {
 public:
  /// `file` may be null: then nothing is passed on.
  explicit DamageLog(std::shared_ptr<rocksdb::Logger> file);

  using rocksdb::Logger::Logv;
  void Logv(rocksdb::InfoLogLevel level, const char* format, std::va_list arguments) override;
  void Logv(const char* format, std::va_list arguments) override;
  void LogHeader(const char* format, std::va_list arguments) override;
  void Flush() override;
  size_t GetLogFileSize() const override;

  /// Empty: there was none.
  std::string complaint() const;

 private:
  const std::shared_ptr<rocksdb::Logger> file_;
  mutable std::mutex mutex_;
  std::string complaint_;  // guarded by mutex_
};

}  // namespace wick::cold
