#include "codec/bit_pack.h"

#include <algorithm>
#include <bit>
#include <random>
#include <vector>

#include "catch.h"

namespace wick::codec {
namespace {

std::vector<uint64_t> RoundTrip(const std::vector<uint64_t>& values, size_t* bytes = nullptr) {
  std::string packed;
  PackBlock(values, packed);
  if (bytes != nullptr) *bytes = packed.size();
  const std::string alone = packed;
  packed += "tail";  // both ways to read the last values: with room behind them, and without
  std::vector<uint64_t> read(values.size(), 42);
  std::string_view rest = packed;
  REQUIRE(UnpackBlock(rest, read));
  REQUIRE(rest == "tail");
  std::vector<uint64_t> read_alone(values.size(), 42);
  rest = alone;
  REQUIRE(UnpackBlock(rest, read_alone));
  REQUIRE(rest.empty());
  REQUIRE(read_alone == read);
  return read;
}

TEST_CASE("values of every width and blocks of every size survive packing", "[codec][pack]") {
  std::mt19937_64 random(1);
  for (size_t size = 1; size <= kPackedBlockValues; ++size) {
    for (int width = 0; width <= 64; ++width) {
      std::vector<uint64_t> values(size);
      for (uint64_t& value : values) value = width == 0 ? 0 : random() >> (64 - width);
      CAPTURE(size, width);
      REQUIRE(RoundTrip(values) == values);
    }
  }
}

TEST_CASE("values of mixed widths survive packing", "[codec][pack]") {
  std::mt19937_64 random(2);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<uint64_t> values(1 + random() % kPackedBlockValues);
    for (uint64_t& value : values) value = random() >> (random() % 64);
    CAPTURE(round);
    REQUIRE(RoundTrip(values) == values);
  }
}

/// Bytes of a block in a width, as docs/disk-format.md lays it out; 64: whole words.
size_t BytesIn(const std::vector<uint64_t>& values, int width) {
  size_t patches = 0, bytes = 1 + (values.size() * width + 7) / 8;
  for (const uint64_t value : values) {
    const int bits = std::bit_width(value);
    if (bits <= width) continue;
    ++patches;
    bytes += 1 + (bits - width + 6) / 7;
  }
  return bytes + (patches > 0);
}

// Of equal ones that without patches, else the smallest.
TEST_CASE("a block has the width with the fewest bytes of those of its values", "[codec][pack]") {
  std::mt19937_64 random(3);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<uint64_t> values(1 + random() % kPackedBlockValues);
    const auto usual = static_cast<int>(random() % 65);
    const uint64_t every = 1 + random() % 16;
    for (uint64_t& value : values) {
      const int bits = random() % every == 0 ? static_cast<int>(random() % 65) : usual;
      value = bits == 0 ? 0 : random() >> (64 - bits);
    }
    int widest = 0;
    for (const uint64_t value : values) widest = std::max<int>(widest, std::bit_width(value));
    const int whole = widest > 56 ? 64 : widest;
    int best = whole;
    for (int width = std::min(widest, 57) - 1; width >= 0; --width) {
      const bool of_a_value = std::ranges::any_of(
          values, [&](uint64_t value) { return static_cast<int>(std::bit_width(value)) == width; });
      if (width > 0 && !of_a_value) continue;
      const size_t bytes = BytesIn(values, width);
      if (bytes < BytesIn(values, best) || (bytes == BytesIn(values, best) && best != whole)) {
        best = width;
      }
    }
    std::string packed;
    PackBlock(values, packed);
    CAPTURE(round, values.size());
    REQUIRE(packed.size() == BytesIn(values, best));
    REQUIRE((packed[0] & 0x7f) == best);
  }
}

TEST_CASE("one outlier does not widen its block", "[codec][pack]") {
  std::vector<uint64_t> values(64, 3);
  values[17] = UINT64_MAX;
  size_t bytes = 0;
  REQUIRE(RoundTrip(values, &bytes) == values);
  // Width, number of patches, 64 values of 2 bits, position, 62 bits in 9 bytes.
  REQUIRE(bytes == 1 + 1 + 16 + 1 + 9);
}

TEST_CASE("a block of zeros is one byte", "[codec][pack]") {
  size_t bytes = 0;
  RoundTrip(std::vector<uint64_t>(64, 0), &bytes);
  REQUIRE(bytes == 1);
}

TEST_CASE("a block that ends early, has an impossible width or a patch outside is refused",
          "[codec][pack]") {
  std::vector<uint64_t> values(64, 3);
  values[17] = UINT64_MAX;
  std::string packed;
  PackBlock(values, packed);
  std::vector<uint64_t> read(64);
  for (size_t size = 0; size < packed.size(); ++size) {
    std::string_view rest(packed.data(), size);
    CAPTURE(size);
    REQUIRE_FALSE(UnpackBlock(rest, read));
  }
  for (int width = 57; width < 64; ++width) {
    std::string wide(600, '\0');
    wide[0] = static_cast<char>(width);
    std::string_view rest = wide;
    CAPTURE(width);
    REQUIRE_FALSE(UnpackBlock(rest, read));
  }
  packed[1 + 1 + 16] = 64;
  std::string_view rest = packed;
  REQUIRE_FALSE(UnpackBlock(rest, read));
}

}  // namespace
}  // namespace wick::codec
