// Any lines as a sentence of CoNLL-U: refused with an Error, or a tree whose words lie in the text.
#include <algorithm>
#include <string>

#include "base/fuzz.h"
#include "corpus/conllu.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  const std::string lines(text_of(data, size));
  accepts([&] {
    ConlluSentence sentence("fuzz");
    for (size_t begin = 0; begin < lines.size();) {
      const size_t end = std::min(lines.find('\n', begin), lines.size());
      if (end > begin) sentence.add(lines.substr(begin, end - begin), "fuzz");
      begin = end + 1;
    }
    if (sentence.empty()) return;
    std::string text;
    std::optional<Annotation> tree;
    sentence.finish(text, tree);
    if (!tree) return;
    const Annotation& annotation = *tree;
    const auto length = static_cast<int64_t>(text.size());
    require(annotation.head.size() == annotation.words.size() &&
                annotation.relation.size() == annotation.words.size(),
            "a head, a relation and a place for every word");
    for (const Range& word : annotation.words) {
      require(0 <= word.begin && word.begin < word.end && word.end <= length,
              "every word lies in the text");
    }
  });
  return 0;
}
