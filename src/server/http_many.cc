// Many series asked for at once: POST /v1/latest and POST /v1/candles.
#include <utility>
#include <variant>

#include "protocol/json_replies.h"
#include "protocol/json_requests.h"
#include "protocol/json_split.h"
#include "protocol/json_string.h"
#include "server/http_api.h"
#include "wick/wire.h"

namespace wick::server {
namespace {

using engine::Engine;
using protocol::Problem;
using protocol::ProblemCode;

/// An answer is made in memory, at some 200 bytes a candle. As many series as may be asked for get
/// the usual limit each, and one of them any limit that can be configured.
constexpr uint64_t kCandlesOfManyMax =
    protocol::kSeriesPerCandlesMax * uint64_t{wire::kCandlesPerRequestMax};

/// Of a price, and of a candle without its series, in JSON; with numbers of 17 digits and names
/// that need few escapes.
constexpr uint64_t kPriceBytesMax = 512;
constexpr uint64_t kCandleBytesMax = 320;

std::optional<HttpAnswer> CheckCandlesOfMany(const protocol::CandlesBody& asked) {
  if (asked.series.size() * asked.request.limit <= kCandlesOfManyMax) return std::nullopt;
  return AnswerOf(
      ProblemCode::kInvalidBody,
      fmt::format("{} series of up to {} candles are more than {} candles in one answer; "
                  "lower limit or ask for fewer series",
                  asked.series.size(), asked.request.limit, kCandlesOfManyMax));
}

/// True: another node has the pair; its place in the answer says so. That is met where a node asks
/// this one by another map.
bool AppendMoved(const Services& services, const Symbol& symbol, std::string& out) {
  const auto node =
      services.cluster != nullptr ? services.cluster->Elsewhere(symbol) : std::nullopt;
  if (!node) return false;
  protocol::AppendNoElement(
      out, ProblemCode::kMoved,
      services.cluster->DescribeMoved(symbol, services.cluster->UrlOf(*node), *node));
  return true;
}

HttpAnswer AnswerCandlesOfMany(const Services& services, const std::vector<Symbol>& symbols,
                               const CandlesRequest& request) {
  const Engine& engine = services.engine();
  HttpAnswer answer;
  answer.body = "[";
  for (const Symbol& symbol : symbols) {
    if (answer.body.size() > 1) answer.body += ',';
    if (AppendMoved(services, symbol, answer.body)) continue;
    const auto series = engine.FindSeen(symbol);
    if (!series) return UnknownSeries(symbol);
    const auto reply = engine.Candles(*series, request);
    if (!reply.ok()) return QueryFailure(reply.status());
    protocol::AppendCandlesJson(answer.body, symbol, *reply);
  }
  answer.body += ']';
  return answer;
}

void AppendLatestOfMany(const Services& services, const std::vector<Symbol>& symbols,
                        std::string& out) {
  const Engine& engine = services.engine();
  out += '[';
  for (const Symbol& symbol : symbols) {
    if (out.size() > 1) out += ',';
    if (AppendMoved(services, symbol, out)) continue;
    const auto series = engine.Find(symbol);
    const auto price = series ? engine.Latest(*series) : std::nullopt;
    if (price) {
      protocol::AppendPriceEvent(out, symbol, *price);
    } else {
      out += "null";
    }
  }
  out += ']';
}

std::vector<std::string_view> Pick(const std::vector<std::string_view>& entries,
                                   const std::vector<size_t>& places) {
  std::vector<std::string_view> picked;
  picked.reserve(places.size());
  for (const size_t place : places) picked.push_back(entries[place]);
  return picked;
}

/// A body of POST /v1/candles with some of its series and all else as it is.
std::string CandlesBodyOf(const std::vector<std::pair<std::string, std::string_view>>& fields,
                          const std::vector<size_t>& places) {
  std::string body;
  for (const auto& [key, value] : fields) {
    body += body.empty() ? '{' : ',';
    protocol::AppendString(body, key);
    body += ':';
    if (key == "series") {
      protocol::AppendArrayOf(body, Pick(protocol::SplitArray(value).value(), places));
    } else {
      body += value;
    }
  }
  return body += '}';
}

}  // namespace

bool HttpApi::On(const protocol::PostLatest&, const HttpMessage& message, HttpAnswer& answer,
                 Later later) {
  const auto parsed =
      protocol::ParseLatestBody(message.body, services_.config.limits.json_depth_max);
  if (const auto* problem = std::get_if<Problem>(&parsed)) {
    answer = AnswerOf(*problem);
    return true;
  }
  const auto& symbols = *std::get_if<std::vector<Symbol>>(&parsed);
  Cluster* const cluster = Together(message);
  if (cluster == nullptr) {
    AppendLatestOfMany(services_, symbols, answer.body);
    return true;
  }
  const auto entries =
      protocol::SplitArray(message.body, services_.config.limits.json_depth_max).value();
  const auto body_of = [&entries](const std::vector<size_t>& places) {
    std::string body;
    protocol::AppendArrayOf(body, Pick(entries, places));
    return body;
  };
  const auto own = [&services = std::as_const(services_)](const std::vector<Symbol>& here) {
    HttpAnswer part;
    AppendLatestOfMany(services, here, part.body);
    return part;
  };
  return GatherEach(*cluster, symbols, message, answer, later,
                    {kPriceBytesMax, Join::kHot, body_of, own});
}

bool HttpApi::On(const protocol::PostCandles&, const HttpMessage& message, HttpAnswer& answer,
                 Later later) {
  auto parsed =
      protocol::ParseCandlesBody(message.body, services_.config.engine.candles_per_request_max,
                                 services_.config.limits.json_depth_max);
  if (const auto* problem = std::get_if<Problem>(&parsed)) {
    answer = AnswerOf(*problem);
    return true;
  }
  auto& asked = *std::get_if<protocol::CandlesBody>(&parsed);
  if (auto too_many = CheckCandlesOfMany(asked)) {
    answer = std::move(*too_many);
    return true;
  }
  Cluster* const cluster = Together(message);
  if (cluster == nullptr) {
    return OnReaders(later, answer,
                     [&services = std::as_const(services_), asked = std::move(asked)] {
                       return AnswerCandlesOfMany(services, asked.series, asked.request);
                     });
  }
  const auto fields =
      protocol::SplitObject(message.body, services_.config.limits.json_depth_max).value();
  const auto body_of = [&fields](const std::vector<size_t>& places) {
    return CandlesBodyOf(fields, places);
  };
  const auto own = [&services = std::as_const(services_),
                    request = asked.request](const std::vector<Symbol>& here) {
    return AnswerCandlesOfMany(services, here, request);
  };
  return GatherEach(
      *cluster, asked.series, message, answer, later,
      {kPriceBytesMax + kCandleBytesMax * asked.request.limit, Join::kCold, body_of, own});
}

}  // namespace wick::server
