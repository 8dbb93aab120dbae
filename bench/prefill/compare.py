"""The prefill of a causal model: headscope keeping every head of every layer, against Transformers in eager mode
returning attentions, and with its SDPA kernel, which returns none. Same weights, same ids, same threads, in
alternation in one run. Results are compared before anything is timed. Started by `run`.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
import transformers
from safetensors.numpy import load_file

# SmolLM2's own float32 is up to 2e-5 from float64; hidden states reach 45.
ATTENTION_BOUND, HIDDEN_BOUND = 5e-5, 5e-4


class Transformers:
    def __init__(self, path, implementation):
        path = pathlib.Path(path)
        place = {"gguf_file": path.name} if path.suffix == ".gguf" else {}
        folder = path.parent if place else path
        whole = transformers.AutoModelForCausalLM.from_pretrained(
            folder, attn_implementation=implementation, dtype=torch.float32, **place
        )
        self.trunk = whole.model.eval()  # headscope predicts nothing here either
        self.attentions = implementation == "eager"

    def run(self, ids):
        ids = torch.tensor(ids)
        start = time.perf_counter()
        with torch.inference_mode():
            out = self.trunk(ids, output_attentions=self.attentions, use_cache=True)
        return out, 1e3 * (time.perf_counter() - start)


class Headscope:
    def __init__(self, program, path, threads):
        self.process = subprocess.Popen(
            [program, str(path), str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        json.loads(self.process.stdout.readline())

    def run(self, ids, save=None):
        request = {"ids": ids, **({"save": save} if save else {})}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["milliseconds"]


def verify(eager, sdpa, headscope, ids):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "maps.safetensors")
        headscope.run(ids, save=path)
        got = load_file(path)
    expected, _ = eager.run(ids)
    attention = max(
        np.abs(got["attention.0"][layer] - maps[0].numpy()).max() for layer, maps in enumerate(expected.attentions)
    )
    last = expected.last_hidden_state[0].numpy()
    hidden = np.abs(got["hidden.0"] - last).max()
    between = np.abs(sdpa.run(ids)[0].last_hidden_state[0].numpy() - last).max()
    if not (attention <= ATTENTION_BOUND and hidden <= HIDDEN_BOUND and between <= HIDDEN_BOUND):
        sys.exit(f"results differ: attention {attention:.1e}, hidden {hidden:.1e}, eager and SDPA {between:.1e}")
    return attention, hidden


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="a folder with safetensors, or a GGUF file (needs PyPI's gguf)")
    parser.add_argument("program", help="headscope_forward")
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    eager, sdpa = Transformers(options.model, "eager"), Transformers(options.model, "sdpa")
    headscope = Headscope(options.program, options.model, options.threads)
    vocabulary = eager.trunk.config.vocab_size
    ids = np.random.default_rng(1).integers(vocabulary // 10, vocabulary, (1, options.tokens)).tolist()
    attention, hidden = verify(eager, sdpa, headscope, ids)
    print(
        f"Transformers {transformers.__version__}, PyTorch {torch.__version__}, {options.threads} threads, "
        f"{options.tokens} tokens, in alternation; results within {attention:.0e} (attention), {hidden:.0e} (hidden)"
    )
    times = {"eager": [], "sdpa": [], "headscope": []}
    for _ in range(options.rounds):
        times["eager"].append(eager.run(ids)[1])
        times["sdpa"].append(sdpa.run(ids)[1])
        times["headscope"].append(headscope.run(ids))
    for name, values in times.items():
        ratio = statistics.median(ours / theirs for ours, theirs in zip(times["headscope"], values))
        print(f"{name:>9}: median {statistics.median(values):8.1f} ms, best {min(values):8.1f}; headscope / it {ratio:.3f}")


if __name__ == "__main__":
    main()
