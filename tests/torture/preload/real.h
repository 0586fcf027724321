// The functions behind those that the library stands in for.
#pragma once

#include <dlfcn.h>

namespace wick::torture {

/// The next definition of `name` after this library's.
template <typename Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace wick::torture
