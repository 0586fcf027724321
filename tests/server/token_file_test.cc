#include "server/token_file.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "catch.h"

namespace wick::server {
namespace {

using protocol::Scope;

constexpr const char* kHash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

class Directory {
 public:
  Directory() {
    char pattern[] = "/tmp/wick_token_file_XXXXXX";
    path_ = ::mkdtemp(pattern);
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string TextOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string Why(const std::string& text) {
  const auto parsed = ParseTokens(text, "tokens");
  CHECK_FALSE(parsed.ok());
  return Message(parsed.status());
}

protocol::Scopes ScopesOf(std::string_view text) {
  const auto scopes = ParseScopes(text);
  REQUIRE(scopes.ok());
  return *scopes;
}

TEST_CASE("a line is a name, its scopes and a hash; comments and blank lines are none",
          "[server][tokens]") {
  const auto entries =
      ParseTokens(fmt::format("# who\n\n  feeder-1\tread,ingest  {}\n", kHash), "tokens");
  REQUIRE(entries.ok());
  REQUIRE(entries->size() == 1);
  const TokenEntry& entry = entries->front();
  CHECK(entry.name == "feeder-1");
  CHECK(entry.digest == DigestOf("test"));
  CHECK(entry.scopes.Allow(Scope::kToken));
  CHECK(entry.scopes.Allow(Scope::kRead));
  CHECK(entry.scopes.Allow(Scope::kIngest));
  CHECK_FALSE(entry.scopes.Allow(Scope::kAdmin));
  CHECK(ParseTokens("", "tokens")->empty());
}

TEST_CASE("a file with one bad line is refused by file, line and reason", "[server][tokens]") {
  CHECK(Why("\na read") == "tokens:2: a line is `name scopes sha256`");
  CHECK(Why(fmt::format("a read {} more", kHash)) == "tokens:1: a line is `name scopes sha256`");
  CHECK(Why(fmt::format("a/b read {}", kHash)).starts_with("tokens:1: the first word is no name"));
  CHECK(Why(fmt::format("{} read {}", std::string(65, 'a'), kHash)).find("is no name") !=
        std::string::npos);
  for (const char* scopes : {"write", "read,", ",read", "read,,ingest", "READ", "*"}) {
    INFO(scopes);
    CHECK(Why(fmt::format("a {} {}", scopes, kHash)) ==
          "tokens:1: the second word is no list of scopes: write read, ingest, admin, or several "
          "with commas");
  }
  CHECK(Why(fmt::format("#\na read {}\na admin {}", kHash, std::string(64, '0'))) ==
        "tokens:3: the name is that of line 2");
  CHECK(Why(fmt::format("a read {}\nb admin {}", kHash, kHash)) ==
        "tokens:2: the hash is that of line 1");
}

TEST_CASE("a token written into the file, wherever, is not repeated in the message",
          "[server][tokens]") {
  const std::string token = "wick_secret";
  for (const std::string& line :
       {"a read " + token, "a " + token + " " + kHash, token + " " + kHash,
        token + " read " + token, token + "=/+ read " + kHash, "a " + token + ",read " + kHash,
        token, token + " read " + kHash + "\n" + token + " admin " + std::string(64, '0'),
        token + " read " + kHash + "\nb read " + kHash}) {
    CAPTURE(line);
    CHECK(Why(line).find("secret") == std::string::npos);
  }
  CHECK(Why("a read " + token) ==
        "tokens:1: the third word is no SHA-256 of 64 hexadecimal digits");
  CHECK(Why(fmt::format("a read {}g", std::string(63, '0'))).find("SHA-256") != std::string::npos);
}

TEST_CASE("an added token is found by its hash, and the file does not hold it",
          "[server][tokens]") {
  const Directory directory;
  const std::string path = directory / "tokens";
  const auto first = AddToken(path, "feeder", ScopesOf("ingest"));
  REQUIRE(first.ok());
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  const auto second = AddToken(path, "grafana", ScopesOf("read"));
  REQUIRE(second.ok());
  CHECK(*first != *second);
  CHECK(first->size() >= 43);  // 256 bits in base64

  const std::string text = TextOf(path);
  CHECK(text.find(*first) == std::string::npos);
  CHECK(text.find(first->substr(5)) == std::string::npos);
  const auto entries = ReadTokens(path);
  REQUIRE(entries.ok());
  REQUIRE(entries->size() == 2);
  CHECK((*entries)[0].digest == DigestOf(*first));
  CHECK(ToString((*entries)[0].scopes) == "ingest");
  CHECK((*entries)[1].digest == DigestOf(*second));
}

TEST_CASE("a change keeps comments, mode and the other lines, and leaves nothing behind",
          "[server][tokens]") {
  const Directory directory;
  const std::string path = directory / "tokens";
  std::ofstream(path) << "# mine\nold read " << kHash;  // without a line end
  std::filesystem::permissions(path, std::filesystem::perms(0640));
  REQUIRE(AddToken(path, "new", ScopesOf("admin")).ok());
  CHECK(TextOf(path).starts_with(fmt::format("# mine\nold read {}\nnew admin ", kHash)));
  REQUIRE(RemoveToken(path, "new").ok());
  CHECK(TextOf(path) == fmt::format("# mine\nold read {}\n", kHash));
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0640);
  CHECK_FALSE(std::filesystem::exists(path + ".new"));
}

TEST_CASE("what cannot be changed is left as it was", "[server][tokens]") {
  const Directory directory;
  const std::string path = directory / "tokens";
  REQUIRE(AddToken(path, "a", ScopesOf("read")).ok());
  const std::string before = TextOf(path);
  CHECK_FALSE(AddToken(path, "a", ScopesOf("read")).ok());
  CHECK_FALSE(AddToken(path, "no name", ScopesOf("read")).ok());
  CHECK(RemoveToken(path, "b").code() == absl::StatusCode::kNotFound);
  std::ofstream(path + ".new") << "another one at work";
  const auto busy = AddToken(path, "c", ScopesOf("read"));
  CHECK(busy.status().code() == absl::StatusCode::kAborted);
  CHECK(TextOf(path) == before);
  CHECK(TextOf(path + ".new") == "another one at work");
  CHECK_FALSE(AddToken(directory / "none/tokens", "a", ScopesOf("read")).ok());
  CHECK(ReadTokens(directory / "none").status().code() == absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace wick::server
