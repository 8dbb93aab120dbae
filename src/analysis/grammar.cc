#include "headscope/grammar.h"

#include <algorithm>
#include <array>

#include "analysis/spanning_tree.h"
#include "base/parallel.h"
#include "format/arrays.h"
#include "headscope/error.h"

namespace headscope {
namespace {

constexpr std::array<int, 6> kOffsetValues = {-3, -2, -1, 1, 2, 3};
constexpr const char* kAll = "all";

// Words × words: to a word the sum over its pieces, from it the mean; the diagonal is 0.
// A [N, N] → [W, W].
std::vector<double> word_attention(const std::vector<float>& tokens, int64_t n,
                                   const std::vector<Range>& pieces) {
  const size_t words = pieces.size();
  std::vector<double> out(words * words, 0.0);
  for (size_t w = 0; w < words; ++w) {
    for (size_t u = 0; u < words; ++u) {
      if (u == w || pieces[w].size() == 0) continue;
      double sum = 0;
      for (int64_t i = pieces[w].begin; i < pieces[w].end; ++i) {
        for (int64_t j = pieces[u].begin; j < pieces[u].end; ++j) {
          sum += double{tokens[static_cast<size_t>(i * n + j)]};
        }
      }
      out[w * words + u] = sum / static_cast<double>(pieces[w].size());
    }
  }
  return out;
}

bool is_blank(const std::string& text, int64_t byte) {
  if (byte >= std::ssize(text)) return false;
  const char c = text[static_cast<size_t>(byte)];
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::vector<double> transposed(const std::vector<double>& matrix, size_t n) {
  std::vector<double> out(matrix.size());
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) out[j * n + i] = matrix[i * n + j];
  }
  return out;
}

// The guesses that one map of words makes for one sentence: by strongest link and by tree.
struct Guess {
  std::vector<int32_t> strongest, tree;  // [W]
};

Guess guess(const std::vector<double>& links, const DependencyTree& gold, int32_t root) {
  const auto words = static_cast<int32_t>(gold.head.size());
  Guess out;
  out.strongest.assign(gold.head.size(), -1);
  for (int32_t d = 0; d < words; ++d) {
    const double* row = links.data() + static_cast<ptrdiff_t>(d) * words;
    const auto best = static_cast<int32_t>(std::max_element(row, row + words) - row);
    if (row[best] > 0) out.strongest[d] = best;
  }
  out.tree = maximum_spanning_tree(links, words, root);
  return out;
}

void check_tree(const DependencyTree& tree, int64_t tokens) {
  const auto words = static_cast<int32_t>(tree.head.size());
  const auto refuse = [](const std::string& got, const std::string& expected) {
    throw Error(ErrorCode::kBadInput, "a dependency tree with " + got, expected);
  };
  if (tree.relation.size() != tree.head.size() || tree.pieces.size() != tree.head.size()) {
    refuse("lists of unequal length", "a head, a relation and pieces for each word");
  }
  if (std::count(tree.head.begin(), tree.head.end(), -1) != 1) {
    refuse(std::to_string(std::count(tree.head.begin(), tree.head.end(), -1)) + " roots", "one");
  }
  for (int32_t w = 0; w < words; ++w) {
    if (tree.head[w] < -1 || tree.head[w] >= words || tree.head[w] == w) {
      refuse("word " + std::to_string(w + 1) + " below word " + std::to_string(tree.head[w] + 1),
             "another word of the sentence");
    }
    const Range p = tree.pieces[w];
    if (p.begin < 0 || p.end < p.begin || p.end > tokens) {
      refuse("pieces outside the text", "tokens 0:" + std::to_string(tokens));
    }
  }
  for (int32_t w = 0; w < words; ++w) {
    int32_t node = w;
    for (int32_t steps = 0; node >= 0 && steps <= words; ++steps) node = tree.head[node];
    if (node >= 0) refuse("a cycle at word " + std::to_string(w + 1), "every word below the root");
  }
}

}  // namespace

std::string_view name_of(LinkDirection direction) {
  return direction == LinkDirection::kDependentToHead ? "dependent_to_head" : "head_to_dependent";
}

std::vector<Range> pieces_of_words(const TokenSequence& tokens, const std::vector<Range>& words,
                                   bool in_b) {
  std::vector<Range> out(words.size());
  const std::string& text = in_b && tokens.text_b ? *tokens.text_b : tokens.text_a;
  size_t w = 0;
  for (int64_t t = 0; t < tokens.size(); ++t) {
    if (tokens.special[static_cast<size_t>(t)] ||
        (tokens.sentences[static_cast<size_t>(t)] == 1) != in_b) {
      continue;
    }
    // Byte-level tokens bring the blank before a word along.
    const Range place = tokens.offsets[static_cast<size_t>(t)];
    int64_t byte = place.begin;
    while (byte < place.end && is_blank(text, byte)) ++byte;
    if (byte == place.end && place.size() > 0) continue;
    while (w < words.size() && words[w].end <= byte) ++w;
    if (w == words.size()) break;
    if (byte < words[w].begin) continue;
    if (out[w].size() == 0) out[w] = {t, t};
    out[w].end = t + 1;
  }
  return out;
}

Grammar::Grammar(StackHeads heads) : of_(std::move(heads)) {
  for (const HeadId& head : of_.heads) {
    if (layers_.empty() || layers_.back() != head.layer) layers_.push_back(head.layer);
  }
  links_.resize(of_.heads.size() + layers_.size());
}

bool has_tokens(const DependencyTree& tree, int32_t word) {
  const auto has = [&](int32_t w) { return tree.pieces[static_cast<size_t>(w)].size() > 0; };
  const int32_t head = tree.head[static_cast<size_t>(word)];
  return has(word) && (head < 0 || has(head));
}

void Grammar::count_offsets(const DependencyTree& tree) {
  const auto words = static_cast<int32_t>(tree.head.size());
  for (int32_t w = 0; w < words; ++w) {
    if (!has_tokens(tree, w)) {
      left_out_ += 1;
      continue;
    }
    attached_ += tree.head[w] >= 0;
    for (const std::string& name : {std::string(kAll), tree.relation[w]}) {
      Relation& relation = relations_[name];
      relation.head_hits.resize(of_.heads.size());
      relation.n += 1;
      for (size_t o = 0; o < kOffsetValues.size(); ++o) {
        relation.offset_hits[o] += tree.head[w] >= 0 && w + kOffsetValues[o] == tree.head[w];
      }
    }
  }
}

void Grammar::add(const AttentionSource& source, const DependencyTree& tree) {
  const int64_t n = source.info().tokens(of_.stack, Side::kQuery).size();
  check_tree(tree, n);
  const size_t words = tree.head.size();
  const auto root =
      static_cast<int32_t>(std::find(tree.head.begin(), tree.head.end(), -1) - tree.head.begin());
  std::vector<std::vector<double>> maps(of_.heads.size() + layers_.size());
  std::vector<std::array<Guess, 2>> guesses(maps.size());
  parallel_for(static_cast<int64_t>(of_.heads.size()), [&](int64_t index) {
    const auto h = static_cast<size_t>(index);
    std::vector<float> tokens(static_cast<size_t>(n * n));
    source.weights({of_.stack, of_.heads[h]}, {0, n}, {0, n}, tokens.data());
    maps[h] = word_attention(tokens, n, tree.pieces);
  });
  for (size_t l = 0; l < layers_.size(); ++l) {
    std::vector<double>& mean = maps[of_.heads.size() + l];
    mean.assign(words * words, 0.0);
    for (size_t h = 0; h < of_.heads.size(); ++h) {
      if (of_.heads[h].layer != layers_[l]) continue;
      for (size_t k = 0; k < mean.size(); ++k) mean[k] += maps[h][k];
    }
  }
  parallel_for(static_cast<int64_t>(maps.size()), [&](int64_t m) {
    const auto& map = maps[static_cast<size_t>(m)];
    guesses[static_cast<size_t>(m)] = {guess(map, tree, root),
                                       guess(transposed(map, words), tree, root)};
  });

  count_offsets(tree);
  for (size_t m = 0; m < maps.size(); ++m) {
    for (size_t d = 0; d < 2; ++d) {
      const Guess& g = guesses[m][d];
      for (size_t w = 0; w < words; ++w) {
        if (tree.head[w] < 0 || !has_tokens(tree, static_cast<int32_t>(w))) continue;
        const bool hit = g.strongest[w] == tree.head[w];
        links_[m].strongest[d] += hit;
        links_[m].tree[d] += g.tree[w] == tree.head[w];
        if (!hit || m >= of_.heads.size()) continue;
        relations_[kAll].head_hits[m][d] += 1;
        relations_[tree.relation[w]].head_hits[m][d] += 1;
      }
    }
  }
  sentences_ += 1;
}

void Grammar::merge(const Grammar& other) {
  if (of_ != other.of_) {
    throw Error(ErrorCode::kBadInput, std::to_string(other.of_.heads.size()) + " heads",
                std::to_string(of_.heads.size()) + " heads, of the same model");
  }
  for (const auto& [name, theirs] : other.relations_) {
    Relation& ours = relations_[name];
    ours.head_hits.resize(of_.heads.size());
    ours.n += theirs.n;
    for (size_t o = 0; o < kOffsetValues.size(); ++o) ours.offset_hits[o] += theirs.offset_hits[o];
    for (size_t h = 0; h < of_.heads.size(); ++h) {
      for (size_t d = 0; d < 2; ++d) ours.head_hits[h][d] += theirs.head_hits[h][d];
    }
  }
  for (size_t m = 0; m < links_.size(); ++m) {
    for (size_t d = 0; d < 2; ++d) {
      links_[m].strongest[d] += other.links_[m].strongest[d];
      links_[m].tree[d] += other.links_[m].tree[d];
    }
  }
  sentences_ += other.sentences_;
  attached_ += other.attached_;
  left_out_ += other.left_out_;
}

RelationAccuracy Grammar::accuracy(const std::string& name, const Relation& relation, size_t head,
                                   LinkDirection direction) const {
  const auto best = std::max_element(relation.offset_hits.begin(), relation.offset_hits.end());
  const auto n = static_cast<double>(relation.n);
  RelationAccuracy out;
  out.relation = name;
  out.direction = direction;
  out.accuracy = static_cast<double>(relation.head_hits[head][static_cast<size_t>(direction)]) / n;
  out.baseline = static_cast<double>(*best) / n;
  out.offset = kOffsetValues[static_cast<size_t>(best - relation.offset_hits.begin())];
  out.n = relation.n;
  return out;
}

std::vector<RelationAccuracy> Grammar::relations(size_t head) const {
  std::vector<RelationAccuracy> out;
  for (const auto& [name, relation] : relations_) {
    for (const auto direction :
         {LinkDirection::kDependentToHead, LinkDirection::kHeadToDependent}) {
      out.push_back(accuracy(name, relation, head, direction));
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return (a.relation == kAll) > (b.relation == kAll);
  });
  return out;
}

std::vector<Attachment> Grammar::attachment() const {
  std::vector<Attachment> out;
  const double n = std::max<double>(1.0, static_cast<double>(attached_));
  for (size_t m = 0; m < links_.size(); ++m) {
    const bool mean = m >= of_.heads.size();
    for (size_t d = 0; d < 2; ++d) {
      Attachment a;
      a.stack = of_.name;
      a.layer = mean ? layers_[m - of_.heads.size()] : of_.heads[m].layer;
      a.head = mean ? -1 : of_.heads[m].head;
      a.direction = static_cast<LinkDirection>(d);
      a.strongest = static_cast<double>(links_[m].strongest[d]) / n;
      a.tree = static_cast<double>(links_[m].tree[d]) / n;
      a.n = attached_;
      out.push_back(a);
    }
  }
  return out;
}

// Arrays (docs/formats.md, "Partials"): R relations, H heads, M = H + layers.
void Grammar::save(ArrayWriter& out) const {
  std::vector<std::string> names;
  std::vector<int64_t> n, offset_hits, head_hits, strongest, tree;
  for (const auto& [name, relation] : relations_) {
    names.push_back(name);
    n.push_back(relation.n);
    offset_hits.insert(offset_hits.end(), relation.offset_hits.begin(), relation.offset_hits.end());
    for (const auto& hits : relation.head_hits) {
      head_hits.insert(head_hits.end(), hits.begin(), hits.end());
    }
  }
  for (const Links& l : links_) {
    strongest.insert(strongest.end(), l.strongest.begin(), l.strongest.end());
    tree.insert(tree.end(), l.tree.begin(), l.tree.end());
  }
  const auto rows = static_cast<int64_t>(names.size());
  const auto heads = static_cast<int64_t>(of_.heads.size()),
             maps = static_cast<int64_t>(links_.size());
  out.put_strings("grammar.relation", names);
  out.put("grammar.words", {rows}, n);
  out.put("grammar.offset_hits", {rows, kOffsets}, offset_hits);
  out.put("grammar.head_hits", {rows, heads, 2}, head_hits);
  out.put("grammar.strongest_hits", {maps, 2}, strongest);
  out.put("grammar.tree_hits", {maps, 2}, tree);
  out.put("grammar.sentences", {1}, std::vector<int64_t>{sentences_});
  out.put("grammar.attached", {1}, std::vector<int64_t>{attached_});
  out.put("grammar.left_out", {1}, std::vector<int64_t>{left_out_});
}

void Grammar::load(const ArrayReader& in) {
  const std::vector<std::string> names = in.strings("grammar.relation");
  const auto rows = static_cast<int64_t>(names.size());
  const auto heads = static_cast<int64_t>(of_.heads.size()),
             maps = static_cast<int64_t>(links_.size());
  const auto counts = [&](const char* name, const std::vector<int64_t>& shape) {
    std::vector<int64_t> out = in.integers(name, shape);
    for (const int64_t x : out) {
      if (x < 0) in.refuse(name, std::to_string(x), "0 or more");
    }
    return out;
  };
  Grammar read(of_);
  const auto n = counts("grammar.words", {rows});
  const auto offset_hits = counts("grammar.offset_hits", {rows, kOffsets});
  const auto head_hits = counts("grammar.head_hits", {rows, heads, 2});
  auto from_offsets = offset_hits.begin();
  auto from_heads = head_hits.begin();
  for (size_t r = 0; r < names.size(); ++r) {
    Relation& relation = read.relations_[names[r]];
    if (!relation.head_hits.empty())
      in.refuse("grammar.relation", names[r] + " twice", "each once");
    relation.n = n[r];
    for (int64_t& hits : relation.offset_hits) hits = *from_offsets++;
    relation.head_hits.resize(of_.heads.size());
    for (auto& hits : relation.head_hits) {
      for (int64_t& direction : hits) direction = *from_heads++;
    }
  }
  const auto strongest = counts("grammar.strongest_hits", {maps, 2});
  const auto tree = counts("grammar.tree_hits", {maps, 2});
  for (size_t k = 0; k < strongest.size(); ++k) {
    read.links_[k / 2].strongest[k % 2] = strongest[k];
    read.links_[k / 2].tree[k % 2] = tree[k];
  }
  read.sentences_ = counts("grammar.sentences", {1}).front();
  read.attached_ = counts("grammar.attached", {1}).front();
  read.left_out_ = counts("grammar.left_out", {1}).front();
  *this = std::move(read);
}

}  // namespace headscope
