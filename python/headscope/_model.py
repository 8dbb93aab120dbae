"""Models: the engine that runs weights with every head exposed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Literal

from . import _core
from ._errors import Capability, Usage
from ._trace import Progress, Trace

Truncate = Literal["", "longest-first", "only-first", "only-second"]


class Model:
    """A model as the engine runs it; `load` opens one. Results never depend on the number of threads."""

    def __init__(self, core: _core.Model) -> None:
        self._core = core

    @property
    def name(self) -> str:
        """What traces and figures call it."""
        return self._core.name()

    @property
    def family(self) -> str:
        """`bert`, `llama`, …"""
        return self._core.family()

    @property
    def fingerprint(self) -> str:
        """SHA-256 in hex over the weights; the first time it reads them all."""
        return self._core.fingerprint()

    @property
    def max_positions(self) -> int:
        """The most tokens of a text, special ones included."""
        return self._core.max_positions()

    @property
    def capabilities(self) -> Mapping[str, bool]:
        """What the weights and the tokenizer can do: text, masked, next, embeddings."""
        return self._core.capabilities()

    @property
    def heads(self) -> dict[str, list[int]]:
        """Heads of every layer, by the name of the stack."""
        return dict(self._core.stacks())

    def __repr__(self) -> str:
        stacks = ", ".join(f"{name}: {len(heads)} × {max(heads, default=0)}" for name, heads in self.heads.items())
        return f"<headscope.Model {self.name}, {self.family}, layers × heads {stacks}>"

    def trace(
        self,
        a: str | None = None,
        b: str | None = None,
        *,
        target: str | None = None,
        ids: Sequence[int] | None = None,
        segments: Sequence[int] | None = None,
        image: str | PathLike[str] | None = None,
        generate: int | None = None,
        ablate: str | Sequence[str] = "",
        masked: Sequence[int] = (),
        truncate: Truncate = "",
        max_tokens: int | None = None,
        layers: Sequence[int] = (),
        attention: bool = False,
        hidden: bool = False,
        progress: Progress | None = None,
    ) -> Trace:
        """Runs the model on text `a`, or the pair `a`, `b`, and keeps queries, keys and values of every layer.

        ids: token ids as they are fed, instead of texts (no template is added); `segments` one an id.
        ablate: heads switched off, "L8H9", "L2H*:mean" (zero, mean or uniform), a list or one string with commas.
        masked: tokens (by index) that the mask token stands for during the run.
        truncate: how a text longer than the model's positions, or than `max_tokens`, is shortened; "" raises Input.
        layers: kept in the trace; () is all.
        attention, hidden: store the maps [H, N, M], the hidden states [N, D] too.
        progress: called as progress(done, total) now and then; Ctrl-C stops the run.
        """
        for name, value in (("target", target), ("image", image), ("generate", generate)):
            if value is not None:
                raise Capability("HS-CAP-01", f"{name}=", "texts or ids", "Use the command headscope for this")
        if (a is None) == (ids is None):
            raise Usage("", "both a text and ids" if ids is not None else "neither a text nor ids", "one of them")
        if ids is not None and b is not None:
            raise Usage("", "ids and a text b", "one of them")
        core = self._core.trace(
            a or "",
            b,
            None if ids is None else [int(i) for i in ids],
            [] if segments is None else [int(s) for s in segments],
            ablate if isinstance(ablate, str) else ",".join(ablate),
            list(masked),
            truncate,
            max_tokens,
            list(layers),
            attention,
            hidden,
            progress,
        )
        return Trace(core, self)


def load(
    model: str | PathLike[str], *, precision: str = "f32", threads: int = 0, progress: Progress | None = None
) -> Model:
    """Opens a model: a folder, a GGUF file, or a name that `models()` lists. Never downloads (`pull` does), and
    executes nothing that it finds in a file.

    threads: 0 = all processors; of the whole process.
    Raises NotFound with the nearest names; Input naming the file and field or tensor that is wrong.
    """
    if precision != "f32":
        raise Capability("HS-CAP-01", f"precision={precision!r}", "'f32'")
    _core.set_threads(threads)
    return Model(_core.load(fspath(model), progress))


@dataclass(frozen=True)
class KnownModel:
    """A model that `load` would find, or `pull` can fetch."""

    name: str
    source: str
    """known (not here yet), cache (headscope's), hub (Hugging Face's), ollama"""
    kind: str
    """safetensors, pytorch, tensorflow, gguf"""
    family: str
    layers: int
    heads: int
    bytes: int
    cached: bool
    path: str
    problem: str
    """Why it cannot be read, or ""."""


def models() -> list[KnownModel]:
    """The models that `pull` knows, and those found in the caches. Reads no weights."""
    return [KnownModel(**row) for row in _core.models()]


def pull(name: str, *, say: Callable[[str], object] | None = None, progress: Progress | None = None) -> str:
    """Fetches a model by name into headscope's cache and returns its folder. Needs the network, once.

    say: called with one line a step.
    """
    return _core.pull(name, say, progress)
