"""Tokens of a captured text, as a tokenizer of Transformers names them."""

from __future__ import annotations

from typing import Any

from . import _describe


def sequence_of(
    ids: list[int], tokenizer: Any, segments: list[int] | None, generated_from: int | None
) -> dict[str, Any]:
    """The entry of one sequence. Words and places in the text are the tokenizer's own where the text that the ids
    decode to has these ids again; else words are told by how pieces are written ("##", "▁", "Ġ")."""
    if tokenizer is None:
        return _describe.sequence([f"#{i}" for i in ids], ids=ids, segment_ids=segments, generated_from=generated_from)
    tokens = [str(t) for t in tokenizer.convert_ids_to_tokens(ids)]
    # The mask token and unknown words stand for words.
    names = {"mask_token_id", "unk_token_id"}
    words_too = {getattr(tokenizer, name, None) for name in names}
    extra = set(tokenizer.all_special_ids) - words_too
    special = [i in extra for i in ids]
    text = tokenizer.decode(ids, skip_special_tokens=True)
    found = _from_text(ids, tokenizer, text)
    if found is not None:
        words, offsets = found
    else:
        words, offsets = _words(tokens, special), None
    return _describe.sequence(
        tokens,
        ids=ids,
        special=special,
        words=[None if s else w for s, w in zip(special, words, strict=True)],
        segment_ids=segments,
        offsets=offsets,
        text=text,
        generated_from=generated_from,
    )


def _from_text(
    ids: list[int], tokenizer: Any, text: str
) -> tuple[list[int | None], list[tuple[int, int] | None]] | None:
    if not getattr(tokenizer, "is_fast", False):
        return None
    for special in (True, False):
        again = tokenizer(text, add_special_tokens=special, return_offsets_mapping=True)
        if list(again["input_ids"]) != ids:
            continue
        places = [len(text[:i].encode()) for i in range(len(text) + 1)]
        offsets = [None if a == b else (places[a], places[b]) for a, b in again["offset_mapping"]]
        return again.word_ids(), offsets
    return None


def _words(tokens: list[str], special: list[bool]) -> list[int | None]:
    marks = ("▁", "Ġ")
    spaced = any(t.startswith(marks) for t in tokens)
    number = -1
    words: list[int | None] = []
    before = ""
    for token, mark in zip(tokens, special, strict=True):
        if mark:
            words.append(None)
            before = ""
            continue
        if spaced:
            begins = token.startswith(marks) or before == "" or token[:1].isalnum() != before[-1:].isalnum()
        else:
            begins = not token.startswith("##")
        if begins or number < 0:
            number += 1
        words.append(number)
        before = token
    return words
