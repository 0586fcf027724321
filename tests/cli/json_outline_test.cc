#include "cli/json_outline.h"

#include "catch.h"

namespace wick::cli {

TEST_CASE("each scalar of a document has a line with the way to it", "[cli][json]") {
  CHECK(
      JsonOutline(
          R"({"version":"0.1.0","events":{"accepted":1234567,"late":0},"shards":[{"queued":1},{"queued":2}]})"
          "\n") ==
      "NAME                 VALUE\n"
      "version              0.1.0\n"
      "events.accepted  1,234,567\n"
      "events.late              0\n"
      "shards.0.queued          1\n"
      "shards.1.queued          2\n");
}

TEST_CASE("spaces, empty containers and all kinds of scalars are shown", "[cli][json]") {
  CHECK(JsonOutline("{ \"a\" : { } , \"b\" : [ ] , \"c\" : null, "
                    "\"d\":true,\"e\":-1.5,\"f\":\"x\\\"y,}\" }") ==
        "NAME   VALUE\n"
        "c       null\n"
        "d       true\n"
        "e       -1.5\n"
        "f     x\\\"y,}\n");
  CHECK(JsonOutline("[1,[2,3]]") == "NAME  VALUE\n0         1\n1.0       2\n1.1       3\n");
}

TEST_CASE("milliseconds are a time if they are too many for a duration", "[cli][json]") {
  CHECK(JsonOutline(R"({"endedInMs":1398945630009,"durationInMs":1200,"bytes":1398945630009})") ==
        "NAME                             VALUE\n"
        "endedInMs     2014-05-01T12:00:30.009Z\n"
        "durationInMs                     1,200\n"
        "bytes                1,398,945,630,009\n");
}

TEST_CASE("a cut off document gives what is there", "[cli][json]") {
  const std::string whole = R"({"a":{"b":[1,"x\\"]},"c":2})";
  for (size_t bytes = 0; bytes <= whole.size(); ++bytes) {
    CHECK(JsonOutline(whole.substr(0, bytes)).starts_with("NAME"));
  }
}

}  // namespace wick::cli
