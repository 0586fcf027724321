#include "cold/damage_log.h"

#include <array>
#include <cstdio>
#include <string_view>

namespace wick::cold {

DamageLog::DamageLog(std::shared_ptr<rocksdb::Logger> file)
    : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), file_(std::move(file)) {}

void DamageLog::Logv(rocksdb::InfoLogLevel level, const char* format, std::va_list arguments) {
  // RocksDB: "<file>: dropping <n> bytes; Corruption: <what>".
  if (level >= rocksdb::InfoLogLevel::WARN_LEVEL &&
      std::string_view(format).find("dropping") != std::string_view::npos) {
    std::array<char, 1024> line;
    std::va_list copy;
    va_copy(copy, arguments);
    std::vsnprintf(line.data(), line.size(), format, copy);
    va_end(copy);
    const std::lock_guard lock(mutex_);
    complaint_ = line.data();
  }
  if (file_ != nullptr) file_->Logv(level, format, arguments);
}

void DamageLog::Logv(const char* format, std::va_list arguments) {
  if (file_ != nullptr) file_->Logv(format, arguments);
}

void DamageLog::LogHeader(const char* format, std::va_list arguments) {
  if (file_ != nullptr) file_->LogHeader(format, arguments);
}

void DamageLog::Flush() {
  if (file_ != nullptr) file_->Flush();
}

size_t DamageLog::GetLogFileSize() const {
  return file_ == nullptr ? kDoNotSupportGetLogFileSize : file_->GetLogFileSize();
}

std::string DamageLog::complaint() const {
  const std::lock_guard lock(mutex_);
  return complaint_;
}

}  // namespace wick::cold
