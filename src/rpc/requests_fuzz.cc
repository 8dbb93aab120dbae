// Questions of the wire: the method up to the first line feed, the body behind it. HAND in the body
// stands for the id of a trace that is there. Whatever is asked, the answer is one that a client
// can read, and no bug of ours.
#include <string>

#include "base/fuzz.h"
#include "rpc/test_model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  using namespace headscope::rpc_test;
  static TestRpc world(true, {.trace_bytes = 1 << 20, .tile_bytes = 1 << 20});
  const std::string_view input = text_of(data, size);
  const size_t line = input.find('\n');
  if (line == std::string_view::npos) return 0;
  const std::string body = with_hand(std::string(input.substr(line + 1)), world.hand);
  const RpcAnswer answer = world.rpc.answer(input.substr(0, line), body);
  const Json json = TestRpc::json_of(answer);  // throws where it is no JSON and no safetensors
  require(json.is_object() && json["rpc"].is_number_integer(),
          "every answer says which wire it speaks");
  if (json.contains("error")) require(json["error"]["code"] != "HS-BUG-01", answer.body.c_str());
  return 0;
}
