"""The snippets of the documents print what stands below them and save what they say; the reference is that of the
docstrings."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def script(name: str):
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(ROOT / "tools" / name))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


GALLERY = script("python-gallery")
SNIPPETS = GALLERY.snippets()


@pytest.mark.parametrize(
    ("page", "match"), SNIPPETS, ids=[f"{p.stem}-{m.string[: m.start()].count(chr(10))}" for p, m in SNIPPETS]
)
def test_snippet(page: Path, match: re.Match[str], tmp_path: Path) -> None:
    why = GALLERY.missing(match["needs"])
    if why:
        pytest.skip(why)
    said = GALLERY.run(page, match, tmp_path)
    if match["output"] is not None:
        assert said == match["output"]
    for name in GALLERY.saved(match["code"]):
        assert ("<svg" if name.endswith(".svg") else "<html") in (tmp_path / name).read_text()


def test_every_snippet_is_run_or_says_why_not() -> None:
    for page in GALLERY.PAGES:
        text = page.read_text()
        marked = len(re.findall(r"<!-- test: (?:python|none)[^>]*-->\n```python\n", text))
        assert marked == len(re.findall(r"^```python$", text, re.M)), page.name
    assert len(SNIPPETS) >= 15


def test_the_reference_is_that_of_the_docstrings() -> None:
    printed = subprocess.run(
        [sys.executable, ROOT / "tools/python-api"], capture_output=True, text=True, check=True
    ).stdout
    assert printed == (ROOT / "docs/python-api.md").read_text(), "mend it with: tools/python-api >docs/python-api.md"
