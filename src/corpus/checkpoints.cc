#include <chrono>
#include <cstdio>
#include <filesystem>

#include "format/atomic_file.h"
#include "format/read_file.h"
#include "headscope/corpus_analysis.h"

namespace headscope {
namespace {

constexpr double kShare = 0.02;     // of the time that may go into checkpoints
constexpr double kLongestGap = 60;  // seconds

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Checkpoints::Checkpoints(const std::string& path) : path_(path + ".partial") {}

bool Checkpoints::resume(CorpusAnalysis& analysis) const {
  if (!std::filesystem::exists(path_)) return false;
  analysis.restore(read_file(path_), path_);
  return true;
}

void Checkpoints::update(const CorpusAnalysis& analysis) {
  if (written_ < 0 || now() - written_ > std::min(kLongestGap, cost_ / kShare)) write(analysis);
}

void Checkpoints::write(const CorpusAnalysis& analysis) {
  const double start = now();
  write_file_atomically(path_, analysis.checkpoint());
  written_ = now();
  cost_ = written_ - start;
}

void Checkpoints::remove() const {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace headscope
