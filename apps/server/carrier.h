// Carries bytes between HTTP and RpcQueue, and gives out the front end's files. It knows no
// method and no trace; what may come in is door.h's. Files come one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "door.h"
#include "headscope/rpc.h"

namespace headscope::server {

class Carrier {
 public:
  // Binds; port 0 picks one. `file_bytes`: limit of a file that a question brings. Throws
  // Error(kNotFound) where the address or port cannot be had.
  Carrier(RpcQueue& queue, Door door, int64_t file_bytes);
  ~Carrier();
  Carrier(const Carrier&) = delete;
  Carrier& operator=(const Carrier&) = delete;

  const Door& door() const;  // with the port that was bound
  void listen();             // until stop(), which may come before it
  void stop();               // any thread, once; stop the queue first, so that nobody waits

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace headscope::server
