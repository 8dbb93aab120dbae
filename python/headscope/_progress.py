"""How far a long call is, told to a function or to a bar of tqdm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeAlias, runtime_checkable

Tell: TypeAlias = Callable[[int, int], object]


@runtime_checkable
class Bar(Protocol):
    """What is used of a bar of tqdm."""

    n: Any
    total: Any

    def update(self, n: Any = ...) -> object: ...
    def reset(self, total: Any = ...) -> object: ...


Progress: TypeAlias = Tell | Bar | type[Any]
"""A function, called as progress(done, total) now and then; a bar (`tqdm(desc="…")`); or the class of one (`tqdm`),
which is then made and closed by the call. Several phases of a call tell their own totals, one after the other."""


@contextmanager
def told(progress: Progress | None) -> Iterator[Tell | None]:
    """The function by which the engine tells `progress`."""
    if isinstance(progress, type):
        made: list[Any] = []

        def tell(done: int, total: int) -> None:
            if not made:
                made.append(progress(total=total))
            _move(made[0], done, total)

        try:
            yield tell
        finally:
            for bar in made:
                bar.close()
    elif progress is None or isinstance(progress, Bar):
        bar = progress
        yield None if bar is None else lambda done, total: _move(bar, done, total)
    else:
        yield progress


def _move(bar: Bar, done: int, total: int) -> None:
    if bar.total != total or done < bar.n:
        bar.reset(total=total)
    bar.update(done - bar.n)
