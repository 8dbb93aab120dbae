// Runs a program that downloads (mvn, pip) and watches what it writes: progress from the growing
// files, its own reason where it fails, an end where nothing comes any more.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "headscope/run_control.h"

namespace headscope {

struct FetchClient {
  std::vector<std::string> arguments;  // the first is the program
  std::filesystem::path folder;        // where it runs and leaves its log
  std::filesystem::path growing;       // below here lies what is fetched, for the progress
  std::filesystem::path alive;         // and here whatever it writes while it lives
  int64_t expected_bytes = 0;
  std::string error_mark;  // how it begins the line that says what is wrong: "ERROR: "
  std::string what;        // "mvn could not fetch GROUP:ARTIFACT:VERSION"
  std::string expected;    // what would have been right, for the error
};

// Throws Error(kNotFound): no such program, it failed, or three minutes without a new byte;
// Error(kInterrupted).
void run_fetch_client(const FetchClient& client, const RunControl& control);

}  // namespace headscope
