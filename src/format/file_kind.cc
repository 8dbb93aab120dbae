#include "headscope/file_kind.h"

#include <algorithm>

#include "headscope/error.h"
#include "headscope/utf8.h"

namespace headscope {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::string_view bytes;
  const char* name;
  const char* action;
};

constexpr const char* kToUtf8 = "Convert it to UTF-8, for example with iconv";

// The longest of equal beginnings stands first.
constexpr Magic kMagics[] = {
    {"\x1F\x8B"sv, "is compressed with gzip", "Unpack it with gunzip"},
    {"BZh"sv, "is compressed with bzip2", "Unpack it with bunzip2"},
    {"\xFD"
     "7zXZ\0"sv,
     "is compressed with xz", "Unpack it with unxz"},
    {"\x28\xB5\x2F\xFD"sv, "is compressed with zstd", "Unpack it with unzstd"},
    {"\x04\x22\x4D\x18"sv, "is compressed with lz4", "Unpack it with unlz4"},
    {"7z\xBC\xAF\x27\x1C"sv, "is a 7-Zip archive", "Unpack it"},
    {"Rar!\x1A\x07"sv, "is a RAR archive", "Unpack it"},
    {"%PDF-"sv, "is a PDF file", "Save its text as a .txt file"},
    {"PAR1"sv, "is a Parquet file", "Export it as JSONL"},
    {"ARROW1"sv, "is an Arrow file", "Export it as JSONL"},
    {"\x93NUMPY"sv, "is a NumPy array (.npy)", ""},
    {"\x89HDF\r\n\x1A\n"sv, "is an HDF5 file", ""},
    {"GGUF"sv, "is a GGUF file", ""},
    {"SQLite format 3\0"sv, "is an SQLite database", "Export its texts"},
    {"\x80\x02"sv, "is a Python pickle (as old .pt and .bin files are)", ""},
    {"\x80\x03"sv, "is a Python pickle", ""},
    {"\x80\x04"sv, "is a Python pickle", ""},
    {"\x80\x05"sv, "is a Python pickle", ""},
    {"\xFF\xFE\0\0"sv, "is UTF-32 text", kToUtf8},
    {"\0\0\xFE\xFF"sv, "is UTF-32 text", kToUtf8},
    {"\xFF\xFE"sv, "is UTF-16 text", kToUtf8},
    {"\xFE\xFF"sv, "is UTF-16 text", kToUtf8},
    {"version https://git-lfs.github.com/spec/"sv,
     "is the pointer that Git LFS leaves in place of the file",
     "Fetch the file itself: `git lfs pull` in its repository"},
};

// A zip file says by the names in it what it is.
FileKind kind_of_zip(std::string_view first) {
  if (first.find("data.pkl") != std::string_view::npos) {
    return {"is a PyTorch file (a zip with a pickle, as .pt and .bin files are)", ""};
  }
  if (first.find(".npy") != std::string_view::npos) {
    return {"is a NumPy archive (.npz)", "Save its arrays as .npy or safetensors files"};
  }
  return {"is compressed with zip", "Unpack it with unzip"};
}

// UTF-16 without a byte-order mark, and other bytes that are no UTF-8 text.
bool is_binary(std::string_view first) {
  const auto zeros = std::count(first.begin(), first.end(), '\0');
  if (zeros == 0) return false;
  if (zeros > static_cast<ptrdiff_t>(first.size() / 8)) return true;
  const auto problem = find_invalid_utf8(first);
  constexpr size_t kLongestCharacter = 4;  // the end of `first` may cut one
  return problem && problem->byte + kLongestCharacter <= first.size();
}

}  // namespace

std::optional<FileKind> kind_of_magic(std::string_view first) {
  first = first.substr(0, kKindBytes);
  if (first.starts_with("PK\x03\x04"sv) || first.starts_with("PK\x05\x06"sv)) {
    return kind_of_zip(first);
  }
  for (const Magic& magic : kMagics) {
    if (first.starts_with(magic.bytes)) return FileKind{magic.name, magic.action};
  }
  return std::nullopt;
}

std::optional<FileKind> kind_of_bytes(std::string_view first) {
  first = first.substr(0, kKindBytes);
  if (auto kind = kind_of_magic(first)) return kind;
  if (is_binary(first)) {
    return FileKind{"holds NUL bytes, so it is binary, or UTF-16 text without a byte-order mark",
                    kToUtf8};
  }
  return std::nullopt;
}

void require_text(std::string_view first, const std::string& name) {
  const auto kind = kind_of_bytes(first);
  if (kind) throw Error(ErrorCode::kBadInput, name + " " + kind->name, "UTF-8 text", kind->action);
}

}  // namespace headscope
