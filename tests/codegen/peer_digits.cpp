// tests/codegen/peer_digits.cpp: comparing what two programs computed, and speaking with a program.
#include "codegen/tool/peer_digits.hpp"

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "catch.hpp"
#include "codegen/support/process.hpp"
#include "codegen/tool/bench_peers.hpp"
#include "dimwise/io/atomic_file.hpp"
#include "dimwise/io/npy.hpp"
#include "dimwise/io/safetensors.hpp"

namespace fs = std::filesystem;
using namespace dimwise;
using namespace dimwise::tool;

namespace {
/// A folder as two sides of a comparison write it.
struct comparison {
  fs::path folder = fs::temp_directory_path() / ("dimwise-test-digits-" + std::to_string(getpid()));
  comparison() {
    fs::remove_all(folder);
    for (const char* part : {"in", "dimwise/parameters", "peer/parameters"}) fs::create_directories(folder / part);
    write_safetensors((folder / "in" / "parameters.safetensors").string(), {{{"w", {2}, {1, 2}}}, {}});
  }
  ~comparison() { fs::remove_all(folder); }
  void write(const char* side, const char* name, const std::vector<double>& values) const {
    write_npy((folder / side / (std::string(name) + ".npy")).string(), {values.size()}, values.data());
  }
  digits compared(bool in_double) const { return compare_digits(folder, "peer", in_double); }
};
}  // namespace

TEST_CASE("digits are compared relative to the root mean square of an array") {
  const comparison c;
  c.write("dimwise", "f", {100, 0, -100, 0});
  c.write("peer", "f", {100, 0.005, -100, 0});
  const digits found = c.compared(false);
  CHECK(found.worst == Approx(0.005 / std::sqrt(5000.0)));
  CHECK(found.same);
  CHECK_FALSE(c.compared(true).same);
  c.write("peer", "f", {100, 0.05, -100, 0});
  CHECK_FALSE(c.compared(false).same);
  CHECK_THAT(c.compared(false).words, Catch::Contains("OTHER DIGITS") && Catch::Contains("f.npy"));
}

TEST_CASE("what is missing, has another shape or is not a number is no match") {
  const comparison c;
  CHECK_FALSE(c.compared(false).same);
  c.write("dimwise", "f", {1, 2});
  CHECK_THAT(c.compared(false).words, Catch::Contains("NO RESULT f.npy"));
  c.write("peer", "f", {1, 2, 3});
  CHECK_THAT(c.compared(false).words, Catch::Contains("ANOTHER SHAPE"));
  c.write("peer", "f", {1, std::numeric_limits<double>::quiet_NaN()});
  CHECK_FALSE(c.compared(false).same);
  c.write("peer", "f", {1, 2});
  CHECK(c.compared(true).same);
}

TEST_CASE("a step is compared by the change of the parameters") {
  const comparison c;
  c.write("dimwise", "parameters/w", {1.001, 2.001});
  c.write("peer", "parameters/w", {1.001, 2.001001});
  CHECK(c.compared(false).same);
  CHECK(c.compared(false).worst == Approx(1e-6 / std::sqrt(2.0) / 1e-3).epsilon(1e-6));
  c.write("peer", "parameters/w", {1.001, 1.999});
  CHECK_FALSE(c.compared(false).same);
}

TEST_CASE("threads must give the same bits") {
  const comparison c;
  CHECK_FALSE(identical_results(c.folder, "peer"));
  c.write("dimwise", "f", {1, 2});
  CHECK_FALSE(identical_results(c.folder, "peer"));
  c.write("peer", "f", {1, 2});
  CHECK(identical_results(c.folder, "peer"));
  c.write("peer", "f", {1, 2.0000000000000004});
  CHECK_FALSE(identical_results(c.folder, "peer"));
}

TEST_CASE("lines go to a program and come back") {
  const comparison c;
  const std::string log = (c.folder / "log").string();
  conversation cat({"cat"}, log, {});
  CHECK(cat.say("one"));
  CHECK(cat.say("two"));
  CHECK(cat.hear() == "one");
  CHECK(cat.hear() == "two");
  conversation failing({"sh", "-c", "echo first; echo why >&2; exit 3"}, log, {});
  CHECK(failing.hear() == "first");
  CHECK_FALSE(failing.hear());
  CHECK(read_file(log) == "why\n");
  conversation missing({"dimwise-no-such-program"}, log, {});
  CHECK_FALSE(missing.say("anyone"));
  CHECK_FALSE(missing.hear());
}

TEST_CASE("a program runs on the processors that it is given") {
  const comparison c;
  const std::vector<int> all = usable_processors();
  REQUIRE_FALSE(all.empty());
  conversation pinned({"sh", "-c", "grep Cpus_allowed_list /proc/self/status | tr -dc '0-9,-' && echo"},
                      (c.folder / "log").string(), {all.back()});
  CHECK(pinned.hear() == std::to_string(all.back()));
  CHECK(usable_processors() == all);
}

TEST_CASE("peers that are not there are known, without a command") {
  const comparison c;
  const std::vector<peer> peers = known_peers(c.folder, c.folder);
  CHECK(peers.size() >= 9);
  for (const peer& p : peers) CHECK(p.command.empty());
  fs::create_directories(c.folder / "peers" / "python" / "lib" / "python3.11" / "site-packages" / "jax");
  write_file_atomically((c.folder / "jax_peer.py").string(), "");
  int found = 0;
  for (const peer& p : known_peers(c.folder, c.folder)) found += !p.command.empty();
  CHECK(found == 2);
}
