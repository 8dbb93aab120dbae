// One file of torch.save() that holds a dictionary of tensors (a state_dict), in its zip form
// (PyTorch 1.6 and later) or the form of pickles and raw numbers before that. The pickle is read as
// data through an allow-list (io/pickle.h).
//
// Not for: whole modules, optimiser states, tensors on "meta", the tar form of PyTorch 0.1, files
// written on big-endian machines: refused by name.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "format/mapped_file.h"
#include "io/tensor_table.h"

namespace headscope {

// The tensors with their names, in the file's order; views and shared storages resolved, so that
// every tensor is row-major and dense. Throws Error(kBadInput) that names the file.
std::vector<std::pair<std::string, StoredTensor>> read_pytorch_file(
    const std::shared_ptr<const MappedFile>& file);

// The same of bytes that lie in no file, for tests; `file` may be null then.
std::vector<std::pair<std::string, StoredTensor>> read_pytorch_bytes(
    std::span<const std::byte> bytes, const std::string& source,
    const std::shared_ptr<const MappedFile>& file);

}  // namespace headscope
