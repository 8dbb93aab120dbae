#!/usr/bin/env python3
"""Writes grouped.safetensors, a trace of format 2 whose layers differ (docs/formats.md), with no library and none of headscope's code.

Layer 0: 4 query heads on 2 key/value heads, causal. Layer 1: no attention. Layer 2: a window of 2 to the left, ALiBi, a soft cap
behind it, a sink. Prints the rows that tests/cli/cases/traces.json expects."""
import json
import math
import random
import struct

random.seed(7)
N, H, HK, D = 6, 4, 2, 8
SLOPES, LOGIT, SCALE = [0.5, 0.25, 0.125, 0.0625], 0.75, 0.25
layers, tensors = [], {}


def vectors(heads):
    """[heads][N][D] of numbers that float32 holds."""
    return [[[round(random.gauss(0, 1) * 64) / 64 for _ in range(D)] for _ in range(N)] for _ in range(heads)]


def flat(values):
    return [x for part in values for x in flat(part)] if isinstance(values, list) else [values]


def layer(number, mask, left, bias, softcap, sinks):
    q, k, v = vectors(H), vectors(HK), vectors(HK)
    maps, sums = [], []
    for h in range(H):
        maps.append([])
        for i in range(N):
            scores = []
            for j in range(N):
                s = sum(a * b for a, b in zip(q[h][i], k[h // (H // HK)][j])) * SCALE
                s += SLOPES[h] * j if bias else 0
                s = softcap * math.tanh(s / softcap) if softcap else s
                hidden = j > i or (left is not None and j < i - left)
                scores.append(None if hidden else s)
            total = sum(math.exp(s) for s in scores if s is not None) + (math.exp(LOGIT) if sinks else 0)
            sums.append(math.log(total))
            maps[h].append([0.0 if s is None else math.exp(s) / total for s in scores])
    norms = [math.sqrt(sum(x * x for x in v[h // (H // HK)][j])) for h in range(H) for j in range(N)]
    for name, shape, values in [("query", [H, N, D], q), ("key", [HK, N, D], k), ("value", [HK, N, D], v),
                                ("logsumexp", [H, N], sums), ("value_norm", [H, N], norms)]:
        tensors[f"{name}.{number}"] = (shape, flat(values))
    if bias:
        tensors[f"bias.{number}"] = ([H], SLOPES)
    if sinks:
        tensors[f"sink.{number}"] = ([H, N], [math.exp(LOGIT - s) for s in sums])
    layers.append({"layer": number, "kind": "attention", "holds": "vectors", "heads": H, "kv_heads": HK, "head_dim": D, "value_dim": D,
                   "scale": SCALE, "softcap": softcap, "rule": 2,
                   "mask": {"kind": mask, "left": left, "right": None if left is None else 0, "key_length": None, "of": None},
                   "bias": {"kind": "alibi" if bias else "none", "of": None}, "rope": None, "sinks": sinks})
    return maps


first = layer(0, "causal", None, False, None, False)
layers.append({"layer": 1, "kind": "none"})
last = layer(2, "window", 2, True, 5.0, True)
tokens = ["The", "cat", "sat", "on", "the", "mat"]
starts = [sum(len(t) + 1 for t in tokens[:i]) for i in range(N)]
text = {"tokens": tokens, "ids": list(range(10, 16)), "kinds": ["text"] * N, "segment_ids": [0] * N,
        "offsets": [[s, s + len(t)] for s, t in zip(starts, tokens)], "special": [0] * N, "words": list(range(N)),
        "text_a": " ".join(tokens), "text_b": None, "generated_from": None}
trace = {"model": {"name": "tiny-grouped", "family": "llama", "fingerprint": None, "file_kind": None, "quantisation": None},
         "origin": {"kind": "captured", "implementation": "make.py", "dtype": "float64"}, "computed": None, "sequences": {"text": text},
         "stacks": [{"name": "self", "query": "text", "key": "text", "layers": layers}],
         "settings": {"ablations": [], "masked": [], "truncation": None, "segment_ids": "true"}}
header, body = {"__metadata__": {"format": "headscope-trace", "format_version": "2", "trace": json.dumps(trace)}}, b""
for name, (shape, values) in tensors.items():
    data = struct.pack(f"<{len(values)}f", *values)
    header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
    body += data
head = json.dumps(header).encode()
head += b" " * (-len(head) % 8)
with open("grouped.safetensors", "wb") as out:
    out.write(struct.pack("<Q", len(head)) + head + body)
print("L0H3 row 5:", first[3][5])
print("L2H2 row 4:", last[2][4], "sink:", tensors["sink.2"][1][2 * N + 4])
