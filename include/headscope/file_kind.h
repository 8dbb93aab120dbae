// The kind of a file that is not the expected one, by its first bytes: compressed files,
// UTF-16, arrays and pickles, and the pointer that Git LFS leaves in place of a large file.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace headscope {

struct FileKind {
  std::string name;    // "is compressed with gzip"
  std::string action;  // "Unpack it with gunzip"
};

// The bytes of a file that kind_of_bytes() needs.
inline constexpr size_t kKindBytes = 4096;

// Of a file that begins with `first` (at least kKindBytes of it, or all); nullopt where its first
// bytes are those of no kind known here.
std::optional<FileKind> kind_of_magic(std::string_view first);
// The same where UTF-8 text is expected: other bytes are told as binary.
std::optional<FileKind> kind_of_bytes(std::string_view first);

// Throws Error(kBadInput) naming `name` where its first bytes are no text.
void require_text(std::string_view first, const std::string& name);

}  // namespace headscope
