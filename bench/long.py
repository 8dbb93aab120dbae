#!/usr/bin/env python3
"""Time and memory of long texts: a BERT of 12 layers, 12 heads, width 768 with 8,192 positions and random weights is
written to build/long-model, and `headscope trace --layers 11` runs texts of growing length on it, each in a process of
its own. Processor time is that of all threads, less what a text of 2 tokens takes (opening the model); memory is the
most that the process had resident, less the same. The slope is that from the length before: 1 grows with the length,
2 with its square. Needs NumPy.

    make build && bench/long.py [TOKENS…]        default: 1024 2048 4096 8192
"""

from __future__ import annotations

import collections
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests/data/corpora/wikitext2-valid.txt"
LAYERS, WIDTH, INNER, POSITIONS, VOCABULARY = 12, 768, 3072, 8192, 1000


def tensors() -> dict[str, tuple[int, ...]]:
    out = {
        "embeddings.word_embeddings.weight": (VOCABULARY, WIDTH),
        "embeddings.position_embeddings.weight": (POSITIONS, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
    }
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}."
        for name, shape in {
            "attention.self.query": (WIDTH, WIDTH),
            "attention.self.key": (WIDTH, WIDTH),
            "attention.self.value": (WIDTH, WIDTH),
            "attention.output.dense": (WIDTH, WIDTH),
            "intermediate.dense": (INNER, WIDTH),
            "output.dense": (WIDTH, INNER),
        }.items():
            out[f"{prefix}{name}.weight"] = shape
            out[f"{prefix}{name}.bias"] = shape[:1]
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            out[f"{prefix}{name}.weight"] = (WIDTH,)
            out[f"{prefix}{name}.bias"] = (WIDTH,)
    return out


def vocabulary() -> list[str]:
    """The most frequent words of the corpus, so that its texts have tokens (all others are [UNK])."""
    words = collections.Counter(re.findall(r"\w+|[^\w\s]", CORPUS.read_text().lower()))
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    return special + [word for word, _ in words.most_common(VOCABULARY - len(special))]


def write_model(folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    header, offset = {}, 0
    for name, shape in tensors().items():
        end = offset + 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    random = np.random.default_rng(1)
    with open(folder / "model.safetensors.new", "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, shape in tensors().items():
            norm = "LayerNorm.weight" in name
            file.write((random.standard_normal(shape) * 0.02 + norm).astype(np.float32).tobytes())
    config = {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "vocab_size": VOCABULARY,
        "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 12,
        "intermediate_size": INNER,
        "max_position_embeddings": POSITIONS,
        "type_vocab_size": 2,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "vocab.txt").write_text("\n".join(vocabulary()) + "\n")
    os.rename(folder / "model.safetensors.new", folder / "model.safetensors")


def cost(folder: pathlib.Path, tokens: int) -> tuple[float, float]:
    """Seconds of processor time, megabytes."""
    ids = ",".join(str((i * 7919 + 17) % VOCABULARY) for i in range(tokens))
    with tempfile.TemporaryDirectory() as place:
        process = subprocess.Popen(
            [ROOT / "build/bin/headscope", "trace", "-m", folder, "--ids", ids, "--layers", "11", "--quiet"]
            + ["-o", f"{place}/t.safetensors"],
            stdout=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"headscope failed on {tokens} tokens")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    folder = ROOT / "build/long-model"
    if not all((folder / name).exists() for name in ("vocab.txt", "model.safetensors")):
        write_model(folder)
    cost(folder, 2)  # its fingerprint is computed once
    begin = cost(folder, 2)
    print(f"opening: {begin[0]:.2f} s of processor time, {begin[1]:.0f} MB")
    before: tuple[int, float, float] | None = None
    for tokens in [int(a) for a in sys.argv[1:]] or [1024, 2048, 4096, 8192]:
        seconds, megabytes = cost(folder, tokens)
        seconds, megabytes = seconds - begin[0], megabytes - begin[1]
        line = f"{tokens:>6} tokens: {seconds:8.2f} s, {1e3 * seconds / tokens:6.2f} ms a token, {megabytes:8.0f} MB more"
        if before:
            by = math.log(tokens / before[0])
            line += f", slopes {math.log(seconds / before[1]) / by:.2f} and {math.log(megabytes / before[2]) / by:.2f}"
        print(line, flush=True)
        before = (tokens, seconds, megabytes)


if __name__ == "__main__":
    main()
