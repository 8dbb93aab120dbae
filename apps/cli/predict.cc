// headscope predict "… [MASK] …" [B] [--top 10] [--ablate L2H0,L5H*]
#include <algorithm>
#include <cstdio>
#include <memory>

#include "command.h"
#include "common.h"
#include "headscope/error.h"
#include "headscope/model.h"
#include "headscope/output.h"

namespace headscope::cli {

namespace {

using nlohmann::ordered_json;

struct PredictCommand {
  CommonOptions common;
  TextOptions texts;
  int top = 10;
  std::string ablate;
};

struct Answer {
  TokenSequence text;
  std::vector<int> positions;                              // of the masks
  std::vector<std::vector<TokenProbability>> predictions;  // one a mask
  std::optional<double> next_sentence;
};

Answer ask(const PredictCommand& options, Model& model) {
  Answer answer;
  answer.text = tokenize_texts(options.common, options.texts, model);
  const std::vector<Ablation> ablations =
      options.ablate.empty() ? std::vector<Ablation>()
                             : parse_ablations(options.ablate, model.stacks().at(0));
  for (size_t i = 0; i < answer.text.ids.size(); ++i) {
    if (answer.text.ids[i] == model.mask_id()) answer.positions.push_back(static_cast<int>(i));
  }
  LongWork work(options.common.quiet, "Running the model");
  if (!answer.positions.empty()) {
    answer.predictions =
        model.predict(answer.text, answer.positions, options.top, ablations, work.control());
  }
  // B follows A: a question that a single text does not ask.
  if (answer.text.text_b && model.has_next_sentence_head()) {
    answer.next_sentence = model.next_sentence(answer.text, ablations);
  }
  return answer;
}

void print_answer_json(const Answer& answer) {
  ordered_json masks = ordered_json::array();
  for (size_t m = 0; m < answer.positions.size(); ++m) {
    ordered_json predictions = ordered_json::array();
    for (const TokenProbability& p : answer.predictions[m]) {
      predictions.push_back(
          {{"token", p.token}, {"id", p.id}, {"probability", decimal_of(p.probability)}});
    }
    masks.push_back({{"position", answer.positions[m]}, {"predictions", std::move(predictions)}});
  }
  ordered_json next = nullptr;
  if (answer.next_sentence) next = {{"is_next", *answer.next_sentence}};
  print_json({{"masks", std::move(masks)}, {"next_sentence", std::move(next)}});
}

void print_table(const Answer& answer) {
  constexpr int kToken = 20;
  for (size_t m = 0; m < answer.positions.size(); ++m) {
    std::printf("%s[MASK] at %d\n", m == 0 ? "" : "\n", answer.positions[m]);
    for (const TokenProbability& p : answer.predictions[m]) {
      std::printf("  %s  %.4f\n", cell(p.token, kToken).c_str(),
                  static_cast<double>(p.probability));
    }
  }
  if (answer.next_sentence) std::printf("B follows A: %.4f\n", *answer.next_sentence);
  if (answer.positions.empty() && !answer.next_sentence) {
    std::printf("no [MASK] in the text: nothing is asked\n");
  }
}

void run(const PredictCommand& options) {
  if (!options.texts.trace.empty()) {
    throw Error(ErrorCode::kUsage, "--trace", "texts A [B], which the model is run on");
  }
  check_texts(options.texts);
  truncation_option(options.texts.truncate);  // wrong usage is said before the model is read
  const std::unique_ptr<Model> model = open_model_of(options.common);
  const Answer answer = ask(options, *model);
  options.common.json ? print_answer_json(answer) : print_table(answer);
}

}  // namespace

void register_predict(CLI::App& app) {
  constexpr int kMostTop = 1000;
  const auto options = std::make_shared<PredictCommand>();
  CLI::App* command = app.add_subcommand("predict", "What the model expects at each [MASK]");
  add_common(*command, options->common);
  add_texts(*command, options->texts);
  command->add_option("--top", options->top, "Predictions a mask")
      ->type_name("N")
      ->check(CLI::Range(1, kMostTop))
      ->capture_default_str();
  add_ablate(*command, options->ablate);
  command->callback([options] { run(*options); });
}

}  // namespace headscope::cli
