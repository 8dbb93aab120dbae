// Arguments as their user wrote them. CLI11 takes "[a, b]" for a list, "++" for the end of a
// command and forgets "--" between commands; a text may be any of these.
#pragma once

#include <string>
#include <vector>

namespace headscope::cli {

// The arguments with those shielded in which CLI11 would see more than a text: each begins with a
// byte that remove_shield() takes away again. What follows "--" is no option.
class Arguments {
 public:
  Arguments(int argc, char** argv);
  int count() const { return static_cast<int>(pointers_.size()); }
  const char* const* values() const { return pointers_.data(); }

 private:
  std::vector<std::string> arguments_;
  std::vector<const char*> pointers_;
};

void remove_shield(std::string& value);

// A message of CLI11 without the shields.
std::string without_shields(std::string message);

}  // namespace headscope::cli
