#include "io/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "headscope/error.h"

namespace headscope {
namespace {

// Only async-signal-safe calls are allowed between fork and exec: all else is prepared before.
struct Plan {
  std::vector<char*> arguments;
  const char* directory;
  const char* log;
  int failure;  // where the child writes errno when it cannot start; closes on exec
};

[[noreturn]] void exec_plan(const Plan& plan) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int input = open("/dev/null", O_RDONLY);
  const int output = open(plan.log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (input >= 0 && output >= 0 && chdir(plan.directory) == 0 && dup2(input, STDIN_FILENO) >= 0 &&
      dup2(output, STDOUT_FILENO) >= 0 && dup2(output, STDERR_FILENO) >= 0) {
    execvp(plan.arguments[0], plan.arguments.data());
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(plan.failure, &error, sizeof error);
  _exit(127);
}

// errno of a child that could not start; 0 once it runs.
int read_failure(int pipe_end) {
  int error = 0;
  ssize_t count = 0;
  do {
    count = read(pipe_end, &error, sizeof error);
  } while (count < 0 && errno == EINTR);
  close(pipe_end);
  return count == static_cast<ssize_t>(sizeof error) ? error : 0;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& arguments, const std::string& directory,
                           const std::string& log) {
  std::vector<std::string> owned = arguments;
  Plan plan{{}, directory.c_str(), log.c_str(), -1};
  for (std::string& argument : owned) plan.arguments.push_back(argument.data());
  plan.arguments.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    throw Error(ErrorCode::kInternal, std::string("no pipe: ") + std::strerror(errno));
  }
  plan.failure = ends[1];
  pid_ = fork();
  if (pid_ == 0) exec_plan(plan);
  close(ends[1]);
  if (pid_ < 0) {
    close(ends[0]);
    throw Error(ErrorCode::kInternal, std::string("no process: ") + std::strerror(errno));
  }
  if (const int error = read_failure(ends[0])) {
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
    throw Error(ErrorCode::kNotFound, arguments[0] + ": " + std::strerror(error),
                "a program of that name in PATH");
  }
}

ChildProcess::~ChildProcess() {
  if (pid_ <= 0 || status_) return;
  kill(-pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::optional<int> ChildProcess::poll() {
  if (status_ || pid_ <= 0) return status_;
  int status = 0;
  const pid_t ended = waitpid(pid_, &status, WNOHANG);
  if (ended != pid_) return std::nullopt;
  constexpr int kSignalled = 128;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : kSignalled + WTERMSIG(status);
  return status_;
}

}  // namespace headscope
