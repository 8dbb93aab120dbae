#include "io/pytorch_storage.h"

#include <zlib.h>

#include <array>
#include <vector>

#include "format/checked_shape.h"
#include "headscope/error.h"
#include "io/zip.h"

namespace headscope {
namespace {

using Kind = PickleValue::Kind;

struct StorageClass {
  std::string_view name;
  DType dtype;
};
// Classes of module `torch`, as every version up to today's writes them for these types.
constexpr std::array<StorageClass, 10> kStorages = {{{"FloatStorage", DType::kF32},
                                                     {"HalfStorage", DType::kF16},
                                                     {"BFloat16Storage", DType::kBF16},
                                                     {"DoubleStorage", DType::kF64},
                                                     {"LongStorage", DType::kI64},
                                                     {"IntStorage", DType::kI32},
                                                     {"ShortStorage", DType::kI16},
                                                     {"CharStorage", DType::kI8},
                                                     {"ByteStorage", DType::kU8},
                                                     {"BoolStorage", DType::kBool}}};

bool allowed(std::string_view module, std::string_view name) {
  if (module == "collections") return name == "OrderedDict";
  if (module == "torch._utils") {
    return name == "_rebuild_tensor_v2" || name == "_rebuild_tensor" ||
           name == "_rebuild_parameter";
  }
  if (module != "torch") return false;
  for (const StorageClass& storage : kStorages) {
    if (storage.name == name) return true;
  }
  return false;
}

[[noreturn]] void refuse(const std::string& source, const std::string& got,
                         const std::string& expected, const std::string& action = {}) {
  throw Error(ErrorCode::kBadInput, source + " " + got, expected, action);
}

// ---- the zip form -------------------------------------------------------------------------------

constexpr std::string_view kPickleName = "/data.pkl";

std::string read_entry(const ZipArchive& zip, const ZipEntry& entry, const std::string& source) {
  // About 100 bytes a tensor.
  constexpr uint64_t kMost = 64u << 20;
  if (entry.size > kMost) {
    refuse(source, entry.name + " has " + std::to_string(entry.size) + " bytes",
           "at most " + std::to_string(kMost));
  }
  const auto content = zip.open(entry);
  std::string text;
  std::array<std::byte, 1 << 16> block;
  while (const size_t count = content->read(block)) {
    text.append(reinterpret_cast<const char*>(block.data()), count);
  }
  return text;
}

void check_crc(std::span<const std::byte> bytes, uint32_t expected, const std::string& where) {
  uLong crc = crc32(0, nullptr, 0);
  for (size_t at = 0; at < bytes.size();) {
    const size_t part = std::min<size_t>(bytes.size() - at, size_t{1} << 30);
    crc = crc32(crc, reinterpret_cast<const Bytef*>(bytes.data() + at), static_cast<uInt>(part));
    at += part;
  }
  if (crc == expected) return;
  refuse(where, "has another checksum than the archive's directory says", "undamaged numbers",
         "Fetch the file again (or save it again, if PyTorch's checksums were switched off)");
}

// What the content's functions keep alive.
struct ZipForm {
  ZipArchive zip;
  std::string source, prefix, pickle;
  std::map<std::string, const ZipEntry*, std::less<>> entries;
};

PytorchContent read_zip_form(std::span<const std::byte> bytes, const std::string& source) {
  auto form = std::make_shared<ZipForm>(ZipForm{ZipArchive(bytes, source), source, {}, {}, {}});
  const ZipEntry* pickle = nullptr;
  for (const ZipEntry& entry : form->zip.entries()) {
    form->entries.emplace(entry.name, &entry);
    if (!entry.name.ends_with(kPickleName)) continue;
    if (pickle) refuse(source, "holds two files " + std::string(kPickleName), "one of them");
    pickle = &entry;
  }
  if (!pickle) {
    refuse(source, "is a zip archive without data.pkl", "a file of torch.save()",
           "TorchScript archives and others are not read");
  }
  form->prefix = pickle->name.substr(0, pickle->name.size() - kPickleName.size());
  if (form->entries.contains(form->prefix + "/constants.pkl")) {
    refuse(source, "is a TorchScript archive, which holds a program", "a file of torch.save()",
           "Save the model's state_dict() or use its safetensors");
  }
  const auto order = form->entries.find(form->prefix + "/byteorder");
  if (order != form->entries.end()) {
    const std::string text = read_entry(form->zip, *order->second, source);
    if (text != "little") refuse(source, "has byte order '" + text + "'", "little");
  }
  form->pickle = read_entry(form->zip, *pickle, source);
  ByteCursor cursor(std::as_bytes(std::span(form->pickle)), source + ": data.pkl");
  PytorchContent content;
  content.pickle = read_pickle(cursor, allowed);
  content.storage = [form](const StorageId& id) -> StorageBytes {
    const auto found = form->entries.find(form->prefix + "/data/" + id.key);
    if (found == form->entries.end()) {
      refuse(form->source, "has no storage " + id.key, "the storages that data.pkl names");
    }
    const ZipEntry& entry = *found->second;
    const auto stored = form->zip.stored(entry);
    return {stored, [stored, crc = entry.crc, where = form->source + ": " + entry.name] {
              check_crc(stored, crc, where);
            }};
  };
  return content;
}

// ---- pickles, then raw numbers ------------------------------------------------------------------

// 0x1950a86a20f9469cfc6c, little-endian.
constexpr std::string_view kMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
constexpr int64_t kProtocol = 1001;

// sys_info {protocol_version, little_endian, type_sizes}
void check_machine(const Pickle& info, const std::string& source) {
  const PickleValue& root = info[info.root];
  for (size_t i = 0; i + 1 < root.items.size(); i += 2) {
    const PickleValue& key = info[root.items[i]];
    const PickleValue& value = info[root.items[i + 1]];
    if (key.text == "little_endian" && value.kind == Kind::kBool && value.integer == 1) return;
  }
  refuse(source, "does not say that its numbers are little-endian", "little-endian numbers");
}

struct OldForm {
  std::string source;
  std::map<std::string, std::span<const std::byte>, std::less<>> storages;
};

PytorchContent read_old_form(std::span<const std::byte> bytes, const std::string& source) {
  ByteCursor cursor(bytes, source);
  const Pickle magic = read_pickle(cursor, allowed);
  if (magic[magic.root].kind != Kind::kLong || magic[magic.root].text != kMagic) {
    refuse(source, "is a pickle without PyTorch's magic number", "a file of torch.save()");
  }
  const Pickle protocol = read_pickle(cursor, allowed);
  if (protocol[protocol.root].integer != kProtocol) {
    refuse(source, "has PyTorch protocol " + std::to_string(protocol[protocol.root].integer),
           std::to_string(kProtocol));
  }
  check_machine(read_pickle(cursor, allowed), source);

  auto form = std::make_shared<OldForm>(OldForm{source, {}});
  PytorchContent content;
  content.pickle = read_pickle(cursor, allowed);
  std::map<std::string, StorageId, std::less<>> named;
  for (const PickleValue& value : content.pickle.values) {
    if (value.kind != Kind::kPersistent) continue;
    StorageId id = storage_id(content.pickle, value, source);
    std::string key = id.key;
    named.emplace(std::move(key), std::move(id));
  }
  const Pickle keys = read_pickle(cursor, allowed);
  if (keys[keys.root].kind != Kind::kList) cursor.refuse("has no list of its storages");
  for (const uint32_t index : keys[keys.root].items) {
    const std::string key(keys[index].text);
    const auto found = named.find(key);
    if (found == named.end()) cursor.refuse("holds storage " + key + ", which no tensor uses");
    const uint64_t count = cursor.u64();
    if (count != static_cast<uint64_t>(found->second.count)) {
      cursor.refuse("holds " + std::to_string(count) + " numbers in storage " + key + ", not " +
                    std::to_string(found->second.count));
    }
    const auto size = checked_bytes({{found->second.count}}, size_of(found->second.dtype));
    if (!size) cursor.refuse("has a storage whose size cannot be counted");
    if (!form->storages.emplace(key, cursor.take(static_cast<uint64_t>(*size))).second) {
      cursor.refuse("holds storage " + key + " twice");
    }
  }
  if (!cursor.done()) cursor.refuse("has bytes behind its last storage");
  content.storage = [form](const StorageId& id) -> StorageBytes {
    const auto found = form->storages.find(id.key);
    if (found == form->storages.end()) {
      refuse(form->source, "has no storage " + id.key, "the storages that its pickle names");
    }
    return {found->second, {}};
  };
  return content;
}

}  // namespace

StorageId storage_id(const Pickle& pickle, const PickleValue& value, const std::string& source) {
  // ("storage", class, key, location, count), in the old form followed by a view, None today.
  constexpr size_t kFields = 5;
  const PickleValue& id = pickle[value.items[0]];
  if (id.kind != Kind::kTuple || id.items.size() < kFields ||
      pickle[id.items[0]].text != "storage" || pickle[id.items[1]].kind != Kind::kGlobal ||
      pickle[id.items[2]].kind != Kind::kText || pickle[id.items[4]].kind != Kind::kInt ||
      pickle[id.items[4]].integer < 0) {
    refuse(source, "has a persistent id that is no storage", "PyTorch's storages");
  }
  if (id.items.size() > kFields && pickle[id.items[kFields]].kind != Kind::kNone) {
    refuse(source, "holds a storage that is a part of another one, as PyTorch before 0.4 wrote",
           "whole storages", "Save it again with a newer PyTorch");
  }
  const PickleValue& type = pickle[id.items[1]];
  for (const StorageClass& storage : kStorages) {
    if (type.text == "torch" && type.name == storage.name) {
      return {std::string(pickle[id.items[2]].text), storage.dtype, pickle[id.items[4]].integer};
    }
  }
  refuse(source, "has a storage of class " + std::string(type.text) + "." + std::string(type.name),
         "a storage of numbers");
}

PytorchContent read_pytorch_content(std::span<const std::byte> bytes, const std::string& source) {
  const auto begins = [&](std::string_view text) {
    return bytes.size() >= text.size() &&
           std::string_view(reinterpret_cast<const char*>(bytes.data()), text.size()) == text;
  };
  if (begins("PK\x03\x04")) return read_zip_form(bytes, source);
  if (begins("\x80\x02")) return read_old_form(bytes, source);
  constexpr std::string_view kPointer = "version https://git-lfs";
  if (begins(kPointer)) {
    refuse(source, "is a Git LFS pointer, not the file itself", "a file of torch.save()",
           "Fetch it with `git lfs pull`");
  }
  refuse(source, "is neither a zip archive nor a pickle", "a file of torch.save()",
         "Fetch it again; the tar form of PyTorch 0.1 is not read");
}

}  // namespace headscope
