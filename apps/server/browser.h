// Shows an address in the user's browser.
#pragma once

#include <string>

namespace headscope::server {

// False where there is no program for it. Does not wait for the browser.
bool open_browser(const std::string& address);

}  // namespace headscope::server
