// Requests and answers of the wire as values, and the one place where errors become bytes.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "format/json.h"
#include "headscope/error.h"
#include "headscope/rpc.h"
#include "headscope/safetensors.h"

namespace headscope {

// Limits of docs/wire.md; the app's twin is in EngineInfo.
inline constexpr int64_t kMaxRequestBytes = int64_t{4} << 20;
inline constexpr int64_t kMaxAnswerBytes = int64_t{64} << 20;
inline constexpr size_t kMaxTextBytes = size_t{1} << 20;
inline constexpr int64_t kMaxTop = 64;
// A prediction for each pair: 64 words are 2,080 runs, a minute and a half of BERT-Base on two
// processors.
inline constexpr int64_t kMaxPredictiveWords = 64;
inline constexpr size_t kMaxPositions = 512;
inline constexpr size_t kMaxHeadName = 96;  // a stack's name and "L2H0"
inline constexpr size_t kMaxTiles = 1024;
inline constexpr int64_t kMaxId = int64_t{1} << 53;

// Who asks, and how urgently.
struct Envelope {
  std::string client;
  int64_t id = 0;
  int64_t epoch = 0;
  int priority = 1;
};

struct Request {
  std::string method;
  Envelope envelope;
  Json body;  // envelope included
  // The bytes behind the JSON and a NUL, a part of those that were parsed; may be empty.
  std::optional<std::string_view> file;
};
// Throws Error(kUsage, HS-RPC-01, HS-RPC-03 or HS-LIMIT-01).
Request parse_request(std::string_view method, std::string_view body);

struct ReplyTensor {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;
  std::shared_ptr<const std::string> bytes;
};
ReplyTensor float_tensor(std::string name, std::vector<int64_t> shape,
                         const std::vector<float>& values);

struct Reply {
  Json json = Json::object();
  std::vector<std::pair<std::string, std::string>> raw;  // fields whose value is JSON already
  std::vector<ReplyTensor> tensors;
};

RpcAnswer answer_of(const Request& request, const Reply& reply);
// `request` is null where the bytes held no request.
RpcAnswer answer_of(const Request* request, const Error& error);
// For any exception, ours or not.
RpcAnswer answer_of(const Request* request, std::exception_ptr problem);

// Heads, layers, stacks, tokens and links that the trace does not have are HS-LINK-01, whichever
// room reports them.
template <class Work>
auto as_link(Work&& work) {
  try {
    return work();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUsage || !error.id().empty()) throw;
    throw Error(ErrorCode::kUsage, error.got(), error.expected(), error.action(), "HS-LINK-01");
  }
}

// {code, got, expected, action, message, numbers {got, limit} where the error has them}
Json error_json(const Error& error);

}  // namespace headscope
