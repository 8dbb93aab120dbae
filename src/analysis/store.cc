// The sums as JSON: arrays of doubles as base64 of little-endian bytes, so that a checkpoint holds
// them exactly and stays small.
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "analysis/sums.h"
#include "headscope/error.h"

namespace headscope {
namespace {

using nlohmann::json;

// Raised when the meaning of the stored sums changes.
constexpr int kLayout = 1;

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string encode(const double* data, size_t count) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(data);
  const size_t size = count * sizeof(double);
  std::string out;
  out.reserve((size + 2) / 3 * 4);
  for (size_t i = 0; i < size; i += 3) {
    uint32_t group = static_cast<uint32_t>(bytes[i]) << 16;
    if (i + 1 < size) group |= static_cast<uint32_t>(bytes[i + 1]) << 8;
    if (i + 2 < size) group |= bytes[i + 2];
    out += kAlphabet[group >> 18];
    out += kAlphabet[(group >> 12) & 63];
    out += i + 1 < size ? kAlphabet[(group >> 6) & 63] : '=';
    out += i + 2 < size ? kAlphabet[group & 63] : '=';
  }
  return out;
}

// Throws std::invalid_argument where `text` does not hold exactly `count` sums.
void decode(const std::string& text, double* out, size_t count) {
  const size_t size = count * sizeof(double);
  if (text.size() != (size + 2) / 3 * 4) throw std::invalid_argument("length of an array");
  auto* bytes = reinterpret_cast<unsigned char*>(out);
  for (size_t i = 0, k = 0; i < size; i += 3, k += 4) {
    uint32_t group = 0;
    for (size_t c = 0; c < 4; ++c) {
      const char letter = text[k + c];
      const char* at = letter == '=' ? kAlphabet : std::strchr(kAlphabet, letter);
      if (!at || !letter) throw std::invalid_argument("base64");
      group = group << 6 | static_cast<uint32_t>(at - kAlphabet);
    }
    for (size_t b = 0; b < 3 && i + b < size; ++b) {
      bytes[i + b] = static_cast<unsigned char>(group >> (16 - 8 * b));
    }
  }
  // No sum is larger than the words of all texts ever written, squared.
  for (size_t i = 0; i < count; ++i) {
    if (!(std::abs(out[i]) < 1e40)) throw std::invalid_argument("a number that is no sum");
  }
}

json example_json(const Example& e) {
  return {{"share", e.share}, {"segment", e.segment}, {"query", e.query},
          {"key", e.key},     {"weight", e.weight},   {"words", {e.query_token, e.key_token}},
          {"start", e.start}, {"tokens", e.tokens},   {"row", e.row}};
}

Example parse_example(const json& j) {
  Example e;
  e.share = j.at("share");
  e.segment = j.at("segment");
  e.query = j.at("query");
  e.key = j.at("key");
  e.weight = j.at("weight");
  e.query_token = j.at("words").at(0);
  e.key_token = j.at("words").at(1);
  e.start = j.at("start");
  e.tokens = j.at("tokens").get<std::vector<std::string>>();
  e.row = j.at("row").get<std::vector<float>>();
  const auto end = e.start + static_cast<int64_t>(e.tokens.size());
  if (e.row.size() != e.tokens.size() ||
      (!e.tokens.empty() && (e.query < e.start || e.query >= end))) {
    throw std::invalid_argument("an example's window");
  }
  return e;
}

const double* doubles(const std::vector<HeadSums>& head) {
  return reinterpret_cast<const double*>(head.data());
}

void restore(Sums& s, const json& j) {
  std::vector<std::array<int, 2>> heads = j.at("heads");
  if (heads.size() != s.heads.size()) throw std::invalid_argument("number of heads");
  for (size_t h = 0; h < heads.size(); ++h) {
    if (heads[h][0] != s.heads[h].layer || heads[h][1] != s.heads[h].head) {
      throw std::invalid_argument("heads of another model");
    }
  }
  s.segments = j.at("segments");
  s.tokens = j.at("tokens");
  s.words = j.at("words");
  decode(j.at("sums"), reinterpret_cast<double*>(s.head.data()), s.head.size() * kHeadDoubles);
  decode(j.at("twin"), s.twin.data()->data(), s.twin.size() * 21);
  decode(j.at("twin_pairs"), s.twin_pairs.data(), 21);
  s.js_rows = j.at("js_rows");
  s.js.assign(s.js_rows > 0 ? heads.size() * heads.size() : 0, 0.0);
  decode(j.at("js"), s.js.data(), s.js.size());
  const json& evidence = j.at("evidence");
  for (size_t h = 0; h < heads.size(); ++h) {
    for (size_t e = 0; e < kEvidenceScores.size(); ++e) {
      for (const json& x : evidence.at(h).at(e).at(0)) {
        s.evidence[h][e].examples.push_back(parse_example(x));
      }
      for (const json& x : evidence.at(h).at(e).at(1)) {
        s.evidence[h][e].exceptions.push_back(parse_example(x));
      }
    }
  }
  const json& attended = j.at("attended");
  for (const json& row : attended) {
    const size_t t = s.intern(row.at("token"));
    s.occurrences[t] = row.at("n");
    decode(row.at("mass"), s.attended[t].data(), heads.size());
  }
  for (const json& u : j.at("predictive")) {
    PredictiveUnit unit;
    unit.text = u.at("text");
    unit.unit = u.at("unit");
    unit.best = u.at("best");
    unit.queries = u.at("queries");
    decode(u.at("by_offset"), unit.by_offset.data(), 21);
    unit.looked.resize(heads.size());
    decode(u.at("looked"), unit.looked.data(), heads.size());
    s.predictive.push_back(std::move(unit));
  }
}

}  // namespace

std::string serialize_sums(const Sums& s) {
  json j;
  j["layout"] = {kLayout, kHeadDoubles};
  for (HeadId id : s.heads) j["heads"].push_back({id.layer, id.head});
  j["segments"] = s.segments;
  j["tokens"] = s.tokens;
  j["words"] = s.words;
  j["sums"] = encode(doubles(s.head), s.head.size() * kHeadDoubles);
  j["twin"] = encode(s.twin.data()->data(), s.twin.size() * 21);
  j["twin_pairs"] = encode(s.twin_pairs.data(), 21);
  j["js_rows"] = s.js_rows;
  j["js"] = encode(s.js.data(), s.js.size());
  j["evidence"] = json::array();
  for (const auto& head : s.evidence) {
    json lists = json::array();
    for (const Evidence& e : head) {
      json examples = json::array(), exceptions = json::array();
      for (const Example& x : e.examples) examples.push_back(example_json(x));
      for (const Example& x : e.exceptions) exceptions.push_back(example_json(x));
      lists.push_back({examples, exceptions});
    }
    j["evidence"].push_back(lists);
  }
  j["attended"] = json::array();
  for (size_t t = 0; t < s.token.size(); ++t) {
    j["attended"].push_back({{"token", s.token[t]},
                             {"n", s.occurrences[t]},
                             {"mass", encode(s.attended[t].data(), s.heads.size())}});
  }
  j["predictive"] = json::array();
  for (const PredictiveUnit& u : s.predictive) {
    j["predictive"].push_back({{"text", u.text},
                               {"unit", u.unit},
                               {"best", u.best},
                               {"queries", u.queries},
                               {"by_offset", encode(u.by_offset.data(), 21)},
                               {"looked", encode(u.looked.data(), u.looked.size())}});
  }
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

void restore_sums(Sums& sums, const std::string& text, const std::string& source) {
  Sums fresh;
  fresh.heads = sums.heads;
  fresh.head.assign(sums.heads.size(), HeadSums{});
  fresh.evidence.resize(sums.heads.size());
  fresh.twin.assign(sums.heads.size(), {});
  try {
    const json j = json::parse(text);
    if (j.at("layout") != json{kLayout, kHeadDoubles})
      throw std::invalid_argument("sums of another version");
    restore(fresh, j);
  } catch (const std::exception& error) {
    throw Error(ErrorCode::kBadInput, source + ": partial sums do not fit (" + error.what() + ")",
                "the sums of this version of headscope and of the same model");
  }
  sums = std::move(fresh);
}

}  // namespace headscope
