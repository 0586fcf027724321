#include "paths.h"

namespace wick::test {

const char* const kSourceDirectory = WICK_SOURCE_DIR;
const char* const kWickBinary = WICK_BINARY;

}  // namespace wick::test
