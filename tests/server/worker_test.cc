#include <ctime>

#include "running_server.h"

namespace wick::server {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

std::chrono::nanoseconds ProcessCpuTime() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::chrono::nanoseconds CpuTimeOfPause(std::chrono::milliseconds pause) {
  const auto before = ProcessCpuTime();
  std::this_thread::sleep_for(pause);
  return ProcessCpuTime() - before;
}

TEST_CASE("a worker that spins answers, looks for more, sleeps at last, and stops at once",
          "[server][worker]") {
  RunningServer running({"server.spin_us=1000", "server.workers=1"});
  Connection http(running.server().http());
  REQUIRE(http.Ask(WithBody("POST", "/v1/events", EventJson("BTC", 7, kNowMs))).status == 200);
  wick::Client client = running.Connect();
  const SymbolView bitcoin[] = {{"BTC", "USD", "Kraken"}};
  CHECK(client.Latest(bitcoin).ok());

  // A busy machine may take the core away from any one pause, not from all.
  const auto given_up = Clock::now() + 10s;
  bool spun = false;
  while (!spun && Clock::now() < given_up) {
    REQUIRE(http.Ask(Get("/healthz")).status == 200);
    spun = CpuTimeOfPause(5ms) > 500us;
  }
  CHECK(spun);

  bool slept = false;
  for (int i = 0; i < 10 && !slept; ++i) {
    REQUIRE(http.Ask(Get("/healthz")).status == 200);
    slept = CpuTimeOfPause(300ms) < 100ms;
  }
  CHECK(slept);

  REQUIRE(http.Ask(Get("/healthz")).status == 200);
  const auto begun = Clock::now();
  CHECK(running.server().Stop().ok());
  CHECK(Clock::now() - begun < 10s);
}

}  // namespace
}  // namespace wick::server
