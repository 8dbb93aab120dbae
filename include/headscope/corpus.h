// Corpora: files of texts → the segments that a model reads.
//
// A corpus is read as a stream, so memory does not grow with it. Three formats:
//   text     one sentence or passage a line, blank lines between documents
//   jsonl    a line is "text" or {"a": text, "b": text or null} ("text" may stand for "a")
//   conllu   Universal Dependencies; a sentence is a text, `# newdoc` begins a document
//
// Goals: errors name file and line; every annotation of a treebank is kept with its place in the
// text. Non-goals: finding sentence boundaries, unpacking.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "headscope/runner.h"

namespace headscope {

enum class CorpusFormat { kText, kJsonLines, kConllu };
// "text", "jsonl", "conllu". Throws Error(kUsage) naming them.
CorpusFormat parse_corpus_format(const std::string& name);
std::string_view name_of(CorpusFormat format);
// By extension, in any case: .jsonl, .ndjson, .jsonlines; .conllu, .conll; "-" and others are text.
// Throws Error(kUsage) for extensions of formats that are neither (.json, .conllup, .csv, …): read
// as text their marks would be words.
CorpusFormat format_of_path(const std::string& path);

// A sentence's words as a treebank annotates them, W words. A token of the model belongs to the
// word that its first byte lies in (pieces_of_words in headscope/grammar.h).
struct Annotation {
  std::vector<Range> words;           // [W] UTF-8 bytes of the text
  std::vector<int32_t> head;          // [W] index of the governing word, −1 = root
  std::vector<std::string> relation;  // [W]
};

// A link that a corpus names, between spans of UTF-8 bytes of text A or B.
struct TextLink {
  Range query, key;
  bool query_in_b = false, key_in_b = false;
};

// One text, or pair of texts, of a corpus.
struct CorpusText {
  std::string a;
  std::optional<std::string> b;
  int64_t document = 0;                  // counts up through all files
  size_t file = 0;                       // index of the path
  int64_t line = 0;                      // where it begins, from 1
  std::optional<Annotation> annotation;  // conllu whose words have HEADs
  std::vector<TextLink> links;           // jsonl, where the reader was asked for them
};

class CorpusReader {
 public:
  // `format` overrides the extensions. "-" is standard input; what is no regular file is copied to
  // a temporary one, because a corpus is read more than once. Throws Error(kNotFound) for a missing
  // file, Error(kBadInput) for a folder and for what is compressed, UTF-16 or otherwise no text.
  // `links`: every line of JSONL must have some, {"links": [{"query": [begin, end], "key": [begin,
  // end], "in": "aa"}]}, `in` naming the text of the query, then that of the key.
  explicit CorpusReader(std::vector<std::string> paths, std::optional<CorpusFormat> format = {},
                        bool links = false);
  ~CorpusReader();
  CorpusReader(CorpusReader&&) noexcept;

  // The next text, nullopt at the end. Throws Error(kBadInput) naming file and line where the file
  // is not what its format says.
  std::optional<CorpusText> next();
  void rewind();

  CorpusFormat format(size_t file) const;
  // "corpus.txt, line 12"
  std::string place(const CorpusText& text) const;
  // Where bytes first were no UTF-8 ("corpus.txt, byte 104, line 2"), "" where all were. They read
  // as U+FFFD.
  const std::string& invalid_utf8() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct SegmentOptions {
  // [CLS] A [SEP] B [SEP] of whole sentences of one document, as many as max_tokens takes, cut into
  // A and B at the sentence boundary nearest the middle; at least two sentences. Otherwise every
  // text, or pair of texts, is a segment.
  bool pairs = false;
  std::optional<int64_t> max_tokens;  // special tokens included; default: 128 for pairs, else the
                                      // model's positions; of source and target each
  Truncation truncation = Truncation::kNone;
};

// A sentence's place in a segment.
struct SegmentSentence {
  bool in_b = false;
  int64_t offset = 0;  // bytes of text A (or B) before it
  std::optional<Annotation> annotation;
};

// What the model reads at once.
struct Segment {
  std::string a;
  std::optional<std::string> b;
  int64_t line = 0;   // of its first text
  std::string place;  // "corpus.txt, line 12"
  std::vector<SegmentSentence> sentences;
  std::vector<TextLink> links;
};

// Segments in the corpus's order.
class SegmentStream {
 public:
  // Throws Error(kUsage) for a max_tokens that the model, or a pair, cannot have, and for pairs of
  // an encoder–decoder model.
  SegmentStream(CorpusReader& reader, const Runner& runner, SegmentOptions options);

  // Texts without any token are passed over (skipped()). Throws Error(kBadInput, "HS-LEN-01"),
  // naming file and line, where a text is longer than max_tokens and truncation is kNone, and where
  // an encoder–decoder model has a text without B, its target.
  std::optional<Segment> next();
  void rewind();

  // As the model reads it. Of an encoder–decoder model A is the source, B the target.
  ModelInput input(const Segment& segment) const;
  int64_t max_tokens() const { return max_tokens_; }
  int64_t skipped() const { return skipped_; }  // since the last rewind

 private:
  std::optional<Segment> next_pair();
  ModelInput input(const std::string& a, const std::optional<std::string>& b,
                   TokenizeOptions tokenize) const;
  // Its word pieces, of a source and its target the fewer; throws for a text that is too long.
  int64_t pieces(const CorpusText& text) const;

  CorpusReader& reader_;
  const Runner& runner_;
  SegmentOptions options_;
  int64_t max_tokens_ = 0;
  int64_t skipped_ = 0;
  std::optional<CorpusText> ahead_;  // read, not yet packed
};

// Which of `count` things a sample of `wanted` takes: number i is ⌊i·count/wanted⌋; all of them
// where there are no more than wanted.
class Sample {
 public:
  Sample(int64_t count, std::optional<int64_t> wanted);
  int64_t size() const { return size_; }
  // Index in the sample of thing k, −1 where it is not taken. k must not decrease between calls.
  int64_t index_of(int64_t k);

 private:
  int64_t count_, size_, next_ = 0;
};

}  // namespace headscope
