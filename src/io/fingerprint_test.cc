#include "io/fingerprint.h"

#include <gtest/gtest.h>

#include <map>

namespace headscope {
namespace {

class MemoryStore : public WeightStore {
 public:
  explicit MemoryStore(std::map<std::string, std::vector<float>> tensors) {
    for (auto& [name, data] : tensors) {
      shapes_[name] = {1, static_cast<int64_t>(data.size())};
      data_[name] = data;
    }
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> all;
    for (const auto& [name, data] : data_) all.push_back(name);
    return all;
  }
  const std::vector<int64_t>* shape(std::string_view name) const override {
    return &shapes_.at(std::string(name));
  }
  const float* data(std::string_view name) const override {
    return data_.at(std::string(name)).data();
  }
  void drop_pages(std::string_view) const override {}
  const std::string& source() const override { return source_; }

 private:
  std::string source_ = "memory";
  std::map<std::string, std::vector<int64_t>> shapes_;
  std::map<std::string, std::vector<float>> data_;
};

// python3: hashlib.sha256(b"embeddings.a\0" b"1,2\0" + struct.pack("<2f", 1, 2)
//                         + b"encoder.b\0" b"1,1\0" + struct.pack("<f", 3)).hexdigest()
TEST(Fingerprint, CountsEmbeddingsAndEncoderOnly) {
  const std::string expected = "e40c2c13f1d35d069fcc8d318ebebd3eea4394e4cbce87c575ec266aae5e0ae8";
  EXPECT_EQ(fingerprint(MemoryStore({{"embeddings.a", {1, 2}}, {"encoder.b", {3}}})), expected);
  EXPECT_EQ(fingerprint(MemoryStore({{"bert.embeddings.a", {1, 2}},
                                     {"bert.embeddings.position_ids", {9}},
                                     {"bert.encoder.b", {3}},
                                     {"bert.pooler.dense.weight", {4}},
                                     {"cls.predictions.bias", {5}}})),
            expected);
  EXPECT_NE(fingerprint(MemoryStore({{"embeddings.a", {1, 2}}, {"encoder.b", {4}}})), expected);
}

TEST(Fingerprint, OldNamesOfNormalisationsCountAsTheNewOnes) {
  EXPECT_EQ(fingerprint(MemoryStore({{"bert.embeddings.LayerNorm.gamma", {1, 2}},
                                     {"bert.embeddings.LayerNorm.beta", {3, 4}}})),
            fingerprint(MemoryStore(
                {{"embeddings.LayerNorm.weight", {1, 2}}, {"embeddings.LayerNorm.bias", {3, 4}}})));
}

}  // namespace
}  // namespace headscope
