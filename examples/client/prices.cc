// Sends a minute of prices, then reads back the latest one and the candles: prices HOST PORT
#include <wick/client.h>

#include <charconv>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstring>

namespace {

const wick::Symbol kSymbol("BTC", "USD", "example");
constexpr uint64_t kEvents = 60;

int Fail(const char* what, const wick::ClientError& error) {
  std::fprintf(stderr, "%s: %s (%.*s)\n", what, error.message.c_str(),
               static_cast<int>(CodeName(error.code).size()), CodeName(error.code).data());
  return 1;
}

uint64_t NowMs() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

/// One price a second for the last minute.
wick::Result<void> SendPrices(const wick::ClientOptions& options) {
  const auto report = [](const wick::BatchReport& batch) {
    std::printf("batch of %u: %u accepted, %u duplicates, %u rejected\n", batch.events,
                batch.accepted, batch.duplicates, batch.rejected);
    for (const wick::wire::Rejection& rejection : batch.rejections) {
      std::printf("  event %" PRIu64 ": %s\n", batch.first_event + rejection.index,
                  rejection.message.c_str());
    }
    if (batch.error) std::printf("  refused: %s\n", batch.error->message.c_str());
  };
  wick::IngestorOptions batches;
  batches.batch_events = 20;
  auto ingestor = wick::Ingestor::Connect(options, batches, report);
  if (!ingestor) return ingestor.error();

  const uint64_t start_ms = NowMs() - kEvents * 1'000;
  for (uint64_t second = 0; second < kEvents; ++second) {
    const double price = 46'450 + static_cast<double>(second % 7);
    const auto added = ingestor->Add(kSymbol, {price, 1'200.25, 0, start_ms + second * 1'000});
    if (!added) return added.error();
  }
  return ingestor->Flush();
}

}  // namespace

int main(int argc, char** argv) {
  wick::ClientOptions options;
  options.name = "prices example";
  if (argc != 3 ||
      std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), options.port).ec != std::errc()) {
    std::fprintf(stderr, "usage: prices HOST PORT\n");
    return 2;
  }
  options.host = argv[1];

  if (auto sent = SendPrices(options); !sent) return Fail("sending prices", sent.error());

  auto client = wick::Client::Connect(options);
  if (!client) return Fail("connecting", client.error());

  const wick::SymbolView symbols[] = {kSymbol};
  auto latest = client->Latest(symbols);
  if (!latest) return Fail("reading the latest price", latest.error());
  const wick::Price& price = latest->front();
  std::printf("latest: %.2f at %" PRIu64 " ms\n", price.price, price.timestamp_ms);

  wick::CandlesRequest request;
  request.interval = {10, wick::IntervalUnit::kSecond};
  request.limit = 10;
  auto candles = client->Candles(kSymbol, request);
  if (!candles) return Fail("reading candles", candles.error());
  for (const wick::Candle& candle : candles->candles) {
    std::printf("%" PRIu64 " ms: open %.2f high %.2f low %.2f close %.2f, %" PRIu64 " events%s\n",
                candle.timestamp_ms, candle.open, candle.high, candle.low, candle.close,
                candle.count, candle.closed ? "" : ", still open");
  }
  return 0;
}
