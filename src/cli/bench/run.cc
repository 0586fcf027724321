#include "cli/bench/run.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "cli/bench/loop.h"
#include "cli/bench/prepare.h"

namespace wick::cli::bench {
namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;
constexpr uint64_t kLeadNs = kNsPerSecond / 100;    // until every thread is ready
constexpr uint64_t kAnswersNs = 10 * kNsPerSecond;  // for what is unanswered at the end

/// What a stream of the load is, on all threads together.
struct Plan {
  const char* name;
  const char* operations;
  uint32_t batch;  // operations of a request
  double operations_share = 1;
  bool writes = false;
};

std::vector<Plan> PlansOf(const Options& options) {
  const uint32_t batch = options.BatchOf();
  switch (options.kind) {
    case Kind::kIngest:
      return {{"ingest", "events", batch, 1, true}};
    case Kind::kLatest:
    case Kind::kMulti:
      return {{NameOf(options.kind).data(), "prices", batch}};
    case Kind::kCandles:
      return {{"candles", "candles", batch}};
    case Kind::kMixed:
      break;
  }
  return {{"read", "prices", batch, 1 - options.write_share},
          {"write", "events", options.write_batch, options.write_share, true}};
}

std::unique_ptr<Work> WorkOf(const Options& options, const Series& series, const Plan& plan,
                             uint64_t seed) {
  const bool http = !options.http.empty();
  if (options.kind == Kind::kCandles) return MakeCandles(options, series, seed);
  if (plan.writes) {
    return http ? MakeHttpIngest(options, series, seed)
                : MakeIngest(options, series, plan.batch, seed);
  }
  return http ? MakeHttpLatest(options, series, seed)
              : MakeLatest(options, series, plan.batch, seed);
}

/// The part of `whole` that is a thread's, so that all parts add up to it.
uint64_t PartOf(uint64_t whole, uint32_t thread, uint32_t threads) {
  return whole / threads + (thread < whole % threads ? 1 : 0);
}

/// Their schedules begin at 0.
std::vector<Stream> StreamsOf(const Options& options, const Series& series, uint32_t thread) {
  const std::vector<Plan> plans = PlansOf(options);
  double requests = 0;  // of all streams, for each operation
  for (const Plan& plan : plans) requests += plan.operations_share / plan.batch;
  std::vector<Stream> streams;
  Random seeds(options.seed * 1'000 + thread);
  for (const Plan& plan : plans) {
    Stream& stream = streams.emplace_back();
    stream.work = WorkOf(options, series, plan, seeds.Next());
    stream.share = plan.operations_share / plan.batch / requests;
    if (options.requests_max > 0) {
      const auto own =
          static_cast<uint64_t>(static_cast<double>(options.requests_max) * stream.share + 0.5);
      stream.requests_left = PartOf(own, thread, options.threads);
    }
    if (!options.open_loop()) continue;
    const double per_second =
        options.OperationsPerS() * plan.operations_share / plan.batch / options.threads;
    // Threads of a fixed spacing take turns.
    stream.schedule.emplace(options.spacing, per_second,
                            1e9 / per_second * thread / options.threads, seeds.Next());
  }
  return streams;
}

double CpuSeconds() {
  rusage used = {};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

Times TimesOf(const Options& options) {
  Times times;
  times.begin_ns = NowNs() + kLeadNs;
  times.measure_ns = times.begin_ns + static_cast<uint64_t>(options.warmup_s * kNsPerSecond);
  times.end_ns = times.measure_ns + static_cast<uint64_t>(options.seconds * kNsPerSecond);
  times.give_up_ns = times.end_ns + kAnswersNs;
  return times;
}

RunResult Sum(const Options& options, const std::vector<std::unique_ptr<Loop>>& loops,
              const Times& times) {
  RunResult result;
  uint64_t last_ns = times.measure_ns;
  for (const Plan& plan : PlansOf(options)) {
    StreamResult& stream = result.streams.emplace_back();
    stream.name = plan.name;
    stream.operations = plan.operations;
    stream.meant_per_s = options.OperationsPerS() * plan.operations_share;
    for (const auto& loop : loops) {
      stream.stats.Add(loop->streams()[result.streams.size() - 1].stats);
      last_ns = std::max(last_ns, loop->last_answer_ns());
    }
  }
  result.seconds = static_cast<double>(last_ns - times.measure_ns) * 1e-9;
  return result;
}

}  // namespace

Result<RunResult> Run(const Options& options) {
  const Result<Series> series = Prepare(options);
  if (!series) return series.error();
  std::vector<std::vector<Link>> links(options.threads);
  for (uint32_t i = 0; i < options.connections; ++i) {
    Result<Link> link = Link::Open(options, i);
    if (!link) return link.error();
    links[i % options.threads].push_back(std::move(*link));
  }

  std::vector<std::vector<Stream>> streams;  // they take a while to make for many series
  for (uint32_t i = 0; i < options.threads; ++i) streams.push_back(StreamsOf(options, *series, i));
  std::atomic<bool> stop{false};
  std::vector<std::unique_ptr<Loop>> loops;
  std::vector<std::optional<ClientError>> failures(options.threads);
  const Times times = TimesOf(options);
  for (uint32_t i = 0; i < options.threads; ++i) {
    for (Stream& stream : streams[i]) {
      if (stream.schedule) stream.schedule->Shift(times.begin_ns);
    }
    loops.push_back(std::make_unique<Loop>(options, std::move(links[i]), std::move(streams[i]),
                                           times, options.seed + i, stop));
  }
  const double cpu_before = CpuSeconds();
  {
    std::vector<std::jthread> threads;
    for (uint32_t i = 1; i < options.threads; ++i) {
      threads.emplace_back([&, i] { failures[i] = loops[i]->Run(); });
    }
    failures[0] = loops[0]->Run();
  }
  for (const auto& failure : failures) {
    if (failure) return *failure;
  }
  RunResult result = Sum(options, loops, times);
  result.cpu_seconds = CpuSeconds() - cpu_before;
  return result;
}

}  // namespace wick::cli::bench
