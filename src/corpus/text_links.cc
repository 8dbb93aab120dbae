#include "corpus/text_links.h"

#include "format/json.h"
#include "headscope/error.h"
#include "headscope/grammar.h"
#include "headscope/partial.h"

namespace headscope {
namespace {

Range read_span(const Json& link, const char* key, const std::string& text,
                const std::string& source) {
  const std::vector<int64_t> ends = ints_field(link, key, source);
  const auto size = std::ssize(text);
  const auto inside_character = [&](int64_t at) {
    return at < size && (static_cast<unsigned char>(text[static_cast<size_t>(at)]) & 0xC0) == 0x80;
  };
  if (ends.size() != 2 || ends[0] < 0 || ends[1] <= ends[0] || ends[1] > size ||
      inside_character(ends[0]) || inside_character(ends[1])) {
    throw Error(ErrorCode::kBadInput, source + ": " + key + " is " + dump_json(link[key]),
                "[begin, end] in UTF-8 bytes, whole characters of the text's " +
                    std::to_string(size) + " bytes");
  }
  return {ends[0], ends[1]};
}

constexpr std::string_view kRelation = "rel:", kFromHead = ":head";

}  // namespace

LinkChoice parse_link_choice(const std::string& text) {
  if (text == "file") return {};
  LinkChoice choice{text.starts_with(kRelation) ? text.substr(kRelation.size()) : "", false};
  if (choice.relation.ends_with(kFromHead)) {
    choice.to_dependent = true;
    choice.relation.resize(choice.relation.size() - kFromHead.size());
  }
  if (choice.relation.empty()) {
    throw Error(ErrorCode::kUsage, "links \"" + text + "\"",
                "rel:nsubj, from the dependent to the word that governs it, or rel:nsubj:head");
  }
  return choice;
}

std::string to_string(const LinkChoice& choice) {
  if (choice.relation.empty()) return "file";
  return std::string(kRelation) + choice.relation +
         std::string(choice.to_dependent ? kFromHead : "");
}

std::vector<TextLink> read_links(const Json& line, const CorpusText& text,
                                 const std::string& source) {
  std::vector<TextLink> out;
  for (const Json& link : array_field(line, "links", source)) {
    const std::string where = source + ": links[" + std::to_string(out.size()) + "]";
    if (!link.is_object()) {
      throw Error(ErrorCode::kBadInput, where + " is " + describe(link),
                  R"({"query": [begin, end], "key": [begin, end], "in": "aa"})");
    }
    const std::string in =
        string_field(link, "in", where, text.b ? std::nullopt : std::optional<std::string>("aa"));
    if (in != "aa" && in != "ab" && in != "ba" && in != "bb") {
      throw Error(ErrorCode::kBadInput, where + ": in is \"" + in + "\"",
                  "aa, ab, ba or bb: the text of the query, then that of the key");
    }
    TextLink one;
    one.query_in_b = in[0] == 'b';
    one.key_in_b = in[1] == 'b';
    if ((one.query_in_b || one.key_in_b) && !text.b) {
      throw Error(ErrorCode::kBadInput, where + ": in is \"" + in + "\" of a single text", "aa");
    }
    one.query = read_span(link, "query", one.query_in_b ? *text.b : text.a, where);
    one.key = read_span(link, "key", one.key_in_b ? *text.b : text.a, where);
    out.push_back(one);
  }
  return out;
}

std::vector<TextLink> links_of_relation(const Annotation& annotation, const std::string& relation,
                                        bool to_dependent, bool in_b, int64_t offset) {
  std::vector<TextLink> out;
  for (size_t w = 0; w < annotation.words.size(); ++w) {
    if (annotation.relation[w] != relation || annotation.head[w] < 0) continue;
    const auto at = [&](size_t word) {
      const Range bytes = annotation.words[word];
      return Range{bytes.begin + offset, bytes.end + offset};
    };
    TextLink link{at(w), at(static_cast<size_t>(annotation.head[w])), in_b, in_b};
    if (to_dependent) std::swap(link.query, link.key);
    out.push_back(link);
  }
  return out;
}

std::vector<TokenLink> as_tokens(std::span<const TextLink> links, const ModelInput& input) {
  std::vector<TokenLink> out;
  for (const TextLink& link : links) {
    const auto span = [&](Range bytes, bool in_b) {
      if (input.target) return pieces_of_words(in_b ? *input.target : input.text, {bytes})[0];
      return pieces_of_words(input.text, {bytes}, in_b)[0];
    };
    const int stack = !input.target ? 0 : !link.query_in_b ? 0 : link.key_in_b ? 1 : 2;
    out.push_back({stack, span(link.query, link.query_in_b), span(link.key, link.key_in_b)});
  }
  return out;
}

bool has_stack(const TextLink& link) { return link.query_in_b || !link.key_in_b; }

}  // namespace headscope
