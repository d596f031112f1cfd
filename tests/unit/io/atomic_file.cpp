// tests/unit/io/atomic_file.cpp: a file is the old one or the new one, also for a writer that is killed.
#include "catch.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dimwise/io/atomic_file.hpp>

#include "support/folder.hpp"

using namespace dimwise;
using namespace dimwise_tests;

TEST_CASE("files are written whole, replaced whole, and leave nothing beside them") {
  const folder f;
  write_file_atomically(f / "new/deep/a.bin", std::string_view("one\0two", 7));
  CHECK(read_file(f / "new/deep/a.bin") == std::string("one\0two", 7));
  write_file_atomically(f / "b", "long text");
  write_file_atomically(f / "b", {{"ab", 2}, {"", 0}, {"c", 1}});
  CHECK(read_file(f / "b") == "abc");
  CHECK(f.files() == 2);
  CHECK(file_exists(f / "b"));
  CHECK_FALSE(file_exists(f / "c"));
}

TEST_CASE("what cannot be read or written is named") {
  const folder f;
  CHECK(contains(refusal([&] { read_file(f / "missing"); }), "/missing'"));
  CHECK(contains(refusal([&] { read_file(f.path()); }), "is a folder"));
  CHECK(contains(refusal([&] { write_file_atomically(f.path(), "x"); }), "is a folder"));
  f.write("file", "");
  CHECK(contains(refusal([&] { write_file_atomically(f / "file/below", "x"); }), "cannot"));
  CHECK(contains(refusal([&] { require_writable(f.path()); }), "is a folder"));
  CHECK(contains(refusal([&] { require_writable(f / "file/below"); }), "/file' is no folder"));
  CHECK(contains(refusal([&] { require_writable("/proc/none"); }), "cannot write '/proc/none'"));
  require_writable(f / "new/deep/a");
  require_writable(f / "file");
  CHECK(f.files() == 1);
}

TEST_CASE("a writer that is killed at any moment leaves a complete file") {
  const folder f;
  const std::string path = f / "big";
  const std::string a(1 << 20, 'a'), b(1 << 20, 'b');
  write_file_atomically(path, a);
  for (int round = 0; round < 12; round++) {
    const pid_t child = ::fork();
    if (child == 0) {
      while (true) {
        write_file_atomically(path, b);
        write_file_atomically(path, a);
      }
    }
    ::usleep(useconds_t(3000 + 1700 * round));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const std::string found = read_file(path);
    CHECK((found == a || found == b));
  }
  remove_leftovers(path);
  CHECK(f.files() == 1);
}
