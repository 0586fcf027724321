#include "cold/bit_pack.h"

#include <random>
#include <vector>

#include "catch.h"

namespace wick::cold {
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

TEST_CASE("values of every width and blocks of every size survive packing", "[cold][pack]") {
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

TEST_CASE("values of mixed widths survive packing", "[cold][pack]") {
  std::mt19937_64 random(2);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<uint64_t> values(1 + random() % kPackedBlockValues);
    for (uint64_t& value : values) value = random() >> (random() % 64);
    CAPTURE(round);
    REQUIRE(RoundTrip(values) == values);
  }
}

TEST_CASE("one outlier does not widen its block", "[cold][pack]") {
  std::vector<uint64_t> values(64, 3);
  values[17] = UINT64_MAX;
  size_t bytes = 0;
  REQUIRE(RoundTrip(values, &bytes) == values);
  // Width, number of patches, 64 values of 2 bits, position, 62 bits in 9 bytes.
  REQUIRE(bytes == 1 + 1 + 16 + 1 + 9);
}

TEST_CASE("a block of zeros is one byte", "[cold][pack]") {
  size_t bytes = 0;
  RoundTrip(std::vector<uint64_t>(64, 0), &bytes);
  REQUIRE(bytes == 1);
}

TEST_CASE("a block that ends early, has an impossible width or a patch outside is refused",
          "[cold][pack]") {
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
}  // namespace wick::cold
