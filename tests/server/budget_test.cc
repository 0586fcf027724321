#include "server/budget.h"

#include <sys/resource.h>

#include "catch.h"
#include "server/connections.h"
#include "server/patience.h"

namespace wick::server {
namespace {

using namespace std::chrono_literals;

TEST_CASE("what a connection holds beyond its free bytes comes out of the budget and goes back",
          "[server][budget]") {
  Budget budget(100);
  {
    BudgetShare share(budget);
    CHECK(share.TryHold(kFreeBytes));
    CHECK(budget.used() == 0);
    CHECK(share.TryHold(kFreeBytes + 60));
    CHECK(budget.used() == 60);
    CHECK(share.TryHold(kFreeBytes + 20));
    CHECK(budget.used() == 20);
  }
  CHECK(budget.used() == 0);
}

TEST_CASE("a budget that is used up makes those who want of it wait, and those who have of it give way",
          "[server][budget]") {
  Budget budget(100);
  BudgetShare holder(budget);
  REQUIRE(holder.TryHold(kFreeBytes + 80));
  CHECK_FALSE(holder.blocks_others());
  BudgetShare late(budget);
  CHECK_FALSE(late.TryHold(kFreeBytes + 30));
  CHECK_FALSE(late.TryHold(kFreeBytes + 30));
  CHECK(budget.used() == 80);
  CHECK(late.waiting());
  CHECK(holder.blocks_others());
  CHECK_FALSE(late.blocks_others());  // it has nothing that others could use
  CHECK(late.TryHold(kFreeBytes));    // free bytes are never waited for
  CHECK_FALSE(holder.blocks_others());
  CHECK_FALSE(late.TryHold(kFreeBytes + 30));
  holder.Hold(0);
  CHECK(late.TryHold(kFreeBytes + 30));
  CHECK_FALSE(budget.wanted());
}

TEST_CASE("answers that are there are held even beyond the budget", "[server][budget]") {
  Budget budget(100);
  BudgetShare share(budget);
  share.Hold(kFreeBytes + 150);
  CHECK(budget.used() == 150);
  CHECK(budget.exhausted());
  CHECK(share.blocks_others());
  share.Hold(kFreeBytes);
  CHECK_FALSE(budget.exhausted());
}

TEST_CASE("a rate is judged by stretches: a trickle is too slow whatever came before",
          "[server][patience]") {
  const SteadyTime start{};
  ByteRate rate;
  rate.Begin(start);
  CHECK(rate.IsEnough(start + 9s, 1'000));  // nothing has come, and the stretch has not ended
  rate.Add(10'000'000);
  CHECK(rate.IsEnough(start + 10s, 1'000));
  rate.Add(9'999);
  CHECK(rate.IsEnough(start + 19s, 1'000));
  CHECK_FALSE(rate.IsEnough(start + 20s, 1'000));
  rate.Add(10'000);
  CHECK(rate.IsEnough(start + 30s, 1'000));
}

TEST_CASE("connections are bounded together and by address, and counted while they are open",
          "[server][connections]") {
  const auto one = boost::asio::ip::make_address("127.0.0.1");
  const auto two = boost::asio::ip::make_address("::1");
  Connections connections({.all = 3, .of_address = 2});
  auto first = connections.Admit(ConnectionKind::kHttp, one);
  auto second = connections.Admit(ConnectionKind::kBinary, one);
  CHECK(first);
  CHECK(second);
  CHECK_FALSE(connections.Admit(ConnectionKind::kHttp, one));
  auto third = connections.Admit(ConnectionKind::kHttp, two);
  CHECK(third);
  CHECK_FALSE(connections.Admit(ConnectionKind::kHttp, two));  // three are open
  CHECK(connections.open(ConnectionKind::kHttp) == 2);
  CHECK(connections.open(ConnectionKind::kBinary) == 1);
  CHECK(connections.refused() == 2);
  Connections::Ticket moved = *std::move(first);
  first.reset();
  CHECK(connections.open(ConnectionKind::kHttp) == 2);
  moved = Connections::Ticket();
  CHECK(connections.open(ConnectionKind::kHttp) == 1);
  CHECK(connections.Admit(ConnectionKind::kHttp, one));
}

TEST_CASE("connections leave descriptors for the storage", "[server][connections]") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const auto with = [&](rlim_t soft) {
    const rlimit limit{soft, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    return DescriptorsForConnections();
  };
  CHECK(with(100) == 50);
  if (before.rlim_max >= 5'000) CHECK(with(5'000) == 5'000 - 1'024);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
}

}  // namespace
}  // namespace wick::server
