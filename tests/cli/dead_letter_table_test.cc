#include "cli/dead_letter_table.h"

#include "catch.h"

namespace wick::cli {

TEST_CASE("dead letters are a line each, and the way to the next ones", "[cli][json]") {
  CHECK(
      DeadLetterTable(
          R"({"deadLetters":[{"topic":"ticks","partition":3,"offset":1042,"timestampInMs":1398945630500,)"
          R"("reason":"event 1: invalid_price: \"-1\"","keyBytes":7,"valueBytes":12,"key":"BTC/USD","value":"{\"a\":\n\u001b[2J1}"},)"
          R"({"topic":"ticks","partition":12,"offset":7,"timestampInMs":1398945631000,)"
          R"("reason":"not JSON","keyBytes":0,"valueBytes":2,"key":"","valueBase64":"//4="}],)"
          R"("next":{"topic":"ticks","partition":12,"offset":9}})") ==
      "TIME                      TOPIC  PARTITION  OFFSET  BYTES  REASON                          "
      "VALUE\n"
      "2014-05-01T12:00:30.500Z  ticks          3    1042     12  event 1: invalid_price: "
      "\\\"-1\\\"  {\\\"a\\\":\\u000a\\u001b[2J1}\n"
      "2014-05-01T12:00:31Z      ticks         12       7      2  not JSON                        "
      "(no text: see --json)\n"
      "more: --topic ticks --partition 12 --offset 9\n");
}

TEST_CASE("a long value is cut, none are none, and what is no such document is shown as it is",
          "[cli][json]") {
  const std::string text = DeadLetterTable(
      R"({"deadLetters":[{"topic":"t","partition":0,"offset":0,"timestampInMs":1,"reason":"r","valueBytes":100,"value":")" +
      std::string(100, 'x') + R"("}],"next":null})");
  CHECK(text.find(' ' + std::string(48, 'x') + "...\n") != std::string::npos);
  CHECK(text.find("more:") == std::string::npos);
  CHECK(DeadLetterTable(R"({"deadLetters":[],"next":null})") == "no dead letters\n");
  CHECK(DeadLetterTable("oops\x1b") == "oops\\u001b\n");
}

}  // namespace wick::cli
