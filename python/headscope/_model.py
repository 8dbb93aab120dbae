"""Models: the engine that runs weights with every head exposed."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import index
from os import PathLike, fspath
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from . import _core
from ._errors import Input, NotFound, Usage
from ._progress import Progress, told
from ._trace import Trace

Truncate = Literal["", "longest-first", "only-first", "only-second"]
Picture = str | PathLike[str] | npt.NDArray[Any]
_MOST = 256 << 20  # bytes of a picture's file


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
    def notes(self) -> tuple[str, ...]:
        """What to know of how it was opened: layers that are streamed, weights that were loaded past, the tokenizer's
        notes. `load` warns of each."""
        return tuple(self._core.notes())

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
        target: str | Sequence[int] | None = None,
        ids: Sequence[int] | None = None,
        segments: Sequence[int] | None = None,
        image: Picture | None = None,
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

        target: what the decoder of an encoder–decoder model reads, a text (its start token is added, the end token is
        not) or ids as they are; `a` is then the source.
        ids: token ids as they are fed, instead of texts (no template is added); `segments` one an id.
        image: for a model of pictures: a PNG or JPEG file, prepared as its preprocessor_config.json says, or pixel
        values [3, height, width], float, already normalised.
        generate: a causal model, or a decoder, goes on with up to that many tokens, always the most probable one:
        `trace.generated`. The last one is fed, too, so that the maps have a row of each.
        ablate: heads switched off, "L8H9", "L2H*:mean" (zero, mean or uniform), a list or one string with commas.
        masked: tokens (by index) that the mask token stands for during the run.
        truncate: how a text longer than the model's positions, or than `max_tokens`, is shortened; "" raises Input.
        layers: kept in the trace; () is all.
        attention, hidden: store the maps [H, N, M], the hidden states [N, D] too.
        progress: a function called as progress(done, total) now and then, or a bar of tqdm; Ctrl-C stops the run.
        """
        given = [name for name, value in (("a text", a), ("ids", ids), ("an image", image)) if value is not None]
        if len(given) != 1:
            raise Usage("", " and ".join(given) or "neither a text nor ids nor an image", "one of them")
        if b is not None and a is None:
            raise Usage("", f"{given[0]} and a text b", "one of them")
        words = target if target is None or isinstance(target, str) else None
        with told(progress) as tell:
            core = self._core.trace(
                a or "",
                b,
                None if ids is None else [index(i) for i in ids],
                [] if segments is None else [index(s) for s in segments],
                words,
                None if target is None or isinstance(target, str) else [index(i) for i in target],
                None if image is None else _picture(image),
                generate,
                ablate if isinstance(ablate, str) else ",".join(ablate),
                list(masked),
                truncate,
                max_tokens,
                list(layers),
                attention,
                hidden,
                tell,
            )
        trace = Trace(core, self)
        for note in trace.generated.notes if trace.generated else ():
            warnings.warn(f"headscope: {note}", stacklevel=2)
        return trace


def _picture(image: Picture) -> tuple[bytes, str, bool]:
    """(bytes of a file, its name, whether it is a .npy file of pixel values)"""
    if isinstance(image, str | PathLike):
        name = fspath(image)
        try:
            size = os.stat(name).st_size
            if size > _MOST:
                raise Input("HS-IMAGE-01", f"{name} has {size} bytes", f"at most {_MOST}")
            with open(name, "rb") as file:
                return file.read(), name, False
        except FileNotFoundError as error:
            raise NotFound("", f"no file {name!r}", "a PNG or JPEG file") from error
        except OSError as error:
            raise Input("", f"{name}: {error.strerror}", "a PNG or JPEG file") from error
    pixels = np.asarray(image)
    if pixels.dtype.kind != "f":
        raise Usage(
            "", f"image= of dtype {pixels.dtype}", "the path of a file, or float pixel values [3, height, width]"
        )
    npy = io.BytesIO()
    np.save(npy, np.ascontiguousarray(pixels, dtype=np.float32))
    return npy.getvalue(), "pixels", True


def load(
    model: str | PathLike[str],
    *,
    tokenizer: str | PathLike[str] = "",
    precision: str = "f32",
    threads: int = 0,
    progress: Progress | None = None,
) -> Model:
    """Opens a model: a folder, a GGUF file, or a name that `models()` lists. Never downloads (`pull` does), and
    executes nothing that it finds in a file. What to know of it (`Model.notes`) is warned of.

    tokenizer: a folder with one, instead of the model's own.
    precision: of the matrix products: "f32", "bf16x3" or "bf16"; attention itself is float32 in each.
    threads: 0 = all processors; of the whole process.
    Raises NotFound with the nearest names; Input naming the file and field or tensor that is wrong.
    """
    if threads < 0:
        raise Usage("", f"threads={threads}", "0 (all processors) or more")
    _core.set_threads(threads)
    with told(progress) as tell:
        opened = Model(_core.load(fspath(model), fspath(tokenizer), precision, tell))
    for note in opened.notes:
        warnings.warn(f"headscope.load: {note}", stacklevel=2)
    return opened


@dataclass(frozen=True)
class KnownModel:
    """A model that `load` would find, or `pull` can fetch."""

    name: str
    """What `load` and `pull` take."""
    source: str
    """known (not here yet), cache (headscope's), hub (Hugging Face's), ollama"""
    kind: str
    """safetensors, pytorch, tensorflow, gguf"""
    family: str
    """`bert`, `llama`, …; "" where that is not known."""
    layers: int
    """0: not known."""
    heads: int
    """In a layer; 0: not known."""
    bytes: int
    """Of the weight files; of the download where the model is not here."""
    cached: bool
    """`load` would find it."""
    path: str
    """Where it is; "" for one that is not here."""
    problem: str
    """Why it cannot be read, or ""."""


def models() -> list[KnownModel]:
    """The models that `pull` knows, and those found in the caches. Reads no weights."""
    return [KnownModel(**row) for row in _core.models()]


def pull(name: str, *, say: Callable[[str], object] | None = None, progress: Progress | None = None) -> str:
    """Fetches a model by name into headscope's cache and returns its folder. Needs the network, once.

    say: called with one line a step.
    """
    with told(progress) as tell:
        return _core.pull(name, say, tell)
