#include "headscope/version.h"

#if defined(__linux__)
#include <elf.h>
#include <link.h>
#endif

#include <cstdint>
#include <cstring>
#include <string_view>

namespace headscope {

const char* version() { return HEADSCOPE_VERSION; }

namespace {

#if defined(__linux__)
// A part of memory, and what was found in it.
struct Search {
  uintptr_t inside;  // an address of the module that is meant
  std::string found;
};

std::string hexadecimal(const unsigned char* bytes, size_t count) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    out += kDigits[bytes[i] >> 4];
    out += kDigits[bytes[i] & 15];
  }
  return out;
}

// The build's name among the notes of a segment: each a header, a name and a description, both
// padded to four bytes (System V ABI, "Note Section").
std::string name_in_notes(const unsigned char* notes, size_t size) {
  constexpr char kOwner[] = "GNU";  // its last NUL counts
  const auto padded = [](size_t n) { return (n + 3) / 4 * 4; };
  while (size >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) head;
    std::memcpy(&head, notes, sizeof(head));
    const size_t name = padded(head.n_namesz), description = padded(head.n_descsz);
    const size_t whole = sizeof(head) + name + description;
    if (whole > size) return {};
    const std::string_view owner(reinterpret_cast<const char*>(notes + sizeof(head)),
                                 head.n_namesz);
    if (head.n_type == NT_GNU_BUILD_ID && owner == std::string_view(kOwner, sizeof(kOwner))) {
      return hexadecimal(notes + sizeof(head) + name, head.n_descsz);
    }
    notes += whole;
    size -= whole;
  }
  return {};
}

int search_module(dl_phdr_info* module, size_t, void* context) {
  auto& search = *static_cast<Search*>(context);
  const auto at = [&](const ElfW(Phdr) & part) { return module->dlpi_addr + part.p_vaddr; };
  bool meant = false;
  std::string found;
  for (int i = 0; i < module->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = module->dlpi_phdr[i];
    if (part.p_type == PT_LOAD) {
      meant = meant || (at(part) <= search.inside && search.inside < at(part) + part.p_memsz);
    } else if (part.p_type == PT_NOTE && found.empty()) {
      // The loader gives addresses as numbers. NOLINTNEXTLINE(performance-no-int-to-ptr)
      found = name_in_notes(reinterpret_cast<const unsigned char*>(at(part)), part.p_memsz);
    }
  }
  if (meant) search.found = found;
  return meant ? 1 : 0;
}
#endif

std::string find_build_id() {
#if defined(__linux__)
  static const char kHere = 0;
  Search search{reinterpret_cast<uintptr_t>(&kHere), {}};
  dl_iterate_phdr(search_module, &search);
  if (!search.found.empty()) return search.found;
#endif
  return version();
}

}  // namespace

std::string build_id() {
  static const std::string found = find_build_id();
  return found;
}

}  // namespace headscope
