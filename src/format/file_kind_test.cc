#include "headscope/file_kind.h"

#include <gtest/gtest.h>

#include "headscope/error.h"

namespace headscope {
namespace {

using namespace std::string_literals;

struct Case {
  std::string bytes;
  const char* name;  // part of it; "" = text
};

// Magic numbers from the formats' own specifications (RFC 1952, APPNOTE.TXT, RFC 8878, …).
TEST(FileKind, IsToldByTheFirstBytes) {
  const Case cases[] = {
      {"\x1F\x8B\x08\0\0"s, "gzip"},
      {"PK\x03\x04\x14\0\0\0\x08\0"s + std::string(16, 'x') + "corpus.txt", "zip"},
      {"PK\x03\x04"s + std::string(26, 'x') + "archive/data.pkl", "PyTorch"},
      {"PK\x03\x04"s + std::string(26, 'x') + "arr_0.npy", ".npz"},
      {"\xFD"
       "7zXZ\0\0"s,
       "xz"},
      {"\x28\xB5\x2F\xFD\x24"s, "zstd"},
      {"BZh91AY", "bzip2"},
      {"\xFF\xFEt\0h\0e\0"s, "UTF-16"},
      {"\xFE\xFF\0t\0h\0e"s, "UTF-16"},
      {"\xFF\xFE\0\0t\0\0\0"s, "UTF-32"},
      {"t\0h\0e\0 \0c\0a\0t\0"s, "UTF-16 text without"},
      {"\x2D\x4E\x87\x65\x0A\0\xE5\x65"s, "UTF-16 text without"},  // 中文 LF 日 in UTF-16LE
      {"version https://git-lfs.github.com/spec/v1\noid sha256:", "Git LFS"},
      {"\x93NUMPY\x01\0"s, ".npy"},
      {"\x80\x02}q"s, "pickle"},
      {"%PDF-1.7", "PDF"},
      {"PAR1\x15", "Parquet"},
      {"", ""},
      {"the cat", ""},
      {"\xEF\xBB\xBFthe cat", ""},
      {"caf\xE9 au lait", ""},  // Latin-1: read with a warning
      {"one \0 zero in a text"s, ""},
      {std::string(4093, 'x') + "\0\xE4\xB8\xAD"s, ""},  // a character that the cut goes through
      {"PKW", ""},
  };
  for (const Case& c : cases) {
    const auto kind = kind_of_bytes(c.bytes);
    EXPECT_EQ(kind.has_value(), *c.name != '\0') << c.bytes;
    EXPECT_NE((kind ? kind->name : "").find(c.name), std::string::npos) << c.bytes;
  }
}

TEST(FileKind, RefusesNoTextByName) {
  require_text("the cat", "a.txt");
  try {
    require_text("\x1F\x8B\x08", "corpus.txt.gz");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_EQ(error.got(), "corpus.txt.gz is compressed with gzip");
    EXPECT_EQ(error.action(), "Unpack it with gunzip");
  }
}

}  // namespace
}  // namespace headscope
