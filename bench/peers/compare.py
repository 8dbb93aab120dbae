"""headscope against other programs on a processor: one BERT, same weights, same ids, same threads, every program
returning all attention (PyTorch's SDPA through headscope's capture). Each round runs every program once; a ratio is the
median over the rounds of its time by ONNX Runtime's in the same round, so that a machine's changing load falls on all
alike. Results are compared with ONNX Runtime's before anything is timed. Started by `run`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
from graph import build, read_safetensors
from peers import PEERS, OnnxRuntime

PRECISIONS = ("f32", "bf16x3", "bf16")
# The largest difference of an attention weight: two float32 programs; products of bfloat16.
BOUNDS = {"f32": 2e-5, "bf16x3": 1e-4, "bf16": 1e-1}


class Headscope:
    def __init__(self, program: str, directory: str, threads: int, precision: str) -> None:
        self.name, self.precision = f"headscope {precision}", precision
        self.process = subprocess.Popen(
            [program, directory, str(threads), precision], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.version = json.loads(self.process.stdout.readline())["path"]

    def ask(self, request: dict) -> dict:
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def maps(self, ids: list[list[int]]) -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "maps.safetensors")
            self.ask({"ids": ids, "save": path})
            got = read_safetensors(path)
            return np.stack([got[f"attention.{b}"].copy() for b in range(len(ids))], 1)

    def milliseconds(self, ids: list[list[int]]) -> float:
        return self.ask({"ids": ids})["milliseconds"]


def processor() -> str:
    with open("/proc/cpuinfo") as file:
        lines = file.read().splitlines()
    name = next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.processor())
    flags = next((line for line in lines if line.startswith("flags")), "")
    known = [f for f in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if f in flags]
    return f"{name} ({', '.join(known)})"


def measure(programs: list, ids: list[list[int]], seconds: float) -> list[list[float]]:
    rounds: list[list[float]] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end or len(rounds) < 6:
        rounds.append([])
        for program in programs:
            rounds[-1].append(program.milliseconds(ids))
            time.sleep(0.005)
    return rounds[1:]  # the first of each warms up


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", help="a BERT model directory with model.safetensors")
    parser.add_argument("program", help="headscope_forward")
    parser.add_argument("--shapes", default="1x19,1x128,1x512,8x128", help="batch x tokens")
    parser.add_argument("--seconds", type=float, default=40, help="of measuring a shape, all programs together")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--peers", default=",".join(PEERS), help="of " + ", ".join(PEERS))
    options = parser.parse_args()
    for name in options.peers.split(","):
        if name not in PEERS:
            parser.error(f"--peers {name}: expected some of " + ", ".join(PEERS))

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bert.onnx")
        vocabulary = build(options.directory, path)["vocab_size"]
        reference = OnnxRuntime(path, options.threads)
        programs = [reference]
        programs += [Headscope(options.program, options.directory, options.threads, p) for p in PRECISIONS]
        for name in options.peers.split(","):
            try:
                programs.append(PEERS[name](options.directory, path, options.threads))
            except ImportError as error:
                print(f"{name} is left out: {error}")
        print(f"{processor()}, {options.threads} threads; load average {os.getloadavg()[0]:.1f}")
        for program in programs:
            print(f"  {program.name}: {program.version}")
        random = np.random.default_rng(1)
        for shape in options.shapes.split(","):
            batch, tokens = map(int, shape.split("x"))
            ids = random.integers(min(1000, vocabulary // 2), vocabulary, (batch, tokens)).tolist()
            expected = reference.maps(ids)
            errors = [float(np.abs(program.maps(ids) - expected).max()) for program in programs]
            for program, error in zip(programs, errors):
                if not error <= BOUNDS[program.precision]:
                    sys.exit(f"{shape}: {program.name} differs by {error:.1e}: no times")
            rounds = measure(programs, ids, options.seconds)
            print(f"{shape}, {len(rounds)} rounds")
            for p, program in enumerate(programs):
                times = [one[p] for one in rounds]
                ratio = statistics.median(one[p] / one[0] for one in rounds)
                best = min(times) / min(one[0] for one in rounds)
                print(
                    f"  {program.name:<28} ratio {ratio:5.2f} (of the best {best:5.2f})   median "
                    f"{statistics.median(times):8.2f} ms, best {min(times):8.2f}   error {errors[p]:.0e}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
