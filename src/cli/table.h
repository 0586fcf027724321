// Aligned columns for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wick::cli {

/// Rows of cells under a head; each column as wide as its widest cell. Wide characters (Chinese,
/// Japanese, Korean) count as two.
class Table {
 public:
  /// A head that begins with '>' is without it and its column is aligned to the right: numbers.
  explicit Table(std::vector<std::string> heads);

  /// As many cells as there are heads.
  void Add(std::vector<std::string> cells);

  /// Lines with '\n', without spaces at their ends.
  std::string Text() const;

 private:
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;  // the heads first
};

/// Columns of a terminal that valid UTF-8 takes.
size_t DisplayWidth(std::string_view text);

/// "1,234,567".
std::string Grouped(uint64_t number);

/// The shortest decimal that reads back to the same float64, without exponent.
std::string NumberText(double number);

}  // namespace wick::cli
