// The options of a ViewState: the one vocabulary of links and of the command line, a row an option.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "headscope/view_state.h"

namespace headscope {

struct ViewOption {
  const char* key;   // of links
  const char* name;  // of the command line
  // Throws Error(kUsage, "HS-LINK-01") for a value that the option has not.
  void (*read)(ViewState&, const std::string&);
  std::string (*write)(const ViewState&);
};
// In the order of links.
std::span<const ViewOption> view_options();
// Links leave such an option out.
bool is_default(const ViewOption& option, const ViewState& state);

// Throws Error(kUsage, "HS-LINK-01"): "NAME 'VALUE'; expected …".
[[noreturn]] void refuse_option(const std::string& name, const std::string& value,
                                const std::string& expected);
std::vector<std::string> split(const std::string& text, char at);

}  // namespace headscope
