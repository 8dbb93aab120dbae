// A BERT as it is before training (weights normal with deviation .02, biases 0, norms 1, as in
// Devlin et al. 2018): no pattern may be found in it.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>

#include "corpus.h"
#include "headscope/corpus_analysis.h"
#include "headscope/model.h"
#include "headscope/safetensors.h"
#include "test_paths.h"

namespace headscope {
namespace {

std::string read_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// tests/golden/tiny/bert-mlm with other numbers.
void write_untrained(const std::string& folder) {
  const std::string from = source_dir() + "/tests/golden/tiny/bert-mlm/";
  for (const char* name : {"config.json", "vocab.txt", "tokenizer_config.json"}) {
    std::filesystem::copy_file(from + name, folder + "/" + name);
  }
  const std::string bytes = read_bytes(from + "model.safetensors");
  const SafetensorsView view(std::as_bytes(std::span(bytes)), "bert-mlm");
  std::mt19937 random(5);
  std::normal_distribution<float> normal(0, .02f);
  std::vector<std::vector<float>> values;
  std::vector<TensorToWrite> tensors;
  for (const TensorEntry& entry : view.tensors()) {
    if (entry.dtype != DType::kF32) continue;
    std::vector<float>& numbers = values.emplace_back(static_cast<size_t>(entry.count()));
    const bool norm = entry.name.find("LayerNorm.weight") != std::string::npos;
    const bool bias = entry.name.ends_with("bias");
    for (float& x : numbers) x = norm ? 1.0f : bias ? 0.0f : normal(random);
    tensors.push_back({entry.name, DType::kF32, entry.shape, numbers.data()});
  }
  write_safetensors_file(folder + "/model.safetensors", tensors);
}

TEST(UntrainedBert, GetsNoShareLabel) {
  const TemporaryFolder folder;
  write_untrained(folder.file(""));
  const auto model = open_model(folder.file(""), {"untrained", false});
  std::ifstream in(data_path("wikitext2-valid.txt"));
  std::ofstream out(folder.file("text.txt"));
  int kept = 0;
  for (std::string line; kept < 40 && std::getline(in, line);) {
    if (line.size() < 200) continue;
    out << line << "\n";
    ++kept;
  }
  out.close();
  CorpusSettings settings;
  settings.paths = {folder.file("text.txt")};
  settings.segments.truncation = Truncation::kLongestFirst;
  CorpusAnalysis analysis({model->runner(), model->masked(), model->embeddings(), std::nullopt},
                          settings);
  analysis.run_segments();
  double most = 0;
  for (const HeadReport& head : analysis.report().heads()) {
    const HeadSet labels(head.labels.begin(), head.labels.end());
    // Even attention is broad, and over single sentences a bag of words; both are no shares.
    EXPECT_TRUE(labels == HeadSet{"broad"} || labels == (HeadSet{"broad", "sentence"}))
        << to_string(head.id);
    for (const ScoreResult& s : head.scores) {
      if (s.z > most) most = s.z;
    }
  }
  // Significance is no label: with enough words any bias of a random head is significant.
  std::printf("largest z of a random head: %.0f\n", most);
  EXPECT_GT(most, 10);
}

}  // namespace
}  // namespace headscope
