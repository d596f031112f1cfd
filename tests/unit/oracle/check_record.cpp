// tests/unit/oracle/check_record.cpp: records as text.
#include "dimwise/oracle/check_record.hpp"

#include <algorithm>

#include "catch.hpp"

using namespace dimwise;

TEST_CASE("a line says the verdict, what, the order, the error, the bound and where") {
  const check_record r{"drift", "D", 3, "double", 2e-15, 1e-11, true, "sample 1, dimension 0"};
  const auto text = to_text(r);
  for (const char* part : {"ok", "drift", "D^3", "double", "2.0e-15", "1e-11", "sample 1, dimension 0"})
    CHECK(text.find(part) != std::string::npos);
  CHECK(to_text({"e", "lhs", 0, "float", 1, 1e-5, false, ""}).find("BROKEN") == 0);
}

TEST_CASE("gradients by the tensors of one objective are one line unless one is broken") {
  std::vector<check_record> records{{"loss", "gradient of a", 0, "double", 1e-12, 1e-8, true, "entry [1], sample 0"},
                                    {"loss", "gradient of b", 0, "double", 3e-12, 1e-8, true, "entry [2], sample 0"}};
  auto text = to_text(records);
  CHECK(text.find("worst of 2 tensors: b") != std::string::npos);
  CHECK(text.find("gradient of a") == std::string::npos);
  CHECK(text.find("2 quantities checked, 0 broken") != std::string::npos);
  CHECK(all_ok(records));
  records[0].ok = false;
  text = to_text(records);
  CHECK(text.find("gradient of a") != std::string::npos);
  CHECK(text.find("1 broken") != std::string::npos);
  CHECK(!all_ok(records));
}

TEST_CASE("many quantities are put together by name; what is broken stays by itself") {
  std::vector<check_record> records;
  for (int i = 0; i < 30; i++)
    for (const char* quantity : {"value", "lhs"})
      records.push_back(
          {"output" + std::to_string(i), quantity, 0, "double", quantity[0] == 'v' ? 1e-13 : 1e-15, 1e-11, true, "sample 1"});
  records.push_back({"output3", "rhs", 0, "double", 1e-5, 1e-11, false, "sample 2"});
  const std::string text = to_text(records);
  INFO(text);
  CHECK(std::count(text.begin(), text.end(), '\n') == 32);
  CHECK(text.find("nearest to its bound of 2 quantities") != std::string::npos);
  CHECK(text.find("BROKEN  output3") != std::string::npos);
  CHECK(text.find("61 quantities checked, 1 broken") != std::string::npos);
}
