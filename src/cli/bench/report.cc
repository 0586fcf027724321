#include "cli/bench/report.h"

#include <fmt/format.h>

#include "cli/table.h"
#include "market/interval.h"
#include "protocol/json_string.h"

namespace wick::cli::bench {
namespace {

/// A request that goes out later than this after its intended time was late.
constexpr uint64_t kLateNs = 1'000'000;
/// More late ones than this, and the load was not the one asked for.
constexpr double kLateShareMax = 0.01;

struct Share {
  const char* name;
  double share;
};
constexpr Share kShares[] = {
    {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}};

double LateShare(const Stats& stats) {
  const double due = static_cast<double>(stats.late.count() + stats.unanswered + stats.unsent);
  const double late = static_cast<double>(stats.late.CountAbove(kLateNs) + stats.unsent);
  return due > 0 ? late / due : 0;
}

bool OnSchedule(const Stats& stats) { return LateShare(stats) <= kLateShareMax; }

std::string Us(double ns) { return fmt::format("{:.1f}", ns / 1e3); }

double PerSecond(uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

std::string RateText(uint64_t count, double seconds) {
  return Grouped(static_cast<uint64_t>(PerSecond(count, seconds)));
}

const char* AckName(wire::Ack ack) {
  switch (ack) {
    case wire::Ack::kNone:
      return "none";
    case wire::Ack::kMemory:
      return "memory";
    case wire::Ack::kDurable:
      break;
  }
  return "durable";
}

std::string LoadText(const Options& options) {
  std::string text =
      options.open_loop()
          ? fmt::format("open loop, {} operations/s, {} spacing",
                        NumberText(options.OperationsPerS()),
                        options.spacing == Schedule::Spacing::kFixed ? "fixed" : "Poisson")
          : "closed loop";
  text += fmt::format(
      ", {} connections with {} in flight, {} threads, {} series by {}", options.connections,
      options.InFlightMax(), options.threads, Grouped(options.series),
      options.zipf == 0 ? "turns of chance" : fmt::format("Zipf's law, exponent {}", options.zipf));
  if (options.kind == Kind::kIngest || options.kind == Kind::kMixed) {
    text += fmt::format(", ack {}", AckName(options.ack));
  }
  return text;
}

void AddRow(Table& table, const std::string& name, const char* what, const Histogram& histogram) {
  std::vector<std::string> row = {name, what};
  for (const Share& share : kShares) {
    row.push_back(Us(static_cast<double>(histogram.Percentile(share.share))));
  }
  row.push_back(Us(static_cast<double>(histogram.max())));
  row.push_back(Us(histogram.mean()));
  table.Add(std::move(row));
}

void AppendHistogram(std::string& out, const char* name, const Histogram& histogram) {
  fmt::format_to(std::back_inserter(out), "\"{}\":{{", name);
  for (const Share& share : kShares) {
    fmt::format_to(std::back_inserter(out), "\"{}\":{:.3f},", share.name,
                   static_cast<double>(histogram.Percentile(share.share)) / 1e3);
  }
  fmt::format_to(std::back_inserter(out), "\"max\":{:.3f},\"mean\":{:.3f}}}",
                 static_cast<double>(histogram.max()) / 1e3, histogram.mean() / 1e3);
}

void AppendStream(std::string& out, const StreamResult& stream, double seconds) {
  const Stats& stats = stream.stats;
  fmt::format_to(std::back_inserter(out),
                 "{{\"name\":\"{}\",\"operation\":\"{}\",\"requests\":{},\"requestsPerS\":{:.1f},"
                 "\"operations\":{},\"operationsPerS\":{:.1f},\"meantOperationsPerS\":{:.1f},"
                 "\"sentBytes\":{},\"receivedBytes\":{},\"duplicates\":{},\"rejected\":{},"
                 "\"missing\":{},\"errors\":{},\"held\":{},\"unsent\":{},\"unanswered\":{},"
                 "\"lateShare\":{:.6f},\"onSchedule\":{},\"firstError\":",
                 stream.name, stream.operations, stats.requests(),
                 PerSecond(stats.requests(), seconds), stats.operations,
                 PerSecond(stats.operations, seconds), stream.meant_per_s, stats.bytes_out,
                 stats.bytes_in, stats.duplicates, stats.rejected, stats.missing, stats.errors,
                 stats.held, stats.unsent, stats.unanswered, LateShare(stats), OnSchedule(stats));
  protocol::AppendString(out, stats.first_error);
  out += ',';
  AppendHistogram(out, "latencyUs", stats.latency);
  if (stream.meant_per_s > 0) {
    out += ',';
    AppendHistogram(out, "serviceUs", stats.service);
    out += ',';
    AppendHistogram(out, "lateUs", stats.late);
  }
  out += '}';
}

}  // namespace

std::string TextOf(const Options& options, const RunResult& result) {
  Table counts({"STREAM", ">REQUESTS", ">REQUESTS/S", "OPERATION", ">OPERATIONS", ">OPERATIONS/S",
                ">SENT MB/S", ">RECEIVED MB/S"});
  Table latencies(
      {"STREAM", "MICROSECONDS", ">P50", ">P90", ">P99", ">P99.9", ">P99.99", ">MAX", ">MEAN"});
  for (const StreamResult& stream : result.streams) {
    const Stats& stats = stream.stats;
    counts.Add({stream.name, Grouped(stats.requests()), RateText(stats.requests(), result.seconds),
                stream.operations, Grouped(stats.operations),
                RateText(stats.operations, result.seconds),
                fmt::format("{:.1f}", PerSecond(stats.bytes_out, result.seconds) / 1e6),
                fmt::format("{:.1f}", PerSecond(stats.bytes_in, result.seconds) / 1e6)});
    AddRow(latencies, stream.name, options.open_loop() ? "intended to answer" : "sent to answer",
           stats.latency);
    if (!options.open_loop()) continue;
    AddRow(latencies, stream.name, "sent to answer", stats.service);
    AddRow(latencies, stream.name, "intended to sent", stats.late);
  }
  return fmt::format("{}: {}\n{:.3f} s, {:.3f} s of CPU time here\n\n{}\n{}", NameOf(options.kind),
                     LoadText(options), result.seconds, result.cpu_seconds, counts.Text(),
                     latencies.Text());
}

std::string JsonOf(const Options& options, const RunResult& result) {
  std::string out = fmt::format("{{\"kind\":\"{}\",\"load\":", NameOf(options.kind));
  protocol::AppendString(out, LoadText(options));
  fmt::format_to(std::back_inserter(out),
                 ",\"openLoop\":{},\"connections\":{},\"pipeline\":{},\"threads\":{},\"series\":{},"
                 "\"zipf\":{},\"batch\":{},\"seed\":{},\"seconds\":{:.6f},\"cpuSeconds\":{:.6f},"
                 "\"lateAboveUs\":{},\"streams\":[",
                 options.open_loop(), options.connections, options.InFlightMax(), options.threads,
                 options.series, options.zipf, options.BatchOf(), options.seed, result.seconds,
                 result.cpu_seconds, kLateNs / 1'000);
  for (size_t i = 0; i < result.streams.size(); ++i) {
    if (i > 0) out += ',';
    AppendStream(out, result.streams[i], result.seconds);
  }
  return out + "]}\n";
}

std::string Complaints(const Options& options, const RunResult& result) {
  std::string text;
  const auto say = [&](const StreamResult& stream, uint64_t count, std::string_view what) {
    if (count > 0) text += fmt::format("{}: {} {}\n", stream.name, Grouped(count), what);
  };
  for (const StreamResult& stream : result.streams) {
    const Stats& stats = stream.stats;
    say(stream, stats.errors, "requests were refused: " + stats.first_error);
    say(stream, stats.rejected, "events were refused: " + stats.first_error);
    say(stream, stats.missing,
        options.kind == Kind::kCandles
            ? "candles fewer than asked for: the series have no more, or they are not kept so long"
            : "prices were never seen: without --no-prepare they are sent before");
    say(stream, stats.unanswered, "requests were not answered within 10 s of the end");
    if (options.open_loop() && !OnSchedule(stats)) {
      text += fmt::format(
          "{}: NOT ON SCHEDULE: {:.2f}% of the requests went out more than {} us late ({} not at "
          "all); {} of them had to wait for room on a connection: then the server is the slower, "
          "else this machine has no time for the load\n",
          stream.name, LateShare(stats) * 100, kLateNs / 1'000, Grouped(stats.unsent),
          Grouped(stats.held));
    }
  }
  return text;
}

}  // namespace wick::cli::bench
