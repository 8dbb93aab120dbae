// Recent answers, up to a number of bytes: the least recently used are dropped first.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace headscope {

// Any thread. Values are cheap to copy (shared pointers).
template <class Value>
class Lru {
 public:
  explicit Lru(int64_t limit) : limit_(limit) {}

  std::optional<Value> find(const std::string& key) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto at = index_.find(key);
    if (at == index_.end()) return std::nullopt;
    order_.splice(order_.begin(), order_, at->second);
    return at->second->value;
  }

  // A value larger than the limit is not kept.
  void put(const std::string& key, Value value, int64_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    bytes += static_cast<int64_t>(2 * key.size() + sizeof(Entry));
    if (bytes > limit_ || index_.contains(key)) return;
    order_.push_front({key, std::move(value), bytes});
    index_[key] = order_.begin();
    bytes_ += bytes;
    while (bytes_ > limit_) {
      bytes_ -= order_.back().bytes;
      index_.erase(order_.back().key);
      order_.pop_back();
    }
  }

  int64_t bytes() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return bytes_;
  }
  int64_t size() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return static_cast<int64_t>(order_.size());
  }
  int64_t limit() const { return limit_; }

 private:
  struct Entry {
    std::string key;
    Value value;
    int64_t bytes;
  };

  mutable std::mutex mutex_;
  int64_t limit_, bytes_ = 0;
  std::list<Entry> order_;  // newest first
  std::unordered_map<std::string, typename std::list<Entry>::iterator> index_;
};

}  // namespace headscope
