// The real binary: as a server with a data directory, and as a command.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "catch.h"
#include "paths.h"
#include "sanitized.h"
#include "wick/client.h"

namespace wick::test {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "wick-it-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Starts `wick args...` with its output in files; `environment`: further "NAME=value".
inline pid_t Spawn(const std::vector<std::string>& args, const std::string& out,
                   const std::string& err, const std::vector<std::string>& environment = {}) {
  const pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid > 0) return pid;
  const auto redirect = [](const char* path, int flags, int to) {
    const int from = open(path, flags, 0600);
    if (from < 0 || dup2(from, to) < 0) _exit(126);
  };
  redirect("/dev/null", O_RDONLY, STDIN_FILENO);
  redirect(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
  redirect(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
  for (const std::string& variable : environment) putenv(const_cast<char*>(variable.c_str()));
  std::vector<char*> argv;
  argv.push_back(const_cast<char*>(kWickBinary));
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  execv(kWickBinary, argv.data());
  _exit(127);
}

struct CommandResult {
  int exit_code = -1;
  std::string out;
  std::string err;
};

inline CommandResult RunWick(const std::vector<std::string>& args) {
  const TemporaryDirectory directory;
  const pid_t pid = Spawn(args, directory / "out", directory / "err");
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  CommandResult result{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                       ReadFile(directory / "out"), ReadFile(directory / "err")};
  INFO(result.err);
  CHECK_FALSE(HasReport(result.err));
  return result;
}

/// A server process on a data directory; killed at the end if it still runs.
class WickServer {
 public:
  /// `until`: the word of the log that is waited for; "recovering" comes before "listening". Free
  /// ports, unless `more` names them with --http and --binary.
  explicit WickServer(const std::string& data, std::vector<std::string> more = {},
                      const std::string& until = "listening") {
    std::vector<std::string> args = {"serve", "--data", data};
    if (std::count(more.begin(), more.end(), "--http") == 0) {
      args.insert(args.end(), {"--http", "127.0.0.1:0", "--binary", "127.0.0.1:0"});
    }
    args.insert(args.end(), more.begin(), more.end());
    log_ = data + ".log";
    std::filesystem::remove(log_);  // of a server before: it says where that one listened
    pid_ = Spawn(args, "/dev/null", log_);
    Await(until);
  }
  ~WickServer() {
    if (pid_ > 0) Kill();
  }
  WickServer(const WickServer&) = delete;
  WickServer& operator=(const WickServer&) = delete;

  pid_t pid() const { return pid_; }
  uint16_t http_port() const { return http_port_; }
  uint16_t binary_port() const { return binary_port_; }
  std::string binary_address() const { return "127.0.0.1:" + std::to_string(binary_port_); }
  std::string log() const { return ReadFile(log_); }

  Client Connect() const {
    ClientOptions options;
    options.port = binary_port_;
    auto client = Client::Connect(options);
    REQUIRE(client.ok());
    return std::move(*client);
  }

  void Signal(int signal) { ::kill(pid_, signal); }
  /// kill -9.
  void Kill() {
    ::kill(pid_, SIGKILL);
    Wait();
  }
  /// SIGTERM; the exit code.
  int Terminate() {
    ::kill(pid_, SIGTERM);
    return Wait();
  }

 private:
  int Wait() {
    int status = 0;
    REQUIRE(waitpid(pid_, &status, 0) == pid_);
    pid_ = -1;
    INFO(log());
    CHECK_FALSE(HasReport(log()));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  /// The server says where it listens; if it ends before, the test has failed.
  void Await(const std::string& word) {
    for (;;) {
      const std::string text = log();
      const size_t at = text.find(word + " http=127.0.0.1:");
      if (at != std::string::npos && text.find('\n', at) != std::string::npos) {
        unsigned http = 0, binary = 0;
        REQUIRE(sscanf(text.c_str() + at + word.size(), " http=127.0.0.1:%u binary=127.0.0.1:%u",
                       &http, &binary) == 2);
        http_port_ = static_cast<uint16_t>(http);
        binary_port_ = static_cast<uint16_t>(binary);
        return;
      }
      int status = 0;
      INFO("the server's log: " << text);
      REQUIRE(waitpid(pid_, &status, WNOHANG) == 0);
      usleep(2'000);
    }
  }

  pid_t pid_ = -1;
  std::string log_;
  uint16_t http_port_ = 0;
  uint16_t binary_port_ = 0;
};

}  // namespace wick::test
