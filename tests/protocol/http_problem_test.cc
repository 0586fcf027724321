#include "protocol/http_problem.h"

#include <set>
#include <string>
#include <string_view>

#include "catch.h"

namespace wick::protocol {
namespace {

TEST_CASE("a problem is a document of RFC 9457", "[protocol][problem]") {
  const Problem problem =
      MakeProblem(ProblemCode::kUnknownSeries, "no event of \"X\" was ever seen");
  CHECK(problem.status == 404);
  std::string out;
  AppendProblem(out, problem);
  CHECK(
      out ==
      R"({"type":"urn:wick:problem:unknown_series","title":"Nothing was ever seen of this series",)"
      R"("status":404,"detail":"no event of \"X\" was ever seen","code":"unknown_series"})");
}

TEST_CASE("the table of problems is in the order of the codes, each once", "[protocol][problem]") {
  CHECK(MakeProblem(ProblemCode::kBadRequest, "").code == "bad_request");
  CHECK(MakeProblem(ProblemCode::kMethodNotAllowed, "").status == 405);
  CHECK(MakeProblem(ProblemCode::kBodyTooLarge, "").status == 413);
  CHECK(MakeProblem(ProblemCode::kStorageFull, "").status == 507);
  std::set<std::string_view> codes;
  for (const ProblemKind& kind : ProblemKinds()) {
    CHECK(codes.insert(kind.code).second);
    CHECK(kind.status >= 300);
    CHECK_FALSE(kind.title.empty());
  }
}

}  // namespace
}  // namespace wick::protocol
