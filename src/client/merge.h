// The listings of several nodes as one, in the order a single node gives.
#pragma once

#include <span>
#include <vector>

#include "wick/query.h"

namespace wick::client {

// Each takes one listing of every node. No series is on two nodes.

std::vector<ExchangeListing> Merge(std::vector<std::vector<ExchangeListing>> of_nodes);
std::vector<PriceEvent> Merge(std::vector<std::vector<PriceEvent>> of_nodes);
/// Nodes hold the same references; where they do not, that of the first one counts.
std::vector<Reference> Merge(std::vector<std::vector<Reference>> of_nodes);
/// A base that is on several nodes has the price of its reference, else the newest. `references`:
/// sorted by base currency.
std::vector<BaseListing> Merge(std::vector<std::vector<BaseListing>> of_nodes,
                               std::span<const Reference> references);

}  // namespace wick::client
