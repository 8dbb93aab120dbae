#include "rpc/trace_store.h"

#include <algorithm>

#include "headscope/error.h"

namespace headscope {
namespace {

// A comparison of two long texts needs both, however large they are.
constexpr size_t kKeptAtLeast = 2;

// Other code indexes one token list by another: a source of another program must hold whole ones.
void check_tokens(const TokenSequence& t) {
  const size_t n = t.tokens.size();
  if (t.ids.size() == n && t.segment_ids.size() == n && t.offsets.size() == n &&
      t.special.size() == n && t.words.size() == n && t.sentences.size() == n) {
    return;
  }
  throw Error(ErrorCode::kBadInput, "token lists of different lengths",
              std::to_string(n) + " ids, segments, offsets, special flags, words and sentences");
}

}  // namespace

std::vector<double> StoredTrace::contribution() const {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!contribution_.empty()) return contribution_;
  }
  const std::span<const float> own = source->contribution();
  return {own.begin(), own.end()};
}

bool StoredTrace::has_contribution() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return !contribution_.empty() || !source->contribution().empty();
}

void StoredTrace::set_contribution(std::vector<double> value) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  contribution_ = std::move(value);
}

int64_t StoredTrace::bytes() const {
  return source->bytes() + (picture_ ? static_cast<int64_t>(picture_->size()) : 0);
}

std::shared_ptr<const std::string> TraceStore::picture_file(const StoredTrace& trace) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return trace.picture_;
}

StoredTracePtr TraceStore::add(std::shared_ptr<const AttentionSource> source, TraceOrigin origin,
                               const std::string& title,
                               std::shared_ptr<const std::string> picture) {
  for (size_t s = 0; s < source->info().stacks.size(); ++s) {
    check_tokens(source->info().tokens(static_cast<int>(s), Side::kQuery));
    check_tokens(source->info().tokens(static_cast<int>(s), Side::kKey));
  }
  constexpr size_t kDigits = 32;  // 128 bits of SHA-256
  auto stored = std::make_shared<StoredTrace>();
  stored->id = "t" + source->content_id().substr(0, kDigits);
  stored->source = std::move(source);
  stored->origin = origin;
  stored->title = title;

  const std::lock_guard<std::mutex> lock(mutex_);
  if (const auto at = by_id_.find(stored->id); at != by_id_.end()) {
    StoredTrace& known = *at->second;
    const bool stays = known.origin == TraceOrigin::kDemo || known.origin == TraceOrigin::kFile;
    if (picture && !known.picture_) {  // it came as a trace file before
      known.picture_ = std::move(picture);
      if (!stays) bytes_ += static_cast<int64_t>(known.picture_->size());
    }
    return at->second;
  }
  stored->picture_ = std::move(picture);
  by_id_[stored->id] = stored;
  if (origin == TraceOrigin::kDemo) {
    fixed_.push_back(stored);
  } else if (origin == TraceOrigin::kFile) {
    const auto demo = std::find_if(fixed_.begin(), fixed_.end(),
                                   [](const Kept& t) { return t->origin == TraceOrigin::kDemo; });
    fixed_.insert(demo, stored);
  } else {
    recent_.push_front(stored);
    bytes_ += stored->bytes();
    while (bytes_ > limit_ && recent_.size() > kKeptAtLeast) {
      bytes_ -= recent_.back()->bytes();
      by_id_.erase(recent_.back()->id);
      recent_.pop_back();
    }
  }
  return stored;
}

StoredTracePtr TraceStore::find(const std::string& id) {
  if (StoredTracePtr found = peek(id)) return found;
  throw Error(ErrorCode::kNotFound, "no trace " + id + " here (any more)",
              "the id of a trace that is held", "Run the text again", "HS-TRACE-01");
}

StoredTracePtr TraceStore::peek(const std::string& id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto known = by_id_.find(id);
  if (known == by_id_.end()) return nullptr;
  const auto at = std::find(recent_.begin(), recent_.end(), known->second);
  if (at != recent_.end()) recent_.splice(recent_.begin(), recent_, at);
  return known->second;
}

void TraceStore::remove(const std::string& id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto at = std::find_if(recent_.begin(), recent_.end(),
                               [&](const Kept& trace) { return trace->id == id; });
  if (at == recent_.end()) return;
  bytes_ -= (*at)->bytes();
  by_id_.erase(id);
  recent_.erase(at);
}

std::vector<StoredTracePtr> TraceStore::fixed() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return {fixed_.begin(), fixed_.end()};
}

int64_t TraceStore::size() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<int64_t>(by_id_.size());
}

int64_t TraceStore::bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return bytes_;
}

}  // namespace headscope
