#include "server/auth.h"

#include <openssl/crypto.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <numeric>
#include <utility>

namespace wick::server {
namespace {

using protocol::Scope;
using protocol::Scopes;

constexpr std::array<std::string_view, kDenialCount> kDenialTexts = {
    "no token", "a token that is not known", "a token without the scope"};

}  // namespace

Auth::Auth(std::string path, Entries entries)
    : path_(std::move(path)), entries_(std::move(entries)) {}

absl::StatusOr<std::unique_ptr<Auth>> Auth::Load(const std::string& path) {
  WICK_ASSIGN_OR_RETURN(auto entries, ReadTokens(path));
  if (entries.empty()) {
    spdlog::warn(
        "auth.tokens = {}: the file has no token, so nobody gets in; add one with `wick "
        "token add`",
        path);
  }
  return std::unique_ptr<Auth>(
      new Auth(path, std::make_shared<const std::vector<TokenEntry>>(std::move(entries))));
}

absl::Status Auth::Reload() {
  WICK_ASSIGN_OR_RETURN(auto read, ReadTokens(path_));
  auto entries = std::make_shared<const std::vector<TokenEntry>>(std::move(read));
  const std::lock_guard lock(mutex_);
  entries_ = std::move(entries);
  generation_.fetch_add(1, std::memory_order_release);
  return absl::OkStatus();
}

Auth::Entries Auth::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

size_t Auth::tokens() const { return entries()->size(); }

std::optional<Scopes> Auth::Find(const TokenDigest& digest) const {
  std::optional<Scopes> found;
  const Entries all = entries();
  for (const TokenEntry& entry : *all) {  // all of them, wherever the right one is
    if (CRYPTO_memcmp(entry.digest.data(), digest.data(), digest.size()) == 0) found = entry.scopes;
  }
  return found;
}

void Auth::CountRefusal(Denial denial, std::string_view peer) {
  refusals_[static_cast<size_t>(denial)].fetch_add(1, std::memory_order_relaxed);
  const int64_t now = std::chrono::duration_cast<std::chrono::seconds>(
                          std::chrono::steady_clock::now().time_since_epoch())
                          .count();
  int64_t logged = logged_second_.load(std::memory_order_relaxed);
  if (logged == now || !logged_second_.compare_exchange_strong(logged, now)) return;
  const auto counts = refusals();
  const uint64_t all = std::accumulate(counts.begin(), counts.end(), uint64_t{0});
  spdlog::warn("requests refused since the last such line: {}; the last one came from {} with {}",
               all - logged_refusals_.exchange(all), peer,
               kDenialTexts[static_cast<size_t>(denial)]);
}

std::array<uint64_t, kDenialCount> Auth::refusals() const {
  std::array<uint64_t, kDenialCount> counts;
  for (size_t i = 0; i < kDenialCount; ++i) {
    counts[i] = refusals_[i].load(std::memory_order_relaxed);
  }
  return counts;
}

bool Bearer::Show(std::string_view token) {
  if (!auth_) return true;
  const bool same = generation_ != 0 && token.size() == token_.size() &&
                    CRYPTO_memcmp(token.data(), token_.data(), token.size()) == 0;
  if (!same) {
    token_ = token;
    digest_ = DigestOf(token);
    generation_ = 0;
  }
  Update();
  return scopes_.Allow(Scope::kToken);
}

void Bearer::Forget() {
  token_.clear();
  scopes_ = {};
  generation_ = 0;
}

void Bearer::Update() {
  const uint64_t generation = auth_->generation();
  if (generation == generation_) return;
  scopes_ = auth_->Find(digest_).value_or(Scopes());
  generation_ = generation;
}

std::optional<Denial> Bearer::Check(Scope scope) {
  if (!auth_ || scope == Scope::kNone) return std::nullopt;
  if (generation_ == 0) return Denial::kNoToken;
  Update();
  if (!scopes_.Allow(Scope::kToken)) return Denial::kUnknownToken;
  return scopes_.Allow(scope) ? std::nullopt : std::optional(Denial::kScope);
}

}  // namespace wick::server
