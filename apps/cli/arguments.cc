#include "arguments.h"

#include <algorithm>
#include <string_view>

namespace headscope::cli {
namespace {

constexpr char kShield = '\x01';

bool has_meaning(std::string_view argument) {
  const bool list = argument.size() >= 2 && argument.front() == '[' && argument.back() == ']';
  return list || argument == "++" || argument == "{}" || argument.starts_with(kShield);
}

}  // namespace

Arguments::Arguments(int argc, char** argv) {
  bool only_texts = false;
  for (int i = 0; i < argc; ++i) {
    const std::string_view argument = argv[i];
    constexpr int kAfterCommand = 2;
    if (!only_texts && i >= kAfterCommand && argument == "--") {
      only_texts = true;
      continue;
    }
    const bool shield = i > 0 && (only_texts || has_meaning(argument));
    arguments_.push_back((shield ? std::string(1, kShield) : std::string()).append(argument));
  }
  for (const std::string& argument : arguments_) pointers_.push_back(argument.c_str());
}

void remove_shield(std::string& value) {
  if (value.starts_with(kShield)) value.erase(0, 1);
}

std::string without_shields(std::string message) {
  message.erase(std::remove(message.begin(), message.end(), kShield), message.end());
  return message;
}

}  // namespace headscope::cli
