// A wick server as a process that may be killed, stopped, misled or refuse to start.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "wick/client.h"

namespace wick::torture {

class Server {
 public:
  struct Options {
    std::string data;
    std::vector<std::string> settings;     // "section.name=value"
    std::vector<std::string> environment;  // "NAME=value"
  };

  /// Starts it. The log is `data`.log and begins anew.
  explicit Server(const Options& options);
  /// Killed if it still runs.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Waits until /readyz (or `path`) says 200. False: the server ended before, or `give_up` said
  /// so.
  bool Await(
      const std::function<bool()>& give_up = [] { return false; },
      const std::string& path = "/readyz");
  /// Time from the start to the end of Await().
  std::chrono::milliseconds start_duration() const { return start_duration_; }

  uint16_t http_port() const { return http_port_; }
  uint16_t binary_port() const { return binary_port_; }
  std::string log() const;
  std::optional<Client> Connect() const;

  bool Running();
  void Signal(int signal) const;
  void Kill();      // kill -9, and waits
  int Terminate();  // SIGTERM, and waits; see exit_code()
  /// 128 + signal if a signal ended it; -1 while it runs.
  int exit_code() const { return exit_code_; }

  uint64_t ResidentBytes() const;
  uint64_t Descriptors() const;

 private:
  int Wait();
  bool FindPorts();

  const std::string log_;
  const std::chrono::steady_clock::time_point started_;
  std::chrono::milliseconds start_duration_{0};
  pid_t pid_;
  int exit_code_ = -1;
  uint16_t http_port_ = 0;
  uint16_t binary_port_ = 0;
};

}  // namespace wick::torture
