"""Tables of heads: their labels and scores, or their weights on one link."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    import pandas


def name_of(stack: str, layer: int, head: int) -> str:
    """`L2H0`, or `decoder.L2H0` where there are several stacks."""
    return f"L{layer}H{head}" if stack in ("", "self") else f"{stack}.L{layer}H{head}"


@dataclass(frozen=True)
class Head:
    """One head's label and scores on a text (docs/patterns.md)."""

    stack: str
    layer: int
    head: int
    labels: tuple[str, ...]
    """Patterns that it follows, the strongest first; empty: mixed."""
    leaning: tuple[str, ...]
    """Patterns below their line."""
    scores: Mapping[str, float | None]
    """By name; None where a score is undefined on this text."""
    entropy: float | None
    """Mean entropy of its rows, nats."""
    distance: float | None
    """Mean distance of what it attends to, tokens."""
    reach: float | None
    """Mean distance of the heaviest key, tokens."""

    @property
    def name(self) -> str:
        """`L2H0`, or `decoder.L2H0` where a trace has several stacks."""
        return name_of(self.stack, self.layer, self.head)


@dataclass(frozen=True)
class Link:
    """One head's weight from a query to a key."""

    stack: str
    layer: int
    head: int
    weight: float
    rank: int | None
    """Of the key among all keys of the query, 1 the heaviest; None where the head masks it."""
    chance: float | None
    """Expected weight when masses are shuffled within their class (docs/patterns.md)."""
    lift: float | None
    """weight / chance"""

    @property
    def name(self) -> str:
        """`L2H0`, or `decoder.L2H0` where a trace has several stacks."""
        return name_of(self.stack, self.layer, self.head)


class Patterns(Sequence[Head]):
    """The heads of a trace in the order of layers, each with its labels and scores."""

    def __init__(
        self, heads: Sequence[Mapping[str, Any]], notes: Sequence[str], explain: Callable[[Head], Mapping[str, Any]]
    ) -> None:
        self._heads = tuple(_head(h) for h in heads)
        self._explain = explain
        self.notes = tuple(notes)
        """What a reader must be told of these numbers."""

    def __len__(self) -> int:
        return len(self._heads)

    def __iter__(self) -> Iterator[Head]:
        return iter(self._heads)

    @overload
    def __getitem__(self, which: int | str) -> Head: ...
    @overload
    def __getitem__(self, which: slice) -> tuple[Head, ...]: ...
    def __getitem__(self, which: int | str | slice) -> Head | tuple[Head, ...]:
        if not isinstance(which, str):
            return self._heads[which]
        for head in self._heads:
            if which in (head.name, f"L{head.layer}H{head.head}"):
                return head
        raise KeyError(which)

    def best(self, score: str) -> list[Head]:
        """All heads where `score` is defined, the highest first."""
        defined = [(value, h) for h in self._heads if (value := h.scores.get(score)) is not None]
        if not defined and score not in self._heads[0].scores:
            raise KeyError(f"{score}; there are {', '.join(self._heads[0].scores)}")
        return [h for _, h in sorted(defined, key=lambda pair: -pair[0])]

    def explain(self, head: str) -> Mapping[str, Any]:
        """All that is known of a head: scores with chance, lift, error, examples, exceptions (docs/formats.md)."""
        return self._explain(self[head])

    def to_pandas(self) -> pandas.DataFrame:
        """One row a head: stack, layer, head, label, then every score."""
        import pandas

        rows = [
            {
                "stack": h.stack,
                "layer": h.layer,
                "head": h.head,
                "label": h.labels[0] if h.labels else "mixed",
                **h.scores,
                "entropy": h.entropy,
                "distance": h.distance,
                "reach": h.reach,
            }
            for h in self._heads
        ]
        return pandas.DataFrame(rows)

    def __repr__(self) -> str:
        labelled = sum(bool(h.labels) for h in self._heads)
        return f"<headscope.Patterns of {len(self._heads)} heads, {labelled} with a label>"


class Links(Sequence[Link]):
    """All heads by one weight, the heaviest first."""

    def __init__(self, heads: Sequence[Mapping[str, Any]], stack: str) -> None:
        self._links = tuple(
            Link(h.get("stack", stack), h["layer"], h["head"], h["weight"], h["rank"], h["chance"], h["lift"])
            for h in heads
        )

    def __len__(self) -> int:
        return len(self._links)

    def __iter__(self) -> Iterator[Link]:
        return iter(self._links)

    @overload
    def __getitem__(self, which: int) -> Link: ...
    @overload
    def __getitem__(self, which: slice) -> tuple[Link, ...]: ...
    def __getitem__(self, which: int | slice) -> Link | tuple[Link, ...]:
        return self._links[which]

    def to_pandas(self) -> pandas.DataFrame:
        """One row a head, the heaviest first."""
        import pandas

        columns = ["stack", "layer", "head", "weight", "rank", "chance", "lift"]
        return pandas.DataFrame([{c: getattr(link, c) for c in columns} for link in self._links], columns=columns)

    def __repr__(self) -> str:
        best = f", first {self._links[0].name} {self._links[0].weight:.4f}" if self._links else ""
        return f"<headscope.Links of {len(self._links)} heads{best}>"


def _head(of: Mapping[str, Any]) -> Head:
    return Head(
        stack=of.get("stack", ""),
        layer=of["layer"],
        head=of["head"],
        labels=tuple(of["labels"]),
        leaning=tuple(of["leaning"]),
        scores=of["scores"],
        entropy=of["entropy"],
        distance=of["distance"],
        reach=of["reach"],
    )
