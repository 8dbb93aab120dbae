#include "corpus/batches.h"

#include <algorithm>
#include <utility>

namespace headscope {
namespace {

constexpr size_t kBatch = 8;            // segments of a forward pass
constexpr int64_t kBatchTokens = 1024;  // padding included
constexpr int64_t kShortest = 10, kLongest = 20;

// Of an encoder–decoder model, of both texts.
int64_t tokens_of(const SegmentToRun& work) {
  const ModelInput& input = work.input;
  return input.text.size() + (input.target ? input.target->size() : 0);
}

}  // namespace

std::vector<std::vector<SegmentToRun>> batches(std::vector<SegmentToRun> window) {
  std::stable_sort(window.begin(), window.end(), [](const SegmentToRun& a, const SegmentToRun& b) {
    return tokens_of(a) > tokens_of(b);
  });
  std::vector<std::vector<SegmentToRun>> out;
  for (SegmentToRun& work : window) {
    const bool fits =
        !out.empty() && out.back().size() < kBatch &&
        tokens_of(out.back().front()) * (static_cast<int64_t>(out.back().size()) + 1) <=
            kBatchTokens;
    if (!fits) out.emplace_back();
    out.back().push_back(std::move(work));
  }
  return out;
}

SentenceStream::SentenceStream(CorpusReader& reader, const Runner& runner)
    : reader_(reader), runner_(runner) {
  reader.rewind();
}

std::optional<TokenSequence> SentenceStream::next() {
  while (true) {
    if (const auto second = std::exchange(second_, std::nullopt)) {
      if (auto tokens = fitting(*second)) return tokens;
    }
    std::optional<CorpusText> text = reader_.next();
    if (!text) return std::nullopt;
    second_ = std::move(text->b);
    if (auto tokens = fitting(text->a)) return tokens;
  }
}

std::optional<TokenSequence> SentenceStream::fitting(const std::string& text) const {
  constexpr int64_t kTemplate = 2;
  TokenizeOptions options;
  options.allow_empty = true;
  options.truncation = Truncation::kOnlyFirst;
  options.max_tokens = std::min(runner_.max_positions(), kLongest + 1 + kTemplate);
  TokenSequence tokens = runner_.tokenize(text, std::nullopt, options);
  const auto pieces = std::count(tokens.special.begin(), tokens.special.end(), 0);
  if (pieces < kShortest || pieces > kLongest) return std::nullopt;
  return tokens;
}

}  // namespace headscope
