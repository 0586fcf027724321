#include <fmt/format.h>

#include <charconv>

#include "base/clock.h"
#include "cli/bench/market.h"
#include "cli/bench/own_series.h"
#include "cli/bench/work.h"

namespace wick::cli::bench {
namespace {

constexpr uint16_t kStatusOk = 200;

/// Counts an answer that is no success with the front of what it says.
bool IsOk(const Answer& answer, Stats& stats) {
  if (answer.type == kStatusOk) return true;
  stats.Refuse(fmt::format("HTTP {}: {}", answer.type, answer.payload.substr(0, 200)));
  return false;
}

std::string FieldsOf(const ClientOptions& to) {
  std::string fields = fmt::format("Host: {}:{}\r\n", to.host, to.port);
  if (to.token) fields += fmt::format("Authorization: Bearer {}\r\n", *to.token);
  return fields;
}

ClientOptions HttpServer(const Options& options) {
  Remote remote = options.server;
  remote.address = options.http;
  return ClientOptionsOf(remote);
}

void AppendUnits(uint64_t units, uint32_t decimals, std::string& out) {
  const fmt::format_int digits(units);
  const size_t whole = digits.size() > decimals ? digits.size() - decimals : 0;
  if (whole == 0) out += '0';
  out.append(digits.data(), whole);
  out += '.';
  if (digits.size() < decimals) out.append(decimals - digits.size(), '0');
  out.append(digits.data() + whole, digits.size() - whole);
}

/// The number behind `"name":` of a flat document; 0 if there is none.
uint64_t FieldOf(std::string_view json, std::string_view name) {
  uint64_t value = 0;
  const size_t at = json.find(name);
  if (at != json.npos) {
    std::from_chars(json.data() + at + name.size(), json.data() + json.size(), value);
  }
  return value;
}

class HttpIngestWork final : public Work {
 public:
  HttpIngestWork(const Options& options, const Series& series, uint64_t seed)
      : batch_(options.BatchOf()),
        fields_(FieldsOf(HttpServer(options))),
        own_(options, seed),
        market_(options.series, seed + 1) {
    fronts_.reserve(series.symbols.size());
    for (const Symbol& symbol : series.symbols) {
      fronts_.push_back(
          fmt::format(R"({{"baseCurrency":"{}","quoteCurrency":"{}","exchange":"{}","price":)",
                      symbol.base_currency, symbol.quote_currency, symbol.exchange));
    }
  }

  void Append(uint64_t, uint32_t connection, std::string& out) override {
    body_.clear();
    const fmt::format_int now_ms(clock_.NowMs());
    for (uint32_t i = 0; i < batch_; ++i) {
      AppendEvent(own_.Pick(connection), {now_ms.data(), now_ms.size()});
    }
    fmt::format_to(std::back_inserter(out),
                   "POST /v1/events HTTP/1.1\r\n{}Content-Type: application/x-ndjson\r\n"
                   "Content-Length: {}\r\n\r\n",
                   fields_, body_.size());
    out += body_;
  }

  bool Take(const Answer& answer, Stats& stats) override {
    if (!IsOk(answer, stats)) return true;
    const uint64_t duplicates = FieldOf(answer.payload, "\"duplicates\":");
    const uint64_t rejected = FieldOf(answer.payload, "\"rejected\":");
    stats.operations += FieldOf(answer.payload, "\"accepted\":") + duplicates;
    stats.duplicates += duplicates;
    stats.rejected += rejected;
    if (rejected > 0 && stats.first_error.empty())
      stats.first_error = answer.payload.substr(0, 200);
    return true;
  }

 private:
  void AppendEvent(uint32_t series, std::string_view now_ms) {
    const Event event = market_.Next(series);
    body_ += fronts_[series];
    AppendUnits(event.price_units, event.decimals, body_);
    body_ += ",\"baseVolumeLast24h\":";
    AppendUnits(event.volume_units, 3, body_);
    body_ += ",\"quoteVolumeLast24h\":";
    AppendUnits(event.quote_volume_units, 2, body_);
    body_ += ",\"timestampInMs\":";
    body_ += now_ms;
    body_ += "}\n";
  }

  std::vector<std::string> fronts_;  // of an event of each series
  const uint32_t batch_;
  const std::string fields_;
  const SystemClock clock_;
  OwnSeries own_;
  Market market_;
  std::string body_;
};

class HttpLatestWork final : public Work {
 public:
  HttpLatestWork(const Options& options, const Series& series, uint64_t seed)
      : symbols_(series.symbols),
        fields_(FieldsOf(HttpServer(options))),
        random_(seed),
        picker_(options.series, options.zipf) {}

  void Append(uint64_t, uint32_t, std::string& out) override {
    const Symbol& symbol = symbols_[picker_.Pick(random_)];
    fmt::format_to(std::back_inserter(out), "GET /v1/latest?symbol={}:{}/{} HTTP/1.1\r\n{}\r\n",
                   symbol.exchange, symbol.base_currency, symbol.quote_currency, fields_);
  }

  bool Take(const Answer& answer, Stats& stats) override {
    if (IsOk(answer, stats)) ++stats.operations;
    return true;
  }

 private:
  const std::vector<Symbol>& symbols_;
  const std::string fields_;
  Random random_;
  Picker picker_;
};

}  // namespace

std::unique_ptr<Work> MakeHttpIngest(const Options& options, const Series& series, uint64_t seed) {
  return std::make_unique<HttpIngestWork>(options, series, seed);
}

std::unique_ptr<Work> MakeHttpLatest(const Options& options, const Series& series, uint64_t seed) {
  return std::make_unique<HttpLatestWork>(options, series, seed);
}

}  // namespace wick::cli::bench
