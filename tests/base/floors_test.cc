// The floors of docs/architecture.md: includes only go down, and each third-party library has its
// room.
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "catch.h"
#include "paths.h"

namespace {

namespace fs = std::filesystem;

struct Floor {
  std::string name;
  std::set<std::string> may_include;
};

// "wick" is include/wick. hot and cold meet in engine only.
const std::vector<Floor> kFloors = {
    {"wick", {}},
    {"base", {"wick"}},
    {"codec", {"base"}},
    {"client", {"wick", "codec"}},
    {"market", {"wick", "base", "codec"}},
    {"cluster", {"wick", "base"}},
    {"hot", {"wick", "base", "market"}},
    {"cold", {"wick", "base", "codec", "market"}},
    {"engine", {"wick", "base", "codec", "market", "cluster", "hot", "cold"}},
    {"protocol", {"wick", "base", "market", "engine"}},
    {"feed", {"wick", "base", "market", "cold", "engine", "protocol"}},
    {"server", {"wick", "base", "market", "cluster", "cold", "engine", "protocol", "feed"}},
    {"cli",
     {"wick", "client", "base", "market", "cluster", "cold", "engine", "protocol", "feed",
      "server"}},
};

// Everything else in angle brackets is of the standard library or the system.
const std::map<std::string, std::set<std::string>> kThirdParty = {
    {"rocksdb/", {"cold"}},
    {"boost/", {"server"}},
    {"toml++/", {"server"}},
    {"spdlog/", {"server"}},
    {"prometheus/", {"server"}},
    {"simdjson", {"protocol"}},
    {"zlib.h", {"feed"}},
    {"librdkafka/", {"feed"}},
    {"openssl/", {"server", "client"}},
    {"CLI/", {"cli"}},
    {"absl/", {"base", "hot", "cold", "engine", "protocol", "feed", "server", "cli"}},
    {"fmt/", {"base", "market", "cold", "engine", "protocol", "feed", "server", "cli"}},
};

/// Calls back with every include line of a floor: (file, opening bracket or quote, path).
template <typename Each>
size_t ForEachInclude(const std::string& floor, Each each) {
  const fs::path root(wick::test::kSourceDirectory);
  const fs::path folder = floor == "wick" ? root / "include/wick" : root / "src" / floor;
  const std::regex include(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".h" && entry.path().extension() != ".cc") continue;
    ++files;
    std::ifstream in(entry.path());
    std::smatch match;
    for (std::string line; std::getline(in, line);) {
      if (std::regex_search(line, match, include))
        each(entry.path().string(), match[1].str(), match[2].str());
    }
  }
  return files;
}

}  // namespace

TEST_CASE("includes only go down the floors", "[floors]") {
  for (const Floor& floor : kFloors) {
    const size_t files = ForEachInclude(
        floor.name, [&](const std::string& file, const std::string& open, const std::string& path) {
          if (open != "\"") return;
          const std::string target = path.substr(0, path.find('/'));
          INFO(file << " includes " << path);
          CHECK((target == floor.name || floor.may_include.contains(target)));
        });
    CAPTURE(floor.name);
    CHECK(files > 0);
  }
}

TEST_CASE("the codec stands in the client library without abseil and fmt", "[floors]") {
  const std::set<std::string> alone = {"base/assert.h", "base/bytes.h"};
  ForEachInclude("codec",
                 [&](const std::string& file, const std::string&, const std::string& path) {
                   INFO(file << " includes " << path);
                   CHECK((!path.starts_with("base/") || alone.contains(path)));
                 });
}

TEST_CASE("every folder of src is a floor", "[floors]") {
  for (const auto& entry : fs::directory_iterator(fs::path(wick::test::kSourceDirectory) / "src")) {
    if (!entry.is_directory()) continue;
    const std::string name = entry.path().filename().string();
    CAPTURE(name);
    CHECK(std::any_of(kFloors.begin(), kFloors.end(),
                      [&](const Floor& f) { return f.name == name; }));
  }
}

TEST_CASE("a third-party library is included on its own floor only", "[floors]") {
  for (const Floor& floor : kFloors) {
    ForEachInclude(floor.name,
                   [&](const std::string& file, const std::string& open, const std::string& path) {
                     if (open != "<") return;
                     for (const auto& [prefix, floors] : kThirdParty) {
                       if (!path.starts_with(prefix)) continue;
                       INFO(file << " includes " << path);
                       CHECK(floors.contains(floor.name));
                     }
                   });
  }
}
