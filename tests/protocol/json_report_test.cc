#include "protocol/json_report.h"

#include <string>

#include "catch.h"

namespace wick::protocol {
namespace {

TEST_CASE("every refused event is counted by its reason", "[protocol][report]") {
  IngestReport report;
  report.AddError(3, Refusal::kInvalidPrice, "a");
  report.AddError(1, Refusal::kInvalidPrice, "b");
  report.AddError(2, Refusal::kTooManySeries, "c");
  CHECK(report.rejected() == 3);
  CHECK(report.rejected(Refusal::kInvalidPrice) == 2);
  CHECK(report.rejected(Refusal::kTooManySeries) == 1);
  CHECK(report.rejected(Refusal::kInvalidName) == 0);
  report.Clear();
  CHECK(report.rejected() == 0);
  CHECK(report.rejected(Refusal::kInvalidPrice) == 0);
  CHECK(report.errors().empty());
}

TEST_CASE("the hundred errors with the lowest index are kept, in order", "[protocol][report]") {
  IngestReport report;
  for (uint64_t index = 300; index-- > 0;) {
    CHECK(report.Keeps(index));
    report.AddError(index, Refusal::kInvalidName, std::to_string(index));
  }
  CHECK_FALSE(report.Keeps(100));
  report.AddError(100, Refusal::kInvalidName, "too late");
  CHECK(report.rejected() == 301);
  REQUIRE(report.errors().size() == 100);
  for (uint64_t index = 0; index < 100; ++index) {
    CHECK(report.errors()[index].index == index);
    CHECK(report.errors()[index].message == std::to_string(index));
  }
}

}  // namespace
}  // namespace wick::protocol
