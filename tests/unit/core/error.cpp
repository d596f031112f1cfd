// tests/unit/core/error.cpp: an error is a runtime_error that keeps its sentence.
#include "catch.hpp"

#include <string>

#include <dimwise/core/error.hpp>

TEST_CASE("an error says its sentence") {
  try {
    throw dimwise::error("the file 'a' is not there");
  } catch (const std::runtime_error& e) {
    CHECK(std::string(e.what()) == "the file 'a' is not there");
  }
}
