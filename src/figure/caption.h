// What a figure says of itself in words: title, caption, description, the command and the link that
// make it again.
#pragma once

#include <string>
#include <vector>

#include "figure/links.h"
#include "headscope/figure.h"

namespace headscope {

// What one panel of lines shows.
struct PanelAccount {
  std::string name;  // "All words", "Word “i”"; empty for the only panel
  LinkSet set;
};

// What a picture of lines is of.
struct PictureFacts {
  const TraceInfo& info;
  const ViewState& state;
  const std::vector<HeadRef>& heads;
  const std::vector<Series>& series;
  const PictureAxes& axes;
  double largest = 1;  // what ink is relative to
};

// At most `most` characters, then "…": a caption has no room for a page of text.
std::string shorten(const std::string& text, size_t most);
inline constexpr size_t kTextShown = 160;  // characters of a text or token in running words

// " Text A: “…” Text B: “…””; the query's and the key's text where they are two; a picture's name.
std::string texts_of(const TraceInfo& info, int stack);
// "bert-base-uncased (sha256 3fc1…, tensorflow file)".
std::string model_words(const TraceInfo& info);
// "encoder", "cross-attention": what a stack is called in running words.
std::string stack_words(const StackInfo& stack);
// The state as a picture shows it that is of unfiltered weights, whatever the state says.
ViewState of_plain_weights(ViewState state);
// The sentences that every caption is made of; `what` is "layer 2, head 0" and says what the
// picture is of, `account` what it shows and what it leaves out.
std::string caption_of(const TraceInfo& info, int stack, const ViewState& state,
                       const std::string& what, const std::string& account);
// "layer 2, head 0" in the middle of a sentence; names like L2H0 stay.
std::string in_sentence(std::string name);

std::string lines_caption(const PictureFacts& facts, const std::vector<PanelAccount>& panels);
// The picture for those who do not see it: its heaviest lines in words and numbers.
std::string lines_description(const PictureFacts& facts, const std::string& title,
                              const std::vector<PanelAccount>& panels);
// "store (5)": a token and its index.
std::string token_name(const AxisItem& item);
// "Linear scale;": what the scale does to |x|; an account of what is drawn follows.
std::string scale_words(const ViewState& state, double largest);

}  // namespace headscope
