// Who may do what: the tokens in use, and the bearer of one on a connection.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "protocol/scope.h"
#include "server/token_file.h"

namespace wick::server {

/// Why a request was refused; the order of Auth::refusals().
enum class Denial : uint8_t { kNoToken, kUnknownToken, kScope };
inline constexpr size_t kDenialCount = 3;

/// The tokens of a file. Threads: all.
/// Failure: a file that cannot be used leaves the tokens as they were.
class Auth {
 public:
  static absl::StatusOr<std::unique_ptr<Auth>> Load(const std::string& path);
  absl::Status Reload();

  /// Grows with every Reload() that read the file; from 1.
  uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

  /// What the bearer of a token may do; nullopt: it is none of ours. Takes the same time for every
  /// token.
  std::optional<protocol::Scopes> Find(const TokenDigest& digest) const;
  size_t tokens() const;

  /// Counts a refusal, and logs it unless one was logged within the last second. `peer` is an
  /// address.
  void CountRefusal(Denial denial, std::string_view peer);
  /// Refusals since the start, by Denial.
  std::array<uint64_t, kDenialCount> refusals() const;

 private:
  using Entries = std::shared_ptr<const std::vector<TokenEntry>>;

  Auth(std::string path, Entries entries);
  Entries entries() const;

  const std::string path_;
  mutable std::mutex mutex_;
  Entries entries_;  // under mutex_
  // Release after entries_ is set; pairs with the acquire of generation(): whoever sees the number
  // finds those tokens, or later ones.
  std::atomic<uint64_t> generation_{1};

  std::array<std::atomic<uint64_t>, kDenialCount> refusals_{};
  std::atomic<int64_t> logged_second_{0};     // of the steady clock
  std::atomic<uint64_t> logged_refusals_{0};  // counted when a line was last logged
};

/// What one connection may do. Threads: one at a time.
class Bearer {
 public:
  /// nullptr: the server asks for no tokens; everything is allowed.
  explicit Bearer(const Auth* auth) : auth_(auth) {}

  /// Shows a token; the one before is forgotten. False: it is none of ours.
  bool Show(std::string_view token);
  /// Has shown nothing.
  void Forget();

  /// Why a request of this scope is refused; nullopt: it is not. Tokens that were taken back since
  /// they were shown are none any more.
  std::optional<Denial> Check(protocol::Scope scope);

 private:
  void Update();

  const Auth* const auth_;
  std::string token_;  // shown last; not asked for again while it is the same
  TokenDigest digest_{};
  uint64_t generation_ = 0;  // of scopes_; 0: nothing was shown
  protocol::Scopes scopes_;  // none: unknown
};

}  // namespace wick::server
