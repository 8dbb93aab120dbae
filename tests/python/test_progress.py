"""Progress: functions, and bars as tqdm makes them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import ClassVar

import pytest

import headscope
from headscope._progress import told


class Bar:
    """As much of tqdm as is used, counting."""

    made: ClassVar[list[Bar]] = []

    def __init__(self, total: float | None = None) -> None:
        self.n: float = 0
        self.total = total
        self.closed = False
        self.resets = 0
        Bar.made.append(self)

    def update(self, n: float = 1) -> None:
        self.n += n

    def reset(self, total: float | None = None) -> None:
        self.n, self.total = 0, total
        self.resets += 1

    def close(self) -> None:
        self.closed = True


def test_a_bar_follows() -> None:
    bar = Bar()
    with told(bar) as tell:
        assert tell is not None
        tell(2, 10)
        tell(7, 10)
        assert (bar.n, bar.total, bar.resets) == (7, 10, 1)
        tell(1, 3)  # the next phase
    assert (bar.n, bar.total, bar.resets, bar.closed) == (1, 3, 2, False)


def test_a_class_is_made_and_closed() -> None:
    Bar.made.clear()
    with told(Bar) as tell:
        assert tell is not None and not Bar.made  # nothing is drawn before there is news
        tell(3, 4)
    (bar,) = Bar.made
    assert (bar.n, bar.total, bar.closed) == (3, 4, True)


def test_functions_and_none() -> None:
    with told(None) as tell:
        assert tell is None
    heard = []
    with told(lambda done, total: heard.append((done, total))) as tell:
        assert tell is not None
        tell(1, 2)
    assert heard == [(1, 2)]


def test_tqdm(tiny: Path) -> None:
    tqdm = pytest.importorskip("tqdm").tqdm
    model = headscope.load(tiny)
    said = io.StringIO()
    with tqdm(desc="heads", file=said, mininterval=0) as bar:
        headscope.analyze(model, texts=["I went to the store."] * 20, progress=bar)
        assert bar.n == bar.total > 0
    assert "heads" in said.getvalue()
    model.trace("I went to the store.", progress=tqdm)
