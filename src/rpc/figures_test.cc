// figure, compare and numbers: the same bytes as the core's own functions give.
#include <gtest/gtest.h>

#include "format/base64.h"
#include "headscope/comparison.h"
#include "headscope/numbers.h"
#include "headscope/safetensors.h"
#include "rpc/test_model.h"

namespace headscope::rpc_test {
namespace {

// Writes what it was asked for, so that the wire can be seen to ask it.
class SpellingPrinter : public FigurePrinter {
 public:
  PrintedFigure print(const Figure& figure, FigureFormat format, int png_scale) const override {
    return {std::string(name_of(format)) + " " + std::to_string(png_scale) + " of " + figure.title,
            {"a warning"}};
  }
};

TEST(RpcFigures, EveryViewInEveryFormat) {
  RpcOptions options;
  options.printer = std::make_shared<SpellingPrinter>();
  TestRpc rpc(false, options);
  for (const char* view : {"head", "model", "matrix"}) {
    const std::string link = std::string("#hs=1&h=L0H0&v=") + view;
    const Json svg = rpc.ask("figure", {{"trace", rpc.hand}, {"state", link}, {"format", "svg"}});
    EXPECT_TRUE(svg.at("svg").get<std::string>().starts_with("<?xml")) << view;
    const Json pdf = rpc.ask("figure", {{"trace", rpc.hand},
                                        {"state", link},
                                        {"format", "pdf"},
                                        {"title", "T"},
                                        {"png_scale", 3}});
    EXPECT_EQ(from_base64(pdf.at("pdf").get<std::string>(), "pdf"), "pdf 3 of T") << view;
    EXPECT_EQ(pdf.at("warnings").back(), "a warning");
  }
}

TEST(RpcFigures, TwoTracesSideBySide) {
  TestRpc rpc(false);
  const Json same = rpc.ask("compare", {{"left", rpc.hand}, {"right", rpc.hand}});
  ASSERT_FALSE(same.at("heads").empty());
  for (const Json& head : same.at("heads")) EXPECT_EQ(head.at("js"), 0.0);
  EXPECT_EQ(same.at("queries").at("left_only"), Json::array());
  EXPECT_EQ(same.at("queries").at("matched").at(0), Json({0, 1, 0, 1}));
  const Json some = rpc.ask("compare", {{"left", rpc.hand}, {"right", rpc.hand}, {"queries", 1}});
  EXPECT_EQ(some.at("heads").at(0).at("queries"), 1);
  EXPECT_EQ(some.at("notes").size(), 1u);
  EXPECT_EQ(some.at("queries"), same.at("queries"));
  const Json figure = rpc.ask("figure", {{"trace", rpc.hand},
                                         {"right", rpc.hand},
                                         {"state", "#hs=1&v=compare&h=L0H0"},
                                         {"format", "svg"}});
  EXPECT_NE(figure.at("description").get<std::string>().find("Heads by divergence"),
            std::string::npos);
}

TEST(RpcFigures, NumbersInEveryFormat) {
  TestRpc rpc(false);
  const auto ask = [&](const char* choice, const char* format) {
    return rpc.ask(
        "numbers",
        {{"trace", rpc.hand}, {"state", "#hs=1&h=L0H0"}, {"choice", choice}, {"format", format}});
  };
  const Json csv = ask("heads", "csv"), npy = ask("heads", "npy");
  EXPECT_EQ(csv.at("rows"), npy.at("rows"));
  const std::string array = from_base64(npy.at("npy").get<std::string>(), "npy");
  EXPECT_EQ(array.substr(1, 5), "NUMPY");
  const std::string file =
      from_base64(ask("heads", "safetensors").at("safetensors").get<std::string>(), "file");
  const SafetensorsView view(std::as_bytes(std::span(file)), "numbers");
  const TensorEntry* map = view.find("L0H0");
  ASSERT_NE(map, nullptr);
  // The array's values are those behind the NPY header.
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(map->data), static_cast<size_t>(map->bytes)),
            array.substr(array.size() - static_cast<size_t>(map->bytes)));
  EXPECT_EQ(view.metadata().at("format"), "headscope-numbers");
}

}  // namespace
}  // namespace headscope::rpc_test
