// tests/property/program_source.cpp: writes random recordings as C++ programs.
//   program_source FIRST COUNT             programs of the seeds FIRST ..., and a main function that checks them, to stdout
//   program_source refused FOLDER COUNT    COUNT programs that the recorder refuses, for as many reasons as there are, a file
//   each
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

#include "support/compiled_programs.hpp"
#include "support/replay.hpp"
#include "support/table_program.hpp"

using namespace dimwise::testing;

namespace {

int checked_programs(unsigned long long first, unsigned long long count) {
  std::printf("#include <dimwise/kernel.hpp>\n%s", program_prelude().c_str());
  std::string entries;
  for (unsigned long long seed = first; seed < first + count; seed++) {
    program_options o;
    o.name = "program_" + std::to_string(seed);
    o.erased = seed % 2;
    o.objectives_as_outputs = true;
    std::printf("%s\n", to_program(random_table(seed, program_tables()).view(), o).c_str());
    entries += "    {" + std::to_string(seed) + ", &kernel<" + o.name + ", double, true>, &recording<" + o.name + ">::view},\n";
  }
  std::printf(
      "}  // namespace\n\n#include \"support/compiled_programs.hpp\"\n\nint main() {\n  using namespace dimwise;\n"
      "  constexpr testing::compiled_program programs[] = {\n%s  };\n  return testing::check_programs(programs, %llu);\n}\n",
      entries.c_str(), count);
  return 0;
}

int refused_programs(const std::string& folder, int count) {
  std::map<std::string, int> written;
  int made = 0;
  // each reason once, then twice, and so on
  for (int times = 1; made < count && times < 1000; times++)
    for (std::uint64_t seed = std::uint64_t(times - 1) * 1000; seed < std::uint64_t(times) * 1000 && made < count; seed++) {
      const table_builder b = random_slip(seed);
      const replayed r = replay(b.view());
      if (r.refusal.empty() || r.refused_node < 0 || written[r.refusal] >= times) continue;
      written[r.refusal]++;
      program_options o;
      o.marked = r.refused_node;
      std::ofstream out(folder + "/slip_" + std::to_string(seed) + ".cpp");
      out << "// seed " << seed << ": " << r.refusal << "\n"
          << program_prelude() << to_program(b.view(), o)
          << "}  // namespace\nstatic_assert(dimwise::recording<program>::view.node_count >= 0);\n";
      made++;
    }
  return made == count ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string(argv[1]) == "refused") return refused_programs(argv[2], std::atoi(argv[3]));
  if (argc == 3) return checked_programs(std::strtoull(argv[1], nullptr, 10), std::strtoull(argv[2], nullptr, 10));
  std::fprintf(stderr, "usage: program_source FIRST COUNT | refused FOLDER COUNT\n");
  return 2;
}
