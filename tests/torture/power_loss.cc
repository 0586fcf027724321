#include "torture/power_loss.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace wick::torture {
namespace {

namespace fs = std::filesystem;
using Inode = uint64_t;
using Names = std::map<std::string, Inode>;

constexpr uint64_t kPageBytes = 4'096;

Inode InodeOf(const fs::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) throw std::runtime_error("cannot stat " + file.string());
  return status.st_ino;
}

/// A change of the directory's names.
struct Change {
  long line;
  char what;  // C, R or U
  std::string name;
  std::string to;
  Inode inode = 0;

  void ApplyTo(Names& names) const {
    if (what == 'C') {
      names[name] = inode;
    } else if (const auto found = names.find(name); found != names.end()) {
      if (what == 'R') names[to] = found->second;
      names.erase(found);
    }
  }
};

/// What is safe, and what was not yet.
struct Record {
  Names names;
  std::deque<Change> pending;
  std::map<Inode, uint64_t> bytes;
};

Record Read(const fs::path& shadow) {
  Record record;
  std::ifstream safe(shadow / "safe");
  std::string safe_name;
  for (uint64_t inode = 0, bytes = 0; safe >> inode >> bytes >> safe_name;) {
    record.names[safe_name] = inode;
    record.bytes[inode] = bytes;
  }
  std::ifstream in(shadow / "record");
  std::string line;
  for (long number = 0; std::getline(in, line); ++number) {
    std::istringstream words(line);
    char what = 0;
    words >> what;
    uint64_t inode = 0, bytes = 0;
    std::string name, to;
    if (what == 'C') {
      words >> inode >> name;
      record.pending.push_back({number, what, name, "", inode});
    } else if (what == 'R') {
      words >> name >> to;
      record.pending.push_back({number, what, name, to});
    } else if (what == 'U') {
      words >> name;
      record.pending.push_back({number, what, name, ""});
    } else if (what == 'S') {
      words >> inode >> bytes;
      record.bytes[inode] = std::max(record.bytes[inode], bytes);
    } else if (what == 'T') {
      words >> inode >> bytes;
      record.bytes[inode] = std::min(record.bytes[inode], bytes);
    } else if (what == 'D') {
      long lines = 0;
      words >> lines;
      while (!record.pending.empty() && record.pending.front().line < lines) {
        record.pending.front().ApplyTo(record.names);
        record.pending.pop_front();
      }
    }
    // The last line may be cut: its deed was promised to nobody.
    if (!words && !in.eof()) throw std::runtime_error("bad line in the record: " + line);
  }
  return record;
}

/// Zeroes about half of the pages of [from, to) of a file.
void Tear(const fs::path& file, uint64_t from, uint64_t to, std::mt19937_64& random) {
  const int descriptor = open(file.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) throw std::runtime_error("cannot open " + file.string());
  const std::vector<char> zeros(kPageBytes, 0);
  for (uint64_t at = from; at < to;) {
    const uint64_t end = std::min(to, (at / kPageBytes + 1) * kPageBytes);
    if (random() % 2 == 0 &&
        pwrite(descriptor, zeros.data(), end - at, static_cast<off_t>(at)) < 0) {
      throw std::runtime_error("cannot write " + file.string());
    }
    at = end;
  }
  close(descriptor);
}

}  // namespace

std::string Describe(Unsynced unsynced, const LossReport& report) {
  constexpr const char* kNames[kUnsyncedCount] = {"forgotten", "cut", "torn"};
  return std::string(kNames[static_cast<int>(unsynced)]) + ": " +
         std::to_string(report.bytes_lost) + " bytes and " + std::to_string(report.names_lost) +
         " names lost";
}

void BeginRecord(const std::string& directory, const std::string& shadow) {
  const fs::path objects = fs::path(shadow) / "objects";
  fs::remove_all(shadow);
  fs::create_directories(objects);
  std::ofstream safe(fs::path(shadow) / "safe");
  if (!fs::exists(directory)) return;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    const Inode inode = InodeOf(entry.path());
    fs::create_hard_link(entry.path(), objects / std::to_string(inode));
    safe << inode << ' ' << entry.file_size() << ' ' << entry.path().filename().string() << '\n';
  }
}

LossReport CutPower(const std::string& directory, const std::string& shadow, Unsynced unsynced,
                    std::mt19937_64& random) {
  Record record = Read(shadow);
  LossReport report;
  report.names_lost = record.pending.size();
  if (unsynced != Unsynced::kForgotten) {
    const size_t kept = random() % (record.pending.size() + 1);
    for (size_t i = 0; i < kept; ++i) record.pending[i].ApplyTo(record.names);
    report.names_lost -= kept;
  }
  fs::remove_all(directory);
  fs::create_directories(directory);
  for (const auto& [name, inode] : record.names) {
    const fs::path object = fs::path(shadow) / "objects" / std::to_string(inode);
    const fs::path file = fs::path(directory) / name;
    fs::create_hard_link(object, file);
    const uint64_t size = fs::file_size(file);
    const uint64_t safe = std::min(size, record.bytes[inode]);
    const uint64_t kept =
        unsynced == Unsynced::kForgotten ? safe : safe + random() % (size - safe + 1);
    fs::resize_file(file, kept);
    if (unsynced == Unsynced::kTorn) Tear(file, safe, kept, random);
    report.bytes_lost += size - kept;
  }
  return report;
}

}  // namespace wick::torture
