// Reads everything a server holds and compares it with the ledgers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "torture/ledger.h"
#include "wick/client.h"

namespace wick::torture {

struct CheckResult {
  std::vector<std::string> problems;  // empty: all is as it must be
  uint64_t lost = 0;                  // acknowledged events
  uint64_t surplus = 0;               // events counted twice or invented
  uint64_t candles = 0;               // compared
  uint64_t digest = 0;                // of all candles, latest prices and exchanges

  std::string Text() const;
};

/// Settles the ledgers: what was in flight and is not there counts as never sent from here on.
CheckResult Check(Client& client, std::vector<ConnectionLedger>& ledgers);

/// Events of the series that the server shows; 0 if it knows nothing of it. kConnectionLost and the
/// like pass on.
Result<uint64_t> CountEvents(Client& client, const Symbol& symbol);

}  // namespace wick::torture
