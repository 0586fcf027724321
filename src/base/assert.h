// Assertions that stay on in every build: an impossible state stops the process before it spreads.
#pragma once

#include <cstdio>
#include <cstdlib>

#define WICK_ASSERT(condition)                                                               \
  do {                                                                                       \
    if (!(condition)) [[unlikely]] {                                                         \
      std::fprintf(stderr, "%s:%d: assertion failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)
