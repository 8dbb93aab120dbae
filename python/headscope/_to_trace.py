"""From what a capture has kept to traces: rows of one text, masks as rules, tokens with their words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from . import _core, _describe, _tokens
from ._errors import Capability
from ._recording import LayerRecord, Session, new_queries
from ._trace import Trace

_HIDDEN = -9000.0  # a score that is lowered by more has weight 0 in float32
_SIDES = {
    "self": ("text", "text"),
    "encoder": ("source", "source"),
    "decoder": ("target", "target"),
    "cross": ("target", "source"),
}
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]


def batch_of(session: Session) -> int:
    """Texts of a batch."""
    call = next(iter(session.layers.values())).calls[0]
    of = call.query if call.query is not None else call.weights
    assert of is not None
    return int(of.shape[0])


def build(session: Session, row: int, model: torch.nn.Module, stack_of: Callable[[str], str], tokenizer: Any) -> Trace:
    """The trace of one text of a batch."""
    grouped: dict[str, list[LayerRecord]] = {}
    for record in session.layers.values():
        grouped.setdefault(stack_of(record.path), []).append(record)
    names = [name for name in _SIDES if name in grouped]
    if names == ["encoder"]:  # an encoder–decoder's encoder alone is a text like any other
        names, grouped = ["self"], {"self": grouped["encoder"]}

    for name in names:
        for record in grouped[name]:
            _check_weights(record, session.sizes.get(_SIDES[name][0]), session.sizes.get(_SIDES[name][1]))
    kept = _kept_tokens(session, row, grouped)
    parts: dict[str, Any] = {}
    stacks = []
    implementations, dtypes = set(), set()
    for name in names:
        query, key = _SIDES[name]
        side = _Side(row, kept[query], kept[key], name == "cross")
        prefix = "" if names == ["self"] else f"{name}."
        layers = []
        for number, heard in _numbered(grouped[name], model, name):
            if heard is None:
                layers.append({"layer": number, "kind": "none"})
                continue
            layers.append(side.layer(number, heard, prefix, parts))
            first = heard.calls[0]
            implementations.add(first.implementation)
            of = first.query if first.query is not None else first.weights
            dtypes.add(str(of.dtype).removeprefix("torch."))  # type: ignore[union-attr]
        stacks.append({"name": name, "query": query, "key": key, "layers": layers})

    source_side = {"text": "source"} if "text" in kept and "text" not in session.inputs else {}
    sequences = {}
    for side_name in dict.fromkeys(s for name in names for s in _SIDES[name]):
        sequences[side_name] = _sequence(
            session, row, source_side.get(side_name, side_name), kept[side_name], tokenizer
        )
    config = getattr(model, "config", None)
    import transformers

    described = _describe.trace(
        name=str(getattr(config, "_name_or_path", "") or type(model).__name__).rstrip("/").split("/")[-1],
        family=str(getattr(config, "model_type", "")),
        origin="captured",
        implementation=f"transformers {transformers.__version__} {', '.join(sorted(implementations))}",
        dtype=", ".join(sorted(dtypes)),
        sequences=sequences,
        stacks=stacks,
    )
    return Trace(_core.assemble_trace(json.dumps(described), parts, "captured"))


def _check_weights(record: LayerRecord, queries: int | None, keys: int | None) -> None:
    """Refuses what is no map of tokens: a softmax over windows, blocks, landmarks or pooled rows."""
    weights = record.calls[0].weights
    if weights is None:
        return
    n, m = int(weights.shape[2]), int(weights.shape[3])
    if n == (queries or n) and m == (keys or m):
        return
    raise Capability(
        "HS-CAP-01",
        f"a softmax of {n} rows and {m} columns in {record.path} for {queries or '?'} tokens",
        "one row and one column a token: windows, blocks and pooled rows make no map that a trace could hold",
    )


def _numbered(records: list[LayerRecord], model: torch.nn.Module, stack: str) -> list[tuple[int, LayerRecord | None]]:
    """Layers by the model's numbers; None for those of a hybrid model that have no attention."""
    if any(r.number > 0 for r in records):  # one module for several layers (ALBERT): as they were called
        return list(enumerate(records))
    places = [_place(r.path) for r in records]
    prefixes = list(dict.fromkeys(prefix for prefix, _ in places))
    if len(prefixes) > 1:
        raise Capability(
            "HS-CAP-01",
            f"attention of several parts in one stack: {', '.join(p or '(none)' for p in prefixes)}",
            "one part",
            "Capture a part by itself: headscope.capture(model.get_submodule(…))",
        )
    numbers = [number for _, number in places]
    if -1 in numbers or len(set(numbers)) < len(numbers):
        return list(enumerate(records))
    found: dict[int, LayerRecord | None] = dict(zip(numbers, records, strict=True))
    container = model.get_submodule(prefixes[0])
    if stack in ("self", "encoder", "decoder") and isinstance(container, torch.nn.ModuleList):
        for number in range(len(container)):
            found.setdefault(number, None)
    return sorted(found.items())


def _place(path: str) -> tuple[str, int]:
    """("model.layers", 3) of "model.layers.3.self_attn"; -1 where no number is in the path."""
    parts = path.split(".")
    for i, part in enumerate(parts):
        if part.isdigit():
            return ".".join(parts[:i]), int(part)
    return "", -1


def _kept_tokens(session: Session, row: int, grouped: dict[str, list[LayerRecord]]) -> dict[str, npt.NDArray[np.int64]]:
    """Positions of each side that are tokens, not padding."""
    sizes: dict[str, int] = {}
    for name, records in grouped.items():
        query, key = _SIDES[name]
        sizes[query] = _queries(records[0])
        first = records[0].calls[0]
        of = first.key if first.key is not None else first.weights
        assert of is not None
        if name == "cross":
            sizes[key] = int(of.shape[2] if first.key is not None else of.shape[3])
    kept = {}
    for side, size in sizes.items():
        mask = session.padding.get(side if side != "text" or "text" in session.padding else "source")
        marks = np.ones(size, dtype=np.bool_)
        if mask is not None:
            own = mask[row].numpy() != 0
            count = min(size, len(own))
            marks[:count] = own[:count]
        kept[side] = np.flatnonzero(marks)
    return kept


def _queries(record: LayerRecord) -> int:
    return sum(new_queries(call) for call in record.calls)


class _Side:
    """The layers of one stack of one text."""

    def __init__(self, row: int, queries: npt.NDArray[np.int64], keys: npt.NDArray[np.int64], cross: bool) -> None:
        self._row = row
        self._cross = cross
        self._queries = queries
        self._keys = keys
        self._masks: dict[Any, tuple[int, dict[str, Any]]] = {}
        self._biases: dict[Any, int] = {}

    def layer(self, number: int, record: LayerRecord, prefix: str, parts: dict[str, Any]) -> dict[str, Any]:
        first = record.calls[0]
        if first.weights is not None:
            weights = self._take(first.weights, self._queries).float()[:, :, torch.from_numpy(self._keys)]
            parts[f"{prefix}attention.{number}"] = weights.contiguous().numpy()
            return _describe.layer_of_weights(number, parts[f"{prefix}attention.{number}"])
        query = self._rows([c.query for c in record.calls], self._queries)
        key = self._rows([c.key for c in record.calls], self._keys)
        value = self._rows([c.value for c in record.calls], self._keys)
        parts[f"{prefix}query.{number}"] = query
        parts[f"{prefix}key.{number}"] = key
        parts[f"{prefix}value.{number}"] = value
        assert first.scale is not None
        layer = _describe.layer_of_vectors(
            number, query.shape[0], key.shape[0], query.shape[2], value.shape[2], first.scale
        )
        layer["softcap"] = first.softcap
        if first.sinks is not None:
            layer["sinks"] = True
            parts[f"{prefix}sink_logits.{number}"] = first.sinks.float().cpu().contiguous().numpy()
        self._position(number, record, layer, prefix, parts)
        return layer

    def _take(self, tensor: torch.Tensor, positions: npt.NDArray[np.int64]) -> torch.Tensor:
        of = tensor[self._row] if tensor.shape[0] > 1 else tensor[0]
        return of.cpu()[:, torch.from_numpy(positions)]

    def _rows(self, tensors: list[torch.Tensor | None], positions: npt.NDArray[np.int64]) -> torch.Tensor:
        """[heads, positions, width] out of the rows of every call."""
        own = [t[self._row] for t in tensors if t is not None]
        whole = own[0] if len(own) == 1 else torch.cat(own, dim=1)
        whole = whole.cpu()
        if len(positions) != whole.shape[1]:
            whole = whole[:, torch.from_numpy(positions)]
        return whole.contiguous()

    def _position(
        self, number: int, record: LayerRecord, layer: dict[str, Any], prefix: str, parts: dict[str, Any]
    ) -> None:
        """Mask and bias of a layer: as a rule where one says the same, else as numbers, kept once for all layers."""
        marks = tuple((_same(c.mask), c.causal, _same(c.bias)) for c in record.calls)
        if marks in self._masks:
            of, mask = self._masks[marks]
            layer["mask"] = {**mask, "of": of if mask["kind"] == "dense" else None}
            if marks in self._biases:
                layer["bias"] = {"kind": "dense", "of": self._biases[marks]}
            return
        seen, bias = self._seen(record)
        mask = _describe.mask_of(seen)
        layer["mask"] = mask
        self._masks[marks] = (number, mask)
        if mask["kind"] == "dense":
            parts[f"{prefix}mask.{number}"] = np.where(seen, np.float32(0), np.float32(-np.inf))
        if bias is not None:
            layer["bias"] = {"kind": "dense", "of": None}
            self._biases[marks] = number
            parts[f"{prefix}bias.{number}"] = bias

    def _seen(self, record: LayerRecord) -> tuple[Bools, Floats | None]:
        """Which keys each query sees [N, M]; what is added to the scores [H, N, M], or None."""
        rows, columns = _queries(record), int(max(self._keys, default=0)) + 1
        seen = np.zeros((rows, columns), dtype=np.bool_)
        bias: Floats | None = None
        for call, start in zip(record.calls, record.starts, strict=True):
            assert call.query is not None
            fresh = int(call.query.shape[2])
            at = slice(start, start + fresh)
            added = [t for t in (call.mask, call.bias) if t is not None and t.dtype != torch.bool]
            if call.mask is None:
                seen[at] = np.tril(np.ones((fresh, columns), dtype=np.bool_)) if call.causal else True
                if not self._cross:
                    seen[at, start + fresh :] = False  # keys that came later
            elif call.mask.dtype == torch.bool:
                self._put(seen, at, _of_all_heads(self._own(call.mask).numpy(), record.path), start + fresh)
            else:
                shown = self._own(call.mask).float().numpy() > _HIDDEN
                self._put(seen, at, _of_all_heads(shown, record.path), start + fresh)
            for tensor in added:
                numbers = self._own(tensor).float().numpy()
                hidden = numbers <= _HIDDEN
                if tensor is call.bias and hidden.any():
                    inner = np.ones(seen[at].shape, dtype=np.bool_)
                    self._put(inner, slice(0, fresh), _of_all_heads(~hidden, record.path), start + fresh)
                    seen[at] &= inner
                numbers = np.where(hidden, np.float32(0), numbers)
                if not numbers.any():
                    continue
                if bias is None:
                    bias = np.zeros((call.query.shape[1], rows, columns), dtype=np.float32)
                width = min(numbers.shape[-1], columns)
                offset = (
                    max(0, min(start + fresh, columns) - numbers.shape[-1]) if numbers.shape[-1] < start + fresh else 0
                )
                bias[:, at, offset : offset + width] += numbers[..., :width]
        seen = seen[np.ix_(self._queries, self._keys)]
        if bias is not None:
            bias = np.ascontiguousarray(bias[:, self._queries][:, :, self._keys])
        return seen, bias

    def _own(self, tensor: torch.Tensor) -> torch.Tensor:
        """[H or 1, n, m] of this text."""
        return (tensor[self._row] if tensor.shape[0] > 1 else tensor[0]).cpu()

    @staticmethod
    def _put(seen: Bools, at: slice, own: Bools, end: int) -> None:
        """Puts rows whose last column is key `end` − 1 (a sliding cache has dropped the first), or the last of all."""
        columns = seen.shape[1]
        offset = max(0, end - own.shape[1]) if own.shape[1] < columns else 0
        width = min(own.shape[1], columns - offset)
        seen[at, offset : offset + width] = own[:, :width]


def _of_all_heads(seen: Bools, path: str) -> Bools:
    """[n, m] of [H or 1, n, m]: a trace has one mask a layer."""
    if (seen != seen[:1]).any():
        raise Capability(
            "HS-CAP-01", f"a mask that differs between the heads of {path}", "one mask for all heads of a layer"
        )
    shared: Bools = seen[0]
    return shared


def _same(tensor: torch.Tensor | None) -> Any:
    return None if tensor is None else (tensor.data_ptr(), tuple(tensor.shape), tensor.stride())


def _sequence(session: Session, row: int, side: str, kept: npt.NDArray[np.int64], tokenizer: Any) -> dict[str, Any]:
    pieces = session.inputs.get(side)
    if not pieces:
        return _describe.sequence([f"#{i}" for i in range(len(kept))])
    rows = [p[row] if p.shape[0] > 1 else p[0] for p in pieces]
    whole = torch.cat(rows).numpy()
    if len(whole) <= int(max(kept, default=0)):
        return _describe.sequence([f"#{i}" for i in range(len(kept))])
    segments = None
    if session.segments is not None and side == "text":
        segments = [int(s) for s in session.segments[row].cpu().numpy()[kept[kept < session.segments.shape[1]]]]
        segments += [segments[-1] if segments else 0] * (len(kept) - len(segments))
    prompt = int((kept < len(rows[0])).sum())
    ids = [int(i) for i in whole[kept]]
    return _tokens.sequence_of(ids, tokenizer, segments, prompt if prompt < len(kept) and side != "source" else None)
