// The page of a program that was built without the front end.
#include "assets.h"

namespace headscope::server {
namespace {

constexpr char kPage[] =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>headscope</title>"
    "<h1>headscope</h1><p>This program was built without its page, which needs Node.js 18.18 or "
    "newer. The command line and <code>POST /rpc/METHOD</code> work. For the page, install Node.js "
    "and build again (HEADSCOPE_WEB=ON), or install from a source distribution, which brings the "
    "page.</p></html>\n";

// Not the string's final NUL.
const std::span<const unsigned char> kBytes{reinterpret_cast<const unsigned char*>(kPage),
                                            sizeof kPage - 1};
const Asset kAssets[] = {
    {"/index.html", "text/html; charset=utf-8", "\"no-web\"", kBytes, sizeof kPage - 1, false}};

}  // namespace

std::span<const Asset> assets() { return kAssets; }
bool has_page() { return false; }

}  // namespace headscope::server
