"""BERT as an ONNX graph that returns every attention map, from a safetensors checkpoint.

The graph is the one that exporting the reference implementation with eager attention gives: separate
query, key and value products, softmax of the scaled scores, GELU by erf. Returning the maps keeps
ONNX Runtime from fusing attention into one operator; what it can fuse, it fuses at load.
"""

import json
import struct

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def read_safetensors(path):
    """Names to float32 arrays."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    arrays = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            arrays[name] = np.frombuffer(data[begin:end], np.float32).reshape(entry["shape"])
    return arrays


class Graph:
    def __init__(self):
        self.nodes, self.initializers, self.count = [], [], 0

    def constant(self, array, name=None):
        name = name or f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def op(self, kind, *inputs, output=None, **attributes):
        self.count += 1
        output = output or f"t{self.count}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output


def build(directory, path):
    """Writes the graph (weights beside it) and returns the configuration."""
    config = json.load(open(f"{directory}/config.json"))
    weights = {
        name.removeprefix("bert."): array
        for name, array in read_safetensors(f"{directory}/model.safetensors").items()
    }
    heads, width = config["num_attention_heads"], config["hidden_size"]
    head_width = width // heads
    g = Graph()

    def norm(x, name, output=None):
        scale, bias = (g.constant(weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        epsilon = config.get("layer_norm_eps", 1e-12)
        return g.op("LayerNormalization", x, scale, bias, axis=-1, epsilon=epsilon, output=output)

    def linear(x, name):
        product = g.op("MatMul", x, g.constant(weights[f"{name}.weight"].T))
        return g.op("Add", product, g.constant(weights[f"{name}.bias"]))

    shape = g.constant(np.array([0, 0, heads, head_width], np.int64))
    flat = g.constant(np.array([0, 0, width], np.int64))
    root_two = g.constant(np.float32(np.sqrt(2)))
    one, half = g.constant(np.float32(1)), g.constant(np.float32(0.5))
    scale = g.constant(np.float32(np.sqrt(head_width)))

    words = g.op("Gather", g.constant(weights["embeddings.word_embeddings.weight"]), "input_ids")
    kinds = g.constant(weights["embeddings.token_type_embeddings.weight"])
    places = g.constant(weights["embeddings.position_embeddings.weight"])
    places = g.op("Gather", places, "position_ids")
    x = g.op("Add", g.op("Add", words, g.op("Gather", kinds, "token_type_ids")), places)
    x = norm(x, "embeddings.LayerNorm")

    outputs = []
    layers = config["num_hidden_layers"]
    for layer in range(layers):
        name = f"encoder.layer.{layer}"

        def split(part, order):
            rows = g.op("Reshape", linear(x, f"{name}.attention.self.{part}"), shape)
            return g.op("Transpose", rows, perm=order)

        query, value = split("query", [0, 2, 1, 3]), split("value", [0, 2, 1, 3])
        key = split("key", [0, 2, 3, 1])
        scores = g.op("Div", g.op("MatMul", query, key), scale)
        outputs.append(g.op("Softmax", scores, axis=-1, output=f"attention.{layer}"))
        context = g.op("Transpose", g.op("MatMul", outputs[-1], value), perm=[0, 2, 1, 3])
        context = g.op("Reshape", context, flat)
        x = norm(
            g.op("Add", linear(context, f"{name}.attention.output.dense"), x),
            f"{name}.attention.output.LayerNorm",
        )
        inner = linear(x, f"{name}.intermediate.dense")
        bell = g.op("Add", g.op("Erf", g.op("Div", inner, root_two)), one)
        inner = g.op("Mul", g.op("Mul", inner, bell), half)
        last = "last_hidden_state" if layer == layers - 1 else None
        x = norm(
            g.op("Add", linear(inner, f"{name}.output.dense"), x), f"{name}.output.LayerNorm", last
        )

    graph = helper.make_graph(
        g.nodes,
        "bert",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
            for name in ("input_ids", "token_type_ids", "position_ids")
        ],
        [helper.make_tensor_value_info(x, TensorProto.FLOAT, ["batch", "tokens", width])]
        + [
            helper.make_tensor_value_info(a, TensorProto.FLOAT, ["batch", heads, "tokens", "tokens"])
            for a in outputs
        ],
        g.initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save_model(model, path, save_as_external_data=True, location="weights.bin")
    return config
