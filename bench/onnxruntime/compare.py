"""headscope against ONNX Runtime returning attentions: same weights, same ids, same threads, in
alternation in one run. Results are compared before anything is timed. Started by `run`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime

from graph import build, read_safetensors

# Results of two float32 programs.
ATTENTION_BOUND, HIDDEN_BOUND = 2e-5, 4e-4


class OnnxRuntime:
    def __init__(self, path, threads, clock):
        self.clock = clock
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        # Waiting threads must not take the processor from the other program.
        options.add_session_config_entry("session.intra_op.allow_spinning", "1")
        options.add_session_config_entry("session.force_spinning_stop", "1")
        self.session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])

    def run(self, ids):
        ids = np.array(ids, np.int64)
        places = np.broadcast_to(np.arange(ids.shape[1]), ids.shape)
        feed = {
            "input_ids": ids,
            "token_type_ids": np.zeros_like(ids),
            "position_ids": np.ascontiguousarray(places),
        }
        start = self.clock()
        outputs = self.session.run(None, feed)
        return outputs, 1e3 * (self.clock() - start)


class Headscope:
    def __init__(self, program, directory, threads, field):
        self.field = field
        self.process = subprocess.Popen(
            [program, directory, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        json.loads(self.process.stdout.readline())

    def run(self, ids, save=None):
        request = {"ids": ids, **({"save": save} if save else {})}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())[self.field]


def verify(reference, headscope, ids, folder):
    outputs, _ = reference.run(ids)
    path = os.path.join(folder, "headscope.safetensors")
    headscope.run(ids, save=path)
    got = read_safetensors(path)
    attention = hidden = 0.0
    for b in range(len(ids)):
        for layer, maps in enumerate(outputs[1:]):
            attention = max(attention, np.abs(got[f"attention.{b}"][layer] - maps[b]).max())
        hidden = max(hidden, np.abs(got[f"hidden.{b}"] - outputs[0][b]).max())
    if not (attention <= ATTENTION_BOUND and hidden <= HIDDEN_BOUND):
        sys.exit(f"results differ: attention {attention:.1e}, hidden states {hidden:.1e}")
    return attention, hidden


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", help="a BERT model directory with model.safetensors")
    parser.add_argument("program", help="headscope_forward")
    parser.add_argument("--shapes", default="1x19,1x128,1x512,8x128", help="batch x tokens")
    parser.add_argument("--seconds", type=float, default=10, help="of measuring a shape")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="with --threads 1: what a thread used, on a machine that others use too",
    )
    options = parser.parse_args()
    clock, field = time.perf_counter, "milliseconds"
    if options.processor_time:
        clock, field = time.process_time, "processor_milliseconds"

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bert.onnx")
        vocabulary = build(options.directory, path)["vocab_size"]
        reference = OnnxRuntime(path, options.threads, clock)
        headscope = Headscope(options.program, options.directory, options.threads, field)
        random = np.random.default_rng(1)
        print(
            f"ONNX Runtime {onnxruntime.__version__} returning attentions, {options.threads} "
            "threads, in alternation; ratio = headscope / ONNX Runtime"
        )
        for shape in options.shapes.split(","):
            batch, tokens = map(int, shape.split("x"))
            ids = random.integers(min(1000, vocabulary // 2), vocabulary, (batch, tokens)).tolist()
            attention, hidden = verify(reference, headscope, ids, folder)
            theirs, ours = [], []
            end = time.monotonic() + options.seconds
            while time.monotonic() < end or len(ours) < 5:
                theirs.append(reference.run(ids)[1])
                time.sleep(0.005)
                ours.append(headscope.run(ids))
                time.sleep(0.005)
            # The first of each warms up.
            theirs, ours = theirs[1:], ours[1:]
            ratio = statistics.median(a / b for a, b in zip(ours, theirs))
            print(
                f"{shape:>6}: ONNX Runtime {statistics.median(theirs):8.2f} ms (best "
                f"{min(theirs):8.2f}), headscope {statistics.median(ours):8.2f} ms (best "
                f"{min(ours):8.2f}), ratio {ratio:.3f} (of the best {min(ours) / min(theirs):.3f}), "
                f"{len(ours)} rounds, results within {attention:.0e} and {hidden:.0e}",
                flush=True,
            )


if __name__ == "__main__":
    main()
