// The mapping base currency -> (quote currency, exchange).
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wick/query.h"

namespace wick::engine {

/// The mapping in memory. It changes together with the order in which the changes are written: the caller
/// hands each change to the committer from within `write`, under this lock.
/// Threads: any.
class References {
 public:
  void Put(Reference reference) {
    const std::lock_guard lock(mutex_);
    const std::string base = reference.base_currency;
    by_base_.insert_or_assign(base, std::move(reference));
  }

  template <typename Write>
  void Put(Reference reference, Write write) {
    const std::lock_guard lock(mutex_);
    write();
    const std::string base = reference.base_currency;
    by_base_.insert_or_assign(base, std::move(reference));
  }

  /// False if there is none.
  template <typename Write>
  bool Remove(std::string_view base_currency, Write write) {
    const std::lock_guard lock(mutex_);
    const auto found = by_base_.find(base_currency);
    if (found == by_base_.end()) return false;
    write();
    by_base_.erase(found);
    return true;
  }

  /// `write` gets the base currencies that lose theirs.
  template <typename Write>
  void Replace(std::vector<Reference> references, Write write) {
    const std::lock_guard lock(mutex_);
    std::map<std::string, Reference, std::less<>> replaced;
    for (Reference& reference : references) {
      const std::string base = reference.base_currency;
      replaced.insert_or_assign(base, std::move(reference));
    }
    std::vector<std::string> removed;
    for (const auto& [base, reference] : by_base_) {
      if (!replaced.contains(base)) removed.push_back(base);
    }
    write(std::move(removed));
    by_base_ = std::move(replaced);
  }

  std::optional<Reference> Of(std::string_view base_currency) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_base_.find(base_currency);
    return found == by_base_.end() ? std::nullopt : std::optional(found->second);
  }

  std::vector<Reference> All() const {
    const std::lock_guard lock(mutex_);
    std::vector<Reference> all;
    for (const auto& [base, reference] : by_base_) all.push_back(reference);
    return all;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Reference, std::less<>> by_base_;
};

}  // namespace wick::engine
