#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include "format/read_file.h"
#include "headscope/error.h"
#include "io/pytorch_file.h"
#include "io/stores.h"
#include "io/test_folder.h"
#include "io/zip.h"
#include "test_paths.h"

namespace headscope {
namespace {

using testing::AllOf;
using testing::ElementsAreArray;
using testing::HasSubstr;
const std::string kTiny = source_dir() + "/tests/golden/tiny/";
const std::string kData = source_dir() + "/tests/data/pytorch/";

std::vector<float> numbers_of(const WeightStore& store, const std::string& name) {
  const float* data = store.data(name);
  return {data, data + store.float_bytes(name) / static_cast<int64_t>(sizeof(float))};
}

// The name that transformers 5 gives what old checkpoints call gamma and beta.
std::string today(std::string name) {
  for (const auto& [old_word, word] : {std::pair{".gamma", ".weight"}, {".beta", ".bias"}}) {
    if (name.ends_with(old_word)) name.replace(name.rfind('.'), std::string::npos, word);
  }
  return name;
}

// The goldens' README: both files hold the weights of tiny/bert-mlm.
TEST(PytorchStore, GivesTheSameNumbersAsSafetensors) {
  const auto expected = open_safetensors(kTiny + "bert-mlm");
  for (const char* folder : {"bert-bin", "bert-bin-oldformat"}) {
    const auto store = open_pytorch(kTiny + folder);
    ASSERT_NE(store, nullptr) << folder;
    size_t same = 0;
    for (const std::string& own : store->names()) {
      const std::string name = today(own);
      if (!expected->shape(name)) continue;  // tied copies and position_ids
      EXPECT_EQ(*store->shape(own), *expected->shape(name)) << name;
      ASSERT_EQ(store->float_bytes(own), expected->float_bytes(name)) << name;
      EXPECT_EQ(std::memcmp(store->data(own), expected->data(name),
                            static_cast<size_t>(store->float_bytes(own))),
                0)
          << folder << " " << name;
      const float before = store->data(own)[0];
      store->drop_pages(own);
      EXPECT_EQ(store->data(own)[0], before) << name;
      ++same;
    }
    EXPECT_EQ(same, expected->names().size()) << folder;
  }
}

TEST(PytorchStore, ResolvesViewsTypesAndSharedStorages) {
  struct Row {
    const char* name;
    std::vector<int64_t> shape;
    std::vector<float> numbers;
  };
  const std::vector<Row> rows = {
      {"dense", {3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
      {"transposed", {4, 3}, {0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}},
      {"row", {4}, {4, 5, 6, 7}},
      {"column", {3}, {1, 5, 9}},
      {"repeated", {2, 3}, {2, 3, 4, 2, 3, 4}},
      {"scalar", {}, {7}},
      {"empty", {0, 4}, {}},
      {"one_row", {1, 4}, {8, 9, 10, 11}},
      {"old_call", {2, 2}, {0, 1, 2, 3}},
      {"parameter", {2, 2}, {8, 9, 10, 11}},
      {"half", {2, 2}, {0.5F, -2, 65504, 0x1p-24F}},
      {"half_transposed", {2, 2}, {0.5F, 65504, -2, 0x1p-24F}},
      {"bfloat", {4}, {1.5F, -3, 0x1p100F, 0}},
      {"double", {2}, {0.1F, -7.25F}},
  };
  for (const char* file : {"views.bin", "views-old.bin"}) {
    const TestFolder folder;
    folder.write("pytorch_model.bin", read_file(kData + file));
    const auto store = open_pytorch(folder.path());
    EXPECT_EQ(store->names().size(), rows.size() + 1);
    for (const Row& row : rows) {
      ASSERT_NE(store->shape(row.name), nullptr) << file << " " << row.name;
      EXPECT_EQ(*store->shape(row.name), row.shape) << file << " " << row.name;
      EXPECT_THAT(numbers_of(*store, row.name), ElementsAreArray(row.numbers))
          << file << " " << row.name;
    }
    // Whole numbers are no weights: listed, as the reader of safetensors lists them.
    ASSERT_NE(store->shape("position_ids"), nullptr);
    EXPECT_THROW(store->data("position_ids"), Error);
    EXPECT_THROW(store->data("no.such.tensor"), Error);
  }
}

TEST(PytorchStore, ReadsShards) {
  TestFolder folder;
  const std::string whole = read_file(kData + "views.bin");
  folder.write("pytorch_model-00001-of-00001.bin", whole);
  folder.write("pytorch_model.bin.index.json",
               R"({"weight_map": {"row": "pytorch_model-00001-of-00001.bin"}})");
  EXPECT_THAT(numbers_of(*open_pytorch(folder.path()), "row"), ElementsAreArray({4, 5, 6, 7}));
  folder.write("pytorch_model.bin.index.json",
               R"({"weight_map": {"line": "pytorch_model-00001-of-00001.bin"}})");
  EXPECT_THROW(open_pytorch(folder.path()), Error);
  folder.write("pytorch_model.bin.index.json", R"({"weight_map": {"row": "../views.bin"}})");
  EXPECT_THROW(open_pytorch(folder.path()), Error);
}

// ---- hostile files, in the form of pickles and raw numbers --------------------------------------

std::string little_endian(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}
std::string text(const std::string& value) { return "X" + little_endian(value.size(), 4) + value; }
std::string integer(int32_t value) { return "J" + little_endian(static_cast<uint32_t>(value), 4); }
std::string tuple(const std::string& items) { return "(" + items + "t"; }
const std::string kRebuild = "ctorch._utils\n_rebuild_tensor_v2\n";

std::string storage(int32_t count, const std::string& type = "ctorch\nFloatStorage\n") {
  return tuple(text("storage") + type + text("0") + text("cpu") + integer(count) + "N") + "Q";
}
std::string tensor(const std::string& stored, const std::string& offset, const std::string& shape,
                   const std::string& strides) {
  return kRebuild +
         tuple(stored + offset + tuple(shape) + tuple(strides) + "\x89" +
               "ccollections\nOrderedDict\n)R") +
         "R";
}
std::string named(const std::string& name, const std::string& value) {
  return text(name) + value + "s";
}
std::string pickle(const std::string& body) { return "\x80\x02" + body + "."; }

// The file whose object pickle is `object`, with the storage "0" of four numbers if it names one.
std::string old_form(const std::string& object) {
  const std::string zeros(16, '\0');
  std::string file = pickle("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19");
  file += pickle("M\xe9\x03") + pickle("}" + named("little_endian", "\x88")) + object;
  if (object.find("Storage") == std::string::npos) return file + pickle("]");
  return file + pickle("]" + text("0") + "a") + little_endian(4, 8) + zeros;
}
std::string dictionary(const std::string& entries) { return pickle("}" + entries); }

void read_all(const std::string& bytes) {
  TensorTable table("F.bin");
  for (auto& [name, tensor] :
       read_pytorch_bytes(std::as_bytes(std::span(bytes)), "F.bin", nullptr)) {
    table.add(name, tensor, "F.bin");
  }
  for (const std::string& name : table.names()) table.data(name);
}

TEST(PytorchStore, RefusesHostilePickles) {
  const std::string good =
      tensor(storage(4), integer(0), integer(2) + integer(2), integer(2) + integer(1));
  read_all(old_form(dictionary(named("good", good))));
  struct Row {
    const char* defect;
    std::string file;
    const char* must_contain;
  };
  const std::string one = integer(1);
  std::string deep = "}" + text("deep") + ")";
  for (int i = 0; i < 1'000'000; ++i) deep += '\x85';
  const std::vector<Row> rows = {
      {"calls a function", old_form(dictionary(named("a", "cos\nsystem\n(X\4\0\0\0truetR"))),
       "os.system"},
      {"names eval by its new opcode",
       old_form(dictionary(named("a",
                                 "\x8c\x08"
                                 "builtins\x8c\x04"
                                 "eval\x93"))),
       "builtins.eval"},
      {"INST", old_form(dictionary(named("a", "(ios\nsystem\n"))), "0x69"},
      {"NEWOBJ", old_form(dictionary(named("a", "ccollections\nOrderedDict\n)\x81"))), "0x81"},
      {"EXT1", old_form(dictionary(named("a", "\x82\x01"))), "0x82"},
      {"next buffer", old_form(dictionary(named("a", "\x97"))), "0x97"},
      {"sets attributes of a tensor", old_form(dictionary(named("a", good + "}b"))), "attributes"},
      {"calls a text", old_form(dictionary(named("a", text("f") + ")R"))), "calls"},
      {"empty stack", old_form(pickle("")), "takes a value"},
      {"group never opened", old_form(pickle("t")), "group"},
      {"unknown memo", old_form(pickle("h\x07")), "never kept"},
      {"a list as dictionary", old_form(pickle("]" + one + one + "s")), "cannot hold"},
      {"text beyond the end", "\x80\x02X" + little_endian(0xfffffff0u, 4) + "a", "more bytes"},
      {"not a dictionary", old_form(pickle(good)), "dictionary"},
      {"nested dictionary", old_form(dictionary(named("model", "}"))), "model"},
      {"a number", old_form(dictionary(named("epoch", one))), "epoch"},
      {"a name twice", old_form(dictionary(named("a", good) + named("a", good))), "twice"},
      {"tuples a million deep", old_form(pickle(deep + "s")), "deep"},
      {"a view beyond its storage",
       old_form(dictionary(named("a", tensor(storage(4), one, integer(4), one)))), "[4]"},
      {"negative offset",
       old_form(dictionary(named("a", tensor(storage(4), integer(-1), integer(4), one)))), "-1"},
      {"negative stride",
       old_form(dictionary(named("a", tensor(storage(4), integer(3), integer(4), integer(-1))))),
       "strides"},
      {"stride 0 asks for 2^31 numbers",
       old_form(
           dictionary(named("a", tensor(storage(4), integer(0), integer(0x7fffffff), integer(0))))),
       "2147483647"},
      {"a shape whose product overflows",
       old_form(dictionary(
           named("a", tensor(storage(4), integer(0),
                             integer(0x7fffffff) + integer(0x7fffffff) + integer(0x7fffffff),
                             one + one + one)))),
       "2147483647"},
      {"another number of strides",
       old_form(dictionary(named("a", tensor(storage(4), integer(0), integer(4), "")))), "a "},
      {"storage of another count",
       old_form(dictionary(named("a", tensor(storage(5), integer(0), integer(4), one)))), "not 5"},
      {"storage of another type",
       old_form(dictionary(
           named("a", tensor(storage(4, "ctorch\nComplexFloatStorage\n"), integer(0), one, one)))),
       "ComplexFloatStorage"},
      // torch.save of torch._neg_view(x): PyTorch 2.13 turns the sign of what is stored.
      {"a view that is negated",
       old_form(dictionary(
           named("a", kRebuild +
                          tuple(storage(4) + integer(0) + tuple(integer(4)) + tuple(one) + "\x89" +
                                "ccollections\nOrderedDict\n)R" + "}" + named("neg", "\x88")) +
                          "R"))),
       "negated"},
      {"goes on behind the end", old_form(dictionary(named("a", good))) + "x", "behind"},
      {"no PyTorch", pickle("}"), "magic"},
      {"a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\n", "git lfs pull"},
      {"nothing", "", "neither"},
  };
  for (const Row& row : rows) {
    try {
      read_all(row.file);
      ADD_FAILURE() << row.defect << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput) << row.defect;
      EXPECT_THAT(error.what(), AllOf(HasSubstr("F.bin"), HasSubstr(row.must_contain)))
          << row.defect;
    }
  }
}

// Every prefix of both files is refused, and says which file it is.
TEST(PytorchStore, RefusesEveryCutOffFile) {
  for (const char* file : {"views.bin", "views-old.bin"}) {
    const std::string whole = read_file(kData + file);
    for (size_t size = 0; size < whole.size(); ++size) {
      EXPECT_THROW(read_all(whole.substr(0, size)), Error) << file << " of " << size << " bytes";
    }
  }
}

TEST(PytorchStore, ComparesChecksums) {
  std::string file = read_file(kData + "views.bin");
  const ZipArchive zip(std::as_bytes(std::span(file)), "views.bin");
  const auto numbers = zip.stored(*zip.find("views/data/0"));
  const auto at = static_cast<size_t>(reinterpret_cast<const char*>(numbers.data()) - file.data());
  file[at] = '\1';
  try {
    read_all(file);
    ADD_FAILURE() << "a changed number was accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("checksum"), HasSubstr("views/data/0")));
  }
}

// tests/golden/bad/pickle-with-code would make this file if it were run.
TEST(PytorchStore, NeverRunsAnything) {
  try {
    open_pytorch(source_dir() + "/tests/golden/bad/pickle-with-code");
    ADD_FAILURE() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("pytorch_model.bin"), HasSubstr("io.open")));
  }
  EXPECT_FALSE(std::filesystem::exists("/tmp/pwned-marker"));
}

}  // namespace
}  // namespace headscope
