"""Writes tests/golden/captures: what the capture heard of tiny random models, and what eager attention says of them.

tests/python/test_recorded.py reads them where no PyTorch is. Made anew, in the environment of tools/python-env with the
package installed (`tools/python --all` leaves one in build-python/try):

    build-python/try/bin/python tests/python/record_captures.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
import transformers
from families import FAMILIES, OUTSIDE
from safetensors.numpy import save_file
from test_capture import expected, inputs_of

import headscope
from headscope import _core

OUT = Path(__file__).resolve().parents[2] / "tests/golden/captures"


def record(name: str) -> dict[str, np.ndarray]:
    """NUMBER.part.KEY and NUMBER.expected.STACK.LAYER [H, N, M] of each text of a padded batch."""
    family = FAMILIES[name]
    given = inputs_of(family, padded=name != "xlnet")
    model = family.make("sdpa" if family.vectors and name not in ("gemma2", "gpt_oss") else "eager")
    heard: list[tuple[str, dict[str, object]]] = []
    real = _core.assemble_trace

    def listening(info: str, parts: dict[str, object], origin: str) -> object:
        heard.append((info, dict(parts)))
        return real(info, parts, origin)

    with torch.no_grad(), headscope.capture(model) as c:
        model(**given)
    _core.assemble_trace = listening
    try:
        traces = c.traces()
    finally:
        _core.assemble_trace = real
    tensors: dict[str, np.ndarray] = {}
    right = expected(family, given)
    for number, ((info, parts), trace) in enumerate(zip(heard, traces, strict=True)):
        tensors[f"{number}.info"] = np.frombuffer(info.encode(), dtype=np.uint8)
        for key, part in parts.items():
            tensors[f"{number}.part.{key}"] = np.ascontiguousarray(part)
        for stack in trace.stacks:
            rows, columns = len(trace.sequence(stack=stack.name)), len(trace.sequence("key", stack=stack.name))
            for layer in stack.layers:
                of = right[stack.name][layer.number][number][:, :rows, :columns]
                tensors[f"{number}.expected.{stack.name}.{layer.number}"] = np.ascontiguousarray(of)
    return tensors


def main() -> None:
    OUT.mkdir(exist_ok=True)
    made = {"transformers": transformers.__version__, "torch": torch.__version__}
    for name in FAMILIES:
        save_file(record(name), OUT / f"{name}.safetensors", {"made": json.dumps(made)})
    size = sum(f.stat().st_size for f in OUT.glob("*.safetensors"))
    print(f"{len(FAMILIES)} families ({len(OUTSIDE)} with weights alone), {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
