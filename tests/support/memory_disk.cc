#include "support/memory_disk.h"

#include <algorithm>
#include <cstring>

namespace wick::test {
namespace {

constexpr uint64_t kPage = 4096;

std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

}  // namespace

// --- what a system does

uint64_t MemoryDisk::boot() const {
  const std::lock_guard lock(mutex_);
  return boot_;
}

DiskResult MemoryDisk::CheckOn(uint64_t boot) const {
  return boot == boot_ && calls_to_cut_ != 0 ? DiskResult::kOk : DiskResult::kOff;
}

DiskResult MemoryDisk::Admit(uint64_t boot, DiskCall call) {
  if (CheckOn(boot) != DiskResult::kOk) return DiskResult::kOff;
  if (calls_to_cut_.has_value() && call != DiskCall::kRead) --*calls_to_cut_;
  ++calls_[static_cast<size_t>(call)];
  std::optional<Planned>& planned = faults_[static_cast<size_t>(call)];
  if (!planned.has_value()) return DiskResult::kOk;
  if (planned->spared > 0) {
    --planned->spared;
    return DiskResult::kOk;
  }
  const DiskResult result =
      planned->fault == Fault::kNoSpace ? DiskResult::kNoSpace : DiskResult::kIo;
  if (--planned->times == 0) planned.reset();
  return result;
}

DiskResult MemoryDisk::FindFile(const std::string& path, FilePointer& file) const {
  const auto at = names_.find(path);
  if (at == names_.end()) return DiskResult::kNotFound;
  if (at->second.file == nullptr) return DiskResult::kIo;  // EISDIR
  file = at->second.file;
  return DiskResult::kOk;
}

bool MemoryDisk::HasDirectory(const std::string& path) const {
  if (path == "/") return true;
  const auto at = names_.find(path);
  return at != names_.end() && at->second.file == nullptr;
}

void MemoryDisk::Set(Names& names, const Change& change) {
  for (const auto& [path, entry] : change.names) {
    if (entry.has_value()) {
      names[path] = *entry;
    } else {
      names.erase(path);
    }
  }
}

void MemoryDisk::Apply(Change change) {
  Set(names_, change);
  changes_.push_back(std::move(change));
}

void MemoryDisk::CutFile(File& file, uint64_t size) {
  if (size < file.synced && !file.uncut.has_value()) file.uncut = file.data.substr(0, file.synced);
  file.synced = std::min(file.synced, size);
  if (file.linked) used_ += size - file.data.size();
  file.data.resize(size);
}

void MemoryDisk::Unlink(const FilePointer& file) {
  const auto same = [&](const auto& name) { return name.second.file == file; };
  if (std::ranges::count_if(names_, same) > 1) return;
  file->linked = false;
  used_ -= file->data.size();
}

DiskResult MemoryDisk::Create(uint64_t boot, const std::string& path, FilePointer& file) {
  const std::lock_guard lock(mutex_);
  if (!refused_.empty() && path.find(refused_) != std::string::npos) return DiskResult::kIo;
  const DiskResult admitted = Admit(boot, DiskCall::kOpen);
  if (admitted != DiskResult::kOk) return admitted;
  if (!HasDirectory(ParentOf(path))) return DiskResult::kNotFound;
  if (HasDirectory(path)) return DiskResult::kIo;
  if (FindFile(path, file) == DiskResult::kOk) {
    CutFile(*file, 0);
    return DiskResult::kOk;
  }
  file = std::make_shared<File>();
  Apply({.names = {{path, Entry{file}}}});
  return DiskResult::kOk;
}

DiskResult MemoryDisk::Reopen(uint64_t boot, const std::string& path, FilePointer& file) {
  {
    const std::lock_guard lock(mutex_);
    if (FindFile(path, file) == DiskResult::kOk) return Admit(boot, DiskCall::kOpen);
  }
  return Create(boot, path, file);
}

DiskResult MemoryDisk::Open(uint64_t boot, const std::string& path, FilePointer& file) {
  const std::lock_guard lock(mutex_);
  const DiskResult admitted = Admit(boot, DiskCall::kRead);
  return admitted == DiskResult::kOk ? FindFile(path, file) : admitted;
}

DiskResult MemoryDisk::Read(uint64_t boot, const File& file, uint64_t at, size_t n, char* to,
                            size_t& got) {
  const std::lock_guard lock(mutex_);
  got = 0;
  const DiskResult admitted = Admit(boot, DiskCall::kRead);
  if (admitted != DiskResult::kOk || at >= file.data.size()) return admitted;
  got = std::min<size_t>(n, file.data.size() - at);
  std::memcpy(to, file.data.data() + at, got);
  return DiskResult::kOk;
}

DiskResult MemoryDisk::Append(uint64_t boot, File& file, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  DiskResult result = Admit(boot, DiskCall::kWrite);
  if (result == DiskResult::kOff) return result;
  if (result != DiskResult::kOk) bytes = bytes.substr(0, bytes.size() / 2);
  const uint64_t room = space_ > used_ ? space_ - used_ : 0;
  if (bytes.size() > room) {
    bytes = bytes.substr(0, room);
    if (result == DiskResult::kOk) result = DiskResult::kNoSpace;
  }
  file.data.append(bytes);
  if (file.linked) used_ += bytes.size();
  return result;
}

DiskResult MemoryDisk::Sync(uint64_t boot, File& file) {
  const std::lock_guard lock(mutex_);
  const DiskResult result = Admit(boot, DiskCall::kSync);
  if (result == DiskResult::kOff) return result;
  if (result != DiskResult::kOk && file.synced < file.data.size()) {
    file.doubtful.emplace_back(file.synced, file.data.size());
  }
  if (result == DiskResult::kOk) file.uncut.reset();
  file.synced = file.data.size();
  return result;
}

DiskResult MemoryDisk::Truncate(uint64_t boot, File& file, uint64_t size) {
  const std::lock_guard lock(mutex_);
  const DiskResult admitted = Admit(boot, DiskCall::kTruncate);
  if (admitted != DiskResult::kOk) return admitted;
  CutFile(file, size);
  return DiskResult::kOk;
}

DiskResult MemoryDisk::Rename(uint64_t boot, const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  const DiskResult admitted = Admit(boot, DiskCall::kRename);
  if (admitted != DiskResult::kOk) return admitted;
  const auto source = names_.find(from);
  if (source == names_.end() || !HasDirectory(ParentOf(to))) return DiskResult::kNotFound;
  if (source->second.file == nullptr) {  // a directory, with what is in it
    if (names_.contains(to)) return DiskResult::kExists;
    Change change;
    const std::string inside = from + "/";
    for (auto at = source; at != names_.end(); ++at) {
      if (at->first != from && !at->first.starts_with(inside)) continue;
      change.names.emplace_back(to + at->first.substr(from.size()), at->second);
    }
    for (size_t i = change.names.size(); i-- > 0;) {
      change.names.emplace_back(from + change.names[i].first.substr(to.size()), std::nullopt);
    }
    Apply(std::move(change));
    return DiskResult::kOk;
  }
  FilePointer old;
  const bool replaces = FindFile(to, old) == DiskResult::kOk;
  if (replaces) Unlink(old);
  Apply({.names = {{to, source->second}, {from, std::nullopt}}, .replaces = replaces});
  return DiskResult::kOk;
}

DiskResult MemoryDisk::Link(uint64_t boot, const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  const DiskResult admitted = Admit(boot, DiskCall::kOpen);
  if (admitted != DiskResult::kOk) return admitted;
  FilePointer file;
  const DiskResult found = FindFile(from, file);
  if (found != DiskResult::kOk) return found;
  if (names_.contains(to)) return DiskResult::kExists;
  if (!HasDirectory(ParentOf(to))) return DiskResult::kNotFound;
  Apply({.names = {{to, Entry{file}}}});
  return DiskResult::kOk;
}

DiskResult MemoryDisk::Delete(uint64_t boot, const std::string& path) {
  const std::lock_guard lock(mutex_);
  const DiskResult admitted = Admit(boot, DiskCall::kDelete);
  if (admitted != DiskResult::kOk) return admitted;
  FilePointer file;
  const DiskResult found = FindFile(path, file);
  if (found != DiskResult::kOk) return found;
  Unlink(file);
  Apply({.names = {{path, std::nullopt}}});
  return DiskResult::kOk;
}

DiskResult MemoryDisk::MakeDirectory(uint64_t boot, const std::string& path) {
  const std::lock_guard lock(mutex_);
  const DiskResult admitted = Admit(boot, DiskCall::kOpen);
  if (admitted != DiskResult::kOk) return admitted;
  if (path == "/" || names_.contains(path)) return DiskResult::kExists;
  if (!HasDirectory(ParentOf(path))) return DiskResult::kNotFound;
  Apply({.names = {{path, Entry{}}}});
  return DiskResult::kOk;
}

DiskResult MemoryDisk::DeleteDirectory(uint64_t boot, const std::string& path) {
  const std::lock_guard lock(mutex_);
  const DiskResult admitted = Admit(boot, DiskCall::kDelete);
  if (admitted != DiskResult::kOk) return admitted;
  if (!HasDirectory(path)) return DiskResult::kNotFound;
  const std::string inside = path + "/";
  const auto next = names_.lower_bound(inside);
  if (next != names_.end() && next->first.starts_with(inside)) return DiskResult::kExists;
  Apply({.names = {{path, std::nullopt}}});
  return DiskResult::kOk;
}

DiskResult MemoryDisk::SyncDirectory(uint64_t boot, const std::string& path) {
  const std::lock_guard lock(mutex_);
  const DiskResult admitted = Admit(boot, DiskCall::kSyncDirectory);
  if (admitted != DiskResult::kOk) return admitted;
  if (!HasDirectory(path)) return DiskResult::kNotFound;
  std::vector<Change> others;
  for (Change& change : changes_) {
    const bool here = std::ranges::any_of(
        change.names, [&](const auto& name) { return ParentOf(name.first) == path; });
    if (here) {
      Set(durable_, change);
    } else {
      others.push_back(std::move(change));
    }
  }
  changes_ = std::move(others);
  return DiskResult::kOk;
}

DiskResult MemoryDisk::Lock(uint64_t boot, const std::string& path) {
  FilePointer file;
  const DiskResult opened = Reopen(boot, path, file);
  if (opened != DiskResult::kOk) return opened;
  const std::lock_guard lock(mutex_);
  return locks_.insert(path).second ? DiskResult::kOk : DiskResult::kExists;
}

void MemoryDisk::Unlock(uint64_t boot, const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (boot == boot_) locks_.erase(path);
}

DiskResult MemoryDisk::Size(uint64_t boot, const std::string& path, uint64_t& bytes) const {
  const std::lock_guard lock(mutex_);
  FilePointer file;
  const DiskResult on = CheckOn(boot);
  const DiskResult found = on == DiskResult::kOk ? FindFile(path, file) : on;
  if (found == DiskResult::kOk) bytes = file->data.size();
  return found;
}

DiskResult MemoryDisk::IsDirectory(uint64_t boot, const std::string& path, bool& is) const {
  const std::lock_guard lock(mutex_);
  if (CheckOn(boot) != DiskResult::kOk) return DiskResult::kOff;
  is = HasDirectory(path);
  return is || names_.contains(path) ? DiskResult::kOk : DiskResult::kNotFound;
}

DiskResult MemoryDisk::List(uint64_t boot, const std::string& path,
                            std::vector<std::string>& names) const {
  const std::lock_guard lock(mutex_);
  names.clear();
  if (CheckOn(boot) != DiskResult::kOk) return DiskResult::kOff;
  if (!HasDirectory(path)) return DiskResult::kNotFound;
  const std::string inside = path == "/" ? path : path + "/";
  for (auto at = names_.lower_bound(inside); at != names_.end(); ++at) {
    if (!at->first.starts_with(inside)) break;
    std::string name = at->first.substr(inside.size());
    if (name.find('/') == std::string::npos) names.push_back(std::move(name));
  }
  return DiskResult::kOk;
}

uint64_t MemoryDisk::free_bytes() const {
  const std::lock_guard lock(mutex_);
  return space_ > used_ ? space_ - used_ : 0;
}

// --- what a test does

void MemoryDisk::PowerLoss(uint64_t seed) {
  const std::lock_guard lock(mutex_);
  std::mt19937_64 random(seed);
  LoseChanges(random);
  std::set<File*> seen;
  for (auto& [path, entry] : names_) {
    if (entry.file != nullptr && seen.insert(entry.file.get()).second) {
      LoseBytes(*entry.file, random);
    }
  }
  ++boot_;
  calls_to_cut_.reset();
  locks_.clear();
  CountUsed();
}

void MemoryDisk::LoseChanges(std::mt19937_64& random) {
  const uint64_t mode = random() % 4;  // all, none, the first few, any
  const uint64_t first = mode == 0   ? changes_.size()
                         : mode == 1 ? 0
                                     : random() % (changes_.size() + 1);
  std::vector<bool> kept(changes_.size());
  for (size_t i = 0; i < kept.size(); ++i) kept[i] = mode == 3 ? random() % 2 == 0 : i < first;
  bool replaced = false;  // behind this change, and so it is kept
  for (size_t i = kept.size(); i-- > 0;) {
    if (replaced) kept[i] = true;
    replaced = replaced || (kept[i] && changes_[i].replaces);
  }
  for (size_t i = 0; i < kept.size(); ++i) {
    if (kept[i]) Set(durable_, changes_[i]);
  }
  changes_.clear();
  // What is in a directory that is not there is not there; its name sorts before theirs.
  names_.clear();
  for (const auto& [path, entry] : durable_) {
    if (HasDirectory(ParentOf(path))) names_.emplace(path, entry);
  }
  // An old boot's handles keep the old files: they write into nothing.
  std::map<File*, FilePointer> copies;
  for (auto& [path, entry] : names_) {
    if (entry.file == nullptr) continue;
    FilePointer& copy = copies[entry.file.get()];
    if (copy == nullptr) copy = std::make_shared<File>(*entry.file);
    entry.file = copy;
  }
  durable_ = names_;
}

void MemoryDisk::LoseBytes(File& file, std::mt19937_64& random) {
  if (file.uncut.has_value() && random() % 2 == 0) {
    file.data = *file.uncut;
    file.synced = file.data.size();
  }
  // Returns where what came through ends.
  const auto lose_pages = [&](uint64_t from, uint64_t to) {
    uint64_t arrived = from;
    for (uint64_t begin = from; begin < to;) {
      const uint64_t end = std::min(to, (begin / kPage + 1) * kPage);
      if (random() % 2 == 0) {
        std::memset(file.data.data() + begin, 0, end - begin);
      } else {
        arrived = end;
      }
      begin = end;
    }
    return arrived;
  };
  for (const auto& [from, to] : file.doubtful) {
    lose_pages(from, std::min<uint64_t>(to, file.data.size()));
  }
  const uint64_t size = file.data.size();
  switch (random() % 4) {
    case 0:
      break;
    case 1:
      file.data.resize(file.synced);
      break;
    case 2:
      file.data.resize(file.synced + random() % (size - file.synced + 1));
      break;
    default:
      // ext4 (ordered) and xfs make a file longer when the data is there: no lost page ends it.
      file.data.resize(lose_pages(file.synced, size));
      break;
  }
  file.synced = file.data.size();
  file.uncut.reset();
  file.doubtful.clear();
  file.linked = true;
}

void MemoryDisk::Kill() {
  const std::lock_guard lock(mutex_);
  ++boot_;
  calls_to_cut_.reset();
  locks_.clear();
}

void MemoryDisk::CutPowerAfter(uint64_t calls) {
  const std::lock_guard lock(mutex_);
  calls_to_cut_ = calls;
}

bool MemoryDisk::power_is_cut() const {
  const std::lock_guard lock(mutex_);
  return calls_to_cut_ == 0;
}

void MemoryDisk::Fail(DiskCall call, Fault fault, uint64_t spared, uint64_t times) {
  const std::lock_guard lock(mutex_);
  faults_[static_cast<size_t>(call)] = Planned{fault, spared, times};
}

void MemoryDisk::RefuseFiles(std::string name_part) {
  const std::lock_guard lock(mutex_);
  refused_ = std::move(name_part);
}

void MemoryDisk::ClearFaults() {
  const std::lock_guard lock(mutex_);
  faults_ = {};
}

uint64_t MemoryDisk::calls(DiskCall call) const {
  const std::lock_guard lock(mutex_);
  return calls_[static_cast<size_t>(call)];
}

void MemoryDisk::SetSpace(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  space_ = bytes;
}

uint64_t MemoryDisk::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

void MemoryDisk::CountUsed() {
  used_ = 0;
  std::set<const File*> seen;
  for (const auto& [path, entry] : names_) {
    if (entry.file != nullptr && seen.insert(entry.file.get()).second) {
      used_ += entry.file->data.size();
    }
  }
}

MemoryDisk::Image MemoryDisk::Save() const {
  const std::lock_guard lock(mutex_);
  Image image;
  for (const auto& [path, entry] : names_) {
    if (entry.file != nullptr) image.emplace(path, entry.file->data);
  }
  return image;
}

void MemoryDisk::Load(const Image& image) {
  {
    const std::lock_guard lock(mutex_);
    names_.clear();
    durable_.clear();
    changes_.clear();
    used_ = 0;
  }
  for (const auto& [path, content] : image) Put(path, content);
}

std::string MemoryDisk::Content(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  FilePointer file;
  return FindFile(path, file) == DiskResult::kOk ? file->data : std::string();
}

void MemoryDisk::Put(const std::string& path, std::string content) {
  const std::lock_guard lock(mutex_);
  for (std::string at = ParentOf(path); at != "/"; at = ParentOf(at)) {
    names_[at] = durable_[at] = Entry{};
  }
  const auto file = std::make_shared<File>();
  file->synced = content.size();
  file->data = std::move(content);
  names_[path] = durable_[path] = Entry{file};
  CountUsed();
}

void MemoryDisk::Remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  names_.erase(path);
  durable_.erase(path);
  CountUsed();
}

}  // namespace wick::test
