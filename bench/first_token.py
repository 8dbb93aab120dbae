"""How many heads of a causal model rest on the first token, by length of the text and threshold, and how well
the labels of shorter texts agree with those of the longest (Cohen's kappa). docs/patterns.md, "Causal models".

    $(tools/python-env) bench/first_token.py [MODEL]
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
LENGTHS = (32, 128, 320)
THRESHOLDS = (0.5, 0.6, 0.65, 0.7, 0.75, 0.8)
LINE = 0.6  # of the longest


def shares(model: str, text: str, tokens: int) -> tuple[int, np.ndarray]:
    command = [ROOT / "build/bin/headscope", "patterns", text, "-m", model, "--truncate", "longest-first"]
    done = subprocess.run([*command, "--max-tokens", str(tokens), "--json", "--quiet"], check=True, capture_output=True)
    report = json.loads(done.stdout)
    return len(report["tokens"]), np.array([head["scores"]["cls"]["value"] for head in report["heads"]])


def kappa(a: np.ndarray, b: np.ndarray) -> float:
    chance = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
    return float(((a == b).mean() - chance) / (1 - chance))


def main() -> None:
    model = sys.argv[1] if len(sys.argv) > 1 else "smollm2-135m-instruct"
    lines = (ROOT / "tests/data/corpora/wikitext2-valid.txt").read_text(encoding="utf-8").split("\n")
    texts = [line.strip() for line in lines if len(line.strip()) > 900][:3]
    found = {length: [shares(model, text, length) for text in texts] for length in LENGTHS}
    longest = [values >= LINE for _, values in found[LENGTHS[-1]]]
    for length, measured in found.items():
        print(f"up to {length} tokens ({', '.join(str(n) for n, _ in measured)}), {len(measured[0][1])} heads")
        for line in THRESHOLDS:
            counts = ", ".join(str(int((values >= line).sum())) for _, values in measured)
            pairs = [
                kappa(values >= line, other)
                for i, (_, values) in enumerate(measured)
                for j, other in enumerate(longest)
                if length != LENGTHS[-1] or i != j
            ]
            print(f"  {line:.2f}: {counts} heads; kappa with the longest at {LINE:.2f}: {np.mean(pairs):.2f}")


if __name__ == "__main__":
    main()
