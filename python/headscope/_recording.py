"""What a capture keeps of each attention module: the new rows of every call, text by text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch

from ._errors import Capability
from ._hooks import AttentionCall


@dataclass
class LayerRecord:
    """One attention module over the calls of one text (or batch of texts). All tensors are on the model's device."""

    path: str
    number: int
    """How often the module had been called before in this forward pass: shared modules (ALBERT)."""
    calls: list[AttentionCall] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    """Position of each call's first query."""

    def add(self, call: AttentionCall, cross: bool) -> None:
        """Keeps the new queries and keys of a call: a cache hands out the old keys again every time."""
        start = sum(new_queries(c) for c in self.calls)
        if call.key is not None and call.value is not None and call.query is not None:
            fresh = call.query.shape[2]
            total = call.key.shape[2]
            if cross:
                if self.calls:
                    call.key = call.value = None
            elif total != fresh or start > 0:
                # A static cache is longer than the text and rewritten in place; others end with the new keys.
                at = start if total > start + fresh else total - fresh
                call.key = call.key[:, :, at : at + fresh].clone()
                call.value = call.value[:, :, at : at + fresh].clone()
                if call.mask is not None and total > start + fresh:
                    call.mask = call.mask[..., : start + fresh]
        self.calls.append(call)
        self.starts.append(start)


def _rows(call: AttentionCall) -> int:
    of = call.query if call.query is not None else call.weights
    assert of is not None
    return int(of.shape[0])


def given_rows(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int | None:
    """Texts, or pictures, of a call of the model; None where its arguments do not say."""
    names = ("input_ids", "inputs_embeds", "pixel_values", "input_features", "input_values", "inputs")
    for value in (*(kwargs.get(name) for name in names), *args[:1]):
        if isinstance(value, torch.Tensor) and value.dim() > 0:
            return int(value.shape[0])
    return None


def new_queries(call: AttentionCall) -> int:
    """New queries of a call."""
    of = call.query if call.query is not None else call.weights
    assert of is not None
    return int(of.shape[2])


@dataclass
class Session:
    """A batch of texts from its first forward pass to its last: one pass, or a prompt and generated tokens."""

    layers: dict[tuple[str, int], LayerRecord] = field(default_factory=dict)
    inputs: dict[str, list[torch.Tensor]] = field(default_factory=dict)
    """Token ids [B, n] by side: text, source, target; one tensor a call."""
    padding: dict[str, torch.Tensor] = field(default_factory=dict)
    """[B, N] 1 for tokens, by side."""
    sizes: dict[str, int] = field(default_factory=dict)
    """Tokens by side, where the model was given ids or embeddings."""
    modules: dict[str, dict[bool, str]] = field(default_factory=dict)
    """Classes of attention modules that were at work: whether attention was heard → the first path."""
    segments: torch.Tensor | None = None
    counts: dict[str, int] = field(default_factory=dict)
    """Calls of each module in the present forward pass."""
    passes: int = 0
    batch: int | None = None
    """Texts, as the model was given them."""

    def add(self, call: AttentionCall, cross: bool) -> None:
        rows = _rows(call)
        if self.batch is None:
            self.batch = rows
        if rows != self.batch:
            raise Capability(
                "HS-CAP-01",
                f"{call.path} on a batch of {rows}, where the model was given {self.batch}",
                "one row a text: windows of a picture, and another part's rows, make no map of the whole",
                "Capture the part with the text by itself: headscope.capture(model.get_submodule(…))",
            )
        number = self.counts.get(call.path, 0)
        self.counts[call.path] = number + 1
        record = self.layers.setdefault((call.path, number), LayerRecord(call.path, number))
        if record.calls and call.weights is not None:
            raise Capability(
                "HS-CAP-01",
                f"{call.path} more than once for one text, with weights alone",
                "one forward pass",
                "Generate without the capture, then run the whole text with it",
            )
        record.add(call, cross)


def past_of(kwargs: dict[str, Any]) -> int:
    """Tokens that the cache of a call holds already."""
    for name in ("past_key_values", "cache"):
        cache = kwargs.get(name)
        if cache is None:
            continue
        if hasattr(cache, "get_seq_length"):
            return int(cache.get_seq_length())
        if isinstance(cache, tuple | list) and len(cache) and cache[0] is not None:
            return int(cache[0][0].shape[2])
    return 0
