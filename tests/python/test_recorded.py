"""What the capture heard of 29 families, recorded: the engine makes eager attention's weights of it, without PyTorch.

The files are of record_captures.py; their expected weights are those that Transformers' eager attention returned.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from headscope import Trace, _core

FILES = sorted((Path(__file__).resolve().parents[1] / "golden/captures").glob("*.safetensors"))
TOLERANCE = 1e-5  # largest difference of an attention weight


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_recorded(file: Path, tmp_path: Path) -> None:
    tensors = load_file(file)
    numbers = {key.split(".")[0] for key in tensors}
    for number in sorted(numbers):
        info = tensors[f"{number}.info"].tobytes().decode()
        parts = {k.split(".part.")[1]: v for k, v in tensors.items() if k.startswith(f"{number}.part.")}
        trace = Trace(_core.assemble_trace(info, parts, "recorded"))
        trace.save(tmp_path / "trace.safetensors")
        again = Trace(_core.read_trace(str(tmp_path / "trace.safetensors")))
        checked = 0
        for stack in trace.stacks:
            for layer in stack.layers:
                right = tensors[f"{number}.expected.{stack.name}.{layer.number}"]
                got = trace.attention(layer.number, stack=stack.name)
                assert got.shape == right.shape
                assert np.abs(got - right).max() <= TOLERANCE
                assert np.array_equal(again.attention(layer.number, stack=stack.name), got)
                checked += 1
        assert checked == sum(".expected." in key and key.startswith(f"{number}.") for key in tensors)
        assert len(trace.patterns()) == sum(layer.heads for layer in trace.stacks[0].layers)


def test_all_families_are_there() -> None:
    assert len(FILES) == 29
