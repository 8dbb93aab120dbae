"""`headscope analyze` against the usual pipeline — Transformers in eager mode returning attentions,
batches of 8, then NumPy — over the same texts with the same weights and threads, in alternation in
one run. The pipeline computes Clark et al.'s measures only, headscope all it has. Results are
compared before anything is timed. Started by `run`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
import transformers

BATCH = 8
BOUNDS = {"f32": 1e-4, "bf16x3": 1e-4, "bf16": 2e-2}  # of a measure, a mean over all texts
MEASURES = ["self", "next", "previous", "cls", "sep", "punctuation", "entropy"]


class Pipeline:
    def __init__(self, directory, texts, tokens):
        self.texts, self.tokens = texts, tokens
        self.tokenizer = transformers.BertTokenizerFast.from_pretrained(directory)
        self.model = transformers.BertModel.from_pretrained(
            directory, attn_implementation="eager"
        ).eval()
        self.punctuation = self.tokenizer.convert_tokens_to_ids([".", ","])

    def measures(self, weights, ids):
        """[measure, layer, head] of one text: weights [layer, head, query, key]."""
        n = len(ids)
        smoothed = 0.9999 * weights + 0.0001 / n
        entropy = -(smoothed * np.log(smoothed)).sum(-1).mean(-1)
        diagonal = [
            np.trace(weights, offset, axis1=-2, axis2=-1) / n
            for offset in (0, 1, -1)
        ]
        keys = weights.mean(-2)
        return np.stack(
            [
                *diagonal,
                keys[..., 0],
                keys[..., ids == self.tokenizer.sep_token_id].sum(-1),
                keys[..., np.isin(ids, self.punctuation)].sum(-1),
                entropy,
            ]
        )

    def run(self):
        """Mean of the measures over texts, number of tokens."""
        total, count = 0, 0
        for start in range(0, len(self.texts), BATCH):
            batch = self.tokenizer(
                self.texts[start : start + BATCH],
                truncation=True,
                max_length=self.tokens,
                padding=True,
                return_tensors="pt",
            )
            with torch.inference_mode():
                maps = self.model(**batch, output_attentions=True).attentions
            weights = torch.stack(maps, 1).numpy()
            lengths = batch["attention_mask"].sum(1).tolist()
            for b, n in enumerate(lengths):
                ids = batch["input_ids"][b, :n].numpy()
                total = total + self.measures(weights[b, :, :, :n, :n], ids)
            count += sum(lengths)
        return total / len(self.texts), count


class Headscope:
    def __init__(self, program, directory, corpus, tokens, threads, precision, report):
        self.report = report
        self.command = [
            *(program, "analyze", corpus, "-m", directory, "--threads", str(threads)),
            *("--max-tokens", str(tokens), "--truncate", "longest-first"),
            *("--precision", precision),
            *("--format", "text", "--quiet", "-o", report),
        ]

    def run(self):
        subprocess.run(self.command, check=True, stdout=subprocess.DEVNULL)
        with open(self.report) as file:
            report = json.load(file)
        heads = [[head["clark"][name] for head in report["heads"]] for name in MEASURES]
        layers = 1 + report["heads"][-1]["layer"]
        return np.array(heads).reshape(len(MEASURES), layers, -1), report["tokens"]


def timed(work):
    start = time.perf_counter()
    values, tokens = work.run()
    return values, tokens, time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", help="a BERT model directory")
    parser.add_argument("program", help="headscope")
    parser.add_argument("--corpus", default="tests/data/corpora/wikitext2-valid.txt")
    parser.add_argument("--segments", type=int, default=200)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--precisions", default="f32,bf16", help="of " + ", ".join(BOUNDS))
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    transformers.logging.set_verbosity_error()
    with open(options.corpus) as file:
        texts = [line.strip() for line in file if len(line) > 5 * options.tokens]
    texts = texts[: options.segments]
    with tempfile.TemporaryDirectory() as folder:
        corpus = os.path.join(folder, "corpus.txt")
        with open(corpus, "w") as file:
            file.write("".join(f"{text}\n" for text in texts))
        pipeline = Pipeline(options.directory, texts, options.tokens)
        runs = {"the pipeline": pipeline}
        want, tokens, _ = timed(pipeline)
        print(
            f"Transformers {transformers.__version__} on PyTorch {torch.__version__}, "
            f"{options.threads} threads; {len(texts)} texts, {tokens} tokens; headscope's time "
            "includes its start and reading the weights"
        )
        for precision in options.precisions.split(","):
            headscope = Headscope(
                options.program,
                options.directory,
                corpus,
                options.tokens,
                options.threads,
                precision,
                os.path.join(folder, "report.json"),
            )
            got, ours, _ = timed(headscope)
            difference = np.abs(got - want).max()
            if ours != tokens or not difference <= BOUNDS[precision]:
                sys.exit(f"{precision}: results differ by {difference:.1e}, {ours} and {tokens} tokens")
            runs[f"headscope {precision}"] = headscope
            print(f"headscope {precision}: measures within {difference:.0e}")
        rounds = [
            {name: timed(run)[2] for name, run in runs.items()}
            for _ in range(options.rounds)
        ]
        for name in runs:
            median = statistics.median(each[name] for each in rounds)
            faster = statistics.median(each["the pipeline"] / each[name] for each in rounds)
            print(f"{name:>17}: {median:6.2f} s, {tokens / median:6.0f} tokens/s, {faster:.2f} times the pipeline's")


if __name__ == "__main__":
    main()
