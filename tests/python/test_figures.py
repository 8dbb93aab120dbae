"""Pictures: the bytes of the command `headscope render`, shown by notebooks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import headscope

PAIR = ("I went to the store.", "At the store, I bought fresh strawberries.")


def render(*arguments: object) -> None:
    code = "from headscope._program import main; main()"
    subprocess.run([sys.executable, "-c", code, "render", *map(str, arguments)], check=True, capture_output=True)


def drawing(svg: str) -> str:
    """Without the caption and the command, which name the trace's file."""
    return svg[: svg.index("<metadata")] if "<metadata" in svg else svg


@pytest.mark.parametrize(
    ("view", "options"),
    [
        ("head", {"heads": "L2H0", "pin": "q1"}),
        ("model", {"heads": "L2H*", "threshold": 0.1, "words": True}),
        ("matrix", {"heads": ["L2H0", "L2H6"], "theme": "dark"}),
    ],
)
def test_what_render_draws(view: str, options: dict, tmp_path: Path) -> None:
    flags: list[str] = []
    for name, value in options.items():
        if value is True:
            flags.append(f"--{name}")
        else:
            flags += [f"--{name}", ",".join(value) if isinstance(value, list) else str(value)]
    render(view, "--trace", "demo", "-o", tmp_path / "right.svg", "--no-caption", *flags)
    figure = headscope.demo().figure(view, caption=False, **options)
    assert drawing(figure.svg) == drawing((tmp_path / "right.svg").read_text())
    assert figure._repr_svg_() == figure.svg


def test_files(tmp_path: Path) -> None:
    figure = headscope.demo().figure(heads="L2H0", title="Next word")
    assert "layer 2, head 0" in figure.caption and "Next word" in figure.svg
    for name, begins in (("a.svg", b"<svg"), ("a.pdf", b"%PDF"), ("a.png", b"\x89PNG")):
        figure.save(tmp_path / name)
        assert begins in (tmp_path / name).read_bytes()[:200]
    with pytest.raises(headscope.Usage, match="gif"):
        figure.save(tmp_path / "a.gif")


def test_comparison(tiny: Path) -> None:
    model = headscope.load(tiny)
    found = headscope.compare(model.trace(*PAIR), model.trace(*PAIR, ablate="L0H1"))
    svg = found.figure().svg
    assert found[0].name in svg or f"layer {found[0].layer}, head {found[0].head}" in svg.lower()


def test_errors() -> None:
    trace = headscope.demo()
    with pytest.raises(headscope.Usage, match="the option zoom"):
        trace.figure(zoom=2)
    with pytest.raises(headscope.Usage, match="1 to 64"):
        trace.figure(topk=99)
    with pytest.raises(headscope.Usage, match="layer 20"):
        trace.figure(heads="L20H0")
