#include "server/budget.h"

#include <sys/resource.h>

#include <deque>
#include <set>

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

TEST_CASE(
    "a budget that is used up makes those who want of it wait, but for the one who has the turn",
    "[server][budget]") {
  Budget budget(100);
  BudgetShare holder(budget);
  REQUIRE(holder.TryHold(kFreeBytes + 80));
  BudgetShare first(budget);
  CHECK(first.TryHold(kFreeBytes + 30));  // beyond the bound: nobody has the turn
  CHECK(budget.used() == 110);
  CHECK_FALSE(first.waiting());
  BudgetShare late(budget);
  CHECK_FALSE(late.TryHold(kFreeBytes + 1));
  CHECK_FALSE(late.TryHold(kFreeBytes + 1));
  CHECK_FALSE(holder.TryHold(kFreeBytes + 81));
  CHECK(budget.used() == 110);
  CHECK(late.waiting());
  CHECK(holder.is_wanted());
  CHECK_FALSE(late.is_wanted());    // it has nothing that others could use
  CHECK(late.TryHold(kFreeBytes));  // free bytes are never waited for
  CHECK_FALSE(late.waiting());
  CHECK(first.TryHold(kFreeBytes + 60));
  first.Hold(0);
  CHECK(holder.TryHold(kFreeBytes + 100));
  CHECK(late.TryHold(kFreeBytes + 1));  // its turn
  CHECK_FALSE(budget.wanted());
}

TEST_CASE("nobody waits for ever for those who wait themselves", "[server][budget]") {
  Budget budget(100);
  std::deque<BudgetShare> shares;
  for (int i = 0; i < 10; ++i) REQUIRE(shares.emplace_back(budget).TryHold(kFreeBytes + 10));
  // Each wants ten times as much as there is for it. All get it, one after the other.
  std::set<const BudgetShare*> done;
  for (int turn = 0; turn < 10; ++turn) {
    for (BudgetShare& share : shares) {
      if (done.contains(&share) || !share.TryHold(kFreeBytes + 100)) continue;
      CHECK(budget.used() < 200);
      share.Hold(0);
      done.insert(&share);
    }
  }
  CHECK(done.size() == shares.size());
  CHECK(budget.used() == 0);
}

TEST_CASE("answers that are there are held even beyond the budget", "[server][budget]") {
  Budget budget(100);
  BudgetShare share(budget);
  share.Hold(kFreeBytes + 150);
  CHECK(budget.used() == 150);
  CHECK(budget.exhausted());
  CHECK(share.is_scarce());
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

TEST_CASE("an answer of which nothing is taken is given up, sooner while memory is short",
          "[server][patience]") {
  const SteadyTime start{};
  Budget budget(100);
  BudgetShare share(budget);
  Departure departure;
  departure.Begin(start);
  CHECK_FALSE(departure.IsStuck(start + 60s, 60s, share));
  CHECK(departure.IsStuck(start + 61s, 60s, share));
  departure.Note(start + 61s, 1);
  CHECK_FALSE(departure.IsStuck(start + 100s, 60s, share));
  departure.Note(start + 100s, 1);  // no more than before
  CHECK(departure.IsStuck(start + 122s, 60s, share));
  share.Hold(kFreeBytes + 100);
  departure.Begin(start);
  CHECK_FALSE(departure.IsStuck(start + 9s, 60s, share));
  CHECK(departure.IsStuck(start + 11s, 60s, share));
}

TEST_CASE("nobody pins the memory for answers by taking a little now and then",
          "[server][patience]") {
  const SteadyTime start{};
  Budget budget(6'000'000);
  BudgetShare share(budget);
  share.Hold(kFreeBytes + 6'000'000);  // used up; in 60 s, so 100,000 bytes a second
  /// Seconds until the peer is given up that takes so much in each.
  const auto seconds_at = [&](uint64_t bytes_a_second) {
    Departure departure;
    departure.Begin(start);
    for (int second = 1; second < 100; ++second) {
      departure.Note(start + second * 1s, static_cast<uint64_t>(second) * bytes_a_second);
      if (departure.IsStuck(start + second * 1s, 60s, share)) return second;
    }
    return 100;
  };
  CHECK(seconds_at(1'024) == 10);
  CHECK(seconds_at(99'000) == 10);
  CHECK(seconds_at(100'000) == 100);
  share.Hold(kFreeBytes + 5'000'000);  // there is memory for others
  CHECK(seconds_at(1'024) == 100);
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
