#!/usr/bin/env python3
"""Runs every command that the documentation shows.

A fenced block of `sh` in README.md, CONTRIBUTING.md, CHANGELOG.md or docs/**/*.md must be preceded
by a marker that says how it is tested; a block without one is a failure, so that none is forgotten:

    <!-- test: run -->             run as it stands; no weights needed
    <!-- test: weights -->         run as it stands; needs bert-base-uncased in the cache
    <!-- test: make -->            `make TARGET` lines whose targets must exist (make -n)
    <!-- test: none, REASON -->    not run

Blocks of `python` are run by tools/python-gallery.

A block runs in an empty folder under `bash -euo pipefail`, with `build/bin` of the repository there
and on the PATH; `tests`, `data` and `docs` lead to the repository's. A fenced block of `text` whose
marker is `<!-- output -->` is what the block before it prints on standard output: line by line,
where "…" stands for anything in a line and a line of "…" alone for any number of lines.

    run_docs.py BUILD_DIR [--weights]      the blocks marked run and make, or those marked weights
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FENCE = re.compile(r"^```(\w*)\s*$")
MARKER = re.compile(r"^<!--\s*(test:\s*(?P<test>[^>]*?)|output)\s*-->$")
MODES = ("run", "weights", "make", "none")


class Block:
    def __init__(self, path, line, language, marker):
        self.path, self.line, self.language, self.marker = path, line, language, marker
        self.lines = []
        self.output = None  # expected lines

    def where(self):
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def blocks_of(path):
    """Fenced blocks with the marker on the nearest non-empty line above."""
    found, current, marker = [], None, None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fence = FENCE.match(line)
        if current is not None:
            if line == "```":
                found.append(current)
                current, marker = None, None
            else:
                current.lines.append(line)
        elif fence:
            current = Block(path, number, fence.group(1), marker)
        elif line.strip():
            match = MARKER.match(line.strip())
            marker = (match.group("test") or "output") if match else None
    return found


def documents():
    named = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    return [p for p in named if p.exists()] + sorted((ROOT / "docs").rglob("*.md"))


def collect():
    """Blocks to test and the complaints about their marking."""
    tested, wrong = [], []
    for path in documents():
        last = None
        for block in blocks_of(path):
            if block.language == "sh":
                mode = (block.marker or "").split(",")[0].strip()
                if mode not in MODES:
                    wrong.append(f"{block.where()}: no marker <!-- test: … --> above the block")
                if mode == "none" and "," not in block.marker:
                    wrong.append(f"{block.where()}: `none` without a reason")
                block.mode = mode
                tested.append(block)
                last = block
            elif block.language == "python":
                # Run by tools/python-gallery, which has the package, and the output with it.
                last = block
            elif block.marker == "output":
                if last is None:
                    wrong.append(f"{block.where()}: output of no block")
                else:
                    last.output = block.lines
    return tested, wrong


def matches(expected, got):
    """Whether the printed lines are the documented ones ("…" is anything)."""
    pattern = ""
    for line in expected:
        if line.strip() == "…":
            pattern += r"(?:[^\n]*\n)*"
        else:
            pattern += ".*".join(re.escape(part) for part in line.rstrip().split("…")) + r"[ ]*\n"
    return re.fullmatch(pattern, "".join(line + "\n" for line in got)) is not None


def run(block, build):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="headscope-docs-"))
    try:
        (folder / "build").mkdir()
        (folder / "build" / "bin").symlink_to(build / "bin")
        for name in ("tests", "data", "docs"):
            (folder / name).symlink_to(ROOT / name)
        env = dict(os.environ, PATH=f"{build / 'bin'}:{os.environ['PATH']}", NO_COLOR="1")
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", "\n".join(block.lines)],
                              cwd=folder, env=env, text=True, capture_output=True, timeout=600,
                              check=False, stdin=subprocess.DEVNULL)
    finally:
        shutil.rmtree(folder)
    if done.returncode != 0:
        return f"exit {done.returncode}\n{done.stdout}{done.stderr}"
    if block.output is not None and not matches(block.output, done.stdout.splitlines()):
        return "prints something else:\n" + done.stdout
    return None


def check_make(block):
    for line in block.lines:
        words = line.split("#")[0].split()
        if words[:1] != ["make"]:
            continue
        done = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, text=True, capture_output=True,
                              check=False)
        if done.returncode != 0:
            return done.stderr
    return None


def unnamed_commands(build):
    """Commands of --help that README.md does not name."""
    text = subprocess.run([build / "bin" / "headscope", "--help"], text=True, check=True,
                          capture_output=True).stdout
    commands = re.findall(r"^  (\w+) ", text.split("Subcommands:")[1], re.M)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return [c for c in commands if not re.search(rf"^\|.*`{c}\b", readme, re.M)]


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    weights = "--weights" in sys.argv
    if weights and os.environ.get("HEADSCOPE_OFFLINE") == "1":
        return 77  # skipped
    tested, wrong = collect()
    ran = 0
    for block in tested:
        problem = None
        if block.mode == ("weights" if weights else "run"):
            problem = run(block, build)
            ran += 1
        elif block.mode == "make" and not weights:
            problem = check_make(block)
            ran += 1
        if problem:
            wrong.append(f"{block.where()}: {problem}")
    if not weights:
        wrong += [f"README.md: no row for `{c}` in the table" for c in unnamed_commands(build)]
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"docs: {ran} of {len(tested)} blocks run, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
