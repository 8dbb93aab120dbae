#include "rpc/message.h"

#include <cstring>
#include <new>

#include "rpc/fields.h"

namespace headscope {
namespace {

constexpr int kWireVersion = 2;
constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kArraysType = "application/vnd.safetensors";

ErrorId id_of(const Error& error) {
  if (!error.id().empty()) return error.id();
  switch (error.code()) {
    case ErrorCode::kUsage:
      return kBadField;
    case ErrorCode::kBadInput:
      return "HS-TEXT-01";
    case ErrorCode::kNotFound:
      return "HS-MODEL-01";
    case ErrorCode::kInterrupted:
      return "HS-CANCEL-01";
    case ErrorCode::kInternal:
      break;
  }
  return "HS-BUG-01";
}

// A sentence as the interface shows it.
std::string sentence(const Error& error) {
  if (id_of(error) == "HS-BUG-01") {
    return "headscope met an error it did not expect: " + std::string(error.what()) +
           ". Your view is in the address bar. Copy details.";
  }
  std::string text = error.what();
  // A sentence that begins with the name of a field or file keeps the spelling of the name.
  const std::string id(id_of(error).text());
  const bool named =
      id == kBadField.text() || id.starts_with("HS-FILE") || id.starts_with("HS-IMAGE");
  if (!named && !text.empty() && text[0] >= 'a' && text[0] <= 'z') {
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  }
  if (!text.empty() && text.back() != '.') text += '.';
  return text;
}

Json envelope_json(const Request* request) {
  Json json = {{"rpc", kWireVersion}};
  if (request) {
    json["id"] = request->envelope.id;
    json["epoch"] = request->envelope.epoch;
  }
  return json;
}

bool plain_name(const std::string& text) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  return !text.empty() && text.find_first_not_of(kAllowed) == std::string::npos;
}

std::string body_text(const Request& request, const Reply& reply) {
  Json json = envelope_json(&request);
  json.update(reply.json);
  std::string text = dump_json(json);
  for (const auto& [name, value] : reply.raw) {
    text.pop_back();
    text += ",\"" + name + "\":" + value + "}";
  }
  return text;
}

}  // namespace

Request parse_request(std::string_view method, std::string_view body) {
  // No JSON holds a NUL as it is.
  const std::string_view text = body.substr(0, body.find('\0'));
  if (static_cast<int64_t>(text.size()) > kMaxRequestBytes) {
    throw Error(ErrorCode::kUsage, "a request of " + std::to_string(text.size()) + " bytes",
                "at most " + std::to_string(kMaxRequestBytes), "", "HS-LIMIT-01",
                ErrorNumbers{static_cast<int64_t>(text.size()), kMaxRequestBytes});
  }
  Request request;
  request.method = method;
  if (text.size() < body.size()) request.file = body.substr(text.size() + 1);
  try {
    request.body = parse_json(text, "request");
  } catch (const Error& error) {
    throw Error(ErrorCode::kUsage, error.got(), error.expected(), "", kBadField);
  }
  Fields fields(request.body, "");
  if (fields.integer("rpc", 0, kMaxId) != kWireVersion) {
    throw Error(ErrorCode::kUsage, "wire version " + request.body["rpc"].dump(),
                "version " + std::to_string(kWireVersion), "Reload the page", "HS-RPC-03");
  }
  Envelope& envelope = request.envelope;
  envelope.client = fields.text("client", 64);
  if (!plain_name(envelope.client)) {
    throw Error(ErrorCode::kUsage, "client is " + describe(Json(envelope.client)),
                "1 to 64 of A–Z a–z 0–9 _ -", "", kBadField);
  }
  envelope.id = fields.integer("id", 0, kMaxId);
  envelope.epoch = fields.integer("epoch", 0, kMaxId, 0);
  envelope.priority = static_cast<int>(fields.integer("priority", 0, 4, 1));
  return request;
}

ReplyTensor float_tensor(std::string name, std::vector<int64_t> shape,
                         const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return {std::move(name), DType::kF32, std::move(shape),
          std::make_shared<const std::string>(std::move(bytes))};
}

RpcAnswer answer_of(const Request& request, const Reply& reply) {
  const std::string text = body_text(request, reply);
  if (reply.tensors.empty()) return {std::string(kJsonType), text};
  std::vector<TensorToWrite> tensors;
  int64_t bytes = 0;
  for (const ReplyTensor& t : reply.tensors) {
    tensors.push_back({t.name, t.dtype, t.shape, t.bytes->data()});
    bytes += static_cast<int64_t>(t.bytes->size());
  }
  if (bytes > kMaxAnswerBytes) {
    throw Error(ErrorCode::kUsage, "an answer of " + std::to_string(bytes) + " bytes",
                "at most " + std::to_string(kMaxAnswerBytes), "Ask for less at a time",
                "HS-LIMIT-01", ErrorNumbers{bytes, kMaxAnswerBytes});
  }
  return {std::string(kArraysType), write_safetensors(tensors, {{"json", text}})};
}

Json error_json(const Error& error) {
  Json json = {{"code", id_of(error).text()},
               {"got", error.got()},
               {"expected", error.expected()},
               {"action", error.action()},
               {"message", sentence(error)}};
  if (error.numbers()) {
    json["numbers"] = {{"got", error.numbers()->got}, {"limit", error.numbers()->limit}};
  }
  return json;
}

RpcAnswer answer_of(const Request* request, const Error& error) {
  Json json = envelope_json(request);
  json["error"] = error_json(error);
  return {std::string(kJsonType), dump_json(json)};
}

RpcAnswer answer_of(const Request* request, std::exception_ptr problem) {
  try {
    std::rethrow_exception(std::move(problem));
  } catch (const Error& error) {
    return answer_of(request, error);
  } catch (const std::bad_alloc&) {
    return answer_of(request, Error(ErrorCode::kBadInput, "not enough memory for this",
                                    "more free memory, or a shorter text", "", "HS-MEM-01"));
  } catch (const std::exception& error) {
    return answer_of(request, Error(ErrorCode::kInternal, error.what()));
  }
}

}  // namespace headscope
