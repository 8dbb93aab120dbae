#include "io/maven.h"

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
constexpr auto kLook = std::chrono::milliseconds(100);
// Maven retries by itself; when nothing has come for this long, nothing will.
constexpr auto kPatience = std::chrono::minutes(3);

struct Coordinates {
  std::string group, artifact, version;
};

Coordinates parse(const std::string& text) {
  const size_t first = text.find(':'), second = text.find(':', first + 1);
  return {text.substr(0, first), text.substr(first + 1, second - first - 1),
          text.substr(second + 1)};
}

// GROUP/ARTIFACT/VERSION below the local repository.
fs::path artifact_folder(const fs::path& repository, const Coordinates& at) {
  std::string group = at.group;
  std::replace(group.begin(), group.end(), '.', '/');
  return repository / group / at.artifact / at.version;
}

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

// The first "[ERROR] …" of Maven's output, else its last line.
std::string reason(const std::string& log) {
  std::error_code ignored;
  if (!fs::exists(log, ignored)) return "no reason given";
  const std::string text = read_file(log);
  constexpr std::string_view kMark = "[ERROR] ";
  size_t begin = text.find(kMark);
  if (begin != std::string::npos) {
    begin += kMark.size();
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

[[noreturn]] void refuse(const std::string& coordinates, const std::string& why) {
  throw Error(ErrorCode::kNotFound, "mvn could not fetch " + coordinates + ": " + why,
              "a network connection, or a mirror in Maven's settings.xml");
}

}  // namespace

fs::path fetch_with_maven(const std::string& coordinates, const fs::path& folder,
                          int64_t expected_bytes, const RunControl& control) {
  const Coordinates at = parse(coordinates);
  const fs::path repository = folder / "repository";
  const std::string log = (folder / "mvn.log").string();
  ChildProcess mvn({"mvn", "-B", "-q", "dependency:get", "-Dartifact=" + coordinates,
                    "-Dtransitive=false", "-Dmaven.repo.local=" + repository.string()},
                   folder.string(), log);
  const fs::path artifact = artifact_folder(repository, at);
  int64_t seen = -1;
  Clock::time_point grew = Clock::now();
  std::optional<int> status;
  while (!(status = mvn.poll())) {
    control.cancel.check();
    std::this_thread::sleep_for(kLook);
    control.report(std::min(bytes_below(artifact), expected_bytes), expected_bytes);
    const int64_t all = bytes_below(repository);
    if (all != seen) grew = Clock::now();
    seen = all;
    if (Clock::now() - grew > kPatience) refuse(coordinates, "no bytes for three minutes");
  }
  if (*status != 0) refuse(coordinates, reason(log));
  fs::path jar = artifact / (at.artifact + "-" + at.version + ".jar");
  if (!fs::is_regular_file(jar)) refuse(coordinates, "it left no " + jar.filename().string());
  return jar;
}

}  // namespace headscope
