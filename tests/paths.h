// Where the tests find what they test. In one object, so that all others are the same in every
// checkout and a compiler cache serves them.
#pragma once

namespace wick::test {

extern const char* const kSourceDirectory;  // of the checkout
extern const char* const kWickBinary;       // the built `wick`

}  // namespace wick::test
