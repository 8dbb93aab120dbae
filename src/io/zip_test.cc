// Against archives that Python's zipfile wrote (tests/data/zip/README.md).
#include "io/zip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "format/read_file.h"
#include "headscope/error.h"
#include "test_paths.h"

namespace headscope {
namespace {

using testing::HasSubstr;
const std::string kFolder = source_dir() + "/tests/data/zip/";

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

// In blocks of an odd size, so that no border falls where the format has one.
std::string read_whole(ByteSource& source) {
  std::string text;
  std::byte block[97];
  while (const size_t count = source.read(block)) {
    text.append(reinterpret_cast<const char*>(block), count);
  }
  return text;
}

// What make.py puts into each archive.
std::map<std::string, std::string> expected_content() {
  std::map<std::string, std::string> content = {{"folder/", ""}, {"empty", ""}};
  for (int i = 0; i < 200; ++i) content["folder/text.txt"] += "went to the store\n";
  for (int i = 0; i < 768; ++i) content["bytes.bin"] += static_cast<char>(i & 255);
  return content;
}

std::map<std::string, std::string> by_directory(std::span<const std::byte> bytes) {
  const ZipArchive archive(bytes, "a.zip");
  std::map<std::string, std::string> content;
  for (const ZipEntry& entry : archive.entries()) {
    content[entry.name] = read_whole(*archive.open(entry));
  }
  return content;
}

std::map<std::string, std::string> by_stream(ByteSource& bytes) {
  ZipStream stream(bytes, "a.zip");
  std::map<std::string, std::string> content;
  for (ZipEntry entry; stream.next(entry);) {
    content[entry.name] = read_whole(stream.content());
  }
  return content;
}

std::string error_of(const std::function<void()>& act) {
  try {
    act();
    return {};
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    return error.what();
  }
}

TEST(Zip, ReadsByDirectory) {
  for (const char* name : {"plain.zip", "zip64.zip", "sizes_behind.zip"}) {
    EXPECT_TRUE(by_directory(bytes_of(read_file(kFolder + name))) == expected_content()) << name;
  }
}

TEST(Zip, ReadsAnArchiveInsideAnArchiveAsAStream) {
  const std::string jar = read_file(kFolder + "nested.jar");
  const ZipArchive outer(bytes_of(jar), "nested.jar");
  for (const char* name : {"inner/plain", "inner/zip64"}) {
    ASSERT_NE(outer.find(name), nullptr);
    EXPECT_TRUE(by_stream(*outer.open(*outer.find(name))) == expected_content()) << name;
  }
  const auto behind = outer.open(*outer.find("inner/sizes_behind"));
  EXPECT_THAT(error_of([&] { by_stream(*behind); }), HasSubstr("sizes behind its data"));
}

TEST(Zip, SkipsWhatIsNotRead) {
  const std::string archive = read_file(kFolder + "plain.zip");
  MemorySource bytes(bytes_of(archive));
  ZipStream stream(bytes, "a.zip");
  std::string names;
  for (ZipEntry entry; stream.next(entry);) names += entry.name + " ";
  EXPECT_EQ(names, "folder/ folder/text.txt bytes.bin empty ");
}

TEST(Zip, RefusesOtherMethods) {
  const std::string archive = read_file(kFolder + "bzip2.zip");
  EXPECT_THAT(error_of([&] { by_directory(bytes_of(archive)); }), HasSubstr("method 12"));
}

TEST(Zip, RefusesEveryCut) {
  for (const char* name : {"plain.zip", "zip64.zip", "sizes_behind.zip"}) {
    const std::string whole = read_file(kFolder + name);
    for (size_t size = 0; size < whole.size(); ++size) {
      const std::string cut = whole.substr(0, size);
      ASSERT_NE(error_of([&] { by_directory(bytes_of(cut)); }), "") << name << " " << size;
      MemorySource bytes(bytes_of(cut));
      ASSERT_NE(error_of([&] { by_stream(bytes); }), "") << name << " " << size;
    }
  }
}

// A flipped bit is found, or lies where nothing is read from (dates, versions, attributes, the
// comment): never is other content given.
TEST(Zip, NeverGivesOtherContent) {
  const auto expected = expected_content();
  int accepted = 0, flipped = 0;
  for (const char* name : {"plain.zip", "zip64.zip"}) {
    const std::string whole = read_file(kFolder + name);
    for (size_t i = 0; i < whole.size(); ++i) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << i % 8));
      std::map<std::string, std::string> content;
      for (const bool stream : {false, true}) {
        const std::string error = error_of([&] {
          MemorySource bytes(bytes_of(damaged));
          content = stream ? by_stream(bytes) : by_directory(bytes_of(damaged));
        });
        ++flipped;
        if (!error.empty()) continue;
        ++accepted;
        for (const auto& [entry, text] : content) {
          // A name is stored twice, and the two must agree.
          ASSERT_TRUE(expected.contains(entry)) << name << " byte " << i;
          ASSERT_TRUE(text == expected.at(entry)) << name << " byte " << i;
        }
      }
    }
  }
  EXPECT_LT(accepted, flipped / 4);
}

}  // namespace
}  // namespace headscope
