// Where the tokens of a JSON text are: simdjson's first, vectorised stage without its second.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace wick::protocol {

/// Finds the tokens of a text and checks what can only be seen over the whole of it: it is UTF-8,
/// no string is left open, no string holds a control character. Everything else of the grammar is
/// JsonReader's. Threads: one at a time; reuse it, it keeps its buffer up to a bound.
class JsonIndex {
 public:
  JsonIndex();
  ~JsonIndex();
  JsonIndex(JsonIndex&&) noexcept;
  JsonIndex& operator=(JsonIndex&&) noexcept;

  /// nullptr, or what is wrong with the text. No padding is needed.
  const char* Build(std::string_view text);

  /// Ascending offsets of the first byte of each token: {}[]:, and every string, number or word.
  /// The number of bytes of the text stands behind the last. Valid until the next Build().
  const uint32_t* tokens() const;

  /// False: no string of the text holds an escape.
  bool has_backslash() const { return has_backslash_; }

  /// Gives back the buffer if a large text made it large.
  void Shrink();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  bool has_backslash_ = false;
};

}  // namespace wick::protocol
