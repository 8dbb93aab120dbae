// A model that does not fit: Llama 2 7B's widths in Q4_K, 512 tokens, under a limit of 4 GB on the
// whole process. Prints what docs/performance.md says; some minutes, so `make test-all` runs it.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>

#include "format/read_file.h"
#include "headscope/model.h"
#include "headscope/trace.h"
#include "io/test_folder.h"
#include "large_gguf.h"
#include "test_paths.h"

namespace headscope {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int64_t kTokens = 512, kLimit = int64_t{4} << 30;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<int32_t> some_ids() {
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < kTokens; ++i) ids.push_back(static_cast<int32_t>(i * 7919 % 32'000));
  return ids;
}

std::string listed(const std::vector<int32_t>& ids) {
  std::string text;
  for (const int32_t id : ids) text += (text.empty() ? "" : ",") + std::to_string(id);
  return text;
}

struct Ended {
  int status = -1;
  int64_t most_bytes = 0;  // resident at once
};

// The program with its address space limited; what it says on standard error goes to `log`.
Ended run_limited(std::vector<std::string> words, const std::string& log) {
  words.insert(words.begin(), program_path());
  const pid_t child = fork();
  if (child == 0) {
    const rlimit limit{static_cast<rlim_t>(kLimit), static_cast<rlim_t>(kLimit)};
    setrlimit(RLIMIT_AS, &limit);
    if (!std::freopen(log.c_str(), "w", stderr)) _exit(126);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
  }
  Ended ended;
  rusage usage{};
  if (child < 0 || wait4(child, &ended.status, 0, &usage) != child) return ended;
  ended.most_bytes = int64_t{usage.ru_maxrss} * 1024;
  return ended;
}

class LargeModel : public testing::Test {
 protected:
  LargeModel() : path_(folder_.path() + "/seven.gguf") {}

  std::shared_ptr<const Trace> trace(WeightPlace place, std::vector<double>* layer_seconds) {
    const auto model = open_model(path_, {.name = "", .fingerprint = false, .weights = place});
    const TokenSequence text = model->sequence(some_ids());
    RunControl control;
    auto last = Clock::now();
    control.progress = [&](int64_t done, int64_t) {
      if (done > 0 && layer_seconds) layer_seconds->push_back(seconds_since(last));
      last = Clock::now();
    };
    return model->runner().trace({&text, 1}, {}, control)[0];
  }

  TestFolder folder_;
  std::string path_;
};

// Four layers: their 3.2 GB as float32 and the decoder's 0.5 are more than the limit leaves.
TEST_F(LargeModel, RunsUnderFourGigabytes) {
  test::LargeGguf({.layers = 4}).write(path_);
  const std::string output = folder_.path() + "/limited.safetensors", log = folder_.path() + "/log";
  const auto start = Clock::now();
  const Ended ended = run_limited(
      {"trace", "-m", path_, "--ids", listed(some_ids()), "-o", output, "--layers", "0,3"}, log);
  const double limited = seconds_since(start);
  ASSERT_EQ(ended.status, 0) << read_file(log);
  EXPECT_NE(read_file(log).find("each run reads its layers from the file"), std::string::npos);

  std::vector<double> streamed_seconds, resident_seconds;
  const auto streamed = trace(WeightPlace::kStreamed, &streamed_seconds);
  const auto resident = trace(WeightPlace::kResident, &resident_seconds);
  const auto written = read_trace(output);
  for (const int layer : {0, 3}) {
    for (int h = 0; h < 32; h += 7) {
      const HeadRef head{0, {layer, h}};
      std::vector<float> a(kTokens * kTokens), b(a.size()), c(a.size());
      resident->weights(head, {0, kTokens}, {0, kTokens}, a.data());
      streamed->weights(head, {0, kTokens}, {0, kTokens}, b.data());
      written->weights(head, {0, kTokens}, {0, kTokens}, c.data());
      EXPECT_EQ(a, b) << "L" << layer << "H" << h;
      EXPECT_EQ(a, c) << "L" << layer << "H" << h;
      double sum = 0;
      for (int64_t j = 0; j < kTokens; ++j) sum += a[static_cast<size_t>(100 * kTokens + j)];
      EXPECT_NEAR(sum, 1, 1e-5);
    }
  }
  std::printf("the program under 4 GB: %.1f s, at most %.2f GB resident\n", limited,
              static_cast<double>(ended.most_bytes) / 1e9);
  for (size_t l = 0; l < streamed_seconds.size(); ++l) {
    std::printf("layer %zu: streamed %.2f s, resident %.2f s\n", l, streamed_seconds[l],
                resident_seconds[l]);
  }
}

}  // namespace
}  // namespace headscope
