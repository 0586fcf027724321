// Assertions stay on: the binary that is shipped is the binary that was tested.
#include "base/assert.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "catch.h"

TEST_CASE("an assertion that fails stops the process in every build, and says where", "[assert]") {
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    signal(SIGABRT, SIG_DFL);  // not the test framework's
    dup2(pipe_ends[1], STDERR_FILENO);
    const int one = 1;
    WICK_ASSERT(one > 2);
    _exit(0);
  }
  close(pipe_ends[1]);
  std::string said;
  char buffer[256];
  for (ssize_t n = 0; (n = read(pipe_ends[0], buffer, sizeof(buffer))) > 0;) {
    said.append(buffer, static_cast<size_t>(n));
  }
  close(pipe_ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
  CHECK(said.find("assert_test.cc:") != std::string::npos);
  CHECK(said.find("assertion failed: one > 2") != std::string::npos);
}

TEST_CASE("no build defines NDEBUG, which would turn the libraries' assertions off", "[assert]") {
#ifdef NDEBUG
  constexpr bool kOn = false;
#else
  constexpr bool kOn = true;
#endif
  CHECK(kOn);
}
