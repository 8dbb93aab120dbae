#!/usr/bin/env python3
"""Makes the inputs that the fuzz target `arrays` begins with (src/trace/fuzz_arrays.h says their form)."""
import json
import math
import pathlib
import struct

HERE = pathlib.Path(__file__).parent


def rows(shape, scores=False):
    """Rows that fall to the right and sum to 1; or scores, of which the last key is masked."""
    keys = shape[-1]
    row = [(keys - j) / (keys * (keys + 1) / 2) for j in range(keys)]
    if scores:
        row = [float(j) for j in range(keys - 1)] + [-math.inf]
    return row * (math.prod(shape) // keys)


def npy(shape, code="<f4", scores=False):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }" % (code, ", ".join(map(str, shape)))
    header += " " * (-(len(header) + 11) % 64) + "\n"
    packed = struct.pack("<%d%s" % (math.prod(shape), {"<f4": "f", "<f8": "d", "<f2": "e"}[code]), *rows(shape, scores))
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + packed


def safetensors(tensors):
    header, data = {}, b""
    for name, shape in tensors.items():
        packed = struct.pack("<%df" % math.prod(shape), *rows(shape))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


SEEDS = {
    "one": ("weights npy", "", npy([2, 2, 3, 3])),
    "half": ("weights npy", '["a", "b"]', npy([1, 2, 2, 2], "<f2")),
    "layers": ("weights npy 1", "", npy([2, 1, 2, 2]) + npy([2, 3, 2, 2], "<f8")),
    "scores": ("scores npy", "", npy([1, 2, 3, 3], scores=True)),
    "unnormalised": ("unnormalised npy", "", npy([1, 1, 2, 2])),
    "self": ("weights safetensors", '["a", "b"]', safetensors({"attention.0": [2, 2, 2], "attention.1": [1, 2, 2]})),
    "stacks": (
        "weights safetensors",
        '{"source": ["a", "b", "c"], "target": ["d", "e"]}',
        safetensors({"encoder_attention": [1, 2, 3, 3], "decoder_attention.0": [2, 2, 2], "cross_attention.0": [2, 2, 3]}),
    ),
}

for name, (options, tokens, data) in SEEDS.items():
    (HERE / name).write_bytes(f"{options}\n{tokens}\n".encode() + data)
