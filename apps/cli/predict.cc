// headscope predict "… [MASK] …" [B] [--top 10] [--ablate L2H0,L5H*]
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "command.h"
#include "common.h"
#include "headscope/error.h"
#include "headscope/model.h"
#include "headscope/output.h"
#include "headscope/token_text.h"

namespace headscope::cli {

namespace {

using nlohmann::ordered_json;

struct PredictCommand {
  CommonOptions common;
  TextOptions texts;
  int top = 10;
  std::string positions;  // of the text, where a causal model says what comes next
  std::string ablate;
};

struct Answer {
  ModelInput input;
  bool causal = false;
  std::vector<int> positions;  // of the masks; of a causal model: what is asked
  std::vector<std::vector<TokenProbability>> predictions;  // one a position
  std::optional<double> next_sentence;

  // The tokens that are predicted: those of the target in an encoder–decoder model.
  const TokenSequence& text() const { return input.target ? *input.target : input.text; }
};

// "all", "3,7", "" for the last.
std::vector<int> asked_positions(const std::string& text, int64_t tokens) {
  std::vector<int> positions;
  if (text.empty()) return {static_cast<int>(tokens) - 1};
  if (text == "all") {
    for (int64_t i = 0; i < tokens; ++i) positions.push_back(static_cast<int>(i));
    return positions;
  }
  std::istringstream list(text);
  for (std::string one; std::getline(list, one, ',');) {
    int position = -1;
    const auto read = std::from_chars(one.data(), one.data() + one.size(), position);
    if (read.ec != std::errc() || read.ptr != one.data() + one.size() || position < 0 ||
        position >= tokens) {
      throw Error(ErrorCode::kUsage, "--positions " + text,
                  "all, or positions from 0 to " + std::to_string(tokens - 1));
    }
    positions.push_back(position);
  }
  return positions;
}

// Where the text has the model's mask token.
std::vector<int> mask_positions(const TokenSequence& text, Model& model) {
  std::vector<int> positions;
  if (!model.tokenizer()) return positions;
  const int32_t mask = model.tokenizer()->special().mask;
  for (size_t i = 0; i < text.ids.size(); ++i) {
    if (text.ids[i] == mask) positions.push_back(static_cast<int>(i));
  }
  return positions;
}

// Errors about the model come before errors about the text.
void require_answerable(const Answer& answer, Model& model) {
  const std::string& name = model.runner().model().name;
  if (!answer.causal && !model.masked() && (!answer.positions.empty() || !answer.next_sentence)) {
    throw Error(ErrorCode::kBadInput, "the weights of " + name + " have no masked-word head",
                "weights with one", "Choose a model such as bert-base-uncased", "HS-CAP-02");
  }
  if (!answer.causal && !model.tokenizer() && !answer.next_sentence) {
    throw Error(ErrorCode::kBadInput,
                name + " has no tokenizer, so which id is its mask token is not known",
                "a model directory with its tokenizer");
  }
}

Answer ask(const PredictCommand& options, Model& model) {
  Answer answer;
  answer.input = tokenize_texts(options.common, options.texts, model);
  const std::vector<Ablation> ablations = parse_ablations(options.ablate, model.runner().stacks());
  answer.causal = model.next() != nullptr;
  if (!answer.causal && !options.positions.empty()) {
    throw Error(ErrorCode::kUsage, "--positions with a model that does not predict the next token",
                "a causal model");
  }
  answer.positions = answer.causal ? asked_positions(options.positions, answer.text().size())
                                   : mask_positions(answer.text(), model);
  LongWork work(options.common.quiet, "Running the model");
  // Whether B follows A, for pairs alone.
  if (answer.text().text_b) answer.next_sentence = model.next_sentence(answer.text(), ablations);
  require_answerable(answer, model);
  if (!answer.positions.empty()) {
    answer.predictions = answer.causal
                             ? model.next()->predict(answer.input, answer.positions, options.top,
                                                     ablations, work.control())
                             : model.masked()->predict(answer.text(), answer.positions, options.top,
                                                       ablations, work.control());
  }
  return answer;
}

void print_answer_json(const Answer& answer) {
  ordered_json asked = ordered_json::array();
  for (size_t m = 0; m < answer.positions.size(); ++m) {
    ordered_json predictions = ordered_json::array();
    for (const TokenProbability& p : answer.predictions[m]) {
      predictions.push_back(
          {{"token", p.token}, {"id", p.id}, {"probability", decimal_of(p.probability)}});
    }
    ordered_json one = {{"position", answer.positions[m]}};
    if (answer.causal)
      one["token"] = answer.text().tokens[static_cast<size_t>(answer.positions[m])];
    one["predictions"] = std::move(predictions);
    asked.push_back(std::move(one));
  }
  ordered_json sentence = nullptr;
  if (answer.next_sentence) sentence = {{"is_next", *answer.next_sentence}};
  ordered_json masks = ordered_json::array(), next = nullptr;
  (answer.causal ? next : masks) = std::move(asked);
  print_json({{"masks", std::move(masks)},
              {"next", std::move(next)},
              {"next_sentence", std::move(sentence)}});
}

void print_table(const Answer& answer, bool byte_tokens) {
  constexpr int kToken = 20;
  for (size_t m = 0; m < answer.positions.size(); ++m) {
    const auto at = static_cast<size_t>(answer.positions[m]);
    const std::string what =
        (answer.causal ? "after " : "") + readable_token(answer.text().tokens[at], byte_tokens);
    std::printf("%s%s at %d\n", m == 0 ? "" : "\n", what.c_str(), answer.positions[m]);
    for (const TokenProbability& p : answer.predictions[m]) {
      std::printf("  %s  %.4f\n", cell(readable_token(p.token, byte_tokens), kToken).c_str(),
                  static_cast<double>(p.probability));
    }
  }
  if (answer.next_sentence) std::printf("B follows A: %.4f\n", *answer.next_sentence);
  if (answer.positions.empty() && !answer.next_sentence) {
    std::printf("no mask token in the text: nothing is asked\n");
  }
}

void run(const PredictCommand& options) {
  check_texts(options.texts);
  truncation_option(options.texts.truncate);  // wrong usage is reported before the model is read
  const std::unique_ptr<Model> model = open_model_of(options.common);
  const Answer answer = ask(options, *model);
  options.common.json ? print_answer_json(answer)
                      : print_table(answer, model->runner().model().byte_tokens);
}

}  // namespace

void register_predict(CommandLine& line) {
  constexpr int kMostTop = 1000;
  const auto options = std::make_shared<PredictCommand>();
  const Command command = line.add("predict", "What the model expects at each [MASK], or next");
  add_common(command, options->common);
  add_texts(command, options->texts);
  command.option("--top", options->top, "Predictions a mask")
      .type_name("N")
      .range(1, kMostTop)
      .show_default();
  command
      .option("--positions", options->positions,
              "Causal models: after which tokens, all or 3,7 (default: the last); of the target, "
              "where there is one")
      .type_name("WHERE");
  add_ablate(command, options->ablate);
  command.runs([options] { run(*options); });
}

}  // namespace headscope::cli
