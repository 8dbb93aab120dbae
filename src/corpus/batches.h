// The units that an analysis of a corpus is made of: batches of segments, sentences of pattern 5.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "headscope/corpus.h"

namespace headscope {

struct SegmentToRun {
  ModelInput input;
  int64_t index = 0;  // in the sample
  std::vector<SegmentSentence> sentences;
  std::vector<TextLink> links;
};

// Segments of one window in batches of like length, so that little is spent on padding. The order
// depends on the segments alone, so a resumed run makes the same batches.
std::vector<std::vector<SegmentToRun>> batches(std::vector<SegmentToRun> window);

// The texts of a corpus one by one that are fit for pattern 5: single sentences of 10 to 20 word
// pieces, neither long (the cost grows with the cube) nor so short that there is nothing to look
// up. Begins at the corpus's beginning.
class SentenceStream {
 public:
  SentenceStream(CorpusReader& reader, const Runner& runner);
  std::optional<TokenSequence> next();

 private:
  std::optional<TokenSequence> fitting(const std::string& text) const;

  CorpusReader& reader_;
  const Runner& runner_;
  std::optional<std::string> second_;  // text B of the pair whose text A was read
};

}  // namespace headscope
