"""Traces: what is kept of a forward pass, and what can be asked of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import numpy.typing as npt

from . import _core
from ._errors import Capability, HeadscopeError, Input, NotFound, Usage
from ._figure import Figure, Option, View, draw
from ._heads import Head, Links, Patterns
from ._progress import Progress, told

if TYPE_CHECKING:
    from ._model import Model

Floats = npt.NDArray[np.float32]
Side = Literal["query", "key"]

_CLASSES: Mapping[str, type[HeadscopeError]] = {
    "HS-CAP": Capability,
    "HS-LINK": Usage,
    "HS-RPC": Usage,
    "HS-TRACE": NotFound,
}


@dataclass(frozen=True)
class Layer:
    """A layer of a stack, as a trace describes it."""

    number: int
    """The model's number of the layer, from 0."""
    kind: Literal["attention", "none"]
    """`none`: a layer of a hybrid model that has no attention."""
    holds: Literal["vectors", "weights"]
    """`weights`: the maps alone, queries and keys could not be had."""
    heads: int
    """H; 0 without attention."""
    kv_heads: int
    """Hk; head h uses key and value head h // (H // Hk)."""
    head_dim: int
    """Dh of query and key."""
    value_dim: int
    rule: Mapping[str, Any] = field(default_factory=dict)
    """Scale, soft cap, mask, bias and sinks: how a product q·k becomes a weight (docs/formats.md)."""


@dataclass(frozen=True)
class Stack:
    """Layers with common query and key tokens: `self`, or `encoder`, `decoder` and `cross`."""

    name: str
    query: str
    """Name of the sequence of the rows."""
    key: str
    """Name of the sequence of the columns."""
    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class Tokens:
    """One text, or pair of texts, as the model sees it: N tokens."""

    tokens: tuple[str, ...]
    """Pieces as the tokenizer writes them, "##berries"."""
    ids: npt.NDArray[np.int32]
    """[N]"""
    special: npt.NDArray[np.bool_]
    """[N] True for tokens that the template adds."""
    words: tuple[int | None, ...]
    """Index of each token's word, None for special tokens."""
    offsets: tuple[tuple[int, int] | None, ...]
    """UTF-8 bytes of the text that each token comes from; None for special ones and where that is not known."""
    text_a: str
    text_b: str | None
    generated_from: int | None = None
    """Index of the first token that the model itself went on with; None where there is none."""

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class Generated:
    """What a model went on with (`Model.trace(generate=…)`): G tokens, each the most probable one."""

    ids: npt.NDArray[np.int32]
    """[G]"""
    tokens: tuple[str, ...]
    """[G]"""
    text: str
    """The tokens as text; "" without a tokenizer."""
    log_probs: npt.NDArray[np.float64]
    """[G] log p of each token, natural logarithm."""
    stopped: Literal["end", "length"]
    """Why it ended: the end token came (it is the last of them), or as many came as were asked for."""
    notes: tuple[str, ...] = ()
    """Settings of the model's generation_config.json that were not applied: beams, penalties, forced and forbidden
    tokens. `Model.trace` warns of each."""


class Trace:
    """Queries, keys, values and log-sum-exps of every layer; any attention weight is computed from them exactly.

    Shapes: H heads, Hk key/value heads, N query tokens, M key tokens, Dh head width. Layers and heads count from 0.
    A stack is named where there are several (`stack="decoder"`); without a name the first is meant. Arrays are
    float32 and read-only; those of a trace lie in its own memory (no copy) where it holds float32.

    Attention is routing, not proof of cause: `Model.trace(ablate=…)` shows what a head does.
    """

    def __init__(self, core: _core.Trace, model: Model | None = None) -> None:
        self._held: _core.Trace | None = core
        self._model = model
        self._description: dict[str, Any] = json.loads(core.info())

    # Life

    @property
    def _core(self) -> _core.Trace:
        if self._held is None:
            raise Usage("", "a closed trace", "an open one", "Ask before close(), or open the trace again")
        return self._held

    def close(self) -> None:
        """Lets go of the arrays, once those that were handed out are gone. Questions then raise Usage."""
        self._held = None

    def __enter__(self) -> Trace:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        stacks = ", ".join(f"{s.name}: {len(s.layers)} layers" for s in self.stacks)
        tokens = " × ".join(str(len(v)) for v in self._description["sequences"].values() for v in [v["tokens"]])
        return f"<headscope.Trace of {self.model_name or 'unknown model'}, {stacks}, {tokens} tokens>"

    # What it is

    @property
    def model_name(self) -> str:
        """The model's name, or ""."""
        return str(self._description.get("model", {}).get("name", ""))

    @property
    def info(self) -> Mapping[str, Any]:
        """The whole description, as the object `trace` of a file says it (docs/formats.md)."""
        return self._description

    @property
    def stacks(self) -> tuple[Stack, ...]:
        """The stacks, in order."""
        return tuple(_stack(s) for s in self._description["stacks"])

    @property
    def id(self) -> str:
        """SHA-256 in hex over all that the trace says and holds; equal content has equal ids."""
        return self._core.content_id()

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return self._core.nbytes()

    def sequence(self, side: Side = "query", *, stack: str | None = None) -> Tokens:
        """The tokens of a stack's rows (`query`) or columns (`key`)."""
        described = self._description["stacks"][self._stack(stack)]
        name = described["query" if side == "query" else "key"]
        return _sequence(self._description["sequences"][name])

    @property
    def tokens(self) -> list[str]:
        """The query tokens of the first stack."""
        return list(self.sequence().tokens)

    @property
    def generated(self) -> Generated | None:
        """What the model went on with, of a trace that `Model.trace(generate=…)` gave; else None."""
        made = self._core.generated()
        if made is None:
            return None
        described = self._description["sequences"]
        text = _sequence(described.get("target", described.get("text")))
        start = text.generated_from or 0
        words, log_probs, stopped, notes = made
        return Generated(
            ids=text.ids[start:],
            tokens=text.tokens[start:],
            text=words,
            log_probs=np.asarray(log_probs),
            stopped="end" if stopped == "end" else "length",
            notes=tuple(notes),
        )

    # Numbers

    @overload
    def attention(
        self, layer: int, head: int, *, stack: str | None = ..., progress: Progress | None = ...
    ) -> Floats: ...
    @overload
    def attention(
        self, layer: int, head: None = ..., *, stack: str | None = ..., progress: Progress | None = ...
    ) -> Floats: ...
    def attention(
        self, layer: int, head: int | None = None, *, stack: str | None = None, progress: Progress | None = None
    ) -> Floats:
        """Attention weights [N, M] of a head, or [H, N, M] of a layer. Rows sum to 1 (less the share of a sink)."""
        s = self._stack(stack)
        heads = list(range(self._layer(s, layer)["heads"])) if head is None else [head]
        with told(progress) as tell:
            whole = self._core.attention(s, layer, heads, (0, self._rows(s)), (0, self._columns(s)), tell)
        return whole if head is None else whole[0]

    def tile(
        self, layer: int, head: int, rows: slice | range, cols: slice | range, *, stack: str | None = None
    ) -> Floats:
        """Weights of some rows and columns, exactly: for texts whose whole map is too large."""
        s = self._stack(stack)
        r, c = _bounds(rows, self._rows(s)), _bounds(cols, self._columns(s))
        of_one: Floats = self._core.attention(s, layer, [head], r, c, None)[0]
        return of_one

    def query(self, layer: int, *, stack: str | None = None) -> Floats:
        """Queries [H, N, Dh], after rotation. Raises Capability where the layer holds weights only."""
        return self._array("query", layer, stack)

    def key(self, layer: int, *, stack: str | None = None) -> Floats:
        """Keys [Hk, M, Dh], after rotation. Raises Capability where the layer holds weights only."""
        return self._array("key", layer, stack)

    def value(self, layer: int, *, stack: str | None = None) -> Floats:
        """Values [Hk, M, value_dim]. Raises Capability where the trace has none."""
        return self._array("value", layer, stack)

    def logsumexp(self, layer: int, *, stack: str | None = None) -> Floats:
        """Log-sum-exp of each row's scores [H, N], a sink's logit included."""
        return self._array("logsumexp", layer, stack)

    def sink(self, layer: int, *, stack: str | None = None) -> Floats:
        """The share of each row that goes to the layer's sink [H, N]. Raises Capability where there is none."""
        return self._array("sink", layer, stack)

    def hidden(self, index: int) -> Floats:
        """Hidden states [N, D]: 0 the embeddings, i the output of layer i - 1. Needs `trace(hidden=True)`."""
        found = self._core.hidden(index)
        if found is None:
            raise Capability("HS-CAP-01", f"hidden state {index} of this trace", "trace(…, hidden=True)")
        return found

    # Analysis

    def patterns(self, *, stack: str | None = None, progress: Progress | None = None) -> Patterns:
        """Every head's label and scores on this text (docs/patterns.md); `.to_pandas()`, `["L2H0"]`."""
        fields: dict[str, Any] = {"scope": "input", **self._named(stack)}
        answer = self._ask("heads", fields, progress)
        return Patterns(answer["heads"], answer.get("notes", []), lambda head: self._head(head, stack))

    def heads(self, *, link: tuple[int, int], words: bool = False, stack: str | None = None) -> Links:
        """All heads by the weight from token `link[0]` to token `link[1]`, the heaviest first.

        `words`: their whole words; keys are summed, queries averaged.
        """
        fields = {"query": link[0], "key": link[1], "words": words, **self._named(stack)}
        answer = self._ask("link", fields, None)
        return Links(answer["heads"], answer["stack"])

    def predict(
        self, positions: Sequence[int] | int, top: int = 5, *, progress: Progress | None = None
    ) -> list[list[tuple[str, float]]]:
        """The `top` most probable (token, probability) at each position: of the word there for a masked-language
        model, of the token after it for a causal one or a decoder. Needs the model that made the trace."""
        asked = [positions] if isinstance(positions, int) else list(positions)
        with told(progress) as tell:
            answers = _core.predict(self._core, asked, top, tell)
        return [[(token, probability) for _, token, probability in answer] for answer in answers]

    # Pictures

    def figure(
        self,
        view: View = "head",
        *,
        title: str | None = None,
        note: str | None = None,
        width_mm: float | None = None,
        caption: bool = True,
        transparent: bool = False,
        **options: Option,
    ) -> Figure:
        """A picture of this trace, as `headscope render` draws it: head (lines between words), model (all heads),
        neuron (query, key and product), matrix or map. A notebook shows it, `.save("NAME.svg")` writes it (.pdf, .png).

        options: those of `headscope render --help`: heads ("L2H0", "L6H*", or a list), pin ("q1,k5"), panels ("both"),
        rows ("linked"), attention ("ab"), stack, special ("hide"), renorm, threshold (0.01), theme ("light", "dark",
        "print"), combine ("mean"), quantity ("norm", "score", "rollout", "flow"), topk, scale ("log", "row"), colours
        ("common", "own", "log"; "auto" is log above 64 tokens), words.
        Raises Usage for an option or a value that there is not.
        """
        return draw(
            lambda fields: self._ask("figure", fields, None),
            view,
            options,
            title=title,
            note=note,
            width_mm=width_mm,
            caption=caption,
            transparent=transparent,
        )

    # Files

    def save(self, path: str | PathLike[str]) -> None:
        """Writes a trace file (safetensors; docs/formats.md), whole or not at all."""
        self._core.save(fspath(path))

    def to_bytes(self) -> bytes:
        """The bytes of a trace file."""
        return self._core.to_bytes()

    # Inside

    def _ask(
        self, method: str, fields: Mapping[str, Any], progress: Progress | None, right: Trace | None = None
    ) -> dict[str, Any]:
        with told(progress) as tell:
            kind, body = self._core.ask(method, json.dumps(fields)[1:-1], None if right is None else right._core, tell)
        if not kind.startswith("application/json"):
            raise HeadscopeError("HS-BUG-01", f"an answer of type {kind}", "JSON")
        answer: dict[str, Any] = json.loads(body)
        if "error" in answer:
            said = answer["error"]
            prefix = str(said["code"])[: str(said["code"]).rfind("-")]
            raise _CLASSES.get(prefix, Input)(said["code"], said["got"], said["expected"], said["action"])
        return answer

    def _head(self, head: Head, stack: str | None) -> Mapping[str, Any]:
        fields = {"scope": "input", "head": f"L{head.layer}H{head.head}", **self._named(stack)}
        answer: Mapping[str, Any] = self._ask("head", fields, None)["head"]
        return answer

    def _stack(self, name: str | None) -> int:
        names = [s["name"] for s in self._description["stacks"]]
        if name is None:
            return 0
        if name not in names:
            raise Usage("HS-LINK-01", f"stack {name!r}", ", ".join(names))
        return names.index(name)

    def _named(self, stack: str | None) -> dict[str, Any]:
        self._stack(stack)
        return {} if stack is None else {"stack": stack}

    def _layer(self, stack: int, number: int) -> dict[str, Any]:
        layers = self._description["stacks"][stack]["layers"]
        for layer in layers:
            if layer["layer"] == number:
                found: dict[str, Any] = layer
                return found
        raise Usage("HS-LINK-01", f"layer {number}", "one of " + ", ".join(str(x["layer"]) for x in layers))

    def _array(self, name: str, layer: int, stack: str | None) -> Floats:
        s = self._stack(stack)
        self._layer(s, layer)
        found = self._core.array(name, s, layer)
        if found is None:
            raise Capability("HS-CAP-01", f"the {name} of layer {layer}", "a trace that holds it")
        return found

    def _rows(self, stack: int) -> int:
        return len(self._description["sequences"][self._description["stacks"][stack]["query"]]["tokens"])

    def _columns(self, stack: int) -> int:
        return len(self._description["sequences"][self._description["stacks"][stack]["key"]]["tokens"])


def open(path: str | PathLike[str]) -> Trace:
    """A trace file, checked whole. Raises NotFound, or Input naming the field that is wrong."""
    return Trace(_core.read_trace(fspath(path)))


def demo() -> Trace:
    """The article's sentence pair on BERT-Base, Uncased: a trace that lies in the package."""
    return Trace(_core.demo_trace())


def _bounds(of: slice | range, size: int) -> tuple[int, int]:
    begin, end, step = of.indices(size) if isinstance(of, slice) else (of.start, of.stop, of.step)
    if step != 1:
        raise Usage("HS-LINK-01", f"a step of {step}", "whole ranges, step 1")
    return begin, end


def _layer_of(layer: Mapping[str, Any]) -> Layer:
    known = ("layer", "kind", "holds", "heads", "kv_heads", "head_dim", "value_dim")
    heads = int(layer.get("heads", 0))
    width = int(layer.get("head_dim", 0))
    return Layer(
        number=layer["layer"],
        kind=layer.get("kind", "attention"),
        holds=layer.get("holds", "vectors"),
        heads=heads,
        kv_heads=int(layer.get("kv_heads", heads)),
        head_dim=width,
        value_dim=int(layer.get("value_dim", width)),
        rule={k: v for k, v in layer.items() if k not in known},
    )


def _stack(stack: Mapping[str, Any]) -> Stack:
    layers = tuple(_layer_of(layer) for layer in stack["layers"])
    return Stack(stack["name"], stack["query"], stack["key"], layers)


def _sequence(of: Mapping[str, Any]) -> Tokens:
    return Tokens(
        tokens=tuple(of["tokens"]),
        ids=np.asarray(of["ids"], dtype=np.int32),
        special=np.asarray(of["special"], dtype=np.bool_),
        words=tuple(of["words"]),
        offsets=tuple(None if o is None else (int(o[0]), int(o[1])) for o in of["offsets"]),
        text_a=of.get("text_a", ""),
        text_b=of.get("text_b"),
        generated_from=of.get("generated_from"),
    )
