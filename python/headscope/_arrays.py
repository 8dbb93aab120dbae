"""Traces from attention arrays of other programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from . import _core, _describe
from ._errors import Input, Usage
from ._trace import Trace

Arrays = Any
"""An array [L, H, N, M], or one array a layer: [H, N, M] or [B, H, N, M] (NumPy, PyTorch)."""
Kind = Literal["weights", "unnormalised", "scores"]
_ROWS = 1e-3  # how far a row of weights may be from 1: half-precision softmax is off by less


def from_arrays(
    attention: Arrays = None,
    tokens: Sequence[str] | None = None,
    *,
    encoder_attention: Arrays = None,
    decoder_attention: Arrays = None,
    cross_attention: Arrays = None,
    encoder_tokens: Sequence[str] | None = None,
    decoder_tokens: Sequence[str] | None = None,
    q: Arrays = None,
    k: Arrays = None,
    scale: float | None = None,
    causal: bool = False,
    batch: int | None = None,
    kind: Kind = "weights",
    sentence_b_start: int | None = None,
    special: Sequence[int] = (),
    name: str = "",
) -> Trace:
    """A trace of what BertViz takes: `attention` as models return it, with the tokens of the text.

    attention: one array a layer, [B, H, N, M] or [H, N, M], or one of all layers [L, H, N, M]. Layers may have
    different numbers of heads. Encoder–decoder models: encoder_attention, decoder_attention, cross_attention with
    encoder_tokens (columns of cross, M) and decoder_tokens (its rows, N).
    q, k: instead of attention, queries [H, N, Dh] and keys [Hk, M, Dh] after rotation, one a layer; weights are then
    computed: softmax(scale · q·k), scale Dh^-1/2 unless given, with a causal mask if `causal`.
    batch: which text of a batch; needed where there are several.
    kind: "unnormalised" rows are divided by their sum, "scores" go through a softmax; "weights" must sum to 1.
    sentence_b_start: index of the first token of the second sentence. special: indices of [CLS], [SEP] and the like;
    by default tokens that are written <…>, […] or <|…|>.

    Raises Input naming the array and the dimension that is wrong, NaN and rows that do not sum to 1.
    """
    if q is not None or k is not None:
        if attention is not None or q is None or k is None:
            raise Usage("HS-ARR-01", "q and k beside attention, or one of them alone", "both q and k, or attention")
        return _from_vectors(q, k, tokens, scale, causal, batch, sentence_b_start, special, name)
    stacks: list[tuple[str, str, str, Arrays]] = []
    texts: dict[str, Sequence[str]] = {}
    if attention is not None:
        if any(x is not None for x in (encoder_attention, decoder_attention, cross_attention)):
            raise Usage("HS-ARR-01", "attention beside encoder_, decoder_ or cross_attention", "one kind of them")
        texts["text"] = _needed(tokens, "tokens")
        stacks.append(("self", "text", "text", attention))
    if encoder_attention is not None or cross_attention is not None:
        texts["source"] = _needed(encoder_tokens, "encoder_tokens")
    if decoder_attention is not None or cross_attention is not None:
        texts["target"] = _needed(decoder_tokens, "decoder_tokens")
    for stack, query, key, arrays in (
        ("encoder", "source", "source", encoder_attention),
        ("decoder", "target", "target", decoder_attention),
        ("cross", "target", "source", cross_attention),
    ):
        if arrays is not None:
            stacks.append((stack, query, key, arrays))
    if not stacks:
        raise Usage(
            "HS-ARR-01",
            "no attention",
            "attention=, encoder_attention=, decoder_attention=, cross_attention= or q= and k=",
        )

    parts: dict[str, npt.NDArray[np.float32]] = {}
    described = []
    for stack, query, key, arrays in stacks:
        prefix = "" if stacks[0][0] == "self" else f"{stack}."
        shown = "attention" if stack == "self" else f"{stack}_attention"
        layers = []
        for number, array in enumerate(_layers(arrays, shown, 3, batch)):
            checked = _weights(array, f"{shown}[{number}]", len(texts[query]), len(texts[key]), kind)
            parts[f"{prefix}attention.{number}"] = checked
            layers.append(_describe.layer_of_weights(number, checked))
        described.append({"name": stack, "query": query, "key": key, "layers": layers})
    sequences = {
        key: _sequence(value, special if key == "text" else (), sentence_b_start if key == "text" else None)
        for key, value in texts.items()
    }
    return _assemble(name, sequences, described, parts)


def from_cache(
    cache: Mapping[str, Any],
    tokens: Sequence[str],
    *,
    batch: int | None = None,
    special: Sequence[int] = (),
    name: str = "",
) -> Trace:
    """A trace from an activation cache of TransformerLens (`model.run_with_cache(…)`).

    The patterns `blocks.L.attn.hook_pattern` [B, H, N, M] are taken as they are. Raises Input where a layer in between
    has none: cache them all, names_filter=lambda n: n.endswith("hook_pattern").
    """
    found: dict[int, Any] = {}
    for key, value in cache.items():
        parts = str(key).split(".")
        if len(parts) == 4 and parts[0] == "blocks" and parts[1].isdigit() and parts[2:] == ["attn", "hook_pattern"]:
            found[int(parts[1])] = value
    if not found:
        raise Input("HS-ARR-01", "a cache without blocks.L.attn.hook_pattern", "the patterns of every layer")
    missing = [n for n in range(max(found) + 1) if n not in found]
    if missing:
        raise Input("HS-ARR-01", f"a cache without the pattern of layer {missing[0]}", "the patterns of every layer")
    layers = [found[n] for n in sorted(found)]
    return from_arrays(layers, tokens, batch=batch, special=special, name=name)


def _from_vectors(
    q: Arrays,
    k: Arrays,
    tokens: Sequence[str] | None,
    scale: float | None,
    causal: bool,
    batch: int | None,
    sentence_b_start: int | None,
    special: Sequence[int],
    name: str,
) -> Trace:
    text = _needed(tokens, "tokens")
    queries, keys = _layers(q, "q", 3, batch), _layers(k, "k", 3, batch)
    if len(queries) != len(keys):
        raise Input("HS-ARR-01", f"q of {len(queries)} layers and k of {len(keys)}", "equally many")
    parts: dict[str, npt.NDArray[np.float32]] = {}
    layers = []
    for number, (query, key) in enumerate(zip(queries, keys, strict=True)):
        _dimension(query, 1, len(text), f"q[{number}]", "N, the tokens")
        _dimension(key, 1, len(text), f"k[{number}]", "M, the tokens")
        _dimension(key, 2, query.shape[2], f"k[{number}]", "Dh, as q has it")
        if key.shape[0] == 0 or query.shape[0] % key.shape[0] != 0:
            raise Input(
                "HS-ARR-01", f"k[{number}] with {key.shape[0]} heads", f"a divisor of q's {query.shape[0]} heads"
            )
        for array, shown in ((query, "q"), (key, "k")):
            if not np.isfinite(array).all():
                raise Input("HS-ARR-01", f"NaN or infinity in {shown}[{number}]", "finite numbers")
        parts[f"query.{number}"], parts[f"key.{number}"] = query, key
        width = int(query.shape[2])
        layer = _describe.layer_of_vectors(
            number, query.shape[0], key.shape[0], width, width, width**-0.5 if scale is None else scale
        )
        if causal:
            layer["mask"]["kind"] = "causal"
        layers.append(layer)
    stacks = [{"name": "self", "query": "text", "key": "text", "layers": layers}]
    return _assemble(name, {"text": _sequence(text, special, sentence_b_start)}, stacks, parts)


def _assemble(
    name: str, sequences: dict[str, Any], stacks: list[dict[str, Any]], parts: dict[str, npt.NDArray[np.float32]]
) -> Trace:
    described = _describe.trace(
        name=name, family="", origin="arrays", implementation=None, dtype=None, sequences=sequences, stacks=stacks
    )
    return Trace(_core.assemble_trace(json.dumps(described), parts, "arrays"))


def _needed(tokens: Sequence[str] | None, name: str) -> Sequence[str]:
    if tokens is None:
        raise Usage("HS-ARR-01", f"no {name}", f"{name}=[…], the tokens of the arrays' rows or columns")
    if isinstance(tokens, str):
        raise Usage("HS-ARR-01", f"{name} is one string", "a list of tokens")
    return tokens


def _layers(of: Arrays, name: str, rank: int, batch: int | None) -> list[npt.NDArray[np.float32]]:
    """One array of `rank` axes a layer."""
    if hasattr(of, "shape"):
        whole = _numpy(of, name)
        if whole.ndim != rank + 1:
            raise Input(
                "HS-ARR-01", f"{name} of shape {list(whole.shape)}", f"{rank + 1} axes [layers, …], or a list of layers"
            )
        return [whole[i] for i in range(whole.shape[0])]
    if len(of) == 0:
        raise Input("HS-ARR-01", f"{name} of no layers", "at least one")
    out = []
    for number, layer in enumerate(of):
        if layer is None:
            raise Input(
                "HS-ARR-01",
                f"{name}[{number}] is None",
                "an array",
                "Models that use SDPA return no weights: headscope.capture has them",
            )
        array = _numpy(layer, f"{name}[{number}]")
        if array.ndim == rank + 1:
            if batch is None and array.shape[0] != 1:
                raise Usage(
                    "HS-ARR-01", f"{name}[{number}] of a batch of {array.shape[0]}", "batch=, the index of one text"
                )
            index = batch or 0
            if not 0 <= index < array.shape[0]:
                raise Usage("HS-ARR-01", f"batch={index}", f"0 to {array.shape[0] - 1}")
            array = array[index]
        if array.ndim != rank:
            raise Input("HS-ARR-01", f"{name}[{number}] of shape {list(array.shape)}", f"{rank} or {rank + 1} axes")
        out.append(array)
    return out


def _numpy(of: Any, name: str) -> npt.NDArray[np.float32]:
    if hasattr(of, "detach"):  # PyTorch
        of = of.detach().cpu().float().numpy()
    array = np.asarray(of)
    if array.dtype.kind not in "fiu":
        raise Input("HS-ARR-01", f"{name} of dtype {array.dtype}", "numbers")
    return np.ascontiguousarray(array, dtype=np.float32)


def _dimension(array: npt.NDArray[np.float32], axis: int, wanted: int, name: str, meaning: str) -> None:
    if array.shape[axis] != wanted:
        raise Input(
            "HS-ARR-01",
            f"{name} of shape {list(array.shape)}: axis {axis} is {array.shape[axis]}",
            f"{wanted} ({meaning})",
        )


def _weights(array: npt.NDArray[np.float32], name: str, rows: int, columns: int, kind: Kind) -> npt.NDArray[np.float32]:
    _dimension(array, 1, rows, name, "N, the tokens of the rows")
    _dimension(array, 2, columns, name, "M, the tokens of the columns")
    if kind == "scores":
        if np.isnan(array).any():
            raise Input("HS-ARR-01", f"NaN in {name}", "numbers, or -inf where a mask hides")
        shifted = np.exp(array - array.max(axis=-1, keepdims=True))
        weights: npt.NDArray[np.float32] = (shifted / shifted.sum(axis=-1, keepdims=True)).astype(np.float32)
        return weights
    if not np.isfinite(array).all():
        head, row, _ = (int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise Input("HS-ARR-01", f"NaN or infinity in {name}, head {head}, row {row}", "finite weights")
    if (array < 0).any():
        raise Input(
            "HS-ARR-01", f"negative numbers in {name}", "weights", "kind='scores' takes scores before the softmax"
        )
    sums = array.sum(axis=-1)
    if kind == "unnormalised":
        if (sums <= 0).any():
            raise Input("HS-ARR-01", f"a row of zeros in {name}", "rows that can be normalised")
        return np.ascontiguousarray(array / sums[..., None])
    wrong = np.argwhere(np.abs(sums - 1) > _ROWS)
    if len(wrong):
        head, row = (int(i) for i in wrong[0])
        raise Input(
            "HS-ARR-01",
            f"{name}, head {head}: row {row} sums to {sums[head, row]:.4g}",
            "rows that sum to 1",
            "kind='unnormalised' divides rows by their sum, kind='scores' takes scores before the softmax",
        )
    return array


def _sequence(tokens: Sequence[str], special: Sequence[int], sentence_b_start: int | None) -> dict[str, Any]:
    marks = [_looks_special(t) for t in tokens]
    if special:
        marks = [i in set(special) for i in range(len(tokens))]
    segments = [int(sentence_b_start is not None and i >= sentence_b_start) for i in range(len(tokens))]
    return _describe.sequence(list(tokens), special=marks, segment_ids=segments)


def _looks_special(token: str) -> bool:
    return token in ("[CLS]", "[SEP]", "[PAD]", "<s>", "</s>", "<pad>", "<bos>", "<eos>") or (
        token.startswith("<|") and token.endswith("|>")
    )
