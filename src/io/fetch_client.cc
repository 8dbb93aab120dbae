#include "io/fetch_client.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "format/read_file.h"
#include "headscope/error.h"
#include "io/child_process.h"

namespace headscope {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPollInterval = std::chrono::milliseconds(100);
// Clients retry by themselves: after so long without a byte the download has failed.
constexpr auto kStalledAfter = std::chrono::minutes(3);

// Bytes of all files below `folder`; files that vanish while they are counted do not matter.
int64_t bytes_below(const fs::path& folder) {
  int64_t total = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code vanished;
    if (!it->is_regular_file(vanished)) continue;
    const auto size = it->file_size(vanished);
    if (!vanished) total += static_cast<int64_t>(size);
  }
  return total;
}

// The first line of the log that begins with `mark`, without it; else its last line.
std::string reason(const std::string& log, const std::string& mark) {
  std::error_code ignored;
  if (!fs::exists(log, ignored)) return "no reason given";
  const std::string text = read_file(log);
  size_t begin = text.find(mark);
  if (begin != std::string::npos) {
    begin += mark.size();
  } else {
    const size_t last = text.find_last_not_of('\n');
    if (last == std::string::npos) return "no reason given";
    begin = text.rfind('\n', last);
    begin = begin == std::string::npos ? 0 : begin + 1;
  }
  constexpr size_t kShown = 600;
  const std::string line = text.substr(begin, text.find('\n', begin) - begin);
  return line.size() > kShown ? line.substr(0, kShown) + "…" : line;
}

}  // namespace

void run_fetch_client(const FetchClient& client, const RunControl& control) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorCode::kNotFound, client.what + ": " + why, client.expected);
  };
  const std::string log = (client.folder / "client.log").string();
  ChildProcess child(client.arguments, client.folder.string(), log);
  int64_t seen = -1;
  Clock::time_point grew = Clock::now();
  std::optional<int> status;
  while (!(status = child.poll())) {
    control.cancel.check();
    std::this_thread::sleep_for(kPollInterval);
    control.report(std::min(bytes_below(client.growing), client.expected_bytes),
                   client.expected_bytes);
    const int64_t all = bytes_below(client.alive);
    if (all != seen) grew = Clock::now();
    seen = all;
    if (Clock::now() - grew > kStalledAfter) refuse("no bytes for three minutes");
  }
  if (*status != 0) refuse(reason(log, client.error_mark));
}

}  // namespace headscope
