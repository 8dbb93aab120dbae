#include "door.h"

#include <sys/random.h>

#include <array>
#include <cstdint>
#include <string_view>

#include "headscope/error.h"

namespace headscope::server {
namespace {

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

// Names under which a browser of this machine reaches the loopback interface.
bool names_loopback(const std::string& host, int port) {
  for (const char* name : {"127.0.0.1", "localhost", "[::1]"}) {
    if (host == name + (":" + std::to_string(port))) return true;
    if (port == 80 && host == name) return true;
  }
  return false;
}

// Takes the same time wherever the first difference is.
bool same_secret(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

// With or without parameters.
bool is_type(std::string_view got, std::string_view type) {
  if (!got.starts_with(type)) return false;
  return got.size() == type.size() || got[type.size()] == ';' || got[type.size()] == ' ';
}

}  // namespace

bool is_loopback(const std::string& host) {
  return host == "127.0.0.1" || host == "localhost" || host == "::1";
}

std::string origin_of(const Door& door, const std::string& host) {
  return "http://" + bracketed(host) + ":" + std::to_string(door.port);
}

std::optional<Refusal> refuse_caller(const Door& door, const Caller& caller) {
  if (is_loopback(door.host) && !names_loopback(caller.host, door.port)) {
    return Refusal{403, "the host " + caller.host, "127.0.0.1:" + std::to_string(door.port)};
  }
  if (!caller.origin.empty() && caller.origin != "http://" + caller.host) {
    return Refusal{403, "a request of the page " + caller.origin, "one of http://" + caller.host};
  }
  return std::nullopt;
}

std::optional<Refusal> refuse_question(const Door& door, const Caller& caller) {
  if (auto refusal = refuse_caller(door, caller)) return refusal;
  // "none": the user typed the address; absent: no browser.
  if (caller.fetch_site == "cross-site" || caller.fetch_site == "same-site") {
    return Refusal{403, "a request of another site", "one of http://" + caller.host};
  }
  if (!door.token.empty() && !same_secret(caller.authorization, "Bearer " + door.token)) {
    return Refusal{403, "a request without the token", "the token of the printed address"};
  }
  if (!is_type(caller.content_type, "application/json") && !brings_file(caller)) {
    return Refusal{415, "the content type '" + caller.content_type + "'",
                   "application/json, or application/octet-stream with a file"};
  }
  if (!caller.content_encoding.empty() && caller.content_encoding != "identity") {
    return Refusal{415, "the encoding '" + caller.content_encoding + "'", "plain JSON"};
  }
  return std::nullopt;
}

bool brings_file(const Caller& caller) {
  return is_type(caller.content_type, "application/octet-stream");
}

std::string random_token() {
  std::array<uint8_t, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw Error(ErrorCode::kInternal, "no random bytes from the system");
  }
  std::string token;
  for (const uint8_t byte : bytes) {
    token += "0123456789abcdef"[byte >> 4];
    token += "0123456789abcdef"[byte & 15];
  }
  return token;
}

}  // namespace headscope::server
