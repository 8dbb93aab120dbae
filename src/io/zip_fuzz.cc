#include <array>
#include <string>

#include "base/fuzz.h"
#include "io/zip.h"

namespace {

// Some entries unpack a thousandfold; a part of each is enough here.
void read_some(headscope::ByteSource& source) {
  std::array<std::byte, 4096> block;
  for (int i = 0; i < 64 && source.read(block) > 0; ++i) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  accepts([&] {
    const ZipArchive archive(bytes_of(data, size), "input");
    for (const ZipEntry& entry : archive.entries()) {
      accepts([&] { read_some(*archive.open(entry)); });
    }
  });
  accepts([&] {
    MemorySource bytes(bytes_of(data, size));
    ZipStream stream(bytes, "input");
    for (ZipEntry entry; stream.next(entry);) read_some(stream.content());
  });
  return 0;
}
