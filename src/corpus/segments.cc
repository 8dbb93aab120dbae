// Texts → segments: single texts as they are, or sentences packed into pairs.
#include <algorithm>
#include <cmath>
#include <utility>

#include "headscope/corpus.h"
#include "headscope/error.h"

namespace headscope {
namespace {

constexpr int64_t kPairTokens = 128;
constexpr int64_t kPairTemplate = 3;    // [CLS], [SEP], [SEP]
constexpr int64_t kSingleTemplate = 2;  // [CLS], [SEP]

struct Sentence {
  CorpusText text;
  int64_t pieces = 0;
};

// The number of sentences of A: the boundary nearest the middle, the first of two as near.
size_t cut(const std::vector<Sentence>& sentences) {
  int64_t total = 0;
  for (const Sentence& s : sentences) total += s.pieces;
  size_t best = 1;
  int64_t before = 0, nearest = total;
  for (size_t k = 1; k < sentences.size(); ++k) {
    before += sentences[k - 1].pieces;
    const int64_t off = std::abs(2 * before - total);
    if (off < nearest) {
      nearest = off;
      best = k;
    }
  }
  return best;
}

void append(Segment& segment, CorpusText& text, bool in_b) {
  if (in_b && !segment.b) segment.b.emplace();
  std::string& into = in_b ? *segment.b : segment.a;
  if (!into.empty()) into += ' ';
  const auto offset = static_cast<int64_t>(into.size());
  segment.sentences.push_back({in_b, offset, std::move(text.annotation)});
  into += text.a;
  for (TextLink link : text.links) {
    // A packed sentence is a text A that may come to stand in B.
    for (const auto& [span, place] :
         {std::pair(&link.query, &link.query_in_b), std::pair(&link.key, &link.key_in_b)}) {
      *place = *place || in_b;
      *span = {span->begin + offset, span->end + offset};
    }
    segment.links.push_back(link);
  }
}

}  // namespace

SegmentStream::SegmentStream(CorpusReader& reader, const Runner& runner, SegmentOptions options)
    : reader_(reader), runner_(runner), options_(options) {
  const int64_t most = runner.max_positions();
  max_tokens_ = options.max_tokens.value_or(options.pairs ? std::min(most, kPairTokens) : most);
  if (options.pairs && options.truncation != Truncation::kNone) {
    throw Error(ErrorCode::kUsage, "--truncate with --pairs", "one of them",
                "Pairs are made of whole sentences");
  }
  if (options.pairs && runner.reads_target()) {
    throw Error(ErrorCode::kUsage, "--pairs with an encoder–decoder model",
                "a source and its target a line", R"(JSONL: {"a": source, "b": target})");
  }
  const int64_t least = (options.pairs ? kPairTemplate : kSingleTemplate) + 1;
  if (max_tokens_ < least || max_tokens_ > most) {
    throw Error(ErrorCode::kUsage, "--max-tokens " + std::to_string(max_tokens_),
                std::to_string(least) + " to " + std::to_string(most));
  }
}

void SegmentStream::rewind() {
  reader_.rewind();
  ahead_.reset();
  skipped_ = 0;
}

int64_t SegmentStream::pieces(const CorpusText& text) const {
  TokenizeOptions tokenize;
  tokenize.allow_empty = true;
  tokenize.truncation = options_.truncation;
  if (!options_.pairs) tokenize.max_tokens = max_tokens_;
  try {
    const ModelInput read = input(text.a, text.b, tokenize);
    const auto words = [](const TokenSequence& tokens) {
      return std::count(tokens.special.begin(), tokens.special.end(), 0);
    };
    return read.target ? std::min(words(read.text), words(*read.target)) : words(read.text);
  } catch (const Error& error) {
    throw Error(error.code(), reader_.place(text) + ": " + error.got(), error.expected(),
                options_.pairs ? "Split it into sentences" : error.action(), error.id(),
                error.numbers());
  }
}

std::optional<Segment> SegmentStream::next() {
  if (options_.pairs) return next_pair();
  while (std::optional<CorpusText> text = reader_.next()) {
    if (pieces(*text) == 0) {
      ++skipped_;
      continue;
    }
    Segment segment;
    segment.line = text->line;
    segment.place = reader_.place(*text);
    append(segment, *text, false);
    segment.b = std::move(text->b);
    return segment;
  }
  return std::nullopt;
}

std::optional<Segment> SegmentStream::next_pair() {
  const int64_t room = max_tokens_ - kPairTemplate;
  std::vector<Sentence> packed;
  int64_t total = 0;
  while (true) {
    std::optional<CorpusText> text = ahead_ ? std::exchange(ahead_, {}) : reader_.next();
    int64_t count = 0;
    if (text) {
      if (text->b) {
        throw Error(ErrorCode::kBadInput, reader_.place(*text) + ": a pair of texts",
                    "single sentences with --pairs");
      }
      count = pieces(*text);
      if (count > room) {
        throw Error(
            ErrorCode::kBadInput,
            reader_.place(*text) + ": a sentence of " + std::to_string(count) + " word pieces",
            "at most " + std::to_string(room) + " with --pairs --max-tokens " +
                std::to_string(max_tokens_),
            "Split or drop it", "HS-LEN-01", ErrorNumbers{count, room});
      }
      if (count == 0) {
        ++skipped_;
        continue;
      }
    }
    const bool fits = text && total + count <= room &&
                      (packed.empty() || packed.front().text.document == text->document);
    if (fits) {
      total += count;
      packed.push_back({std::move(*text), count});
      continue;
    }
    ahead_ = std::move(text);
    if (packed.size() >= 2) break;
    if (!ahead_) return std::nullopt;
    packed.clear();  // a sentence alone makes no pair
    total = 0;
  }
  Segment segment;
  segment.line = packed.front().text.line;
  segment.place = reader_.place(packed.front().text);
  const size_t a = cut(packed);
  for (size_t k = 0; k < packed.size(); ++k) append(segment, packed[k].text, k >= a);
  return segment;
}

ModelInput SegmentStream::input(const Segment& segment) const {
  TokenizeOptions tokenize;
  tokenize.truncation = options_.truncation;
  tokenize.max_tokens = max_tokens_;
  return input(segment.a, segment.b, tokenize);
}

ModelInput SegmentStream::input(const std::string& a, const std::optional<std::string>& b,
                                TokenizeOptions tokenize) const {
  if (!runner_.reads_target()) return runner_.tokenize(a, b, tokenize);
  if (!b) {
    throw Error(ErrorCode::kBadInput, "a source text without a target",
                "a pair of texts a line, as "
                R"({"a": source, "b": target})",
                "An encoder–decoder model reads both: give JSONL");
  }
  // Source and target are shortened each by itself.
  const Truncation asked = tokenize.truncation;
  tokenize.truncation = asked == Truncation::kOnlySecond ? Truncation::kNone : asked;
  ModelInput out = runner_.tokenize(a, std::nullopt, tokenize);
  tokenize.truncation = asked == Truncation::kOnlyFirst    ? Truncation::kNone
                        : asked == Truncation::kOnlySecond ? Truncation::kOnlyFirst
                                                           : asked;
  out.target = runner_.tokenize_target(*b, tokenize);
  return out;
}

Sample::Sample(int64_t count, std::optional<int64_t> wanted)
    : count_(count), size_(std::min(count, wanted.value_or(count))) {}

int64_t Sample::index_of(int64_t k) {
  if (next_ >= size_ || k != next_ * count_ / size_) return -1;
  return next_++;
}

}  // namespace headscope
