// Base64 (RFC 4648 §4, with padding): bytes inside JSON.
#pragma once

#include <string>
#include <string_view>

namespace headscope {

std::string to_base64(std::string_view bytes);
// Throws Error(kBadInput) naming `source` where `text` is no base64.
std::string from_base64(std::string_view text, const std::string& source);

}  // namespace headscope
