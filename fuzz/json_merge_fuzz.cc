// Answers of other nodes: whatever text comes for one, it is taken whole or not at all, and what is
// made of it is an answer again, the same one.
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "input.h"
#include "protocol/json_merge.h"
#include "protocol/json_split.h"

namespace {

using namespace wick;

template <typename Merge>
std::string Text(const Merge& merge) {
  std::string text;
  merge.AppendTo(text);
  return text;
}

/// `make()` makes an empty merge. `repeats`: an answer that comes twice counts once.
template <typename Make>
void Check(std::string_view first, std::string_view second, bool repeats, const Make& make) {
  auto merge = make();
  const std::string nothing = Text(merge);
  const bool taken = merge.Add(first);
  const std::string text = Text(merge);
  WICK_ASSERT(taken || text == nothing);

  auto again = make();
  WICK_ASSERT(again.Add(text));
  WICK_ASSERT(Text(again) == text);

  if (repeats && taken) {
    WICK_ASSERT(merge.Add(first));
    WICK_ASSERT(Text(merge) == text);
  }
  const bool second_taken = merge.Add(second);
  WICK_ASSERT(second_taken || Text(merge) == text);
  WICK_ASSERT(make().Add(Text(merge)));
}

void CheckParts(std::string_view text) {
  if (const auto elements = protocol::SplitArray(text)) {
    std::string array;
    protocol::AppendArrayOf(array, *elements);
    WICK_ASSERT(protocol::SplitArray(array) == elements);
  }
  if (const auto fields = protocol::SplitObject(text)) {
    for (const auto& [name, value] : *fields) {
      WICK_ASSERT(value.data() >= text.data() &&
                  value.data() + value.size() <= text.data() + text.size());
      WICK_ASSERT(protocol::FindField(text, name).has_value());
    }
  }
}

}  // namespace

/// Two answers with a NUL between them.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  const std::string_view input = fuzz::View(data, bytes);
  const size_t end = input.find('\0');
  const std::string_view first = input.substr(0, end);
  const std::string_view second =
      end == std::string_view::npos ? std::string_view() : input.substr(end + 1);

  CheckParts(first);
  for (const bool pairs : {false, true}) {
    Check(first, second, pairs, [pairs] { return protocol::ExchangesMerge(pairs); });
  }
  Check(first, second, false, [] { return protocol::BasesMerge({{"BTC", "USD", "kraken"}}); });
  Check(first, second, true, [] { return protocol::PriceEventsMerge(); });
  Check(first, second, true, [] { return protocol::ReferencesMerge(); });
  return 0;
}
