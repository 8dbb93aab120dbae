#include "terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "headscope/utf8.h"

namespace headscope::cli {

bool stderr_is_terminal() { return isatty(STDERR_FILENO) != 0; }
bool stdout_is_terminal() { return isatty(STDOUT_FILENO) != 0; }

bool use_colour() {
  const char* none = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return stdout_is_terminal() && !(none && *none) && term && std::string_view(term) != "dumb";
}

int terminal_width(int otherwise) {
  if (const char* columns = std::getenv("COLUMNS")) {
    const int given = std::atoi(columns);
    if (given >= 20) return given;
  }
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
    winsize size{};
    if (ioctl(stream, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  }
  return otherwise;
}

int display_width(std::string_view text) {
  int width = 0;
  for (size_t pos = 0; pos < text.size();) {
    const Utf8Char c = read_utf8(text, pos);
    width += utf8proc_charwidth(static_cast<utf8proc_int32_t>(c.code));
    pos += c.bytes;
  }
  return width;
}

std::string printable(std::string_view text) {
  std::string out;
  for (size_t pos = 0; pos < text.size();) {
    const Utf8Char c = read_utf8(text, pos);
    const bool control = c.code < 0x20 || (c.code >= 0x7F && c.code < 0xA0);
    append_utf8(out, control || !c.valid ? kReplacement : c.code);
    pos += c.bytes;
  }
  return out;
}

std::string cell(std::string_view text, int width, Align align) {
  std::string shown = printable(text);
  if (display_width(shown) > width) {
    std::string cut;
    for (size_t pos = 0; pos < shown.size();) {
      const uint32_t bytes = read_utf8(shown, pos).bytes;
      if (display_width(cut) + display_width(shown.substr(pos, bytes)) > width - 1) break;
      cut.append(shown, pos, bytes);
      pos += bytes;
    }
    shown = cut + "…";
  }
  const std::string blanks(static_cast<size_t>(std::max(0, width - display_width(shown))), ' ');
  return align == Align::kLeft ? shown + blanks : blanks + shown;
}

namespace {

// The token of the work in progress. A signal handler may only touch lock-free atomics: the flag
// behind CancellationToken is one.
std::atomic<const CancellationToken*> working{nullptr};
static_assert(std::atomic<const CancellationToken*>::is_always_lock_free);

constexpr int kInterruptedExit = 130;

void on_interrupt(int) {
  const CancellationToken* token = working.load();
  if (!token || token->cancelled()) _exit(kInterruptedExit);
  token->cancel();
}

std::string bytes_text(double bytes) {
  char text[32];
  const bool small = bytes < 1e6;
  std::snprintf(text, sizeof text, small ? "%.0f kB" : "%.1f MB", bytes / (small ? 1e3 : 1e6));
  return text;
}

std::string time_text(double seconds) {
  const auto whole = static_cast<int64_t>(std::ceil(seconds));
  if (whole < 90) return std::to_string(whole) + " s";
  const int64_t minutes = (whole + 30) / 60;
  if (minutes < 90) return std::to_string(minutes) + " min";
  return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

std::string rate_text(const std::string& unit, double rate) {
  if (unit == "B") return bytes_text(rate) + "/s";
  char text[32];
  std::snprintf(text, sizeof text, rate < 10 ? "%.1f/s" : "%.0f/s", rate);
  return text;
}

}  // namespace

void handle_interrupts() {
  struct sigaction action{};
  action.sa_handler = on_interrupt;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  // Beyond the limit of a file's size a write fails, and the error says so.
  std::signal(SIGXFSZ, SIG_IGN);
}

std::string progress_text(const std::string& what, const std::string& unit, int64_t done,
                          int64_t total, double seconds) {
  std::string text = what;
  const bool known = total > 0;
  const double share = known ? static_cast<double>(done) / static_cast<double>(total) : 0;
  if (unit == "B") {
    text += ": " + bytes_text(static_cast<double>(done));
    if (known) text += " of " + bytes_text(static_cast<double>(total));
  } else if (!unit.empty()) {
    text += ": " + std::to_string(done);
    if (known) text += " of " + std::to_string(total);
    text += " " + unit;
  }
  if (known) {
    const std::string percent = std::to_string(static_cast<int>(100 * share)) + " %";
    text += unit.empty() ? ": " + percent : " (" + percent + ")";
  }
  if (seconds < 2 || done <= 0) return text;
  if (!unit.empty()) text += ", " + rate_text(unit, static_cast<double>(done) / seconds);
  if (known && done < total) text += ", " + time_text(seconds * (1 - share) / share) + " left";
  return text;
}

LongWork::LongWork(bool quiet, std::string what, std::string unit)
    : quiet_(quiet), what_(std::move(what)), unit_(std::move(unit)) {
  if (!quiet_ && stderr_is_terminal()) {
    control_.progress = [this](int64_t done, int64_t total) { show(done, total); };
  }
  working = &control_.cancel;
}

LongWork::~LongWork() {
  working = nullptr;
  const std::lock_guard<std::mutex> lock(mutex_);
  erase();
}

void LongWork::show(int64_t done, int64_t total) {
  constexpr auto kFirst = std::chrono::milliseconds(300), kNext = std::chrono::milliseconds(100);
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto now = Clock::now();
  if (now - start_ < kFirst || (visible_ && now - drawn_ < kNext)) return;
  drawn_ = now;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const std::string text = progress_text(what_, unit_, done, total, seconds);
  // Shorter than a line of the terminal: a wrapped line could not be replaced by the next one.
  std::fprintf(stderr, "\r\033[K%s",
               cell(text, std::min(terminal_width(80) - 1, display_width(text))).c_str());
  std::fflush(stderr);
  visible_ = true;
}

void LongWork::erase() {
  if (visible_) std::fputs("\r\033[K", stderr);
  visible_ = false;
}

void LongWork::say(const std::string& line) {
  if (quiet_) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  erase();
  std::fprintf(stderr, "%s\n", printable(line).c_str());
}

void LongWork::now(const std::string& what) {
  const std::lock_guard<std::mutex> lock(mutex_);
  what_ = what;
  start_ = Clock::now();
}

}  // namespace headscope::cli
