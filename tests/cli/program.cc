#include "program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include "test_paths.h"

namespace headscope::test {

namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  int read = -1, write = -1;
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    read = ends[0];
    write = ends[1];
  }
};

void close_end(int& end) {
  if (end >= 0) close(end);
  end = -1;
}

[[noreturn]] void become(const Invocation& run, const Pipe& in, const Pipe& out, const Pipe& err) {
  dup2(in.read, STDIN_FILENO);
  dup2(out.write, STDOUT_FILENO);
  dup2(err.write, STDERR_FILENO);
  for (const auto& [name, value] : run.environment) {
    if (value.empty()) {
      unsetenv(name.c_str());
    } else {
      setenv(name.c_str(), value.c_str(), 1);
    }
  }
  const std::string program = program_path();
  std::vector<std::string> words = {program};
  words.insert(words.end(), run.args.begin(), run.args.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  _exit(127);
}

// Feeds standard input and collects both outputs until they close or time is up.
class Conversation {
 public:
  Conversation(const Invocation& run, pid_t child, int in, int out, int err)
      : run_(run), child_(child), in_(in), ends_{out, err} {
    fcntl(in_, F_SETFL, O_NONBLOCK);
  }

  Outcome hold() {
    const auto start = Clock::now();
    while (ends_[0] >= 0 || ends_[1] >= 0) {
      const auto passed = Clock::now() - start;
      if (run_.interrupt_after && !interrupted_ && passed >= *run_.interrupt_after) {
        interrupted_ = true;
        kill(child_, SIGINT);
      }
      if (passed >= run_.timeout) {
        outcome_.timed_out = true;
        kill(child_, SIGKILL);
        break;
      }
      step();
    }
    close_end(in_);
    for (int& end : ends_) close_end(end);
    return outcome_;
  }

 private:
  void step() {
    pollfd waits[3] = {{ends_[0], POLLIN, 0}, {ends_[1], POLLIN, 0}, {in_, POLLOUT, 0}};
    const bool all_sent = sent_ == run_.stdin_text.size();
    if (all_sent && !run_.interrupt_after) close_end(in_);
    if (all_sent) waits[2].fd = -1;
    poll(waits, 3, 20);
    for (int i = 0; i < 2; ++i) {
      if (waits[i].revents != 0) take(i);
    }
    if (waits[2].fd >= 0 && waits[2].revents != 0) feed();
  }
  void take(int i) {
    char buffer[1 << 16];
    const ssize_t got = read(ends_[i], buffer, sizeof buffer);
    if (got > 0) {
      (i == 0 ? outcome_.out : outcome_.err).append(buffer, static_cast<size_t>(got));
    } else {
      close_end(ends_[i]);
    }
  }
  void feed() {
    const ssize_t put = write(in_, run_.stdin_text.data() + sent_, run_.stdin_text.size() - sent_);
    if (put > 0) sent_ += static_cast<size_t>(put);
    if (put < 0) sent_ = run_.stdin_text.size();  // it does not want to hear more
  }

  const Invocation& run_;
  pid_t child_;
  int in_;
  int ends_[2];
  size_t sent_ = 0;
  bool interrupted_ = false;
  Outcome outcome_;
};

}  // namespace

Outcome run_program(const Invocation& run) {
  signal(SIGPIPE, SIG_IGN);
  Pipe in, out, err;
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("no fork");
  if (child == 0) become(run, in, out, err);
  close_end(in.read);
  close_end(out.write);
  close_end(err.write);
  Outcome outcome = Conversation(run, child, in.write, out.read, err.read).hold();
  int status = 0;
  waitpid(child, &status, 0);
  outcome.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

}  // namespace headscope::test
