// The two forms in which torch.save() lays down a pickle and the storages (flat arrays) it refers
// to.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "headscope/safetensors.h"
#include "io/pickle.h"

namespace headscope {

// A storage as a persistent id of the pickle describes it.
struct StorageId {
  std::string key;
  DType dtype = DType::kF32;
  int64_t count = 0;  // numbers in it
};

struct StorageBytes {
  std::span<const std::byte> bytes;
  // Compares the checksum, where the form has one; throws Error(kBadInput). May be null.
  std::function<void()> verify;
};

struct PytorchContent {
  Pickle pickle;
  // The numbers of a storage that the pickle names. Throws Error(kBadInput) where the file has
  // none, or another count of bytes.
  std::function<StorageBytes(const StorageId&)> storage;
};

// The storage that persistent id `value` of `pickle` means. Throws Error(kBadInput).
StorageId storage_id(const Pickle& pickle, const PickleValue& value, const std::string& source);

// `bytes` outlive the content.
PytorchContent read_pytorch_content(std::span<const std::byte> bytes, const std::string& source);

}  // namespace headscope
