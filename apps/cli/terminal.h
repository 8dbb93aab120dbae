// The terminal: how wide it is, how wide a text is on it, colour, progress, Ctrl-C.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include "headscope/run_control.h"

namespace headscope::cli {

bool stderr_is_terminal();
bool stdout_is_terminal();
// Colour on stdout: a terminal that is not "dumb", and NO_COLOR unset (https://no-color.org).
bool use_colour();
// Columns of the terminal behind stdout; COLUMNS overrides; `otherwise` where there is none.
int terminal_width(int otherwise);

// Columns that `text` takes: wide scripts and emoji two, combining marks none.
int display_width(std::string_view text);
// Control characters as U+FFFD, so that no text or file name steers the terminal. Tokens:
// headscope/token_text.h.
std::string printable(std::string_view text);
enum class Align { kLeft, kRight };
// Exactly `width` columns: blanks added, or cut with "…" at the end. The text is made printable.
std::string cell(std::string_view text, int width, Align align = Align::kLeft);

// Without work in progress Ctrl-C ends the program with exit code 130. main() calls it once.
void handle_interrupts();

// Long work at the terminal. While it lives, the first Ctrl-C cancels control().cancel, so that the
// work throws Error(kInterrupted) at its next look (exit code 130); a second one ends the program
// at once. Progress is one line on stderr, drawn from 0.3 s on where that is a terminal, removed at
// the end. One at a time.
class LongWork {
 public:
  // `what`: "Reading the model". `unit`: "segments", "B" for bytes, "" for a share alone.
  LongWork(bool quiet, std::string what, std::string unit = {});
  ~LongWork();
  LongWork(const LongWork&) = delete;
  LongWork& operator=(const LongWork&) = delete;

  const RunControl& control() const { return control_; }
  // A line of its own on stderr, above the progress (not with --quiet).
  void say(const std::string& line);
  // Names the next stage.
  void now(const std::string& what);

 private:
  using Clock = std::chrono::steady_clock;
  void show(int64_t done, int64_t total);
  void erase();

  bool quiet_;
  std::string what_, unit_;
  RunControl control_;
  std::mutex mutex_;  // the working thread reports
  Clock::time_point start_ = Clock::now(), drawn_ = start_;
  bool visible_ = false;
};

// "Analysing: 120 of 300 segments (40 %), 53/s, 3 s left". Rate and time left from 2 s on.
std::string progress_text(const std::string& what, const std::string& unit, int64_t done,
                          int64_t total, double seconds);

}  // namespace headscope::cli
