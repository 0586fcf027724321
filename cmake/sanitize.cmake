# Builds that watch themselves: sanitizers of the whole build, libFuzzer's coverage, and how their tests run.
set(WICK_SANITIZE "" CACHE STRING "Sanitizers of the whole build: address (with undefined) or thread")
option(WICK_BUILD_FUZZERS "Instrument the whole build for libFuzzer (clang only)" OFF)

if(WICK_SANITIZE STREQUAL "address")
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all)
elseif(WICK_SANITIZE STREQUAL "thread")
  set(sanitizers -fsanitize=thread)
elseif(NOT WICK_SANITIZE STREQUAL "")
  message(FATAL_ERROR "WICK_SANITIZE is \"${WICK_SANITIZE}\"; it may be address, thread or empty")
endif()
if(WICK_BUILD_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "libFuzzer comes with clang: configure with the preset fuzz")
  endif()
  list(APPEND sanitizers -fsanitize=fuzzer-no-link)
endif()
if(sanitizers)
  add_compile_options(${sanitizers})
  add_link_options(${sanitizers})
endif()
if(WICK_SANITIZE AND NOT WICK_BUILD_FUZZERS)
  # Built in a fifth of the time that gcc takes at -O1 (its undefined-behaviour checks are the most
  # of it); the tests do not run so much longer.
  add_compile_options(-O0)
endif()

# The first report ends the process, of a test or of a server that a test started, with an exit code no test expects.
function(wick_watch_tests)
  get_property(tests DIRECTORY PROPERTY TESTS)
  set_tests_properties(${tests} PROPERTIES ENVIRONMENT
    "ASAN_OPTIONS=detect_stack_use_after_return=1:check_initialization_order=1;UBSAN_OPTIONS=print_stacktrace=1;\
LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/lsan.supp:print_suppressions=0;\
TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp")
endfunction()
