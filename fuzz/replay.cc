// Runs a fuzz target over files and folders of inputs, with any compiler: the corpus as a test.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "input.h"

namespace {

namespace fs = std::filesystem;

bool Replay(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::vector<char> content{std::istreambuf_iterator<char>(in), {}};
  if (!in.is_open() || in.bad()) {
    std::fprintf(stderr, "cannot read %s\n", file.c_str());
    return false;
  }
  // Of exactly its size, so that AddressSanitizer sees a read beyond the end.
  const auto data = std::make_unique<uint8_t[]>(content.size());
  std::copy(content.begin(), content.end(), data.get());
  std::fprintf(stderr, "%s\n", file.c_str());  // the last line before an abort names the input
  LLVMFuzzerTestOneInput(data.get(), content.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<fs::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!fs::is_directory(argv[i])) {
      files.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(argv[i])) files.push_back(entry.path());
  }
  if (files.empty()) {
    std::fprintf(stderr, "usage: %s FILE|FOLDER...; there is no input to replay\n", argv[0]);
    return 2;
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    if (!Replay(file)) return 1;
  }
  std::printf("OK: %zu inputs replayed\n", files.size());
  return 0;
}
