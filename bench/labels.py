#!/usr/bin/env python3
"""Whether lower precisions give the same labels: `headscope analyze` over one corpus in float32, bf16x3 and bf16, and
Cohen's kappa of the heads' labels against float32's. A head's category is all of its labels together, so that one label
more or less is a disagreement. Every difference is listed with the score that decided it. Exit status 1 where a kappa
is below .99.

    bench/labels.py [FILE…] [-m MODEL] [--sample 200] [--max-tokens 128] [--precision bf16 …]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LEAST = 0.99


def report_of(options: argparse.Namespace, precision: str) -> dict:
    """The JSON report of one run."""
    program = os.environ.get("HEADSCOPE", str(ROOT / "build/bin/headscope"))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [program, "analyze", *options.file, "-m", options.model, "--precision", precision, "--quiet"]
        command += ["--sample", str(options.sample), "--max-tokens", str(options.max_tokens)]
        command += ["--truncate", "longest-first", "-o", str(report)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return json.loads(report.read_text(encoding="utf-8"))


def labels_of(report: dict) -> dict[str, frozenset[str]]:
    return {f"L{h['layer']}H{h['head']}": frozenset(h["labels"]) for h in report["heads"]}


def kappa(left: dict[str, frozenset[str]], right: dict[str, frozenset[str]]) -> float:
    """Cohen 1960: (agreement - chance) / (1 - chance), chance from both raters' shares of each category."""
    count = len(left)
    agreement = sum(left[head] == right[head] for head in left) / count
    shares = [Counter(rater.values()) for rater in (left, right)]
    chance = sum(shares[0][category] * shares[1][category] for category in shares[0]) / count**2
    return 1.0 if chance == 1 else (agreement - chance) / (1 - chance)


def score_of(report: dict, head: str, label: str) -> str:
    layer, number = head[1:].split("H")
    one = next(h for h in report["heads"] if h["layer"] == int(layer) and h["head"] == int(number))
    found = one["label_details"].get(label)
    return f"{found['confidence']:.3f} sure to be above {found['threshold']:g}" if found else "below its threshold"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="*", default=[str(ROOT / "tests/data/corpora/wikitext2-valid.txt")])
    parser.add_argument("-m", "--model", default="bert-base-uncased")
    parser.add_argument("--sample", type=int, default=200, help="segments")
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--precision", nargs="*", default=["bf16x3", "bf16"])
    options = parser.parse_args()
    exact = report_of(options, "f32")
    print(f"{exact['model']}, {exact['segments']} segments, {exact['tokens']} tokens, {len(exact['heads'])} heads")
    worst = 1.0
    for precision in options.precision:
        other = report_of(options, precision)
        left, right = labels_of(exact), labels_of(other)
        value = kappa(left, right)
        worst = min(worst, value)
        changed = [head for head in left if left[head] != right[head]]
        print(f"{precision}: kappa {value:.4f}, {len(changed)} of {len(left)} heads labelled otherwise")
        for head in changed:
            for label in sorted(left[head] ^ right[head]):
                print(
                    f"  {head} {label}: f32 {score_of(exact, head, label)}; {precision} {score_of(other, head, label)}"
                )
    return 0 if worst >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
