#include "cli/bench/picker.h"

#include <cmath>

namespace wick::cli::bench {

Picker::Picker(uint32_t ranks, double exponent) : ranks_(ranks) {
  if (exponent == 0) return;
  entries_.resize(ranks);
  std::vector<double> weights(ranks);
  double sum = 0;
  for (uint32_t rank = 0; rank < ranks; ++rank) {
    weights[rank] = std::pow(rank + 1.0, -exponent);
    sum += weights[rank];
  }
  std::vector<uint32_t> small;
  std::vector<uint32_t> large;
  for (uint32_t rank = 0; rank < ranks; ++rank) {
    weights[rank] *= ranks / sum;  // mean 1
    (weights[rank] < 1 ? small : large).push_back(rank);
  }
  while (!small.empty() && !large.empty()) {
    const uint32_t poor = small.back();
    const uint32_t rich = large.back();
    small.pop_back();
    entries_[poor] = {static_cast<uint32_t>(weights[poor] * UINT32_MAX), rich};
    weights[rich] -= 1 - weights[poor];
    if (weights[rich] >= 1) continue;
    large.pop_back();
    small.push_back(rich);
  }
}

}  // namespace wick::cli::bench
