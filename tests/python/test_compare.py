"""Two traces side by side, against the definition in NumPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import headscope

TEXT = "I went to the store."


@pytest.fixture(scope="module")
def model(tiny: Path) -> headscope.Model:
    return headscope.load(tiny)


def divergence(p: np.ndarray, q: np.ndarray) -> float:
    """Mean over rows of the Jensen–Shannon divergence (Lin 1991), nats."""
    p, q = (x / x.sum(axis=-1, keepdims=True) for x in (p.astype(np.float64), q.astype(np.float64)))
    m = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [np.where(x > 0, x * np.log(x / m), 0).sum(axis=-1) / 2 for x in (p, q)]
    return float(np.mean(parts[0] + parts[1]))


def test_a_head_switched_off(model: headscope.Model) -> None:
    on, off = model.trace(TEXT), model.trace(TEXT, ablate="L0H1")
    found = headscope.compare(on, off)
    assert len(found) == 12 and found.left is on
    assert [h.js for h in found] == sorted((h.js for h in found), reverse=True)
    # The same text: every token is a unit of its own.
    assert found.pairs() == [(range(i, i + 1), range(i, i + 1)) for i in range(len(on.tokens))]
    assert (found.left_only, found.right_only) == (0, 0)
    for head in found:
        one, other = on.attention(head.layer, head.head), off.attention(head.layer, head.head)
        assert abs(head.js - divergence(one, other)) <= 1e-6
        assert np.abs(found.difference(head.layer, head.head) - (other - one)).max() <= 1e-6
    assert found["L0H1"].js == 0  # layer 0 comes before what was switched off
    assert headscope.compare(on, on)[0].js == 0


def test_two_texts(model: headscope.Model) -> None:
    found = headscope.compare(model.trace(TEXT), model.trace("I went to the old store."))
    one, other = found.left.tokens, found.right.tokens
    for left, right in found.pairs():
        assert [one[i] for i in left] == [other[i] for i in right]
    assert found.left_only == 0
    matched = {i for _, right in found.pairs() for i in right}
    assert "old" in "".join(other[i] for i in range(len(other)) if i not in matched).replace("##", "")
    rows = [i for i in range(len(other)) if i in matched]
    for head in found:
        here = found.right.attention(head.layer, head.head)[np.ix_(rows, rows)]
        assert abs(head.js - divergence(found.left.attention(head.layer, head.head), here)) <= 1e-6


def test_tables_and_names(model: headscope.Model) -> None:
    pandas = pytest.importorskip("pandas")
    found = headscope.compare(model.trace(TEXT), model.trace(TEXT, ablate="L0H1"), labels=False)
    frame = found.to_pandas()
    assert isinstance(frame, pandas.DataFrame) and len(frame) == 12
    assert frame.js.is_monotonic_decreasing
    assert found[0] == found[found[0].name] and found[:2] == tuple(found)[:2]
    with pytest.raises(KeyError):
        found["L9H9"]


def test_stacks(tiny: Path) -> None:
    t5 = headscope.load(tiny.parent / "t5")
    on = t5.trace(TEXT, target="At the store")
    off = t5.trace(TEXT, target="At the store", ablate="cross.L0H0")
    found = headscope.compare(on, off, stack="cross")
    assert {h.stack for h in found} == {"cross"} and found["cross.L1H0"].js > 0
    assert headscope.compare(on, off)[0].js == 0  # the encoder reads nothing of the decoder
    with pytest.raises(headscope.Usage, match="nothing"):
        headscope.compare(on, off, stack="nothing")


def test_errors(model: headscope.Model, tiny: Path) -> None:
    trace = model.trace(TEXT)
    with pytest.raises(headscope.Usage, match="str as the second"):
        headscope.compare(trace, "text")  # type: ignore[arg-type]
    closed = model.trace(TEXT)
    closed.close()
    with pytest.raises(headscope.Usage, match="closed trace"):
        headscope.compare(trace, closed)
    with pytest.raises(headscope.Capability, match="serve"):
        headscope.view([trace, trace])
