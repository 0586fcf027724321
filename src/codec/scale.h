// Float64 columns as integers, bit for bit: decimals scaled by a power of ten, or else the float's
// own bits.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace wick::codec {

/// Maps the float64 of one column to integers and back. An exponent up to kExponentMax: the value
/// times 10^exponent, a whole number. kRawBits: the bits of the float64, whose order is that of
/// positive values, so that near values have near integers in either form.
class Scale {
 public:
  static constexpr uint8_t kExponentMax =
      22;  // the greatest power of ten that a float64 holds exactly
  static constexpr uint8_t kRawBits = 255;

  /// The smallest exponent that holds every value; kRawBits if none does.
  static Scale Fit(std::span<const double> values) {
    uint8_t exponent = 0;
    size_t raised_at = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      while (!Scale(exponent).Holds(values[i])) {
        if (++exponent > kExponentMax) return Scale(kRawBits);
        raised_at = i;
      }
    }
    // A greater exponent may have pushed an earlier value out of the range of whole numbers.
    for (double value : values.first(raised_at)) {
      if (!Scale(exponent).Holds(value)) return Scale(kRawBits);
    }
    return Scale(exponent);
  }

  static constexpr bool IsExponent(uint8_t exponent) {
    return exponent <= kExponentMax || exponent == kRawBits;
  }

  explicit Scale(uint8_t exponent) : exponent_(exponent) {}
  uint8_t exponent() const { return exponent_; }

  uint64_t ToInteger(double value) const {
    if (exponent_ == kRawBits) return std::bit_cast<uint64_t>(value);
    return static_cast<uint64_t>(static_cast<int64_t>(std::nearbyint(value * kPowers[exponent_])));
  }

  double ToDouble(uint64_t integer) const {
    if (exponent_ == kRawBits) return std::bit_cast<double>(integer);
    // One correctly rounded division of two exact numbers: the float64 nearest to the decimal.
    return static_cast<double>(static_cast<int64_t>(integer)) / kPowers[exponent_];
  }

 private:
  static constexpr double kWholeMax = 9'007'199'254'740'992;  // 2^53
  static constexpr std::array<double, kExponentMax + 1> kPowers = {
      1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

  bool Holds(double value) const {
    if (!(std::abs(value * kPowers[exponent_]) <= kWholeMax)) return false;
    return std::bit_cast<uint64_t>(ToDouble(ToInteger(value))) == std::bit_cast<uint64_t>(value);
  }

  uint8_t exponent_;
};

}  // namespace wick::codec
