#include "protocol/scope.h"

namespace wick::protocol {

Scope ScopeOfBinary(uint16_t type) {
  switch (static_cast<wire::Type>(type)) {  // no default: a new type does not compile without one
    case wire::Type::kHello:
      return Scope::kNone;  // it brings the token
    case wire::Type::kPing:
    case wire::Type::kCluster:  // readers and feeders need the map alike
      return Scope::kToken;
    case wire::Type::kRegister:
    case wire::Type::kIngest:
      return Scope::kIngest;
    case wire::Type::kLatestByIds:
    case wire::Type::kLatestBySymbols:
    case wire::Type::kCandles:
    case wire::Type::kExchanges:
    case wire::Type::kBases:
    case wire::Type::kPricesOfBase:
    case wire::Type::kReferences:
    case wire::Type::kStatus:
    case wire::Type::kHistory:
      return Scope::kRead;
    case wire::Type::kSetReference:
    case wire::Type::kRemoveReference:
    case wire::Type::kReplaceReferences:
    case wire::Type::kCheckpoint:
    case wire::Type::kBackup:
    case wire::Type::kDeadLetters:
      return Scope::kAdmin;
  }
  return Scope::kToken;
}

}  // namespace wick::protocol
