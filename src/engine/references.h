// The mapping base currency -> (quote currency, exchange).
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wick/query.h"

namespace wick::engine {

/// First what goes (everything, or some base currencies), then what is set.
struct ReferenceChange {
  bool replace_all = false;
  std::vector<std::string> remove;
  std::vector<Reference> put;
};

/// The mapping as it is shown, and as it will be when the changes under way are durable.
/// Threads: any.
class References {
 public:
  /// Recovery.
  void Load(Reference reference) {
    const ReferenceChange change{.replace_all = false, .remove = {}, .put = {std::move(reference)}};
    const std::lock_guard lock(mutex_);
    Apply(change, shown_);
    Apply(change, written_);
  }

  /// Completes `change` (names what a replacement removes) and passes it to `write`, in the order
  /// of the changes. False: it would remove a base currency that has none, and nothing was done.
  template <typename Write>
  bool Change(ReferenceChange change, Write write) {
    const std::lock_guard lock(mutex_);
    for (const std::string& base : change.remove) {
      if (!written_.contains(base)) return false;
    }
    if (change.replace_all) {
      for (const auto& [base, reference] : written_) change.remove.push_back(base);
    }
    Apply(change, written_);
    write(std::as_const(change));
    return true;
  }

  /// The change is durable.
  void Show(const ReferenceChange& change) {
    const std::lock_guard lock(mutex_);
    Apply(change, shown_);
  }

  std::optional<Reference> Of(std::string_view base_currency) const {
    const std::lock_guard lock(mutex_);
    const auto found = shown_.find(base_currency);
    return found == shown_.end() ? std::nullopt : std::optional(found->second);
  }

  /// By base currency.
  std::vector<Reference> All() const {
    const std::lock_guard lock(mutex_);
    std::vector<Reference> all;
    for (const auto& [base, reference] : shown_) all.push_back(reference);
    return all;
  }

 private:
  using ByBase = std::map<std::string, Reference, std::less<>>;

  static void Apply(const ReferenceChange& change, ByBase& references) {
    for (const std::string& base : change.remove) references.erase(base);
    for (const Reference& reference : change.put) {
      references.insert_or_assign(reference.base_currency, reference);
    }
  }

  mutable std::mutex mutex_;
  ByBase shown_;
  ByBase written_;
};

}  // namespace wick::engine
