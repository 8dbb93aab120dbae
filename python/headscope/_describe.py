"""Descriptions of traces that other programs made: the object `trace` of a file's metadata (docs/formats.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def sequence(
    tokens: Sequence[str],
    *,
    ids: Sequence[int] | None = None,
    special: Sequence[bool] | None = None,
    words: Sequence[int | None] | None = None,
    segment_ids: Sequence[int] | None = None,
    offsets: Sequence[tuple[int, int] | None] | None = None,
    text: str = "",
    text_b: str | None = None,
    generated_from: int | None = None,
) -> dict[str, Any]:
    """The entry of one sequence. Without `words` every token that is not special is a word of its own."""
    count = len(tokens)
    marks = [False] * count if special is None else list(special)
    if words is None:
        number = -1
        words = [None if marks[i] else (number := number + 1) for i in range(count)]
    return {
        "tokens": list(tokens),
        "ids": [0] * count if ids is None else [int(i) for i in ids],
        "kinds": ["text"] * count,
        "segment_ids": [0] * count if segment_ids is None else [int(s) for s in segment_ids],
        "offsets": [None] * count if offsets is None else [None if o is None else list(o) for o in offsets],
        "special": [int(m) for m in marks],
        "words": list(words),
        "text_a": text,
        "text_b": text_b,
        "generated_from": generated_from,
    }


def layer_of_weights(number: int, weights: npt.NDArray[Any]) -> dict[str, Any]:
    """A layer that holds its maps [H, N, M] alone. Where no head attends to later keys, or beyond a window before, it
    is causal: chance and labels depend on that."""
    heads = int(weights.shape[0])
    seen: npt.NDArray[np.bool_] = np.any(weights > 0, axis=0)
    mask = mask_of(seen)
    causal = mask["kind"] == "causal" or mask["right"] == 0
    return {
        "layer": number,
        "kind": "attention",
        "holds": "weights",
        "heads": heads,
        "kv_heads": heads,
        **_plain_rule(),
        **({"mask": mask} if causal else {}),
    }


def mask_of(seen: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """The mask that hides what is not seen [N, M]: none, causal, a window, or dense where no rule says the same."""
    rows, columns = seen.shape
    rule: dict[str, Any] = {"kind": "none", "left": None, "right": None, "key_length": None, "of": None}
    if seen.all():
        return rule
    if rows == columns:
        i, j = np.arange(rows)[:, None], np.arange(columns)[None, :]
        distance = i - j
        left, right = int(distance[seen].max(initial=0)), int((-distance)[seen].max(initial=0))
        if right == 0 and left == rows - 1 and np.array_equal(seen, distance >= 0):
            return {**rule, "kind": "causal"}
        if np.array_equal(seen, (distance <= left) & (-distance <= right)):
            return {**rule, "kind": "window", "left": left, "right": right}
    return {**rule, "kind": "dense"}


def layer_of_vectors(
    number: int, heads: int, kv_heads: int, head_dim: int, value_dim: int, scale: float
) -> dict[str, Any]:
    """A layer that holds queries and keys, without mask or bias."""
    return {
        "layer": number,
        "kind": "attention",
        "holds": "vectors",
        "heads": heads,
        "kv_heads": kv_heads,
        "head_dim": head_dim,
        "value_dim": value_dim,
        **_plain_rule(),
        "scale": scale,
    }


def _plain_rule() -> dict[str, Any]:
    return {
        "softcap": None,
        "rule": 2,
        "mask": {"kind": "none", "left": None, "right": None, "key_length": None, "of": None},
        "bias": {"kind": "none", "of": None},
        "rope": None,
        "sinks": False,
    }


def trace(
    *,
    name: str,
    family: str,
    origin: str,
    implementation: str | None,
    dtype: str | None,
    sequences: dict[str, Any],
    stacks: list[dict[str, Any]],
) -> dict[str, Any]:
    """The whole object. `origin`: captured or arrays."""
    return {
        "model": {"name": name, "family": family, "fingerprint": None, "file_kind": None, "quantisation": None},
        "origin": {"kind": origin, "implementation": implementation, "dtype": dtype},
        "computed": None,
        "sequences": sequences,
        "stacks": stacks,
        "settings": {"ablations": [], "masked": [], "truncation": None, "segment_ids": "true"},
    }
