#include "feed/csv_record.h"

#include <string>
#include <vector>

#include "catch.h"

namespace wick::feed {
namespace {

using Cells = std::vector<std::string>;

/// The cells of the first record of `text`, which must be a whole one.
Cells CellsOf(std::string text, size_t bytes_expected) {
  CsvRecord record;
  REQUIRE(CutCsvRecord(text, true, record) == CsvCut::kRecord);
  CHECK(record.bytes == bytes_expected);
  return Cells(record.cells.begin(), record.cells.end());
}

CsvCut CutOf(std::string text, bool at_end) {
  CsvRecord record;
  return CutCsvRecord(text, at_end, record);
}

}  // namespace

TEST_CASE("a plain record is cut at commas and ends with its line", "[feed][csv]") {
  CHECK(CellsOf("a,b,c\nd", 6) == Cells{"a", "b", "c"});
  CHECK(CellsOf("a,b\r\nd", 5) == Cells{"a", "b"});
  CHECK(CellsOf(",,\n", 3) == Cells{"", "", ""});
  CHECK(CellsOf("\n", 1) == Cells{""});
  CHECK(CellsOf("a, b ", 5) == Cells{"a", " b "});
  CHECK(CellsOf("a,", 2) == Cells{"a", ""});
  CHECK(CellsOf("a\rb,c\r", 6) == Cells{"a\rb", "c"});
}

TEST_CASE("quoted cells hold commas, doubled quotes and line ends", "[feed][csv]") {
  CHECK(CellsOf("\"a,b\",c\n", 8) == Cells{"a,b", "c"});
  CHECK(CellsOf("\"\",\"\"\r\n", 7) == Cells{"", ""});
  CHECK(CellsOf("\"say \"\"hi\"\"\",\"\"\"\"\n", 18) == Cells{"say \"hi\"", "\""});
  CHECK(CellsOf("a,\"b\"", 5) == Cells{"a", "b"});
  CHECK(CellsOf("a,\"b\"\r", 6) == Cells{"a", "b"});

  std::string text = "\"one\r\ntwo\nthree\",x\nnext";
  CsvRecord record;
  REQUIRE(CutCsvRecord(text, false, record) == CsvCut::kRecord);
  CHECK(record.cells[0] == "one\r\ntwo\nthree");
  CHECK(record.bytes == 19);
  CHECK(record.lines == 3);
}

TEST_CASE("quotes that do not match make the record malformed", "[feed][csv]") {
  CHECK(CutOf("\"a\"b,c\n", true) == CsvCut::kMalformed);
  CHECK(CutOf("a\"b\",c\n", true) == CsvCut::kMalformed);
  CHECK(CutOf("\"a,b\n", true) == CsvCut::kMalformed);
  CHECK(CutOf("\"a\"\rb\n", true) == CsvCut::kMalformed);
  CHECK(CutOf("\"a,b\nc\n", false) == CsvCut::kIncomplete);
}

TEST_CASE("a record that comes in pieces is cut as the whole one, at whatever byte it was split",
          "[feed][csv]") {
  const std::string whole = "\"a\"\"\",plain,\"x\ny\",\"\"\r\n";
  for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
    INFO("first " << bytes << " bytes");
    CHECK(CutOf(whole.substr(0, bytes), false) == CsvCut::kIncomplete);
  }
  CHECK(CellsOf(whole, whole.size()) == Cells{"a\"", "plain", "x\ny", ""});
}

}  // namespace wick::feed
