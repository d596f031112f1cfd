// tests/codegen/model_cache.cpp: an unchanged model file is not compiled twice; anything that can change its binary compiles it
// again.
#include "catch.hpp"
#include "codegen/binary.hpp"
#include "support/folder.hpp"

using dimwise_tests::contains;
using dimwise_tests::folder;
using dimwise_tests::run_in;
using names = std::vector<std::string>;

namespace {

struct project {
  folder where;
  project() {
    where.write("part.hpp", "inline int part() { return 1; }\n");
    where.write("one.cpp",
                "#include \"part.hpp\"\n#ifndef EXTRA\n#define EXTRA 0\n#endif\nint main(int argc, char**) { return part() + "
                "EXTRA + 10 * (argc - 1); }\n");
  }
  dimwise::tool::process_result tool(const names& arguments) const {
    names command = {"env", "DIMWISE_CACHE=" + where / "cache", DIMWISE_PROGRAM};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run_in(where.path(), command);
  }
  /// Whether `dimwise build` compiled.
  bool compiles(names arguments) const {
    arguments.insert(arguments.begin(), "build");
    const auto ran = tool(arguments);
    INFO(ran.output);
    REQUIRE(ran.code == 0);
    return contains(ran.output, "compiled: ");
  }
};

}  // namespace

TEST_CASE("an unchanged model is not compiled twice") {
  const project p;
  CHECK(p.compiles({"one.cpp"}));
  CHECK_FALSE(p.compiles({"one.cpp"}));
  std::filesystem::last_write_time(p.where / "one.cpp", std::filesystem::file_time_type::clock::now());
  CHECK_FALSE(p.compiles({"one.cpp"}));  // content counts, not time
}

TEST_CASE("the file, its includes, macros, flags and compiler belong to the key") {
  const project p;
  REQUIRE(p.compiles({"one.cpp"}));
  CHECK(p.compiles({"-D", "EXTRA=2", "one.cpp"}));
  CHECK(p.tool({"run", "-D", "EXTRA=2", "one.cpp"}).code == 3);
  CHECK(p.tool({"run", "one.cpp"}).code == 1);
  CHECK(p.compiles({"--march", "x86-64", "one.cpp"}));
  p.where.write("part.hpp", "inline int part() { return 5; }\n");
  CHECK(p.compiles({"one.cpp"}));
  CHECK(p.tool({"run", "one.cpp"}).code == 5);
  p.where.write("part.hpp", "inline int part() { return 1; }\n");
  CHECK_FALSE(p.compiles({"one.cpp"}));  // back to what was there before
  CHECK(p.tool({"run", "one.cpp"}).code == 1);
  p.where.write("one.cpp", "int main() { return 4; }\n");
  CHECK(p.compiles({"one.cpp"}));
  CHECK(p.tool({"run", "one.cpp"}).code == 4);
}

TEST_CASE("a binary is copied where --output says, into folders that are made") {
  const project p;
  CHECK(p.tool({"build", "one.cpp", "-o", "some/folder/first"}).code == 0);
  CHECK(run_in(p.where.path(), {"some/folder/first"}).code == 1);
  p.where.write("part.hpp", "inline int part() { return 5; }\n");
  CHECK(p.tool({"build", "one.cpp", "-o", "some/folder/first"}).code == 0);
  CHECK(run_in(p.where.path(), {"some/folder/first"}).code == 5);
  CHECK(dimwise_tests::files_in(p.where / "some") == 1);
}

TEST_CASE("what stands behind the file goes to the binary") {
  const project p;
  CHECK(p.tool({"run", "one.cpp", "--a", "-b"}).code == 21);
  CHECK(p.tool({"run", "one.cpp", "--", "--a"}).code == 11);
  CHECK(p.tool({"info", "one.cpp"}).code == 11);
}

TEST_CASE("the compiler's text is passed through unchanged") {
  const project p;
  p.where.write("wrong.cpp", "int main() { return undefined_name; }\n");
  const auto ran = p.tool({"run", "wrong.cpp"});
  CHECK(ran.code == 1);
  CHECK(ran.output.rfind("wrong.cpp: In function", 0) == 0);
  CHECK(contains(ran.output, "wrong.cpp:1:21: error: "));
  const auto again = p.tool({"run", "wrong.cpp"});
  CHECK(again.output == ran.output);
}

TEST_CASE("an interrupted compilation leaves nothing half-made") {
  const project p;
  p.where.write("slow", "#!/bin/sh\n[ \"$1\" = --version ] && echo slow 1.0 && exit\ntouch started\nexec sleep 30\n");
  std::filesystem::permissions(p.where / "slow", std::filesystem::perms::owner_all);
  const std::string build = std::string("DIMWISE_CACHE=cache ") + DIMWISE_PROGRAM + " build --compiler ./slow one.cpp & p=$!; ";
  const auto ran =
      run_in(p.where.path(), {"sh", "-c", build + "while [ ! -e started ]; do sleep 0.02; done; kill -TERM $p; wait $p"});
  CHECK(ran.code == 130);
  CHECK(ran.output == "dimwise: interrupted.\n");
  CHECK(dimwise_tests::files_in(p.where / "cache") == 0);
  CHECK(std::filesystem::is_empty(p.where / "cache/work"));
}

TEST_CASE("the cache keeps what was used last, and drops what killed compilations left") {
  const project p;
  const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours(30);
  for (const char* folder : {"cache/objects", "cache/includes", "cache/work/dimwise-killed", "cache/work/dimwise-running"})
    std::filesystem::create_directories(p.where / folder);
  p.where.write("cache/work/dimwise-killed/model.o", "half");
  for (int i = 0; i < 300; i++) std::filesystem::last_write_time(p.where.write("cache/includes/" + std::to_string(i), ""), old);
  for (int i = 0; i < 70; i++) {
    std::filesystem::create_directory(p.where / ("cache/objects/" + std::to_string(i)));
    std::filesystem::last_write_time(p.where / ("cache/objects/" + std::to_string(i)), old + std::chrono::seconds(i));
  }
  std::filesystem::last_write_time(p.where / "cache/work/dimwise-killed", old);
  REQUIRE(p.compiles({"one.cpp"}));
  CHECK_FALSE(p.compiles({"one.cpp"}));
  const auto entries = [&](const char* folder) {
    const std::filesystem::directory_iterator all(p.where / folder);
    return std::distance(begin(all), end(all));
  };
  CHECK(entries("cache/objects") == 64);
  CHECK_FALSE(std::filesystem::exists(p.where / "cache/objects/6"));
  CHECK(std::filesystem::exists(p.where / "cache/objects/7"));
  CHECK(entries("cache/includes") == 256);
  CHECK_FALSE(std::filesystem::exists(p.where / "cache/work/dimwise-killed"));
  CHECK(std::filesystem::exists(p.where / "cache/work/dimwise-running"));
}

TEST_CASE("the tool's own refusals") {
  const project p;
  const std::vector<std::pair<names, std::string>> all = {
      {{"build", "none.cpp"}, "there is no file none.cpp"},
      {{"build"}, "FILE is required"},
      {{"frobnicate"}, "there is no command 'frobnicate'"},
      {{"build", "--compiler", "no-such-compiler", "one.cpp"}, "'no-such-compiler'"},
      {{"build", "one.cpp", "-o", "/proc/none/one"}, "dimwise: cannot write '/proc/none/one'"},
      {{"bench"}, "model file, --workload or --peers"},
      {{"bench", "--workload", "W9"}, "there are W1, W1-128, W1-256, W2, W3, W3b, W4, W5, W6, W7, W7b"},
      {{"bench", "--workload", "W1", "--d", "8"}, "--d 8"},
      {{"bench", "--workload", "W3", "--k", "9"}, "--k 9"},
      {{"bench", "--workload", "W4", "--bogus"}, "--bogus"},
      {{"bench", "--workload", "W4", "--threads", "0"}, "dimwise: --threads must be at least 1"},
      {{"bench", "--workload", "W4", "--samples", "-5"}, "dimwise: --samples must be at least 1"},
      {{"bench", "--workload", "W4", "--seconds", "0"}, "dimwise: --seconds must be positive"},
      {{"bench", "--workload", "W4", "--precision", "half"},
       "dimwise: --precision 'half' is unknown; it is float, double or both"},
      {{"bench", "--workload", "W4", "--json", "/proc/none/x.json"}, "dimwise: cannot write '/proc/none/x.json'"},
      {{"bench", "--workload", "W4", "--peer", "JAX exprt"}, "--peer 'JAX exprt' is unknown; there are JAX natural"},
      {{"bench", "--workload", "W5", "--peer", "ADOL-C"}, "--peer: ADOL-C does not compute W5; these do: JAX natural."},
      {{"bench", "--workload", "W6", "--peer", "JAX expert"}, "no peer does"},
      {{"bench", "--workload", "W6", "--roofline", "r.png"}, "--roofline: W6 counts solves"},
      {{"bench", "--workload", "W1", "--roofline", "/proc/none/r.png"}, "cannot write '/proc/none/r.png'"},
      {{"bench", "--workload", "W1", "--alone", "--peer", "ADOL-C"}, "--alone and --peer exclude each other"},
      {{"bench", "--workload", "W6", "--d", "1"}, "W6 has d = 2 or more"},
      {{"bench", "--workload", "W6", "--lambda", "x"}, "dimwise: --lambda x: a positive number is needed"},
      {{"bench", "--peers", "--d", "8"}, "name it with --workload"},
      {{"bench", "--workload", "W4", "one.cpp"}, "one.cpp and --workload exclude each other"},
      {{"bench", "--threads", "2", "one.cpp"}, "--threads stands behind the file: dimwise bench one.cpp --threads ..."},
      {{"new"}, "NAME is required"},
      {{"new", "1st"}, "'1st'"},
      {{"new", "one"}, "one.cpp exists already"},
  };
  for (const auto& [arguments, says] : all) {
    const auto ran = p.tool(arguments);
    INFO(ran.output);
    CHECK(ran.code != 0);
    CHECK(contains(ran.output, says));
    CHECK(std::count(ran.output.begin(), ran.output.end(), '\n') == 1);
  }
}
