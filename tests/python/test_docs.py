"""The snippets of docs/python.md do what stands below them."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs/python.md"
BLOCK = re.compile(
    r"<!-- test: python -->\n```python\n(?P<code>.*?)```\n(?:\n<!-- output -->\n```text\n(?P<output>.*?)```)?", re.S
)


@pytest.mark.parametrize(
    "block", BLOCK.finditer(PAGE.read_text()), ids=lambda m: f"line{m.string[: m.start()].count(chr(10))}"
)
def test_snippet(block: re.Match[str]) -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(block["code"], str(PAGE), "exec"), {"__name__": "__main__"})
    if block["output"] is not None:
        assert said.getvalue() == block["output"]


def test_there_are_snippets() -> None:
    assert len(list(BLOCK.finditer(PAGE.read_text()))) >= 3
