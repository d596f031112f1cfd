// codegen/support/process.cpp: see process.hpp.
#include "codegen/support/process.hpp"

#include <cerrno>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace dimwise::tool {
namespace {

int start(const std::vector<std::string>& arguments, const posix_spawn_file_actions_t* actions, pid_t& child) {
  std::vector<char*> raw;
  for (const std::string& a : arguments) raw.push_back(const_cast<char*>(a.c_str()));
  raw.push_back(nullptr);
  return posix_spawnp(&child, raw[0], actions, nullptr, raw.data(), environ);
}

int finish(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

process_result run_captured(const std::vector<std::string>& arguments) {
  process_result result;
  int ends[2];
  if (pipe(ends) != 0) return {127, "no pipe could be opened"};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  pid_t child = 0;
  const int error = start(arguments, &actions, child);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error == 0) {
    char buffer[4096];
    ssize_t n = 0;
    while ((n = read(ends[0], buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR))
      if (n > 0) result.output.append(buffer, std::size_t(n));
    result.code = finish(child);
  } else {
    result.code = 127;
  }
  close(ends[0]);
  return result;
}

int run_attached(const std::vector<std::string>& arguments) {
  pid_t child = 0;
  if (start(arguments, nullptr, child) != 0) return 127;
  return finish(child);
}

}  // namespace dimwise::tool
