// Data directories of older versions (tests/data/golden): opened by this one, they say what they
// said then.
#include <sys/wait.h>

#include <cstdlib>
#include <sstream>

#include "catch.h"
#include "paths.h"
#include "wick_process.h"

using namespace wick;
using wick::test::ReadFile;
using wick::test::RunWick;
using wick::test::TemporaryDirectory;
using wick::test::WickServer;

namespace {

const std::string kGolden = std::string(wick::test::kSourceDirectory) + "/tests/data/golden/";

std::vector<std::string> WordsOf(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

/// Every question of expected.txt with what the server answers, as the file has it.
std::string AnswersOf(const WickServer& server, const std::string& expected) {
  std::istringstream lines(expected);
  std::string answers;
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> question = WordsOf(line);
    const bool is_question = question.front() == "candles" || question.front() == "latest" ||
                             question.front() == "reference" || question.front() == "exchanges";
    if (!is_question) continue;
    question.insert(question.end(), {"--server", server.binary_address()});
    answers += line + "\n" + RunWick(question).out;
  }
  return answers;
}

}  // namespace

TEST_CASE("a directory of every version that wrote this format opens and says what it said",
          "[integration][golden]") {
  const std::string expected = ReadFile(kGolden + "expected.txt");
  REQUIRE(expected.size() > 10'000);
  int versions = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kGolden)) {
    if (entry.path().extension() != ".gz") continue;
    ++versions;
    CAPTURE(entry.path().string());
    const TemporaryDirectory directory;
    REQUIRE(std::system(
                ("tar -xzf " + entry.path().string() + " -C " + (directory / ".")).c_str()) == 0);
    const std::string data = directory / "data";
    {
      const auto verified = RunWick({"verify", "--data", data});
      INFO(verified.out << verified.err);
      CHECK(verified.exit_code == 0);
    }
    for (int life = 0; life < 2;
         ++life) {  // from the journal, then from a checkpoint of this version
      WickServer server(data);
      CHECK(AnswersOf(server, expected) == expected);
      REQUIRE(server.Connect().Checkpoint().ok());
      CHECK(server.Terminate() == 0);
    }
    const auto verified = RunWick({"verify", "--data", data});
    INFO(verified.out << verified.err);
    CHECK(verified.exit_code == 0);
  }
  CHECK(versions >= 2);
}
