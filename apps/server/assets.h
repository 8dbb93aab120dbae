// The front end's files inside the program; web/embed.mjs writes the table at build time, or
// no_web.cc is the plain page that says there is none.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace headscope::server {

struct Asset {
  std::string_view path;  // "/app.js"
  std::string_view type;  // "text/javascript; charset=utf-8"
  std::string_view etag;  // quoted
  std::span<const unsigned char> bytes;
  size_t size;  // of the file itself; differs from that of `bytes` where they are gzip's
  bool gzip;
};

std::span<const Asset> assets();
bool has_page();  // false: the program was built without the front end
// "/" is the page. Null where there is no such file.
const Asset* find_asset(std::string_view path);
std::string uncompressed(const Asset& asset);

}  // namespace headscope::server
