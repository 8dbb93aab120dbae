"""`headscope trace --generate` against Transformers' own `generate` with its cache, in eager mode
returning attentions: the same GGUF file, prompt and threads, greedily, in alternation in one run.
What is timed is the difference between many tokens and one, so that neither start nor reading the
weights counts. The tokens are compared before anything is timed.

Usage: python generate.py MODEL.gguf build/bin/headscope   (needs torch, transformers, gguf)
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import torch
import transformers

PROMPT = "We hold these truths to be self-evident, that all men are"


class Reference:
    def __init__(self, path):
        folder, name = os.path.split(path)
        self.model = transformers.AutoModelForCausalLM.from_pretrained(
            folder, gguf_file=name, attn_implementation="eager", dtype=torch.float32
        ).eval()

    def run(self, ids, tokens):
        start = time.perf_counter()
        with torch.inference_mode():
            out = self.model.generate(
                torch.tensor([ids]),
                attention_mask=torch.ones(1, len(ids), dtype=torch.long),
                max_new_tokens=tokens,
                min_new_tokens=tokens,
                do_sample=False,
                repetition_penalty=1.0,
                use_cache=True,
                output_attentions=True,
                return_dict_in_generate=True,
            )
        return out.sequences[0, len(ids) :].tolist(), time.perf_counter() - start


class Headscope:
    def __init__(self, program, path, threads, folder):
        self.command = [
            *(program, "trace", "-m", path, "--threads", str(threads), "--quiet", "--json"),
            *("-o", os.path.join(folder, "t.safetensors")),
        ]

    def run(self, ids, tokens):
        start = time.perf_counter()
        out = subprocess.run(
            [*self.command, "--ids", ",".join(map(str, ids)), "--generate", str(tokens)],
            check=True,
            capture_output=True,
        )
        return json.loads(out.stdout)["generated"]["ids"], time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="a GGUF file of a causal model")
    parser.add_argument("program", help="headscope")
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    transformers.logging.set_verbosity_error()
    prompt = subprocess.run(
        [options.program, "tokens", PROMPT, "-m", options.model, "--quiet", "--json"],
        check=True,
        capture_output=True,
    )
    ids = json.loads(prompt.stdout)["ids"]
    with tempfile.TemporaryDirectory() as folder:
        sides = (
            Reference(options.model),
            Headscope(options.program, options.model, options.threads, folder),
        )
        many = options.tokens + 1
        want, got = (side.run(ids, many)[0] for side in sides)
        same = sum(a == b for a, b in zip(want, got))
        if want != got:
            sys.exit(f"other tokens: {same} of {many} are the same: no times")
        rounds = []
        for _ in range(options.rounds):
            rounds.append([side.run(ids, many)[1] - side.run(ids, 1)[1] for side in sides])
    print(
        f"Transformers {transformers.__version__} on PyTorch {torch.__version__}, {options.threads} "
        f"threads, {len(ids)} tokens and {options.tokens} more; the tokens are the same"
    )
    for name, seconds in zip(("Transformers", "headscope"), zip(*rounds)):
        median = statistics.median(seconds)
        print(f"{name:>12}: {median:6.2f} s, {options.tokens / median:6.1f} tokens/s")
    ratio = statistics.median(b / a for a, b in rounds)
    print(f"ratio of the times, headscope / Transformers: {ratio:.3f}")


if __name__ == "__main__":
    main()
