#!/usr/bin/env python3
"""Cuts reference outputs down to what the repository keeps (standard library only).

    tools/subset_goldens.py SOURCE_DIR tests/golden/bert-base-uncased

Of a text of 512 tokens every 64th row of each array that has one row a token stays, as tensor
`rows` says; its input ids stay whole. Of the other texts all stays, but queries, keys and values
only of the article's pair.
"""
import json
import pathlib
import shutil
import struct
import sys

STEP = 64
LONG = 512


def read(path):
    data = path.read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + size])
    metadata = header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = (entry["dtype"], entry["shape"], data[8 + size + begin : 8 + size + end])
    return metadata, tensors


def write(path, metadata, tensors):
    header, parts, offset = ({"__metadata__": metadata} if metadata else {}), [], 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(data)]}
        parts.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def every_step(dtype, shape, data):
    axis = shape.index(LONG)
    outer = 1
    for extent in shape[:axis]:
        outer *= extent
    row = len(data) // (outer * LONG)
    kept = [
        data[(o * LONG + r) * row : (o * LONG + r + 1) * row]
        for o in range(outer)
        for r in range(0, LONG, STEP)
    ]
    return dtype, [*shape[:axis], LONG // STEP, *shape[axis + 1 :]], b"".join(kept)


def subset(name, tensors):
    long_text = tensors["input_ids"][1] == [LONG]
    out = {}
    for key, (dtype, shape, data) in tensors.items():
        if key in ("query", "key", "value") and name != "article-pair":
            continue
        per_token = LONG in shape and key not in ("input_ids", "token_type_ids")
        out[key] = every_step(dtype, shape, data) if long_text and per_token else (dtype, shape, data)
    if long_text:
        rows = range(0, LONG, STEP)
        out["rows"] = ("I64", [len(rows)], struct.pack(f"<{len(rows)}q", *rows))
    return out


def main():
    source, target = map(pathlib.Path, sys.argv[1:3])
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.safetensors")):
        metadata, tensors = read(path)
        write(target / path.name, metadata, subset(path.stem, tensors))
    shutil.copy(source / "cases.json", target / "cases.json")


if __name__ == "__main__":
    main()
