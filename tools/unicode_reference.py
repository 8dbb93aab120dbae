#!/usr/bin/env python3
"""Prints what src/text/characters_test.cc expects: SHA-256 of the reference's view of every scalar.

    tools/unicode_reference.py     (PyPI's `tokenizers` must be importable; a minute)

A mapping is hashed as the UTF-8 of each scalar's image and a line feed, a class as one byte "0" or
"1" a scalar. Where a new version of the package prints another hash, its tables of Unicode have
changed, and src/text/reference_unicode.cc with them.
"""
import hashlib
import struct
from collections.abc import Callable

from tokenizers import Regex, normalizers, pre_tokenizers

SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
CLASSES = ["L", "N", "M", "Lu", "Ll", "Lt", "Lm", "Lo", "P", "S", "Z", "Nd", "Mn", "Han"]


def mapping(image: Callable[[str], str]) -> str:
    return hashlib.sha256("".join(image(chr(c)) + "\n" for c in SCALARS).encode()).hexdigest()


def members(found: set[int]) -> str:
    return hashlib.sha256(bytes(48 + (c in found) for c in SCALARS)).hexdigest()


def matched(pattern: str) -> str:
    split = pre_tokenizers.Split(Regex(pattern + "+"), "removed", invert=True)
    found: set[int] = set()
    for begin in range(0, len(SCALARS), 4096):
        part = SCALARS[begin:begin + 4096]
        for _, (first, last) in split.pre_tokenize_str("".join(map(chr, part))):
            found.update(part[first:last])
    return members(found)


def isolated(splitter: pre_tokenizers.PreTokenizer) -> str:
    return members({c for c in SCALARS if len(splitter.pre_tokenize_str("a" + chr(c))) != 1})


# Characters that make one grapheme with an A before them: a map that makes A to b, as sentencepiece
# compiles it (units of a double array: root, A, its leaf), takes the whole grapheme.
def extenders() -> str:
    units = [0] * 512
    units[0], units[256 ^ 65], units[256 ^ 65 ^ 1] = 256 << 10, 65 | 1 << 8 | 1 << 10, 1 << 31
    array = struct.pack(f"<{len(units) + 1}I", 4 * len(units), *units)
    letters = normalizers.Precompiled(array + b"b\0")
    return members({c for c in SCALARS if letters.normalize_str("A" + chr(c)) == "b"})


def main() -> None:
    for name in ["NFD", "NFKD", "NFC", "NFKC", "Lowercase", "StripAccents"]:
        print(name, mapping(getattr(normalizers, name)().normalize_str))
    for name in ["Digits", "Punctuation"]:
        print(name, isolated(getattr(pre_tokenizers, name)()))
    print("Extenders", extenders())
    for name in CLASSES:
        print(f"\\p{{{name}}}", matched(f"\\p{{{name}}}"))
    for pattern in ["\\s", "\\w", "\\d"]:
        print(pattern, matched(pattern))


if __name__ == "__main__":
    main()
