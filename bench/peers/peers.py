"""The other programs of compare.py. Each has a name, the precision of its numbers, a version, maps(ids) [L,B,H,N,N] and
milliseconds(ids).
"""

from __future__ import annotations

import os
import sys
import time

import numpy as np


class Timed:
    precision = "f32"

    def milliseconds(self, ids: list[list[int]]) -> float:
        start = time.perf_counter()
        self.run(ids)
        return 1e3 * (time.perf_counter() - start)


class OnnxRuntime(Timed):
    name = "ONNX Runtime"

    def __init__(self, path: str, threads: int) -> None:
        import onnxruntime

        self.version = onnxruntime.__version__
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        # Waiting threads must not take the processor from the other programs.
        options.add_session_config_entry("session.intra_op.allow_spinning", "1")
        options.add_session_config_entry("session.force_spinning_stop", "1")
        self.session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])

    def run(self, ids: list[list[int]]) -> list[np.ndarray]:
        return self.session.run(None, feed(ids))

    def maps(self, ids: list[list[int]]) -> np.ndarray:
        return np.stack(self.run(ids)[1:])


def feed(ids: list[list[int]]) -> dict[str, np.ndarray]:
    rows = np.array(ids, np.int64)
    places = np.ascontiguousarray(np.broadcast_to(np.arange(rows.shape[1]), rows.shape))
    return {"input_ids": rows, "token_type_ids": np.zeros_like(rows), "position_ids": places}


class OpenVino(Timed):
    """`hint`: float32 for INFERENCE_PRECISION_HINT, or None: what its users get who set nothing."""

    def __init__(self, path: str, threads: int, hint: str | None) -> None:
        import openvino

        core = openvino.Core()
        settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
        if hint:
            settings["INFERENCE_PRECISION_HINT"] = hint
        self.compiled = core.compile_model(core.read_model(path), "CPU", settings)
        chosen = self.compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
        self.name = f"OpenVINO {'f32' if hint else 'as it comes'}"
        self.precision = "f32" if chosen == "f32" else "bf16"
        self.version = f"{openvino.__version__}, computes in {chosen}"

    def run(self, ids: list[list[int]]) -> list[np.ndarray]:
        return list(self.compiled(feed(ids)).to_tuple())

    def maps(self, ids: list[list[int]]) -> np.ndarray:
        return np.stack(self.run(ids)[1:])


class PyTorch(Timed):
    """`kind`: eager, compiled, or sdpa with headscope's capture."""

    def __init__(self, directory: str, threads: int, kind: str) -> None:
        import torch
        import transformers

        if kind == "capture":
            if "HEADSCOPE_PACKAGE" in os.environ:
                sys.path.append(os.environ["HEADSCOPE_PACKAGE"])
            import headscope

            self.capture = headscope.capture
        torch.set_num_threads(threads)
        self.torch, self.kind = torch, kind
        self.name = {"eager": "PyTorch eager", "compile": "torch.compile", "capture": "PyTorch SDPA + capture"}[kind]
        self.version = f"{torch.__version__}, Transformers {transformers.__version__}"
        self.model = transformers.BertModel.from_pretrained(
            directory,
            attn_implementation="sdpa" if kind == "capture" else "eager",
            dtype=torch.float32,
            add_pooling_layer=False,
        ).eval()
        self.call = self.model
        if kind == "compile":
            import torch._inductor.config as inductor

            inductor.freezing = True
            self.call = torch.compile(self.model, mode="max-autotune-no-cudagraphs")
            self.version += ", max-autotune, frozen weights"

    def run(self, ids: list[list[int]]):
        torch = self.torch
        rows = torch.tensor(ids)
        with torch.no_grad():
            if self.kind != "capture":
                return self.call(input_ids=rows, output_attentions=True).attentions
            with self.capture(self.model) as captured:
                self.model(input_ids=rows)
            return captured

    def maps(self, ids: list[list[int]]) -> np.ndarray:
        if self.kind != "capture":
            return np.stack([a.numpy() for a in self.run(ids)])
        texts = []
        for row in ids:
            trace = self.run([row]).trace()
            texts.append(np.stack([np.asarray(trace.attention(layer)) for layer in range(len(self.model.encoder.layer))]))
        return np.stack(texts, 1)


PEERS = {
    "eager": lambda directory, _, threads: PyTorch(directory, threads, "eager"),
    "compile": lambda directory, _, threads: PyTorch(directory, threads, "compile"),
    "capture": lambda directory, _, threads: PyTorch(directory, threads, "capture"),
    "openvino-f32": lambda _, path, threads: OpenVino(path, threads, "f32"),
    "openvino": lambda _, path, threads: OpenVino(path, threads, None),
}
