"""What chance makes of the causal labels' scores: SmolLM2-135M's architecture with random weights, on the probe of
tests/golden/smollm2, beside the trained model's scores there. The thresholds' table of docs/patterns.md.

    $(tools/python-env) bench/causal_labels.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file
from transformers import LlamaConfig, LlamaForCausalLM

GOLDEN = Path(__file__).resolve().parents[1] / "tests/golden/smollm2/probe.safetensors"
SCORES = ("induction", "duplicate", "previous")


def scores_of(attention: np.ndarray, ids: np.ndarray) -> dict[str, np.ndarray]:
    """Mean over queries [L, H] of the attention [L, H, N, N] on the keys that each score counts (docs/patterns.md)."""
    shares: dict[str, list[np.ndarray]] = {name: [] for name in SCORES}
    for i, token in enumerate(ids):
        earlier = np.flatnonzero(ids[:i] == token)
        if len(earlier):
            shares["duplicate"].append(attention[..., i, earlier].sum(-1))
            shares["induction"].append(attention[..., i, earlier[earlier + 1 < i] + 1].sum(-1))
        if i > 0:
            shares["previous"].append(attention[..., i, i - 1])
    return {name: np.mean(rows, axis=0) for name, rows in shares.items()}


def main() -> None:
    golden = load_file(GOLDEN)
    ids = golden["input_ids"].reshape(-1)
    config = LlamaConfig(
        num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3, hidden_size=576, intermediate_size=1536,
        rms_norm_eps=1e-5, rope_theta=100000.0, vocab_size=49152, tie_word_embeddings=True, max_position_embeddings=2048,
        attn_implementation="eager",
    )  # fmt: skip
    largest = dict.fromkeys(SCORES, 0.0)
    means: dict[str, list[float]] = {name: [] for name in SCORES}
    for seed in (0, 1, 2):
        for deviation in (0.02, 0.05, 0.1):
            config.initializer_range = deviation
            torch.manual_seed(seed)
            model = LlamaForCausalLM(config).eval()
            with torch.no_grad():
                maps = model(torch.from_numpy(ids[None].astype("int64")), output_attentions=True).attentions
            for name, values in scores_of(np.stack([m[0].numpy() for m in maps]), ids).items():
                largest[name] = max(largest[name], float(values.max()))
                means[name].append(float(values.mean()))
    for name in SCORES:
        trained = np.sort(golden[f"score_{name}"].ravel())[::-1]
        print(f"{name}: untrained mean {np.mean(means[name]):.3f}, largest {largest[name]:.3f}; trained", end=" ")
        print(*(f"{v:.3f}" for v in trained[:16]))


if __name__ == "__main__":
    sys.exit(main())
