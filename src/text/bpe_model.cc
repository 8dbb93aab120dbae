#include <algorithm>
#include <queue>

#include "headscope/utf8.h"
#include "text/token_model.h"

namespace headscope {

ByteTokens::ByteTokens(const Vocabulary& vocabulary) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (size_t byte = 0; byte < ids_.size(); ++byte) {
    const std::string name = std::string("<0x") + kDigits[byte / 16] + kDigits[byte % 16] + ">";
    ids_[byte] = vocabulary.id_of(name).value_or(-1);
  }
}

bool ByteTokens::add(std::string_view part, size_t begin, size_t end, bool whole,
                     std::vector<Piece>& out) const {
  const auto id = [&](size_t at) { return ids_[static_cast<uint8_t>(part[at])]; };
  for (size_t at = begin; at < end; ++at) {
    if (id(at) < 0) return false;
  }
  for (size_t at = begin; at < end; ++at) {
    out.push_back({id(at), whole ? begin : at, whole ? end : at + 1});
  }
  return true;
}

// The part's characters as first symbols. A character that has neither a token nor tokens for its
// bytes is unknown. Without an unknown token it is dropped, and the symbols behind it move up, as
// in the reference.
void BpeModel::characters(std::string_view part, std::vector<Piece>& out) const {
  size_t length = 0;   // of all symbols so far
  size_t unknown = 0;  // bytes of an unknown symbol that is not yet added
  const auto add = [&](int32_t id, size_t bytes) {
    out.push_back({id, length, length + bytes});
    length += bytes;
  };
  const auto add_unknown = [&] {
    if (unknown > 0) add(*options_.unknown, unknown);
    unknown = 0;
  };
  std::string name;
  std::vector<Piece> bytes;
  for (size_t at = 0; at < part.size();) {
    const size_t size = read_utf8(part, at).bytes, end = at + size;
    name.assign(at == 0 ? "" : options_.prefix);
    name += part.substr(at, size);
    if (end == part.size()) name += options_.suffix;
    if (const auto id = vocabulary_.id_of(name)) {
      add_unknown();
      add(*id, size);
    } else {
      bytes.clear();
      if (options_.byte_fallback && bytes_.add(name, 0, name.size(), false, bytes)) {
        for (const Piece& byte : bytes) add(byte.id, 1);
      } else if (options_.unknown) {
        if (!options_.fuse_unknown) add_unknown();
        unknown += size;
      }
    }
    at = end;
  }
  add_unknown();
}

void BpeModel::merge(std::vector<Piece>& symbols) const {
  struct Link {
    ptrdiff_t before, after;
    bool gone = false;
  };
  struct Candidate {
    int32_t rank;
    size_t at;
    int32_t id;
    bool operator<(const Candidate& other) const {  // the queue's top is the largest
      return rank != other.rank ? rank > other.rank : at > other.at;
    }
  };
  const auto count = static_cast<ptrdiff_t>(symbols.size());
  std::vector<Link> links(symbols.size());
  std::priority_queue<Candidate> queue;
  const auto consider = [&](ptrdiff_t left, ptrdiff_t right) {
    if (left < 0 || right >= count) return;
    const auto found = merges_.find(
        pair_key(symbols[static_cast<size_t>(left)].id, symbols[static_cast<size_t>(right)].id));
    if (found != merges_.end()) {
      queue.push({found->second.rank, static_cast<size_t>(left), found->second.id});
    }
  };
  for (ptrdiff_t i = 0; i < count; ++i) {
    links[static_cast<size_t>(i)] = {i - 1, i + 1};
    consider(i, i + 1);
  }
  while (!queue.empty()) {
    const Candidate top = queue.top();
    queue.pop();
    Link& link = links[top.at];
    if (link.gone || link.after >= count) continue;
    const auto right = static_cast<size_t>(link.after);
    const auto found = merges_.find(pair_key(symbols[top.at].id, symbols[right].id));
    if (found == merges_.end() || found->second.id != top.id) continue;  // merged since
    symbols[top.at].id = top.id;
    symbols[top.at].end = symbols[right].end;
    links[right].gone = true;
    link.after = links[right].after;
    if (link.after < count) {
      links[static_cast<size_t>(link.after)].before = static_cast<ptrdiff_t>(top.at);
    }
    consider(link.before, static_cast<ptrdiff_t>(top.at));
    consider(static_cast<ptrdiff_t>(top.at), link.after);
  }
  size_t kept = 0;
  for (size_t i = 0; i < symbols.size(); ++i) {
    if (!links[i].gone) symbols[kept++] = symbols[i];
  }
  symbols.resize(kept);
}

void BpeModel::tokens(std::string_view part, std::vector<Piece>& out) const {
  out.clear();
  if (options_.ignore_merges) {
    if (const auto id = vocabulary_.id_of(part)) {
      out.push_back({*id, 0, part.size()});
      return;
    }
  }
  characters(part, out);
  merge(out);
}

}  // namespace headscope
