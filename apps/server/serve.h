// `headscope serve` without its command line: the threads, the model that is read while the first
// screen is already there, and the end on Ctrl-C.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "headscope/attention_source.h"
#include "headscope/precision.h"

namespace headscope::server {

// Read already, under the name that the page shows.
struct OpenedSource {
  std::string title;
  std::shared_ptr<const AttentionSource> source;
};

struct ServeOptions {
  std::string model = "bert-base-uncased";  // name or directory
  std::string tokenizer;                    // of that model, in the place of its own
  Precision precision = Precision::kF32;    // of every model that is opened
  std::vector<std::string> model_folders;   // the page offers the models in them, too
  std::string host = "127.0.0.1";
  int port = 8642;            // 0: any
  bool allow_remote = false;  // `host` may be other than loopback
  int threads = 0;            // 0: all processors
  int64_t cache_bytes = int64_t{512} << 20;
  std::vector<std::string> traces;
  std::vector<OpenedSource> opened;  // stand before the traces
  std::string corpus;                // report of `analyze`; "" = none
  bool open = false;                 // in the browser
};

// Serves until SIGINT or SIGTERM. `listening` is called with the address once it can be reached,
// `say` with notices for people. Throws before `listening` where something named cannot be had:
// a trace, a report, the port. A model that cannot be had is no such error: the demo trace is
// there.
void serve(const ServeOptions& options, const std::function<void(const std::string&)>& listening,
           const std::function<void(const std::string&)>& say);

}  // namespace headscope::server
