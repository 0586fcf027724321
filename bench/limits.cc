// What the machine allows any server: build/wick_limits [DIRECTORY]
//
// Prints, of each step that a request or a commit cannot do without, the median and the 99th
// percentile of some thousand tries, as `name<TAB>unit<TAB>median<TAB>p99` lines. DIRECTORY (the
// working directory) is where the file for fdatasync is made and removed again.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void Die(const char* call) {
  std::fprintf(stderr, "wick_limits: %s: %s\n", call, std::strerror(errno));
  std::exit(1);
}
template <typename T>
T Checked(T result, const char* call) {
  if (result < 0) Die(call);
  return result;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return fd_; }

 private:
  int fd_;
};

double Seconds(Clock::time_point since) {
  return std::chrono::duration<double>(Clock::now() - since).count();
}

/// Prints what `tries` calls of `step` took, `each` operations a call, in units of 1 /
/// `per_second`.
void Print(const char* name, const char* unit, double per_second, int tries, int each,
           const std::function<void()>& step) {
  std::vector<double> took;
  for (int i = 0; i < tries / 10; ++i) step();
  for (int i = 0; i < tries; ++i) {
    const auto began = Clock::now();
    step();
    took.push_back(Seconds(began) * per_second / each);
  }
  std::sort(took.begin(), took.end());
  fmt::print("{}\t{}\t{:.3g}\t{:.3g}\n", name, unit, took[took.size() / 2],
             took[took.size() * 99 / 100]);
}

// --- waking a thread, and a round trip over the loopback

/// Runs `echo` until it returns false on a thread of its own, and `measure` beside it.
void Beside(const std::function<bool()>& echo, const std::function<void()>& measure) {
  std::jthread other([&] {
    while (echo()) {
    }
  });
  measure();
}

void WakeUps() {
  const Descriptor there(Checked(eventfd(0, 0), "eventfd")),
      back(Checked(eventfd(0, 0), "eventfd"));
  bool last = false;
  const auto wait = [](int fd) {
    uint64_t count = 0;
    Checked(read(fd, &count, sizeof(count)), "read");
  };
  const auto wake = [](int fd) {
    const uint64_t one = 1;
    Checked(write(fd, &one, sizeof(one)), "write");
  };
  Beside(
      [&] {
        wait(there);
        if (last) return false;
        wake(back);
        return true;
      },
      [&] {
        Print("to wake a sleeping thread", "us", 1e6 / 2, 20'000, 1, [&] {
          wake(there);
          wait(back);
        });
        last = true;
        wake(there);
      });
}

struct Connection {
  Descriptor client, server;
};

std::unique_ptr<Connection> Connect() {
  const Descriptor listener(Checked(socket(AF_INET, SOCK_STREAM, 0), "socket"));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  Checked(bind(listener, any, bytes), "bind");
  Checked(listen(listener, 1), "listen");
  Checked(getsockname(listener, any, &bytes), "getsockname");
  const int client = Checked(socket(AF_INET, SOCK_STREAM, 0), "socket");
  Checked(connect(client, any, bytes), "connect");
  const int server = Checked(accept(listener, nullptr, nullptr), "accept");
  for (const int fd : {client, server}) {
    const int on = 1;
    Checked(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "setsockopt");
  }
  return std::unique_ptr<Connection>(new Connection{Descriptor(client), Descriptor(server)});
}

void Loopback() {
  const auto connection = Connect();
  char there[64] = {}, back[64] = {};
  Print("to send 64 bytes and receive them, nobody sleeps", "us", 1e6, 20'000, 1, [&] {
    Checked(send(connection->client, there, sizeof(there), 0), "send");
    Checked(recv(connection->server, back, sizeof(back), MSG_WAITALL), "recv");
  });
  Beside(
      [&] {
        char bytes[64];
        const ssize_t got =
            Checked(recv(connection->server, bytes, sizeof(bytes), MSG_WAITALL), "recv");
        return got > 0 && send(connection->server, bytes, sizeof(bytes), 0) > 0;
      },
      [&] {
        Print("a round trip of 64 bytes between two threads", "us", 1e6, 20'000, 1, [&] {
          Checked(send(connection->client, there, sizeof(there), 0), "send");
          Checked(recv(connection->client, back, sizeof(back), MSG_WAITALL), "recv");
        });
        shutdown(connection->client, SHUT_WR);
      });
}

// --- the disk

void Syncs(const std::string& directory) {
  const std::string path = directory + "/wick_limits.tmp";
  const Descriptor file(Checked(open(path.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600), "open"));
  unlink(path.c_str());
  for (const size_t bytes : {size_t{4'096}, size_t{1} << 20}) {
    const std::string block(bytes, 'w');
    const std::string name = fmt::format("fdatasync behind {} KiB more of a file", bytes / 1'024);
    Print(name.c_str(), "us", 1e6, bytes > 4'096 ? 100 : 1'000, 1, [&] {
      Checked(write(file, block.data(), block.size()), "write");
      Checked(fdatasync(file), "fdatasync");
    });
  }
}

// --- memory

void Memory() {
  constexpr size_t kBytes = size_t{1} << 29, kStep = size_t{1} << 20, kLine = 64;
  const std::vector<char> from(kBytes, 1);
  std::vector<char> to(kStep);
  std::mt19937_64 random(1);
  size_t at = 0;
  Print("to copy from memory", "us/MiB", 1e6, 2'000, 1, [&] {
    std::memcpy(to.data(), from.data() + at, kStep);
    at = (at + kStep) % kBytes;
  });
  constexpr int kLines = 1'000;
  uint64_t sum = 0;
  Print("to read a cache line anywhere in 512 MiB, each after the other", "ns", 1e9, 500, kLines,
        [&] {
          for (int i = 0; i < kLines; ++i) {
            sum += static_cast<uint64_t>(from[(random() + sum) % (kBytes / kLine) * kLine]);
          }
        });
  Print("to look at the clock", "ns", 1e9, 500, kLines, [&] {
    for (int i = 0; i < kLines; ++i)
      sum += static_cast<uint64_t>(Clock::now().time_since_epoch().count());
  });
  if (sum == 0) std::puts("");  // it is used
}

}  // namespace

int main(int count, char** arguments) {
  Memory();
  WakeUps();
  Loopback();
  Syncs(count > 1 ? arguments[1] : ".");
}
