#include "torture/server.h"

#include <signal.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <thread>

#include "integration/http_connection.h"
#include "integration/wick_process.h"

namespace wick::torture {
namespace {

constexpr std::chrono::milliseconds kLookAgain{2};

std::vector<std::string> ArgumentsOf(const Server::Options& options) {
  std::vector<std::string> arguments = {"serve",       "--data",   options.data, "--http",
                                        "127.0.0.1:0", "--binary", "127.0.0.1:0"};
  for (const std::string& setting : options.settings) {
    arguments.emplace_back("--set");
    arguments.push_back(setting);
  }
  return arguments;
}

}  // namespace

Server::Server(const Options& options)
    : log_(options.data + ".log"),
      started_(std::chrono::steady_clock::now()),
      pid_((std::filesystem::remove(log_),  // of a server before: it says where that one listened
            test::Spawn(ArgumentsOf(options), "/dev/null", log_, options.environment))) {}

Server::~Server() {
  if (Running()) Kill();
}

std::string Server::log() const { return test::ReadFile(log_); }

bool Server::FindPorts() {
  const std::string text = log();
  const size_t at = text.find("listening http=127.0.0.1:");
  if (at == std::string::npos || text.find('\n', at) == std::string::npos) return false;
  unsigned http = 0, binary = 0;
  if (std::sscanf(text.c_str() + at, "listening http=127.0.0.1:%u binary=127.0.0.1:%u", &http,
                  &binary) != 2) {
    return false;
  }
  http_port_ = static_cast<uint16_t>(http);
  binary_port_ = static_cast<uint16_t>(binary);
  return true;
}

bool Server::Await(const std::function<bool()>& give_up, const std::string& path) {
  for (;;) {
    if (http_port_ != 0 || FindPorts()) {
      if (auto connection = test::HttpConnection::Open(http_port_)) {
        const auto answer = connection->Request("GET", path);
        if (answer && answer->status == 200) break;
      }
    }
    if (!Running() || give_up()) return false;
    std::this_thread::sleep_for(kLookAgain);
  }
  start_duration_ = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - started_);
  return true;
}

std::optional<Client> Server::Connect() const {
  ClientOptions options;
  options.port = binary_port_;
  auto client = Client::Connect(options);
  if (!client) return std::nullopt;
  return std::move(*client);
}

bool Server::Running() {
  if (pid_ < 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == 0) return true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  pid_ = -1;
  return false;
}

void Server::Signal(int signal) const {
  if (pid_ > 0) ::kill(pid_, signal);
}

int Server::Wait() {
  if (pid_ < 0) return exit_code_;
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Server::Kill() {
  Signal(SIGKILL);
  Wait();
}

int Server::Terminate() {
  Signal(SIGTERM);
  return Wait();
}

uint64_t Server::ResidentBytes() const {
  std::ifstream in("/proc/" + std::to_string(pid_) + "/statm");
  uint64_t size = 0, resident = 0;
  in >> size >> resident;
  return resident * 4'096;
}

uint64_t Server::Descriptors() const {
  uint64_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/fd")) {
    (void)entry;
    ++count;
  }
  return count;
}

}  // namespace wick::torture
