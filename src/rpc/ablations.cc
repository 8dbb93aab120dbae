#include "rpc/ablations.h"

#include "headscope/error.h"
#include "rpc/message.h"

namespace headscope {

std::vector<Ablation> read_ablations(Fields& fields, std::span<const StackInfo> stacks) {
  constexpr size_t kMaxAblations = 4096;
  if (!fields.has("ablations")) return {};
  std::string text;
  size_t index = 0;
  for (const Json& json : fields.array("ablations", 0, kMaxAblations)) {
    const std::string where = fields.path("ablations") + "[" + std::to_string(index++) + "]";
    Fields one(json, where);
    const std::string head = one.text("head", kMaxHeadName);
    if (head.find_first_of(",:") != std::string::npos) {
      throw Error(ErrorCode::kUsage, where + ".head is " + describe(Json(head)),
                  "a name like L8H9 or L2H*", "", kBadField);
    }
    const std::string stack = one.has("stack") ? one.text("stack", 64) + "." : "";
    text += (text.empty() ? "" : ",") + stack + head + ":" +
            one.choice("mode", {"zero", "mean", "uniform"});
    one.done();
  }
  return as_link([&] { return parse_ablations(text, stacks); });
}

}  // namespace headscope
