#include "protocol/json_index.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "base/assert.h"
#include "base/units.h"

namespace wick::protocol {
namespace {

constexpr size_t kTextBytesMin = 4_KiB;   // smallest text to make a buffer for, four bytes a byte
constexpr size_t kTextBytesKept = 4_MiB;  // largest text whose buffer Shrink() keeps
constexpr size_t kDepthUnused = 1;        // of the second stage, which is never run

const char* Describe(simdjson::error_code error) {
  switch (error) {
    case simdjson::EMPTY:
      return "there is nothing in it";
    case simdjson::UTF8_ERROR:
      return "it is not UTF-8";
    case simdjson::UNCLOSED_STRING:
      return "a string is not closed";
    case simdjson::UNESCAPED_CHARS:
      return "a string holds a control character that is not escaped";
    default:
      return simdjson::error_message(error);
  }
}

}  // namespace

struct JsonIndex::Impl {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stages;
};

JsonIndex::JsonIndex() : impl_(std::make_unique<Impl>()) {}
JsonIndex::~JsonIndex() = default;
JsonIndex::JsonIndex(JsonIndex&&) noexcept = default;
JsonIndex& JsonIndex::operator=(JsonIndex&&) noexcept = default;

const char* JsonIndex::Build(std::string_view text) {
  if (text.empty()) return Describe(simdjson::EMPTY);
  if (text.size() > std::numeric_limits<uint32_t>::max() / 2) return "it is larger than 2 GiB";
  auto& stages = impl_->stages;
  if (stages == nullptr || stages->capacity() < text.size()) {
    const simdjson::implementation* kernel = simdjson::get_active_implementation();
    const auto error = kernel->create_dom_parser_implementation(
        std::max(kTextBytesMin, std::bit_ceil(text.size())), kDepthUnused, stages);
    if (error != simdjson::SUCCESS) return Describe(error);
  }
  has_backslash_ = text.find('\\') != std::string_view::npos;
  const auto error = stages->stage1(reinterpret_cast<const uint8_t*>(text.data()), text.size(),
                                    simdjson::stage1_mode::regular);
  if (error != simdjson::SUCCESS) return Describe(error);
  WICK_ASSERT(stages->structural_indexes[stages->n_structural_indexes] == text.size());
  return nullptr;
}

const uint32_t* JsonIndex::tokens() const { return impl_->stages->structural_indexes.get(); }

void JsonIndex::Shrink() {
  if (impl_->stages != nullptr && impl_->stages->capacity() > kTextBytesKept) impl_->stages.reset();
}

}  // namespace wick::protocol
