// Another program, run to its end or killed: its output goes to a file, its input is empty. It and
// what it starts are a process group of their own, so that a Ctrl-C at the terminal reaches it only
// through us, and it dies with us.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace headscope {

class ChildProcess {
 public:
  // arguments[0] is looked up in PATH. Runs in `directory`; stdout and stderr go to `log`.
  // Throws Error(kNotFound) where there is no such program.
  ChildProcess(const std::vector<std::string>& arguments, const std::string& directory,
               const std::string& log);
  // Kills the group if it still runs, and waits for its end.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // The exit status (128 + signal where a signal ended it) once it ended; nothing before.
  std::optional<int> poll();

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
};

}  // namespace headscope
