// Ports for servers of a test that must be known before they start.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <random>
#include <vector>

namespace wick::test {

/// Consecutive ports that were free a moment ago; none that the system gives to outgoing
/// connections, which other tests make meanwhile.
inline std::vector<uint16_t> FreePorts(size_t count) {
  const auto is_free = [](uint16_t port) {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound = bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    close(listener);
    return bound;
  };
  std::random_device random;
  std::vector<uint16_t> ports;
  while (ports.size() < count) {
    const auto port = ports.empty() ? static_cast<uint16_t>(12'000 + random() % 20'000)
                                    : static_cast<uint16_t>(ports.back() + 1);
    if (is_free(port)) {
      ports.push_back(port);
    } else {
      ports.clear();
    }
  }
  return ports;
}

}  // namespace wick::test
