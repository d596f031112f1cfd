// codegen/support/process.cpp: see process.hpp.
#include "codegen/support/process.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace dimwise::tool {
namespace {

// A signal handler can reach nothing but an object of static storage.
std::atomic<bool> asked_to_stop{false};
void ask_to_stop(int) { asked_to_stop = true; }

int start(const std::vector<std::string>& arguments, const posix_spawn_file_actions_t* actions, pid_t& child) {
  std::vector<char*> raw;
  for (const std::string& a : arguments) raw.push_back(const_cast<char*>(a.c_str()));
  raw.push_back(nullptr);
  return posix_spawnp(&child, raw[0], actions, nullptr, raw.data(), environ);
}

// Waits for the end of a child; one that goes on after a signal to us gets it too.
int finish(pid_t child) {
  int status = 0;
  if (asked_to_stop) kill(child, SIGTERM);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    if (asked_to_stop) kill(child, SIGTERM);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void stop_where_asked() {
  if (asked_to_stop) throw interrupted{};
}

}  // namespace

void stop_in_order() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    if (sigaction(signal, nullptr, &before) != 0 || before.sa_handler == SIG_IGN) continue;
    struct sigaction action {};
    action.sa_handler = ask_to_stop;  // without SA_RESTART: whoever reads or waits hears of it
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
  }
}

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
    while ((n = read(ends[0], buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR && !asked_to_stop))
      if (n > 0) result.output.append(buffer, std::size_t(n));
    result.code = finish(child);
  } else {
    result.code = 127;
  }
  close(ends[0]);
  stop_where_asked();
  return result;
}

int run_attached(const std::vector<std::string>& arguments) {
  pid_t child = 0;
  if (start(arguments, nullptr, child) != 0) return 127;
  const int code = finish(child);
  stop_where_asked();
  return code;
}

std::vector<int> usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> all;
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    for (int i = 0; i < CPU_SETSIZE; i++)
      if (CPU_ISSET(i, &set)) all.push_back(i);
  return all;
}

conversation::conversation(const std::vector<std::string>& arguments, const std::string& log,
                           const std::vector<int>& processors) {
  std::signal(SIGPIPE, SIG_IGN);  // a program that is gone is seen at the next line
  int to[2], from[2];
  if (pipe2(to, O_CLOEXEC) != 0) return;
  if (pipe2(from, O_CLOEXEC) != 0) {
    close(to[0]);
    close(to[1]);
    return;
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to[0], 0);
  posix_spawn_file_actions_adddup2(&actions, from[1], 1);
  posix_spawn_file_actions_addopen(&actions, 2, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  // The child inherits the processors of this process.
  cpu_set_t before, wanted;
  CPU_ZERO(&wanted);
  for (int p : processors) CPU_SET(p, &wanted);
  const bool pinned = !processors.empty() && sched_getaffinity(0, sizeof before, &before) == 0 &&
                      sched_setaffinity(0, sizeof wanted, &wanted) == 0;
  pid_t child = -1;
  const int failed = start(arguments, &actions, child);
  if (pinned) sched_setaffinity(0, sizeof before, &before);
  posix_spawn_file_actions_destroy(&actions);
  close(to[0]);
  close(from[1]);
  input_ = to[1];
  output_ = from[0];
  child_ = failed ? -1 : child;
}

conversation::~conversation() {
  if (input_ >= 0) close(input_);
  if (output_ >= 0) close(output_);
  if (child_ >= 0) finish(child_);
}

bool conversation::say(const std::string& line) {
  const std::string text = line + "\n";
  return child_ >= 0 && write(input_, text.data(), text.size()) == ssize_t(text.size());
}

std::optional<std::string> conversation::hear() {
  while (child_ >= 0 && !asked_to_stop) {
    if (const std::size_t end = waiting_.find('\n'); end != std::string::npos) {
      const std::string line = waiting_.substr(0, end);
      waiting_.erase(0, end + 1);
      return line;
    }
    char buffer[4096];
    const ssize_t n = read(output_, buffer, sizeof buffer);
    if (n > 0) waiting_.append(buffer, std::size_t(n));
    else if (n == 0 || errno != EINTR) break;
  }
  stop_where_asked();
  return std::nullopt;
}

}  // namespace dimwise::tool
