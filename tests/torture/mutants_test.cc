// The mutants of scripts/torture --mutants must go on fitting the sources.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "catch.h"
#include "paths.h"

namespace {

namespace fs = std::filesystem;
const fs::path kSource(wick::test::kSourceDirectory);

std::vector<fs::path> Mutants() {
  std::vector<fs::path> patches;
  for (const auto& entry : fs::directory_iterator(kSource / "tests/torture/mutants")) {
    if (entry.path().extension() == ".patch") patches.push_back(entry.path());
  }
  std::ranges::sort(patches);
  return patches;
}

int Run(const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()); }

}  // namespace

TEST_CASE("every mutant applies to the sources and says what it removes", "[mutants]") {
  const std::string git = "git -C '" + kSource.string() + "' ";
  if (Run(git + "rev-parse --git-dir") != 0) {
    WARN("skipped: the sources are not in a git repository");
    return;
  }
  const auto patches = Mutants();
  CHECK(patches.size() >= 15);
  for (const fs::path& patch : patches) {
    INFO(patch);
    std::string first;
    std::getline(std::ifstream(patch) >> std::ws, first);
    CHECK(first.size() > 20);
    CHECK_FALSE(first.starts_with("diff"));
    CHECK(Run(git + "apply --check '" + patch.string() + "'") == 0);
  }
}
