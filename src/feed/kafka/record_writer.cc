#include "feed/kafka/record_writer.h"

#include <algorithm>
#include <span>
#include <utility>

#include "protocol/json_replies.h"
#include "wick/wire.h"

namespace wick::feed {

void RecordWriter::Add(const SymbolView& symbol, const Price& price) {
  ++events_;
  if (format_ == RecordFormat::kJson) {
    if (!json_.empty()) json_ += ',';
    protocol::AppendPriceEvent(json_, symbol, price);
    return;
  }
  auto at = std::ranges::find_if(symbols_,
                                 [&](const Symbol& known) { return SymbolView(known) == symbol; });
  if (at == symbols_.end()) at = symbols_.insert(at, Symbol(symbol));
  ticks_.push_back(TickOf(SeriesId{static_cast<uint32_t>(at - symbols_.begin())}, price));
}

std::string RecordWriter::Take() {
  const size_t events = std::exchange(events_, 0);
  if (format_ == RecordFormat::kJson) {
    std::string json = std::exchange(json_, {});
    return events == 1 ? json : '[' + json + ']';
  }
  std::string value;
  wire::Writer writer(value);
  const size_t names = wire::BeginFrame(wire::RequestType(wire::Type::kRegister), 0, value);
  writer.U32(static_cast<uint32_t>(symbols_.size()));
  for (const Symbol& symbol : symbols_) writer.Names(symbol);
  wire::EndFrame(names, value);
  for (std::span<const Tick> left = ticks_; !left.empty();) {
    const auto part = left.first(std::min<size_t>(left.size(), wire::kEventsPerIngestMax));
    left = left.subspan(part.size());
    const size_t ingest = wire::BeginFrame(wire::RequestType(wire::Type::kIngest), 0, value);
    writer.U8(static_cast<uint8_t>(wire::Ack::kDurable));
    writer.U8(0);
    writer.U16(0);
    writer.U32(static_cast<uint32_t>(part.size()));
    writer.Records(part);
    wire::EndFrame(ingest, value);
  }
  symbols_.clear();
  ticks_.clear();
  return value;
}

}  // namespace wick::feed
