// headscope view FILE…: the web app on trace files, or on attention arrays of other programs.
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "common.h"
#include "head_options.h"
#include "headscope/attention_arrays.h"
#include "headscope/error.h"
#include "headscope/safetensors.h"
#include "headscope/trace.h"
#include "server/serve.h"

namespace headscope::cli {
namespace {

using nlohmann::ordered_json;

struct ViewCommand {
  CommonOptions common;
  std::vector<std::string> files;
  std::string tokens, kind = "weights";
  std::optional<int64_t> batch;
  bool check = false;
  server::ServeOptions serve;
};

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

bool is_trace(const std::string& path, const std::string& bytes) {
  if (extension_of(path) != ".safetensors") return false;
  const SafetensorsView view(bytes_of(bytes), path);
  const auto format = view.metadata().find("format");
  return format != view.metadata().end() && format->second == "headscope-trace";
}

// Each trace is a source of its own. All other files together are the layers of one source.
std::vector<server::OpenedSource> open_files(const ViewCommand& command) {
  std::vector<server::OpenedSource> out;
  std::vector<std::string> contents;
  std::vector<std::string> names;
  for (const std::string& path : command.files) {
    std::string bytes = read_text_file(path);
    if (is_trace(path, bytes)) {
      out.push_back({path, read_trace(path)});
    } else {
      contents.push_back(std::move(bytes));
      names.push_back(path);
    }
  }
  if (contents.empty()) {
    if (command.batch || !command.tokens.empty()) {
      throw Error(ErrorCode::kUsage, "--batch or --tokens with trace files alone",
                  "attention arrays, .npy or .safetensors", "A trace holds its tokens");
    }
    return out;
  }
  ArrayOptions options;
  options.kind = parse_array_kind(command.kind);
  options.batch = command.batch;
  if (!command.tokens.empty()) {
    options.tokens = read_text_file(command.tokens);
    options.tokens_name = command.tokens;
  }
  std::vector<ArrayFile> files;
  for (size_t i = 0; i < contents.size(); ++i) {
    files.push_back({names[i], bytes_of(contents[i])});
  }
  out.push_back({names.front(), read_attention_arrays(files, options)});
  return out;
}

ordered_json described(const server::OpenedSource& opened) {
  const TraceInfo& info = opened.source->info();
  ordered_json stacks = ordered_json::array();
  for (size_t s = 0; s < info.stacks.size(); ++s) {
    const StackInfo& stack = info.stacks[s];
    ordered_json heads = ordered_json::array();
    for (const LayerInfo& layer : stack.layers) heads.push_back(layer.heads);
    stacks.push_back({{"name", stack.name},
                      {"layers", stack.layers.size()},
                      {"heads", std::move(heads)},
                      {"queries", info.tokens(static_cast<int>(s), Side::kQuery).size()},
                      {"keys", info.tokens(static_cast<int>(s), Side::kKey).size()}});
  }
  return {{"file", opened.title},
          {"kind", info.origin.kind == OriginKind::kArrays ? "arrays" : "trace"},
          {"stacks", std::move(stacks)}};
}

void print_check(const ViewCommand& command, const std::vector<server::OpenedSource>& opened) {
  ordered_json all = ordered_json::array();
  for (const server::OpenedSource& one : opened) all.push_back(described(one));
  if (command.common.json) return print_json({{"files", std::move(all)}});
  for (const ordered_json& file : all) {
    for (const ordered_json& stack : file["stacks"]) {
      int64_t heads = 0;
      for (const ordered_json& count : stack["heads"]) heads += count.get<int64_t>();
      std::printf("%s: %s, %s: %lld layers, %lld heads, %lld queries, %lld keys\n",
                  printable(file["file"].get<std::string>()).c_str(),
                  file["kind"].get<std::string>().c_str(), stack["name"].get<std::string>().c_str(),
                  stack["layers"].get<long long>(), static_cast<long long>(heads),
                  stack["queries"].get<long long>(), stack["keys"].get<long long>());
    }
  }
}

void run(ViewCommand& command) {
  std::vector<server::OpenedSource> opened = open_files(command);
  if (command.check) return print_check(command, opened);
  for (server::OpenedSource& one : opened) {
    one.title = one.title.substr(one.title.find_last_of('/') + 1);
  }
  command.serve.opened = std::move(opened);
  command.serve.model = command.common.model;
  command.serve.tokenizer = command.common.tokenizer;
  command.serve.precision = command.common.products();
  command.serve.threads = command.common.threads;
  const auto listening = [&](const std::string& address) {
    if (command.common.json) {
      print_json({{"url", address}});
    } else {
      std::printf("%s\n", address.c_str());
    }
    std::fflush(stdout);
  };
  server::serve(command.serve, listening,
                [&](const std::string& notice) { warn(command.common, notice); });
}

}  // namespace

void register_view(CommandLine& line) {
  const auto command = std::make_shared<ViewCommand>();
  const Command view =
      line.add("view", "The web app on trace files, or on attention arrays of other programs");
  add_common(view, command->common);
  view.option("files", command->files,
              "Traces; or .npy (one 4-D array, or one a layer); or .safetensors")
      .type_name("FILE…")
      .required();
  view.option("--tokens", command->tokens,
              "JSON: a list of tokens, or {\"source\": […], \"target\": […]}")
      .type_name("FILE");
  view.option("--batch", command->batch, "Which text of arrays [batch, heads, queries, keys]")
      .not_negative();
  view.option("--kind", command->kind,
              "weights (rows sum to 1), scores (before softmax) or unnormalised")
      .one_of({"weights", "scores", "unnormalised"})
      .show_default();
  view.flag("--check", command->check, "Say what the files hold, and end");
  view.option("--port", command->serve.port, "Port; 0 picks one").range(0, 65535).show_default();
  view.flag("--open", command->serve.open, "Open the browser");
  view.runs([command] { run(*command); });
}

}  // namespace headscope::cli
