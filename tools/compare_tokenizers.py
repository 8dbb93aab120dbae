#!/usr/bin/env python3
"""Compares headscope's tokens with those of the reference on random Unicode strings.

    tools/compare_tokenizers.py PROGRAM FOLDER... [--count 100000] [--seed N]

FOLDER holds a tokenizer.json; PyPI's `tokenizers` must be importable. Ids and byte offsets are
compared, special tokens included. The seed is printed; differences exit with 1. Not part of
`make test`: it needs the package, and a run of 100,000 strings takes a minute.
"""
import argparse
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

from tokenizers import Tokenizer

ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    " .,;:!?'\"-()[]{}<>/\\|@#$%^&*_+=~`\t\n\r",
    "éèêëàâäöüßñçøåÉÈÖÜÇİıŁłſΣσςяЯжЖёЁ",
    "你好世界日本語かなカナ한국어각가힣",
    "\u0300\u0301\u0308\u0323\u0327\u0345\u0344\u093c\u3099\u20dd\u0488",
    "\u00a0\u2003\u2028\u200b\u200d\u3000\ufeff\u0000\u0085\u180e\ufffd\u2581",
    "😀👩‍👩‍👧🇩🇪👍🏽\U0001d15e\U0001d165\U0001d400ﬁﬀ½²Ⅳ①㍿ｱﾞ",
    "กำลังไทยनमस्तेالعربيةעברית",
]


def text(rng: random.Random, added: list[str]) -> str:
    out = []
    for _ in range(rng.randint(0, 24)):
        pick = rng.random()
        if pick < 0.35:
            out.append(rng.choice(ALPHABETS[0]))
        elif pick < 0.8:
            out.append(rng.choice(rng.choice(ALPHABETS)))
        elif pick < 0.84 and added:
            out.append(rng.choice(added))
        elif pick < 0.88:
            out.append(rng.choice([" the", "'s", "'LL", "  ", "\n\n", "ing", "123", " don't"]))
        else:
            code = rng.randrange(0x110000 if pick > 0.94 else 0x3000)
            out.append(chr(code) if not 0xD800 <= code < 0xE000 else "?")
    return "".join(out)


def expected(tokenizer: Tokenizer, line: str) -> tuple[list[int], list[list[int]]]:
    encoding = tokenizer.encode(line)
    at = [0]
    for c in line:
        at.append(at[-1] + len(c.encode()))
    return encoding.ids, [[at[a], at[b]] for a, b in encoding.offsets]


def compare(program: str, folder: pathlib.Path, lines: list[str]) -> int:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    with tempfile.TemporaryDirectory() as name:
        copy = pathlib.Path(name)
        shutil.copy(folder / "tokenizer.json", copy)
        (copy / "config.json").write_text('{"max_position_embeddings": 1000000}')
        given = "".join(json.dumps({"a": line}) + "\n" for line in lines)
        (copy / "lines.jsonl").write_text(given)
        run = subprocess.run([program, "tokens", "--jsonl", str(copy / "lines.jsonl"), "-m",
                              str(copy), "--json", "--quiet"], capture_output=True, text=True,
                             check=False)
    answers = run.stdout.splitlines()
    if len(answers) != len(lines):
        print(f"{folder}: {len(answers)} answers for {len(lines)} texts\n{run.stderr[:500]}")
        return 1
    wrong = 0
    for line, answer in zip(lines, answers):
        got = json.loads(answer)
        ids, offsets = expected(tokenizer, line)
        mine = [offset or [0, 0] for offset in got.get("offsets", [])]
        if got.get("ids") == ids and mine == offsets:
            continue
        wrong += 1
        if wrong <= 3:
            print(f"  {line!a}\n    got  {got.get('ids')} {mine} {got.get('error', '')}\n"
                  f"    want {ids} {offsets}")
    print(f"{folder}: {len(lines)} texts, {wrong} differ")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    wrong = 0
    for folder in options.folders:
        rng = random.Random(f"{options.seed} {folder.name}")
        tokens = json.loads((folder / "tokenizer.json").read_text())["added_tokens"]
        added = [token["content"] for token in tokens][:20]
        wrong += compare(options.program, folder, [text(rng, added) for _ in range(options.count)])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
