// The records of a checkpoint's index. Two bytes give a record's length, then it follows; the first
// is the header, the others are tensors of BERT. Table and checksums around them are right.
#include <string>

#include "base/fuzz.h"
#include "io/fuzz_table.h"
#include "io/model_files.h"
#include "io/stores.h"
#include "io/test_folder.h"

namespace {

constexpr const char* kNames[] = {"",
                                  "bert/embeddings/LayerNorm/beta",
                                  "bert/embeddings/position_embeddings",
                                  "bert/embeddings/token_type_embeddings",
                                  "bert/embeddings/word_embeddings",
                                  "bert/encoder/layer_0/attention/self/query/kernel",
                                  "bert/encoder/layer_0/intermediate/dense/kernel",
                                  "bert/pooler/dense/kernel"};

std::string records(std::string_view input) {
  std::string content;
  for (const char* name : kNames) {
    if (input.size() < 2) break;
    const size_t length =
        static_cast<unsigned char>(input[0]) * 256U + static_cast<unsigned char>(input[1]);
    input.remove_prefix(2);
    const std::string_view record = input.substr(0, length);
    input.remove_prefix(record.size());
    content += headscope::fuzz_entry(name, record);
  }
  return content + headscope::fuzz_restarts();
}

// With data files for one and for two shards, all zeros.
const headscope::TestFolder& checkpoint() {
  static const headscope::TestFolder folder;
  folder.write("c.data-00000-of-00001", std::string(4096, '\0'));
  folder.write("c.data-00000-of-00002", std::string(4096, '\0'));
  folder.write("c.data-00001-of-00002", std::string(100, '\0'));
  return folder;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  static const TestFolder& folder = checkpoint();
  folder.write("c.index", fuzz_table(records(text_of(data, size))));
  accepts([&] {
    const auto store = open_tensorflow(folder.path());
    for (const std::string& name : store->names()) {
      accepts([&] { store->data(name); });
      store->drop_pages(name);
    }
    accepts([&] { read_model_config(folder.path(), store.get()); });
  });
  return 0;
}
