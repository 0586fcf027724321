#include "server/connections.h"

#include <sys/resource.h>

#include <algorithm>
#include <climits>

namespace wick::server {

std::optional<Connections::Ticket> Connections::Admit(ConnectionKind kind,
                                                      const boost::asio::ip::address& address) {
  const std::lock_guard lock(mutex_);
  const bool bounded = limits_.of_address > 0;
  const auto known = of_address_.find(address);
  if (all_ >= limits_.all ||
      (bounded && known != of_address_.end() && known->second >= limits_.of_address)) {
    CountRefused();
    return std::nullopt;
  }
  ++all_;
  if (bounded) ++of_address_[address];
  open_[static_cast<size_t>(kind)].fetch_add(1, std::memory_order_relaxed);
  Ticket ticket;
  ticket.of_ = this;
  ticket.kind_ = kind;
  ticket.address_ = address;
  return ticket;
}

Connections::Ticket& Connections::Ticket::operator=(Ticket&& from) noexcept {
  Release();
  of_ = std::exchange(from.of_, nullptr);
  kind_ = from.kind_;
  address_ = from.address_;
  return *this;
}

void Connections::Ticket::Release() {
  if (of_ == nullptr) return;
  of_->open_[static_cast<size_t>(kind_)].fetch_sub(1, std::memory_order_relaxed);
  const std::lock_guard lock(of_->mutex_);
  --of_->all_;
  const auto known = of_->of_address_.find(address_);
  if (known != of_->of_address_.end() && --known->second == 0) of_->of_address_.erase(known);
  of_ = nullptr;
}

int DescriptorsForConnections() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return INT_MAX;
  const uint64_t limit = std::min<uint64_t>(files.rlim_cur, INT_MAX);
  return static_cast<int>(limit - std::min(kOtherDescriptors, limit / 2));
}

}  // namespace wick::server
