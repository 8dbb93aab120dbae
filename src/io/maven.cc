#include "io/maven.h"

#include <algorithm>

#include "headscope/error.h"
#include "io/fetch_client.h"

namespace headscope {
namespace fs = std::filesystem;
namespace {

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

}  // namespace

fs::path fetch_with_maven(const std::string& coordinates, const fs::path& folder,
                          int64_t expected_bytes, const RunControl& control) {
  const Coordinates at = parse(coordinates);
  const fs::path repository = folder / "repository", artifact = artifact_folder(repository, at);
  const FetchClient mvn{{"mvn", "-B", "-q", "dependency:get", "-Dartifact=" + coordinates,
                         "-Dtransitive=false", "-Dmaven.repo.local=" + repository.string()},
                        folder,
                        artifact,
                        repository,
                        expected_bytes,
                        "[ERROR] ",
                        "mvn could not fetch " + coordinates,
                        "a network connection, or a mirror in Maven's settings.xml"};
  run_fetch_client(mvn, control);
  fs::path jar = artifact / (at.artifact + "-" + at.version + ".jar");
  if (fs::is_regular_file(jar)) return jar;
  throw Error(ErrorCode::kNotFound, mvn.what + ": it left no " + jar.filename().string(),
              mvn.expected);
}

}  // namespace headscope
