// tests/codegen/commands.cpp: the commands of a model binary: what they write, the shape of their JSON, and what they say to bad
// input.
#include <cmath>
#include <map>

#include "catch.hpp"
#include "codegen/binary.hpp"
#include "codegen/pull_model.hpp"
#include "dimwise/io/npy.hpp"
#include "dimwise/io/parameter_file.hpp"
#include "support/folder.hpp"

using namespace dimwise;
using dimwise_tests::contains;
using dimwise_tests::folder;
using dimwise_tests::members;
using dimwise_tests::read_json;
using dimwise_tests::run_in;
using names = std::vector<std::string>;

namespace {

tool::process_result pull(const folder& where, const names& arguments) {
  names command = {DIMWISE_PULL_BINARY};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_in(where.path(), command);
}

void write_states(const folder& where) {
  const std::vector<double> x = {1, 2, 3, 4, 5, 6}, t = {0, 0.5, 1}, three(9, 1.0);
  std::vector<double> broken = x;
  broken[3] = NAN;
  write_npy(where / "x.npy", {3, 2}, x.data());
  write_npy(where / "t.npy", {3}, t.data());
  write_npy(where / "wide.npy", {3, 3}, three.data());
  write_npy(where / "nan.npy", {3, 2}, broken.data());
  where.write("no.npy", "this is no array");
  std::string rows = "t,x_0,x_1\n";
  for (int i = 0; i < 200; i++)
    rows += std::to_string(i / 200.0) + "," + std::to_string(1 + std::sin(i * 1.7)) + "," +
            std::to_string(-2 + std::cos(i * 2.3)) + "\n";
  where.write("rows.csv", rows);
  where.write("bad.csv", "t,x_0,x_1\n0,1,2\n1,nan,2\n");
  where.write("other.csv", "t,a,b\n0,1,2\n1,2,3\n");
  parameter_set p{{0.25, -0.5}, {}};
  save_parameters(where / "p.safetensors", test::pull_model().recording, p);
}

struct bad_input {
  names arguments;
  std::string says;
  int code = 1;
};

}  // namespace

TEST_CASE("info prints the equation and lists every parameter with name, shape and meaning") {
  const folder where;
  const auto ran = pull(where, {"info", "--json", "info.json"});
  CHECK(ran.code == 0);
  CHECK(contains(ran.output, "sum(x) == t"));
  CHECK(contains(ran.output, "strength * (centre - x)"));
  const auto j = read_json(where / "info.json");
  CHECK(members(j) == names{"model", "dimensions", "isa", "compiler", "state", "time", "inputs", "constants", "equations",
                            "values", "definitions", "inferred", "objectives", "sets", "parameters", "parameter_count", "cost"});
  REQUIRE(j["parameters"].size() == 1);
  CHECK(j["parameters"][0]["name"] == "centre");
  CHECK(j["parameters"][0]["shape"] == std::vector<int>{2});
  CHECK(j["parameters"][0]["meaning"] == "where the pull leads to, [d]");
  CHECK(j["equations"][0]["latex"] == "\\sum_i x_i = t");
  CHECK(members(j["inferred"][0]) ==
        names{"name", "level", "width", "depends_on", "dimwise", "x_order", "t_order", "derivatives"});
}

TEST_CASE("eval gives the digits of the formulas") {
  const folder where;
  write_states(where);
  const auto ran = pull(where, {"eval", "--state", "x.npy", "--time", "t.npy", "--constant", "strength=2", "--parameters",
                                "p.safetensors", "--out", "out", "--json", "e.json"});
  INFO(ran.output);
  REQUIRE(ran.code == 0);
  const auto drift = read_npy<double>(where / "out/pull.npy");
  CHECK(drift.shape == std::vector<std::size_t>{3, 2});
  CHECK(drift.values ==
        std::vector<double>{2 * (0.25 - 1), 2 * (-0.5 - 2), 2 * (0.25 - 3), 2 * (-0.5 - 4), 2 * (0.25 - 5), 2 * (-0.5 - 6)});
  CHECK(read_npy<double>(where / "out/balance.residual.npy").values == std::vector<double>{3, 6.5, 10});
  CHECK(members(read_json(where / "e.json")[0]) == names{"name", "shape", "mean", "min", "max", "not_finite"});
  CHECK_FALSE(file_exists(where / "out/distance.npy"));  // objectives only where they are asked for

  REQUIRE(pull(where, {"eval", "--state", "x.npy", "--time", "1", "--output", "distance", "--gradient", "distance",
                       "--parameters", "p.safetensors", "--out", "one.npy"})
              .code == 0);
  CHECK(read_npy<double>(where / "one.npy").shape == std::vector<std::size_t>{3});
  const auto gradient = load_parameters(where / "one.gradient.safetensors", test::pull_model().recording).values;
  CHECK(gradient[0] == Approx(2 * (0.25 - 3)));
  CHECK(gradient[1] == Approx(2 * (-0.5 - 4)));
}

TEST_CASE("eval computes integrals with their standard errors, without any states") {
  const folder where;
  write_states(where);
  const auto ran =
      pull(where, {"eval", "--output", "spread", "--parameters", "p.safetensors", "--samples", "40000", "--json", "i.json"});
  INFO(ran.output);
  REQUIRE(ran.code == 0);
  CHECK(contains(ran.output, "spread"));
  CHECK(contains(ran.output, "standard error"));
  const auto j = read_json(where / "i.json");
  REQUIRE(j.size() == 1);
  CHECK(members(j[0]) == names{"name", "integral", "standard_error", "points", "set"});
  const double exact = 4 * (2.0 / 3 + 0.25 * 0.25 + 0.5 * 0.5), error = j[0]["standard_error"];
  CHECK(error < 0.05);
  CHECK(std::abs(j[0]["integral"].get<double>() - exact) < 4 * error);
  CHECK(contains(pull(where, {"eval", "--output", "nothing", "--out", "o"}).output, "spread (an integral)"));
}

TEST_CASE("train takes another method than the model's") {
  const folder where;
  write_states(where);
  const auto ran =
      pull(where, {"train", "--data", "rows.csv", "--method", "lbfgs", "--steps", "40", "--batch", "200", "--json", "t.json"});
  INFO(ran.output);
  REQUIRE(ran.code == 0);
  CHECK(std::abs(load_parameters(where / "pull.safetensors", test::pull_model().recording).values[0] - 1) < 0.1);
  CHECK(
      contains(pull(where, {"train", "--data", "rows.csv", "--method", "newton"}).output, "adam, lbfgs or levenberg-marquardt"));
  CHECK(contains(pull(where, {"train", "--data", "rows.csv", "--method", "walk=adam"}).output,
                 "the model has no such stage; it has: fit"));
  CHECK(contains(pull(where, {"train", "--data", "rows.csv", "--method", "lbfgs", "--redraw", "1"}).output,
                 "L-BFGS compares gradients"));
}

TEST_CASE("eval in single precision agrees") {
  const folder where;
  write_states(where);
  REQUIRE(
      pull(where, {"eval", "--state", "x.npy", "--time", "t.npy", "--output", "pull", "--precision", "float", "--out", "f.npy"})
          .code == 0);
  CHECK(read_npy<double>(where / "f.npy").values[5] == Approx(-6));
}

TEST_CASE("train learns, writes what it says, and its digits do not depend on threads") {
  const folder where;
  write_states(where);
  const auto ran = pull(where, {"train", "--data", "rows.csv", "--seed", "3", "--json", "t.json"});
  INFO(ran.output);
  REQUIRE(ran.code == 0);
  const auto j = read_json(where / "t.json");
  CHECK(members(j) == names{"model", "parameters", "checkpoint", "losses", "seed", "precision", "seconds", "stages"});
  CHECK(members(j["stages"][0]) == names{"name", "steps", "best_step", "best_loss", "seconds"});
  const auto p = load_parameters(where / "pull.safetensors", test::pull_model().recording).values;
  CHECK(std::abs(p[0] - 1) < 0.1);
  CHECK(std::abs(p[1] + 2) < 0.1);
  CHECK(file_exists(where / "pull.losses.csv"));
  REQUIRE(pull(where, {"train", "--data", "points=rows.csv:x_0,x_1", "--seed", "3", "--threads", "2", "--out",
                       "again.safetensors", "--quiet"})
              .code == 0);
  CHECK(load_parameters(where / "again.safetensors", test::pull_model().recording).values == p);
  REQUIRE(pull(where, {"train", "--data", "rows.csv", "--steps", "fit=10", "--batch", "8", "--rate", "0.01", "--out",
                       "short.safetensors", "--quiet"})
              .code == 0);
}

TEST_CASE("simulate writes paths, times and figures") {
  const folder where;
  write_states(where);
  const auto ran = pull(where, {"simulate", "--initial", "x.npy", "--paths", "50", "--t1", "3", "--dt", "0.01", "--save-every",
                                "100", "--parameters", "p.safetensors", "--out", "paths.npy", "--json", "s.json"});
  INFO(ran.output);
  REQUIRE(ran.code == 0);
  CHECK(contains(ran.output, "strong order 1"));
  CHECK(read_npy<double>(where / "paths.npy").shape == std::vector<std::size_t>{150, 4, 2});
  const auto times = read_npy<double>(where / "paths.time.npy").values;
  REQUIRE(times.size() == 4);
  CHECK(times[3] == Approx(3));
  const auto j = read_json(where / "s.json");
  CHECK(members(j) == names{"paths", "steps", "step", "method", "strong_order", "strong_order_reason", "file", "time_file",
                            "final_mean", "final_deviation"});
  // x(3) of dx = (c - x) dt + 0.5 dW from the mean of the starts (3, 4): c + (x0 - c) e^-3, and the same noise for every start.
  CHECK(std::abs(j["final_mean"][0].get<double>() - (0.25 + (3 - 0.25) * std::exp(-3.0))) < 0.12);
  REQUIRE(pull(where, {"simulate", "--paths", "20", "--out", "drawn", "--method", "euler"}).code == 0);
  CHECK(read_npy<double>(where / "drawn.npy").shape[0] == 20);
}

TEST_CASE("check writes its records and passes") {
  const folder where;
  const auto ran = pull(where, {"check", "--json", "c.json"});
  INFO(ran.output);
  CHECK(ran.code == 0);
  const auto j = read_json(where / "c.json");
  REQUIRE(j.size() > 10);
  for (const auto& record : j) {
    CHECK(members(record) == names{"name", "quantity", "order", "precision", "max_relative_error", "bound", "ok"});
    CHECK(record["ok"].is_boolean());
  }
}

TEST_CASE("bench writes the fixed members") {
  const folder where;
  const auto ran = pull(where, {"bench", "--seconds", "0.02", "--precision", "both", "--workload", "W9", "--value-variant",
                                "orders_to_k", "--k", "3", "--unit", "(sample, dimension)", "--json", "b.json"});
  INFO(ran.output);
  CHECK(ran.code == 0);
  const auto j = read_json(where / "b.json");
  REQUIRE(j.size() == 6);
  for (const auto& row : j)
    CHECK(members(row) == names{"workload", "variant", "d", "k", "precision", "threads", "samples", "ns", "unit", "share",
                                "peak_gflops", "load_fed_gflops", "load_fed_share", "bytes_moved", "workspace_bytes", "isa",
                                "products", "compiler"});
  CHECK(j[0]["variant"] == "orders_to_k");
  CHECK(j[1]["variant"] == "gradient");
  CHECK(j[2]["variant"] == "adam_step");
  CHECK(j[0]["k"] == 3);
  CHECK(j[0]["ns"].get<double>() > 0);
  CHECK(contains(ran.output, "W9, float, 1024 samples a call, 1 thread, peak "));
  CHECK(pull(where, {"bench", "--seconds", "0.02", "--threads", "2", "--variant", "gradient"}).code == 0);
}

TEST_CASE("report is one file with its pictures inside") {
  const folder where;
  write_states(where);
  REQUIRE(pull(where, {"train", "--data", "rows.csv", "--quiet"}).code == 0);
  const auto ran =
      pull(where, {"report", "--parameters", "pull.safetensors", "--data", "rows.csv", "--out", "page", "--json", "r.json"});
  INFO(ran.output);
  REQUIRE(ran.code == 0);
  const auto j = read_json(where / "r.json");
  CHECK(j["pictures"].size() == 3);
  for (const auto& png : j["pictures"]) CHECK(read_file(where / png.get<std::string>()).substr(1, 3) == "PNG");
  const std::string page = read_file(where / "page/index.html");
  CHECK(contains(page, "data:image/png;base64,"));
  CHECK(contains(page, "<math"));
  CHECK_FALSE(contains(page, "src=\"http"));
}

TEST_CASE("an application's own command") {
  const folder where;
  const auto ran = pull(where, {"shout", "--word", "there"});
  CHECK(ran.code == 7);
  CHECK(ran.output == "there\n");
  const auto failed = pull(where, {"shout", "--fail"});
  CHECK(failed.code == 1);
  CHECK(contains(failed.output, "shout: it was asked to fail."));
}

TEST_CASE("memory that is not there gets a sentence") {
  const folder where;
  const auto ran =
      run_in(where.path(), {"sh", "-c", "ulimit -v 1000000; exec \"$0\" bench --samples 400000000", DIMWISE_PULL_BINARY});
  CHECK(ran.code == 1);
  CHECK(ran.output == "pull bench: there is not enough memory.\n");
}

TEST_CASE("bad input gets one line that names it, a status other than 0, and leaves nothing behind") {
  const folder where;
  write_states(where);
  const std::vector<bad_input> all = {
      {{}, "A subcommand is required", 2},
      {{"evaluate"}, "there is no command 'evaluate'", 2},
      {{"info", "--bogus"}, "--bogus", 2},
      {{"info", "extra"}, "extra", 2},
      {{"eval", "--time", "1", "--out", "o"}, "--state is missing"},
      {{"eval", "--state", "x.npy", "--out", "o"}, "--time is missing"},
      {{"eval", "--state", "none.npy", "--time", "1", "--out", "o"}, "none.npy"},
      {{"eval", "--state", "no.npy", "--time", "1", "--out", "o"}, "no.npy"},
      {{"eval", "--state", "wide.npy", "--time", "1", "--out", "o"}, "wide.npy has the shape (3, 3); (3, 2) is needed"},
      {{"eval", "--state", "nan.npy", "--time", "1", "--out", "o"}, "nan.npy"},
      {{"eval", "--state", "x.npy", "--time", "1", "--output", "none", "--out", "o"},
       "--output none: the model has no such value; it has: pull"},
      {{"eval", "--state", "x.npy", "--time", "1", "--out", "o.npy"}, "one file cannot hold"},
      {{"eval", "--state", "x.npy", "--time", "1", "--constant", "weakness=1", "--out", "o"}, "it has: strength"},
      {{"eval", "--state", "x.npy", "--time", "1", "--constant", "strength=strong", "--out", "o"},
       "'strong' is not a finite number"},
      {{"eval", "--state", "x.npy", "--time", "1", "--constant", "strength", "--out", "o"}, "NAME=VALUE"},
      {{"eval", "--state", "x.npy", "--time", "1", "--input", "w=1", "--out", "o"}, "it has: u"},
      {{"eval", "--state", "x.npy", "--time", "1", "--precision", "half", "--out", "o"}, "'half'"},
      {{"eval", "--state", "x.npy", "--time", "1", "--units", "metres", "--out", "o"}, "'metres'"},
      {{"eval", "--state", "x.npy", "--time", "1", "--gradient", "none", "--out", "o"}, "it has: distance"},
      {{"eval", "--state", "x.npy", "--time", "1", "--parameters", "none.safetensors", "--out", "o"}, "none.safetensors"},
      {{"eval", "--state", "x.npy", "--time", "1", "--parameters", "rows.csv", "--out", "o"}, "rows.csv"},
      {{"eval", "--state", "x.npy", "--time", "1", "--threads", "many", "--out", "o"}, "--threads", 2},
      {{"train"}, "--data points=FILE is missing"},
      {{"train", "--data", "none.csv"}, "none.csv"},
      {{"train", "--data", "other.csv"}, "x_0"},
      {{"train", "--data", "bad.csv"}, "bad.csv"},
      {{"train", "--data", "rows.csv:a,b"}, "no column 'a'"},
      {{"train", "--data", "days=rows.csv"}, "days"},
      {{"train", "--data", "rows.csv", "--time-column", "hour"}, "hour"},
      {{"train", "--data", "rows.csv", "--time-reading", "month"}, "'month'"},
      {{"train", "--data", "rows.csv", "--steps", "last=5"}, "no such stage; it has: fit"},
      {{"train", "--data", "rows.csv", "--steps", "1.5"}, "--steps must be a whole number"},
      {{"train", "--data", "rows.csv", "--rate", "-1"}, "--rate must be positive"},
      {{"train", "--data", "rows.csv", "--weight", "nothing=2"}, "nothing"},
      {{"train", "--data", "rows.csv", "--validation", "2"}, "--validation"},
      {{"train", "--data", "rows.csv", "--resume"}, "there is no checkpoint"},
      {{"simulate"}, "--out is missing"},
      {{"flow", "--sample", "3", "--out", "o.npy"}, "has no flow"},
      {{"solve", "--initial", "1,2", "--out", "o.csv"}, "names no ordinary differential equation"},
      {{"simulate", "--out", "o.npy", "--dt", "0"}, "--dt must be positive"},
      {{"simulate", "--out", "o.npy", "--t1", "-1"}, "--t1"},
      {{"simulate", "--out", "o.npy", "--method", "heun"}, "'heun'"},
      {{"simulate", "--out", "o.npy", "--sde", "none"}, "none"},
      {{"simulate", "--out", "o.npy", "--initial", "wide.npy"}, "--initial: wide.npy"},
      {{"simulate", "--out", "o.npy", "--initial", "nan.npy"}, "nan.npy"},
      {{"simulate", "--out", "o.npy", "--save-every", "0"}, "--save-every"},
      {{"check", "--samples", "0"}, "--samples"},
      {{"check", "--precision", "half"}, "'half'"},
      {{"check", "--parameters", "none.safetensors"}, "none.safetensors"},
      {{"bench", "--threads", "0"}, "--threads"},
      {{"bench", "--unit", "hour"}, "'hour'"},
      {{"bench", "--variant", "none"}, "--variant 'none' is unknown; the model has value, gradient, adam_step"},
      {{"bench", "--variant", "value", "--variant", "none"}, "'none'"},
      {{"bench", "--precision", "half"}, "it is float, double or both"},
      {{"bench", "--json", "/proc/none/x.json"}, "cannot write '/proc/none/x.json'"},
      {{"check", "--json", "/proc/none/x.json"}, "cannot write '/proc/none/x.json'"},
      {{"train", "--data", "rows.csv", "--json", "/proc/none/x.json"}, "cannot write '/proc/none/x.json'"},
      {{"train", "--data", "rows.csv", "--out", "/proc/none/p.safetensors"}, "cannot write '/proc/none/p.safetensors'"},
      {{"simulate", "--initial", "x.npy", "--out", "/proc/none/o.npy"}, "cannot write '/proc/none/o.npy'"},
      {{"report", "--parameters", "none.safetensors"}, "none.safetensors"},
      {{"report", "--losses", "none.csv", "--no-check", "--out", "o"}, "none.csv"},
      {{"report", "--t0", "2", "--t1", "1"}, "--t1 must be larger"},
      {{"report", "--data", "other.csv"}, "x_0"},
      {{"report", "--parameters", "p.safetensors", "--losses", "t.npy"}, "t.npy"},
  };
  const std::size_t before = dimwise_tests::files_in(where.path());
  for (const bad_input& bad : all) {
    const auto ran = pull(where, bad.arguments);
    std::string line;
    for (const auto& word : bad.arguments) line += word + " ";
    INFO(line << "-> " << ran.output);
    CHECK(ran.code == bad.code);
    CHECK(contains(ran.output, bad.says));
    CHECK(std::count(ran.output.begin(), ran.output.end(), '\n') == 1);
    CHECK(dimwise_tests::files_in(where.path()) == before);
  }
}
