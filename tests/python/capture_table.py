"""What a capture of each family holds, by version of Transformers: the table of docs/python.md, and one column of it.

PYTHONPATH=VERSION build-python/try/bin/python tests/python/capture_table.py     prints the column of that version
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/python.md"


def documented() -> dict[str, dict[str, str]]:
    """version → family → what `held` says."""
    rows = re.findall(r"^\| (.+?) \|$", PAGE.read_text().split("captures -->")[1], re.M)
    cells = [[cell.strip() for cell in row.split("|")] for row in rows]
    heading = cells[0]
    return {
        version: {row[0]: row[i] for row in cells[1:] if not row[0].startswith("-")}
        for i, version in enumerate(heading)
        if i > 0
    }


def held(name: str) -> str:
    """What a capture of this family holds with the installed version: vectors, weights, none (it has no such family, or
    its attention cannot be heard); where eager attention is heard otherwise than sdpa: vectors (eager: weights)."""
    import torch
    import transformers
    from families import FAMILIES
    from test_capture import inputs_of

    import headscope

    family = FAMILIES[name]
    if not hasattr(transformers, family.config):
        return "none"
    found: dict[str, str] = {}
    for implementation in ("sdpa", "eager"):
        try:
            model = family.make(implementation)
        except (ValueError, ImportError):  # this family has no such attention
            continue
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            try:
                with headscope.capture(model) as c:
                    model(**inputs_of(family, padded=False))
                layers = [layer for stack in c.traces()[0].stacks for layer in stack.layers]
            except (headscope.Capability, ValueError):
                continue
        found[implementation] = "weights" if any(layer.holds == "weights" for layer in layers) else "vectors"
    kinds = set(found.values())
    return f"{found['sdpa']} (eager: {found['eager']})" if len(kinds) > 1 else kinds.pop() if kinds else "none"


if __name__ == "__main__":
    import transformers
    from families import FAMILIES

    print(transformers.__version__)
    for family in FAMILIES:
        print(f"{family}: {held(family)}")
