#include "headscope/figure.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <regex>

#include "figure/command.h"
#include "figure/text_metrics.h"
#include "headscope/error.h"
#include "headscope/flow.h"
#include "trace/trace_examples.h"

namespace headscope {
namespace {

const std::vector<float> kMap = {0.9f, 0.095f, 0.005f, 0.2f, 0.3f, 0.5f, 0.0f, 0.0f, 1.0f};

std::unique_ptr<AttentionSource> source() {
  TraceInfo info;
  info.model.name = "m";
  info.stacks = {stack_of_maps({2}, 1)};
  TokenSequence t;
  t.tokens = {"[CLS]", "<b>&\"", "\xE5\x8C\x97"};
  t.ids = {1, 2, 3};
  t.segment_ids = t.sentences = {0, 0, 0};
  t.offsets.resize(3);
  t.special = {1, 0, 0};
  t.words = {-1, 0, 1};
  info.set_sequence("text", t);
  return make_array_source(info, {Array::from(kMap, {1, 3, 3})});
}

// A map whose rows are counted as they are asked for.
class CountedSource : public AttentionSource {
 public:
  explicit CountedSource(int tokens) {
    info_.stacks = {stack_of_maps({2}, 1)};
    TokenSequence t;
    for (int i = 0; i < tokens; ++i) {
      t.tokens.push_back("t");
      t.special.push_back(i == 0);
      t.words.push_back(i - 1);
    }
    const auto n = static_cast<size_t>(tokens);
    t.ids.assign(n, 1);
    t.segment_ids.assign(n, 0);
    t.sentences.assign(n, 0);
    t.offsets.resize(n);
    info_.set_sequence("text", t);
  }
  int64_t bytes() const override { return 0; }
  const TraceInfo& info() const override { return info_; }
  void weights(HeadRef, Range rows, Range cols, float* out) const override {
    ++asked;
    std::fill_n(out, rows.size() * cols.size(),
                1.0f / static_cast<float>(info_.tokens(0, Side::kQuery).size()));
  }
  mutable std::atomic<int> asked{0};

 private:
  TraceInfo info_;
};

// The share that is not drawn counts hidden keys: their rows come in blocks, not one by one.
TEST(Figure, HiddenTokensCostBlocksOfRows) {
  const CountedSource counted(200);
  const ViewState asked = parse_link("#hs=1&s=hide");
  const Figure figure = draw_figure(counted, asked);
  EXPECT_NE(figure.caption.find("% of"), std::string::npos);
  EXPECT_LE(counted.asked, 40);  // 200 rows in blocks of 64, twice, whatever tiles split
}

// An ordinary token of a megabyte: drawn cut, and given up where somebody cancels.
TEST(Figure, LongTokensAreCutEverywhere) {
  TraceInfo info = source()->info();
  TokenSequence text = info.tokens(0, Side::kQuery);
  text.tokens[1] = std::string(1 << 20, 'w');
  info.set_sequence("text", text);
  const auto maps = make_array_source(info, {Array::from(kMap, {1, 3, 3})});
  const Figure figure = draw_figure(*maps, parse_link("#hs=1&p=q1&pn=both"));
  EXPECT_LT(figure.svg.size(), size_t{30000});
  EXPECT_LT(figure.description.size(), size_t{5000});
  RunControl control;
  control.cancel.cancel();
  EXPECT_THROW(draw_figure(*maps, ViewState(), {}, control), Error);
}

TEST(Figure, LinesEqualEdgesAndFollowTheFormula) {
  const Figure f = draw_figure(*source(), ViewState());
  EXPECT_EQ(f.edges.size(), 6u);
  size_t lines = 0;
  for (size_t at = 0; (at = f.svg.find("<line ", at)) != std::string::npos; ++at) ++lines;
  EXPECT_EQ(lines, f.edges.size());
  for (const FigureEdge& e : f.edges) {
    EXPECT_NEAR(e.width, 0.6 + 5.4 * e.weight, 1e-6);
    EXPECT_NEAR(e.opacity, 0.35 + 0.65 * e.weight, 1e-6);
  }
  EXPECT_NE(f.caption.find("6 of 9"), std::string::npos);
  EXPECT_NE(f.caption.find("0.2 % of weight not drawn"), std::string::npos);
  EXPECT_EQ(f.svg, draw_figure(*source(), ViewState()).svg);
  EXPECT_EQ(f.svg.find("<b>"), std::string::npos);
  EXPECT_NE(f.svg.find("&lt;b&gt;&amp;&quot;"), std::string::npos);
}

TEST(Figure, RefusesWhatIsNotThere) {
  ViewState s;
  s.heads = {{2, 1}};
  EXPECT_THROW(draw_figure(*source(), s), Error);
  s = {};
  s.pins = {{PinSide::kQuery, 3}};
  EXPECT_THROW(draw_figure(*source(), s), Error);
  s = {};
  s.both_panels = true;
  EXPECT_THROW(draw_figure(*source(), s), Error);
}

// One layer of `heads` heads over `tokens`, every row uniform.
std::unique_ptr<AttentionSource> uniform_source(const std::vector<std::string>& tokens, int heads) {
  TraceInfo info;
  info.model.name = "m";
  info.stacks = {stack_of_maps({2}, heads)};
  TokenSequence t;
  t.tokens = tokens;
  const auto n = static_cast<int64_t>(tokens.size());
  t.ids.assign(tokens.size(), 7);
  t.segment_ids = t.sentences = std::vector<int32_t>(tokens.size(), 0);
  t.offsets.resize(tokens.size());
  t.special.assign(tokens.size(), 0);
  t.words.assign(tokens.size(), 0);
  for (const std::string& token : tokens) t.text_a += token + " ";
  info.set_sequence("text", t);
  const std::vector<float> map(static_cast<size_t>(heads * n * n), 1.0f / static_cast<float>(n));
  return make_array_source(info, {Array::from(map, {heads, n, n})});
}

// Every text stands inside the picture, whatever the tokens are.
TEST(Figure, NothingLeavesThePicture) {
  struct Row {
    const char* name;
    std::vector<std::string> tokens;
    int heads;
    const char* pin;
  };
  const std::vector<std::string> hundred(100, "strawberries");
  const Row rows[] = {
      {"short", {"a", "b"}, 1, "q0"},
      {"CJK and emoji", {"東京都庁", "👨‍👩‍👧", "日本語"}, 2, "q0,k2"},
      {"long", {std::string(300, 'W'), "x"}, 1, "k1"},
      {"hundred tokens", hundred, 1, "q50"},
      {"forty heads", {"a", "b", "c"}, 40, "q1"},
  };
  const std::regex text_element(
      "<text x=\"([-0-9.]+)\" y=\"([-0-9.]+)\" font-size=\"([0-9.]+)\"([^>]*)>([^<]*)</text>");
  for (const Row& row : rows) {
    for (const char* panels : {"one", "both"}) {
      SCOPED_TRACE(std::string(row.name) + ", " + panels);
      const auto source = uniform_source(row.tokens, row.heads);
      ViewState state;
      set_option(state, "heads", "L2H*");
      set_option(state, "pin", row.pin);
      set_option(state, "panels", panels);
      FigureOptions options;
      options.width_mm = 190;
      const Figure figure = draw_figure(*source, state, options);
      std::smatch box;
      ASSERT_TRUE(
          std::regex_search(figure.svg, box, std::regex("viewBox=\"0 0 ([0-9.]+) ([0-9.]+)\"")));
      const double width = std::stod(box[1]), height = std::stod(box[2]);
      size_t texts = 0;
      for (std::sregex_iterator it(figure.svg.begin(), figure.svg.end(), text_element), end;
           it != end; ++it, ++texts) {
        const double x = std::stod((*it)[1]), y = std::stod((*it)[2]), size = std::stod((*it)[3]);
        const std::string style = (*it)[4], content = (*it)[5];
        const double long_as = text_width(content, size);
        const double start = style.find("\"end\"") != std::string::npos      ? x - long_as
                             : style.find("\"middle\"") != std::string::npos ? x - long_as / 2
                                                                             : x;
        EXPECT_GE(size, 8) << "6 pt is the least: " << content;
        EXPECT_GE(start, 0) << content;
        EXPECT_LE(start + long_as, width) << content;
        EXPECT_LE(y, height) << content;
      }
      EXPECT_GT(texts, row.tokens.size() * 2);
    }
  }
}

TEST(Figure, BarsRepeatThePinnedWeights) {
  ViewState s;
  s.pins = {{PinSide::kQuery, 0}};
  const Figure f = draw_figure(*source(), s);
  ASSERT_EQ(f.edges.size(), 2u);
  EXPECT_NE(f.svg.find("h57.6\""), std::string::npos) << "64 px times .9";
  EXPECT_NE(f.description.find("[CLS] (0) to [CLS] (0) 0.9"), std::string::npos);
}

// Of a text that was run here.
TraceInfo described() {
  TraceInfo info;
  info.stacks = {stack_of_maps({0, 1}, 2)};
  TokenSequence text = plain_sequence(3);
  text.text_a = "a b";
  info.set_sequence("text", text);
  return info;
}

TEST(Figure, SaysHowToMakeItAgain) {
  ViewState s;
  s.model = "bert base";
  s.text_a = "it's $5!";
  s.text_b = "\xE6\x97\xA5 b";
  s.pins = {{PinSide::kKey, 2}};
  s.both_panels = true;
  s.renormalise = true;
  FigureOptions options;
  options.width_mm = 174;
  options.output = "a b.svg";
  EXPECT_EQ(figure_command(s, described(), options),
            "headscope render head 'it'\\''s $5!' \"日 b\" -m \"bert base\" --heads L2H0 --pin k2 "
            "--panels both --renorm --width-mm 174 -o \"a b.svg\"");
}

TEST(Figure, NamesItsSourceAndWhatWasDoneToIt) {
  ViewState s;
  s.model = "m";
  s.text_a = "a b";
  s.ablate = "L8H9:zero,L2H1:mean";
  FigureOptions options;
  TraceInfo info = described();
  info.settings.truncation = Truncation::kLongestFirst;
  info.settings.masked = {1, 2};
  EXPECT_EQ(figure_command(s, info, options),
            "headscope render head \"a b\" -m m --truncate longest-first --masked 1,2 --ablate "
            "L8H9:zero,L2H1:mean --heads L2H0 -o figure.svg");
  options.trace = "my trace.safetensors";  // holds what was done to it
  EXPECT_EQ(figure_command(s, info, options),
            "headscope render head --trace \"my trace.safetensors\" --heads L2H0 -o figure.svg");
}

TEST(Figure, TheSourceDecidesTextsAndAblations) {
  TraceInfo info;
  info.model.name = "m";
  info.stacks = {stack_of_maps({0, 1}, 2)};
  TokenSequence text;
  text.text_a = "a";
  info.set_sequence("text", text);
  info.settings.ablations = parse_ablations("L0H1:zero,L1H0:uniform", info.stacks);
  ViewState asked = parse_link("#hs=1&m=other&a=newer&b=text&h=L1H1&mp=list");
  info.settings.masked = {3, 4};
  EXPECT_EQ(to_link(complete_state(info, asked)),
            "#hs=1&m=m&a=a&h=L1H1&ab=L0H1:zero,L1H0:uniform&mw=3,4");
  info.settings.masked.clear();
  EXPECT_EQ(to_link(complete_state(info, asked)), "#hs=1&m=m&a=a&h=L1H1&ab=L0H1:zero,L1H0:uniform");
  asked = parse_link("#hs=1&h=L1H1&s=hide&mk=1");
  FigureOptions options;
  options.trace = "demo";
  EXPECT_EQ(figure_command(complete_state(info, asked), info, options),
            "headscope render --state "
            "\"#hs=1&m=m&a=a&h=L1H1&s=hide&ab=L0H1:zero,L1H0:uniform&mk=1\" --trace demo -o "
            "figure.svg");
}

// Ids, the target of an encoder–decoder model and generated tokens are inputs as texts are.
TEST(Figure, NamesInputsThatAreNoText) {
  const auto command = [](const TraceInfo& info) {
    return figure_command(complete_state(info, ViewState()), info, FigureOptions());
  };
  TraceInfo info = described();
  info.model.name = "m";
  TokenSequence text = info.tokens(0, Side::kQuery);
  text.text_a = "";
  text.ids = {7, 8, 9};
  info.set_sequence("text", text);
  EXPECT_EQ(command(info), "headscope render head --ids 7,8,9 -m m --heads L2H0 -o figure.svg");
  text.segment_ids = {0, 0, 1};
  info.set_sequence("text", text);
  EXPECT_EQ(command(info),
            "headscope render head --ids 7,8,9 --segments 0,0,1 -m m --heads L2H0 -o figure.svg");
  info = described();
  text = info.tokens(0, Side::kQuery);
  text.generated_from = 1;
  info.set_sequence("text", text);
  EXPECT_EQ(command(info),
            "headscope render head \"a b\" --generate 2 -m \"\" --heads L2H0 -o figure.svg");
  info.stacks.push_back(info.stacks.front());
  info.stacks.back().query = "target";
  text = plain_sequence(2);
  text.text_a = "";
  text.ids = {4, 5};
  info.set_sequence("target", text);
  EXPECT_EQ(command(info),
            "headscope render head \"a b\" --target-ids 4,5 -m \"\" --heads L2H0 -o figure.svg");
  text.text_a = "c d";
  info.set_sequence("target", text);
  EXPECT_EQ(command(info),
            "headscope render head \"a b\" --target \"c d\" -m \"\" --heads L2H0 -o figure.svg");
  info.origin.kind = OriginKind::kCaptured;  // no run of headscope's makes it again
  EXPECT_EQ(command(info), "headscope render head --trace FILE --heads L2H0 -o figure.svg");
}

// Each stack's rows and columns have the names of its own tokens: 4 of the source, 5 of the target.
TEST(Figure, EveryStackIsDrawnWithItsOwnTokens) {
  const auto trace = std::make_shared<const Trace>(several_stacks());
  struct Row {
    const char* link;
    const char* title;
    size_t queries, keys;
  };
  const Row rows[] = {{"#hs=1&h=L1H0", "Encoder layer 1, head 0", 4, 4},
                      {"#hs=1&h=L1H0&st=encoder", "Encoder layer 1, head 0", 4, 4},
                      {"#hs=1&h=L1H0,L1H1&st=decoder", "Decoder layer 1, all 2 heads", 5, 5},
                      {"#hs=1&h=cross.L0H1&st=encoder&p=q4", "Cross layer 0, head 1", 5, 4},
                      {"#hs=1&h=L0H1&st=cross&p=k3&pn=both", "Cross layer 0, head 1", 5, 4},
                      {"#hs=1&h=L1H1&st=decoder&qy=score", "Decoder layer 1, head 1, scores", 5, 5},
                      {"#hs=1&h=L1H0&qy=rollout", "Rollout, encoder layer 1", 4, 4}};
  for (const Row& row : rows) {
    ViewState state = parse_link(row.link);
    const Figure figure = draw_figure(*quantity_source(trace, state.quantity), state);
    EXPECT_NE(figure.svg.find(row.title), std::string::npos) << row.link << "\n" << figure.caption;
    for (const FigureEdge& edge : figure.edges) {
      EXPECT_LT(edge.query, static_cast<int>(row.queries)) << row.link;
      EXPECT_LT(edge.key, static_cast<int>(row.keys)) << row.link;
    }
  }
  const Figure cross = draw_figure(*trace, parse_link("#hs=1&h=cross.L0H0"));
  EXPECT_NE(cross.caption.find("Query text:"), std::string::npos) << cross.caption;
  for (const char* wrong : {"#hs=1&h=encoder.L0H0,cross.L0H0", "#hs=1&h=L0H0&p=q4",
                            "#hs=1&h=cross.L0H0&p=k4", "#hs=1&h=self.L0H0", "#hs=1&h=L2H0"}) {
    EXPECT_THROW(draw_figure(*trace, parse_link(wrong)), Error) << wrong;
  }
}

// What was done to the run stands in the caption and in the command that makes the figure again.
TEST(Figure, TellsTheSettingsOfTheRun) {
  TraceInfo info = pair_trace().info();
  info.settings.masked = {1};
  info.settings.truncation = Truncation::kOnlySecond;
  info.settings.max_tokens = 6;
  info.settings.zero_segment_ids = true;
  info.computed = ComputedInfo{"bf16x3", "avx2-bf16x3", 3e-5, 1e-5};
  const Trace trace(info, pair_trace().arrays());
  const Figure figure = draw_figure(trace, parse_link("#hs=1&h=L5H0"));
  EXPECT_NE(figure.caption.find("Ablated: L0H1:zero. Masked tokens: 1. The text was shortened "
                                "(only-second). Zeros were fed as segment ids."),
            std::string::npos)
      << figure.caption;
  EXPECT_NE(figure.svg.find("--truncate only-second --max-tokens 6 --masked 1 --ablate L0H1:zero "
                            "--precision bf16x3"),
            std::string::npos)
      << figure.svg;
  EXPECT_NE(figure.caption.find("Matrix products in bf16x3, attention weights within"),
            std::string::npos)
      << figure.caption;
  // The link inside the figure says it, whatever the link that asked for it said.
  EXPECT_EQ(complete_state(info, parse_link("#hs=1")).precision, Precision::kBf16x3);
  info.computed.reset();
  EXPECT_EQ(complete_state(info, parse_link("#hs=1&pr=bf16")).precision, Precision::kF32);
}

TEST(Figure, TallPicturesAreWarnedOf) {
  const auto tall = uniform_source(std::vector<std::string>(150, "x"), 1);
  EXPECT_EQ(draw_figure(*tall, ViewState()).warnings.size(), 1u);
  EXPECT_TRUE(draw_figure(*source(), ViewState()).warnings.empty());
}

}  // namespace
}  // namespace headscope
