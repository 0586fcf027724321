// wick ingest
#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/ingest_summary.h"
#include "cli/progress.h"
#include "cli/send_options.h"
#include "cli/server_option.h"
#include "feed/file_source.h"

namespace wick::cli {
namespace {

/// The server's clock and setting decide what is from the future, not ours.
constexpr uint64_t kAnyFutureMs = UINT64_MAX;

struct Options {
  SendOptions send;
  std::string file;
  bool strict = false;
};

/// The lines of the newest events, so that a refusal by the server can name its line.
class LinesInFlight {
 public:
  /// `events`: as many as can be unanswered at a time.
  explicit LinesInFlight(size_t events) : lines_(events) {}
  void Set(uint64_t event, uint64_t line) { lines_[event % lines_.size()] = line; }
  uint64_t Of(uint64_t event) const { return lines_[event % lines_.size()]; }

 private:
  std::vector<uint64_t> lines_;
};

/// Sends everything the source gives. What became of it is in the source's report and in `summary`.
absl::Status SendAll(feed::FileSource& source, const Options& options, IngestSummary& summary) {
  // One batch being filled and one being reported, beside those in flight.
  LinesInFlight lines(size_t{options.send.batch_events} * (options.send.in_flight_batches + 2));
  Result<Ingestor> ingestor = ConnectIngestor(options.send, [&](const BatchReport& batch) {
    summary.Take(batch, [&lines](uint64_t event) { return lines.Of(event); });
  });
  if (!ingestor) return ToStatus(ingestor.error());

  Progress progress;
  while (true) {
    const absl::StatusOr<bool> more = source.Next();
    if (!more.ok()) {  // what came before the damage is still brought to its end
      if (const Result<void> flushed = ingestor->Flush(); !flushed)
        return ToStatus(flushed.error());
      return more.status();
    }
    if (!*more) break;
    for (const feed::FileEvent& event : source.events()) {
      lines.Set(ingestor->events(), event.line);
      if (const Result<void> added = ingestor->Add(event.symbol, event.price); !added) {
        return ToStatus(added.error());
      }
    }
    if (!summary.failure.empty())
      return Error(absl::StatusCode::kUnavailable, "{}", summary.failure);
    if (!source.bytes_total()) {  // a pipe may pause: what came of it is not held back
      if (const Result<void> sent = ingestor->Send(); !sent) return ToStatus(sent.error());
    }
    progress.Show(source.bytes_read(), source.bytes_total(), ingestor->events());
  }
  const Result<void> flushed = ingestor->Flush();
  summary.reconnects = ingestor->reconnects();
  summary.resent = ingestor->resent();
  if (!flushed) return ToStatus(flushed.error());
  return summary.failure.empty() ? absl::OkStatus()
                                 : Error(absl::StatusCode::kUnavailable, "{}", summary.failure);
}

/// The file's own refusals come to those of the server.
void AddReport(const protocol::IngestReport& from, protocol::IngestReport& to) {
  for (int i = 0; i < kRefusalCount; ++i) {
    const auto refusal = static_cast<Refusal>(i);
    uint64_t unnamed = from.rejected(refusal);
    for (const protocol::EventError& error : from.errors()) {
      if (error.refusal != refusal) continue;
      to.AddError(error.index, refusal, error.message);
      --unnamed;
    }
    for (; unnamed > 0; --unnamed) to.AddError(UINT64_MAX, refusal, {});
  }
}

int Ingest(const Options& options) {
  const SystemClock clock;
  absl::StatusOr<std::unique_ptr<feed::FileSource>> source =
      feed::FileSource::Open(options.file, clock, kAnyFutureMs);
  if (!source.ok()) return Fail(Message(source.status()));

  const auto begin = std::chrono::steady_clock::now();
  IngestSummary summary;
  const absl::Status status = SendAll(**source, options, summary);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  AddReport((*source)->report(), summary.report);
  if (summary.answered() > 0 || status.ok()) Print(summary.Text(seconds, "line"));
  if (!status.ok()) return Fail(Message(status));
  return options.strict && (summary.rejected() > 0 || summary.reconnects > 0) ? kFailed : kOk;
}

}  // namespace

void AddIngest(CLI::App& app, Action& action) {
  CLI::App* const command = app.add_subcommand("ingest", "Send the events of a file to a server");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("file", options->file,
                   "CSV with a header, NDJSON or a JSON array; gzipped or not; - is standard input")
      ->type_name("FILE")
      ->required();
  AddSendOptions(*command, options->send);
  command->add_flag("--strict", options->strict,
                    "Exit code 1 if any event was refused or sent twice");
  command->footer(
      "A CSV header names its columns, in any order: baseCurrency, quoteCurrency, exchange, "
      "price,\n"
      "timestampInMs, and if there are any baseVolumeLast24h and quoteVolumeLast24h.\n"
      "When the connection is lost it connects again and sends again what was not answered; the\n"
      "summary says how many events that were, for each of them may be counted twice.\n"
      "A refused event costs no other; the summary counts them by reason and shows the first with "
      "their lines\n"
      "(in a JSON array: elements). Exit code 0 when the whole file was sent, refusals or not; see "
      "--strict.\n"
      "Examples:\n"
      "  wick ingest ticks.csv.gz\n"
      "  zcat ticks.ndjson.gz | wick ingest - --ack memory --strict");
  command->callback([options, &action] { action = [options] { return Ingest(*options); }; });
}

}  // namespace wick::cli
