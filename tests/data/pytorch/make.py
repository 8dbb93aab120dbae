#!/usr/bin/env python3
"""Writes views.bin and views-old.bin as torch.save() would, without PyTorch: the pickles come from Python's own
pickle module, with stand-ins that carry the names of PyTorch's functions and classes (torch/_utils.py,
torch/serialization.py of PyTorch 2). The numbers are those of README.md."""
import pathlib
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict

FOLDER = pathlib.Path(__file__).parent


def module(name):
    sys.modules[name] = types.ModuleType(name)
    return sys.modules[name]


torch, utils = module("torch"), module("torch._utils")


def function(name):
    def stand_in(*arguments):
        raise NotImplementedError
    stand_in.__name__ = stand_in.__qualname__ = name
    stand_in.__module__ = "torch._utils"
    setattr(utils, name, stand_in)
    return stand_in


REBUILD = {name: function(name) for name in ("_rebuild_tensor_v2", "_rebuild_tensor", "_rebuild_parameter")}


class Storage:
    def __init__(self, kind, code, size, values):
        self.kind, self.count = kind, len(values)
        if kind == "BFloat16Storage":  # the upper half of a float32; all values here are exact in it
            self.bytes = b"".join(struct.pack("<f", v)[2:] for v in values)
        else:
            self.bytes = struct.pack(f"<{len(values)}{code}", *values)
        assert len(self.bytes) == size * self.count
        if not hasattr(torch, kind):
            setattr(torch, kind, type(kind, (), {"__module__": "torch", "__qualname__": kind}))


class Tensor:
    def __init__(self, storage, offset, shape, strides, rebuild="_rebuild_tensor_v2"):
        self.arguments = (storage, offset, shape, strides)
        self.rebuild = rebuild

    def __reduce__(self):
        more = (False, OrderedDict()) if self.rebuild == "_rebuild_tensor_v2" else ()
        return REBUILD[self.rebuild], self.arguments + more


class Parameter:
    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce__(self):
        return REBUILD["_rebuild_parameter"], (self.tensor, True, OrderedDict())


numbers = Storage("FloatStorage", "f", 4, [float(i) for i in range(12)])
half = Storage("HalfStorage", "e", 2, [0.5, -2.0, 65504.0, 2.0 ** -24])
brain = Storage("BFloat16Storage", "", 2, [1.5, -3.0, 2.0 ** 100, 0.0])
double = Storage("DoubleStorage", "d", 8, [0.1, -7.25])
whole = Storage("LongStorage", "q", 8, [0, 1, 2])
state = OrderedDict([
    ("dense", Tensor(numbers, 0, (3, 4), (4, 1))),
    ("transposed", Tensor(numbers, 0, (4, 3), (1, 4))),
    ("row", Tensor(numbers, 4, (4,), (1,))),
    ("column", Tensor(numbers, 1, (3,), (4,))),
    ("repeated", Tensor(numbers, 2, (2, 3), (0, 1))),
    ("scalar", Tensor(numbers, 7, (), ())),
    ("empty", Tensor(numbers, 0, (0, 4), (4, 1))),
    ("one_row", Tensor(numbers, 8, (1, 4), (99, 1))),
    ("old_call", Tensor(numbers, 0, (2, 2), (2, 1), "_rebuild_tensor")),
    ("parameter", Parameter(Tensor(numbers, 8, (2, 2), (2, 1)))),
    ("half", Tensor(half, 0, (2, 2), (2, 1))),
    ("half_transposed", Tensor(half, 0, (2, 2), (1, 2))),
    ("bfloat", Tensor(brain, 0, (4,), (1,))),
    ("double", Tensor(double, 0, (2,), (1,))),
    ("position_ids", Tensor(whole, 0, (1, 3), (3, 1))),
])
state._metadata = OrderedDict([("", {"version": 1})])  # as Module.state_dict() leaves it


def dump(value, stream, storages, view):
    class Pickler(pickle.Pickler):
        def persistent_id(self, thing):
            if not isinstance(thing, Storage):
                return None
            key = storages.setdefault(id(thing), (str(len(storages)), thing))[0]
            return ("storage", getattr(torch, thing.kind), key, "cpu", thing.count) + view
    Pickler(stream, protocol=2).dump(value)


def write_zip(path):
    import io
    stream, storages = io.BytesIO(), {}
    dump(state, stream, storages, ())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        def add(name, content):
            archive.writestr(zipfile.ZipInfo("views/" + name), content)
        add("data.pkl", stream.getvalue())
        add("byteorder", "little")
        for key, storage in storages.values():
            add("data/" + key, storage.bytes)
        add("version", "3\n")


def write_old(path):
    storages = {}
    with open(path, "wb") as file:
        for head in (0x1950A86A20F9469CFC6C, 1001, dict(
                protocol_version=1001, little_endian=True, type_sizes=dict(short=2, int=4, long=4))):
            pickle.dump(head, file, protocol=2)
        dump(state, file, storages, (None,))
        pickle.dump([key for key, _ in storages.values()], file, protocol=2)
        for _, storage in storages.values():
            file.write(struct.pack("<q", storage.count) + storage.bytes)


write_zip(FOLDER / "views.bin")
write_old(FOLDER / "views-old.bin")
