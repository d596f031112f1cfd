// tests/codegen/pull_main.cpp: the binary of the hand-written model, with one command of its own.
#include <cstdio>
#include <memory>
#include <stdexcept>

#include "codegen/pull_model.hpp"
#include "dimwise/runner.hpp"

int main(int argc, char** argv) {
  dimwise::runner program(dimwise::test::pull_model());
  program.add("shout", "a command that an application adds", [](dimwise::command_line& line) {
    auto word = std::make_shared<std::string>("hello");
    auto fail = std::make_shared<bool>(false);
    line.option("--word", *word, "what to say");
    line.flag("--fail", *fail, "throw instead");
    return [word, fail] {
      if (*fail) throw std::runtime_error("it was asked to fail.");
      std::printf("%s\n", word->c_str());
      return 7;
    };
  });
  return program.run(argc, argv);
}
