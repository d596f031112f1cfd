// codegen/tool/model_build.cpp: see model_build.hpp.
#include "codegen/tool/model_build.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

#include "codegen/tool/content_hash.hpp"
#include "codegen/support/process.hpp"
#include "codegen/support/scratch_folder.hpp"
#include "dimwise_layout.hpp"

namespace dimwise::tool {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kept_objects = 64, kept_lists = 4 * kept_objects;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

fs::path cache_folder(const build_request& request) {
  if (!request.cache.empty()) return request.cache;
  if (auto own = environment("DIMWISE_CACHE"); !own.empty()) return own;
  if (auto xdg = environment("XDG_CACHE_HOME"); !xdg.empty()) return fs::path(xdg) / "dimwise";
  if (auto home = environment("HOME"); !home.empty()) return fs::path(home) / ".cache" / "dimwise";
  return fs::temp_directory_path() / ("dimwise-cache-" + std::to_string(getuid()));
}

// -march=native means the processor at hand, so its description belongs to the key.
std::string processor() {
  std::ifstream in("/proc/cpuinfo");
  std::string line, text;
  while (std::getline(in, line) && !line.empty())
    if (line.rfind("flags", 0) == 0 || line.rfind("Features", 0) == 0 || line.rfind("model", 0) == 0) text += line + "\n";
  return text;
}

// The files that a make rule written by -MD names.
std::vector<std::string> dependencies_of(const fs::path& rule) {
  std::ifstream in(rule);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  std::vector<std::string> files;
  std::string word;
  bool target = true;
  auto finish = [&] {
    if (word.empty()) return;
    if (target) target = word.back() != ':';
    else files.push_back(word);
    word.clear();
  };
  for (std::size_t i = 0; i < text.size(); i++) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size() && text[i + 1] == '\n') i++, finish();
    else if (c == '\\' && i + 1 < text.size() && (text[i + 1] == ' ' || text[i + 1] == '#')) word += text[++i];
    else if (c == '$' && i + 1 < text.size() && text[i + 1] == '$') word += text[++i];
    else if (c == ' ' || c == '\n' || c == '\t') finish();
    else word += c;
  }
  finish();
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

std::string key_of(const std::string& recipe, const std::vector<std::string>& files) {
  content_hash hash;
  hash.add(recipe);
  for (const std::string& file : files) hash.add(file).add_file(file);
  return hash.hex();
}

std::vector<std::string> read_lines(const fs::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Removes what was used longest ago, but for the last `kept` entries of a folder.
void prune(const fs::path& folder, std::size_t kept) {
  std::vector<std::pair<fs::file_time_type, fs::path>> entries;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    entries.emplace_back(entry.last_write_time(ignored), entry.path());
  if (entries.size() <= kept) return;
  std::sort(entries.begin(), entries.end());
  for (std::size_t i = 0; i + kept < entries.size(); i++) fs::remove_all(entries[i].second, ignored);
}

// Removes what killed compilations left, once nobody can be at work on it any more.
void remove_abandoned(const fs::path& work) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(work, ignored))
    if (fs::file_time_type::clock::now() - entry.last_write_time(ignored) > std::chrono::hours(24))
      fs::remove_all(entry.path(), ignored);
}

void touch(const fs::path& place) {
  std::error_code ignored;  // another process may have removed it
  fs::last_write_time(place, fs::file_time_type::clock::now(), ignored);
}

}  // namespace

build_result build_model(const build_request& request, const installation& where) {
  const auto start = std::chrono::steady_clock::now();
  if (!fs::is_regular_file(request.source)) throw std::runtime_error("there is no file " + request.source.string() + ".");
  const fs::path source = fs::canonical(request.source);
  std::string compiler = request.compiler.empty() ? environment("CXX") : request.compiler;
  if (compiler.empty()) compiler = "g++";

  const process_result version = run_captured({compiler, "--version"});
  if (version.code != 0)
    throw std::runtime_error("the compiler '" + compiler +
                             "' cannot be run; install g++ 12 or newer, or name one with CXX or --compiler.");
  std::vector<std::string> command = {compiler, "-std=c++20"};
  std::istringstream options(layout::kernel_options);
  for (std::string option; options >> option;) command.push_back(option);
  command.push_back("-march=" + (request.march.empty() ? std::string(layout::march) : request.march));
  if (version.output.find("clang") != std::string::npos) {
    // Large models take clang more evaluation steps than its default limit; clang 19 warns of what -march=native gives on some
    // processors once for each function.
    for (const char* flag : {"-fconstexpr-steps=50000000", "-Wno-unknown-warning-option", "-Wno-invalid-feature-combination"})
      command.push_back(flag);
  }
  for (const std::string& definition : request.definitions) command.push_back("-D" + definition);
  command.push_back("-I" + where.include.string());
  for (const fs::path& folder : where.dependencies) command.push_back("-isystem" + folder.string());

  content_hash recipe_hash;
  recipe_hash.add(layout::version).add(version.output).add(processor()).add(source.string()).add_file(source);
  for (const std::string& word : command) recipe_hash.add(word);
  const std::string recipe = recipe_hash.hex();

  const fs::path cache = cache_folder(request), lists = cache / "includes", objects = cache / "objects", work = cache / "work";
  for (const fs::path& folder : {lists, objects, work}) fs::create_directories(folder);
  const fs::path list = lists / recipe;
  const std::string name = source.stem().string();

  // What is made is made in a folder of its own and moved into place when it is whole.
  build_result result;
  std::string key;
  if (fs::exists(list)) key = key_of(recipe, read_lines(list));
  if (key.empty() || !fs::exists(objects / key / "model.o")) {
    const scratch_folder scratch(work);
    const fs::path made = scratch.place() / "object", rule = scratch.place() / "model.d", names = scratch.place() / "includes";
    fs::create_directory(made);
    std::vector<std::string> compile = command;
    const bool terminal = isatty(2);
    if (terminal) compile.push_back("-fdiagnostics-color=always");
    for (const std::string& word : {std::string("-MD"), std::string("-MF"), rule.string(), std::string("-c"),
                                    request.source.string(), std::string("-o"), (made / "model.o").string()})
      compile.push_back(word);
    if (terminal) (void)!write(2, "compiling ...", 13);
    const process_result compiled = run_captured(compile);
    if (terminal) (void)!write(2, "\r             \r", 15);
    if (compiled.code != 0) throw compile_error{compiled.code, compiled.output};
    // Warnings are the user's to see, but once.
    if (!compiled.output.empty()) (void)!write(2, compiled.output.data(), compiled.output.size());
    const std::vector<std::string> files = dependencies_of(rule);
    key = key_of(recipe, files);
    std::ofstream out(names);
    for (const std::string& file : files) out << file << "\n";
    out.close();
    fs::rename(names, list);
    std::error_code taken;
    fs::rename(made, objects / key, taken);  // fails if another process was faster with the same content
    result.compiled = true;
    prune(objects, kept_objects);
    prune(lists, kept_lists);
    remove_abandoned(work);
  }
  const fs::path folder = objects / key;
  touch(folder);
  touch(list);

  result.object_bytes = fs::file_size(folder / "model.o");
  const std::string link_key = content_hash().add_file(where.runtime).hex();
  const fs::path binaries = folder / link_key;
  result.binary = binaries / name;
  if (!fs::exists(result.binary)) {
    const scratch_folder scratch(work);
    const fs::path linked = scratch.place() / name;
    std::vector<std::string> link = {compiler, (folder / "model.o").string(), where.runtime.string()};
    for (const fs::path& library : where.linked) link.push_back(library.string());
    for (const std::string& word : {std::string("-pthread"), std::string("-o"), linked.string()}) link.push_back(word);
    const process_result ran = run_captured(link);
    if (ran.code != 0) throw compile_error{ran.code, ran.output};
    fs::create_directories(binaries);
    fs::rename(linked, result.binary);
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.is_directory() && entry.path() != binaries) fs::remove_all(entry.path());
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace dimwise::tool
