"""Two traces side by side: two texts, two models, heads on and off."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from . import _core
from ._errors import Capability, Usage
from ._figure import Figure, Option, draw
from ._heads import name_of
from ._progress import Progress, told
from ._trace import Side, Trace

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Difference:
    """How far one head differs between the two sides."""

    stack: str
    layer: int
    head: int
    js: float
    """Jensen–Shannon divergence of its rows over matched keys, nats, 0 … ln 2, mean over matched queries; NaN where
    no query is matched."""
    mean_abs: float
    """Mean absolute difference of these rows."""
    queries: int
    """Matched queries that attend to matched keys on both sides."""
    left_labels: tuple[str, ...]
    """Patterns that it follows on the left, best first."""
    right_labels: tuple[str, ...]

    @property
    def name(self) -> str:
        """`L2H0`, or `decoder.L2H0` where the traces have several stacks."""
        return name_of(self.stack, self.layer, self.head)


class Comparison(Sequence[Difference]):
    """The heads of two traces, the one that differs most first; `compare` makes it.

    Tokens are aligned by the characters that they stand for. A matched unit is one or several tokens of each side: to
    it the weights of its tokens are summed, from it they are averaged.
    """

    def __init__(self, core: _core.Comparison, left: Trace, right: Trace) -> None:
        self._core = core
        self.left = left
        """The first trace."""
        self.right = right
        """The second trace."""
        self._heads = tuple(
            Difference(stack, layer, head, js, mean_abs, queries, tuple(one), tuple(other))
            for stack, layer, head, js, mean_abs, queries, one, other in core.heads()
        )
        _, left_only, right_only = core.alignment(False)
        self.matched = core.matched_words()
        """Words that both sides have."""
        self.left_only = len(left_only)
        """Tokens or words that the left alone has."""
        self.right_only = len(right_only)
        """Tokens or words that the right alone has."""
        self.notes = tuple(core.notes())
        """What a reader must be told of these numbers."""

    @property
    def stack(self) -> str:
        """Name of the stack that was compared."""
        return self._core.stack()

    def pairs(self, side: Side = "query") -> list[tuple[range, range]]:
        """The matched units of the rows (`query`) or columns (`key`): tokens of the left, tokens of the right."""
        matched, _, _ = self._core.alignment(side == "key")
        return [(range(a, b), range(c, d)) for a, b, c, d in matched]

    def difference(self, layer: int, head: int) -> npt.NDArray[np.float64]:
        """Right less left [Q, K]: weights of a head between matched units, as they are (not renormalised)."""
        one, other = self._core.maps(layer, head)
        return np.asarray(other[:, :-1] - one[:, :-1])  # the last column is a sink's

    def __len__(self) -> int:
        return len(self._heads)

    def __iter__(self) -> Iterator[Difference]:
        return iter(self._heads)

    @overload
    def __getitem__(self, which: int | str) -> Difference: ...
    @overload
    def __getitem__(self, which: slice) -> tuple[Difference, ...]: ...
    def __getitem__(self, which: int | str | slice) -> Difference | tuple[Difference, ...]:
        if not isinstance(which, str):
            return self._heads[which]
        for head in self._heads:
            if which in (head.name, f"L{head.layer}H{head.head}"):
                return head
        raise KeyError(which)

    def figure(
        self,
        *,
        title: str | None = None,
        note: str | None = None,
        width_mm: float | None = None,
        caption: bool = True,
        transparent: bool = False,
        **options: Option,
    ) -> Figure:
        """Both sides of some heads, side by side; arguments as those of `Trace.figure`."""
        return draw(
            lambda fields: self.left._ask("figure", fields, None, self.right),
            "compare",
            {"heads": self._heads[0].name, **({} if self.stack == "self" else {"stack": self.stack}), **options},
            title=title,
            note=note,
            width_mm=width_mm,
            caption=caption,
            transparent=transparent,
        )

    def to_pandas(self) -> pandas.DataFrame:
        """One row a head, the one that differs most first."""
        import pandas

        rows = [
            {
                "stack": h.stack,
                "layer": h.layer,
                "head": h.head,
                "js": h.js,
                "mean_abs": h.mean_abs,
                "queries": h.queries,
                "left_label": h.left_labels[0] if h.left_labels else "mixed",
                "right_label": h.right_labels[0] if h.right_labels else "mixed",
            }
            for h in self._heads
        ]
        return pandas.DataFrame(rows)

    def __repr__(self) -> str:
        first = self._heads[0]
        said = "" if math.isnan(first.js) else f", first {first.name} {first.js:.4f}"
        return f"<headscope.Comparison of {len(self._heads)} heads, {self.matched} words matched{said}>"


def compare(
    x: Trace, y: Trace, *, stack: str | None = None, labels: bool = True, progress: Progress | None = None
) -> Comparison:
    """How far every head differs between two traces: two texts, two models, two checkpoints, heads on and off.

    >>> on = model.trace("I went to the store.")
    >>> off = model.trace("I went to the store.", ablate="L0H1")
    >>> headscope.compare(on, off)[0].name

    stack: which one of traces with several; the first unless given.
    labels: also the patterns of each side; costs as much again.
    Raises Usage where the two have no stack, no head or no token in common.
    """
    for trace, name in ((x, "first"), (y, "second")):
        if not isinstance(trace, Trace):
            raise Usage("", f"{type(trace).__name__} as the {name} of two", "a Trace", "model.trace(…) makes one")
    with told(progress) as tell:
        core = _core.compare(x._core, y._core, stack or "", labels, tell)
    return Comparison(core, x, y)


def view(of: Any) -> Any:
    """The page in a notebook. Not there yet: raises Capability."""
    raise Capability(
        "HS-CAP-01",
        "the view in a notebook, which this version does not have yet",
        "the page in a browser",
        'trace.save("trace.safetensors"), then: headscope serve --trace trace.safetensors',
    )
