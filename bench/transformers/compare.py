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
BOUND = 1e-4
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
    def __init__(self, program, directory, corpus, tokens, threads, report):
        self.report = report
        self.command = [
            *(program, "analyze", corpus, "-m", directory, "--threads", str(threads)),
            *("--max-tokens", str(tokens), "--truncate", "longest-first"),
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
        headscope = Headscope(
            options.program,
            options.directory,
            corpus,
            options.tokens,
            options.threads,
            os.path.join(folder, "report.json"),
        )
        want, tokens, _ = timed(pipeline)
        got, ours, _ = timed(headscope)
        difference = np.abs(got - want).max()
        if ours != tokens or not difference <= BOUND:
            sys.exit(f"results differ by {difference:.1e}, {ours} and {tokens} tokens: no times")
        print(
            f"Transformers {transformers.__version__} on PyTorch {torch.__version__}, "
            f"{options.threads} threads; {len(texts)} texts, {tokens} tokens; measures within "
            f"{difference:.0e}; headscope's time includes its start and reading the weights"
        )
        rounds = [
            (timed(pipeline)[2], timed(headscope)[2]) for _ in range(options.rounds)
        ]
        for name, seconds in zip(("the pipeline", "headscope"), zip(*rounds)):
            median = statistics.median(seconds)
            print(f"{name:>12}: {median:6.2f} s, {tokens / median:6.0f} tokens/s")
        ratio = statistics.median(b / a for a, b in rounds)
        print(f"ratio of the times, headscope / the pipeline: {ratio:.3f}")


if __name__ == "__main__":
    main()
