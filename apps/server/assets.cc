#include "assets.h"

#include <zlib.h>

#include "headscope/error.h"

namespace headscope::server {

const Asset* find_asset(std::string_view path) {
  if (path == "/") path = "/index.html";
  for (const Asset& asset : assets()) {
    if (asset.path == path) return &asset;
  }
  return nullptr;
}

std::string uncompressed(const Asset& asset) {
  if (!asset.gzip) return {reinterpret_cast<const char*>(asset.bytes.data()), asset.bytes.size()};
  constexpr int kGzip = 16 + MAX_WBITS;
  std::string out(asset.size, '\0');
  z_stream stream{};
  stream.next_in = const_cast<unsigned char*>(asset.bytes.data());
  stream.avail_in = static_cast<unsigned>(asset.bytes.size());
  stream.next_out = reinterpret_cast<unsigned char*>(out.data());
  stream.avail_out = static_cast<unsigned>(out.size());
  const bool whole = inflateInit2(&stream, kGzip) == Z_OK &&
                     inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_out == 0;
  inflateEnd(&stream);
  if (!whole) {
    throw Error(ErrorCode::kInternal, "the file " + std::string(asset.path) + " is damaged");
  }
  return out;
}

}  // namespace headscope::server
