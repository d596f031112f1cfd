// tests/codegen/new_model.cpp: what `dimwise new` writes compiles, learns, passes its check and can be reported on.
#include "catch.hpp"
#include "codegen/binary.hpp"
#include "support/folder.hpp"

using dimwise_tests::contains;
using dimwise_tests::folder;
using dimwise_tests::read_json;
using dimwise_tests::run_in;

TEST_CASE("dimwise new, train, check, simulate, report") {
  const folder where;
  auto tool = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"env", "DIMWISE_CACHE=" + where / "cache", DIMWISE_PROGRAM});
    const auto ran = run_in(where.path(), arguments);
    INFO(ran.output);
    REQUIRE(ran.code == 0);
    return ran.output;
  };
  CHECK(contains(tool({"new", "orbit"}), "orbit.cpp"));
  tool({"train", "orbit.cpp", "--data", "orbit.csv", "--steps", "300", "--quiet", "--json", "train.json"});
  const auto stages = read_json(where / "train.json")["stages"];
  REQUIRE(stages.size() == 2);
  CHECK(stages[0]["best_loss"].get<double>() < 0.6);  // a Gaussian of all rows gives 2.8
  CHECK(contains(tool({"check", "orbit.cpp", "--parameters", "orbit.safetensors"}), " 0 broken"));
  tool({"simulate", "orbit.cpp", "--parameters", "orbit.safetensors", "--out", "paths.npy"});
  tool({"report", "orbit.cpp", "--parameters", "orbit.safetensors", "--data", "orbit.csv", "--no-check", "--out", "page"});
  CHECK(dimwise::file_exists(where / "page/paths.png"));
}
