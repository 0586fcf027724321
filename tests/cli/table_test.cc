#include "cli/table.h"

#include "catch.h"

namespace wick::cli {

TEST_CASE("columns are as wide as their widest cell, numbers stand to the right", "[cli][table]") {
  Table table({"NAME", ">PRICE", "AGE"});
  table.Add({"BTC", "46450.25", "1s"});
  table.Add({"LONGNAME", "5", ""});
  CHECK(table.Text() ==
        "NAME         PRICE  AGE\n"
        "BTC       46450.25  1s\n"
        "LONGNAME         5\n");
}

TEST_CASE("Chinese characters take two columns, accents none of their own", "[cli][table]") {
  CHECK(DisplayWidth("") == 0);
  CHECK(DisplayWidth("abc") == 3);
  CHECK(DisplayWidth("Ünï") == 3);
  CHECK(DisplayWidth("币安") == 4);
  CHECK(DisplayWidth("€") == 1);
  CHECK(DisplayWidth("🚀") == 2);
  Table table({"A", "B"});
  table.Add({"币安", "x"});
  table.Add({"abcd", "y"});
  CHECK(table.Text() == "A     B\n币安  x\nabcd  y\n");
}

TEST_CASE("large numbers are grouped, prices are exact and without exponent", "[cli][table]") {
  CHECK(Grouped(0) == "0");
  CHECK(Grouped(999) == "999");
  CHECK(Grouped(1'000) == "1,000");
  CHECK(Grouped(18'446'744'073'709'551'615u) == "18,446,744,073,709,551,615");
  CHECK(NumberText(46450.25) == "46450.25");
  CHECK(NumberText(1e-8) == "0.00000001");
  CHECK(NumberText(100) == "100");
}

}  // namespace wick::cli
