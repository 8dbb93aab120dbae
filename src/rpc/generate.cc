// A run that goes on with the text: what is there can be looked at while it grows.
#include <chrono>

#include "headscope/generation.h"
#include "rpc/service.h"

namespace headscope {
namespace {

using Clock = std::chrono::steady_clock;

// Traces of what is there are made at most that often: each is a copy.
constexpr std::chrono::milliseconds kEvery(150);

Json generated_json(const Generation& generated) {
  const TokenSequence& text = generated.grown();
  const auto from = *text.generated_from;
  Json json = {{"from", from},
               {"ids", std::vector<int32_t>(text.ids.begin() + from, text.ids.end())},
               {"tokens", std::vector<std::string>(text.tokens.begin() + from, text.tokens.end())},
               {"text", generated.text},
               {"log_probs", json_numbers(std::span<const double>(generated.log_probs))},
               {"stopped", name_of(generated.stopped)}};
  if (!generated.notes.empty()) json["notes"] = generated.notes;
  return json;
}

}  // namespace

Rpc::Service::Asker Rpc::Service::asker_of(Fields& fields) {
  return {fields.text("client", 64), fields.integer("id", 0, kMaxId)};
}

std::optional<Rpc::Service::Growing> Rpc::Service::growing(const std::string& client,
                                                           int64_t id) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = growing_.find({client, id});
  return found == growing_.end() ? std::nullopt : std::optional(found->second);
}

Reply Rpc::Service::generate(const Asker& asker, const RpcModel& model, const ModelInput& input,
                             const RunSettings& settings, int64_t tokens,
                             const RunControl& control) {
  if (!model.generator) {
    throw Error(ErrorCode::kUsage, model.info.name + " does not continue texts",
                "a causal language model", "", "HS-CAP-01");
  }
  GenerationOptions options;
  options.tokens = tokens;
  options.trace.settings = settings;
  std::string before, shown;  // the traces of what was there, the last two
  auto last = Clock::now() - kEvery;
  const auto watch = [&](const GenerationStep& step) {
    const auto now = Clock::now();
    if (now - last < kEvery) return;
    last = now;
    const auto stored = traces_.add(step.trace(), TraceOrigin::kRun);
    // The one before stays: somebody may be looking at it just now.
    if (!before.empty()) traces_.remove(before);
    before = std::exchange(shown, stored->id);
    const std::lock_guard<std::mutex> lock(mutex_);
    growing_[asker] = {stored->id, grown_text(stored->info()).size()};
  };
  struct Forget {
    Service& service;
    const Asker& asker;
    ~Forget() {
      const std::lock_guard<std::mutex> lock(service.mutex_);
      service.growing_.erase(asker);
    }
  } const forget{*this, asker};
  const Generation made = model.generator->generate(input, options, control, watch);
  if (!before.empty()) traces_.remove(before);
  Reply reply;
  reply.json["trace"] = describe_trace(*traces_.add(made.trace, TraceOrigin::kRun));
  reply.json["generated"] = generated_json(made);
  derived_.trim();
  return reply;
}

}  // namespace headscope
