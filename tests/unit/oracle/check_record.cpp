// tests/unit/oracle/check_record.cpp: records as text.
#include "dimwise/oracle/check_record.hpp"

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
