"""Tokens of a captured text, as a tokenizer of Transformers names them."""

from __future__ import annotations

from typing import Any

from . import _describe

_MARKS = ("▁", "Ġ")
"""Of a blank before a piece."""


def sequence_of(
    ids: list[int], tokenizer: Any, segments: list[int] | None, generated_from: int | None
) -> dict[str, Any]:
    """The entry of one sequence. Words and places in the text are the tokenizer's own where the text that the ids
    decode to has these ids again; else words are told by how pieces are written ("##", "▁", "Ġ")."""
    if tokenizer is None:
        return _describe.sequence([f"#{i}" for i in ids], ids=ids, segment_ids=segments, generated_from=generated_from)
    tokens = [str(t) for t in tokenizer.convert_ids_to_tokens(ids)]
    # The mask token and unknown words stand for words; where such a token is the template's, too (OPT), it is special.
    template = {getattr(tokenizer, f"{name}_token_id", None) for name in ("bos", "eos", "cls", "sep", "pad")}
    words_too = {getattr(tokenizer, name, None) for name in ("mask_token_id", "unk_token_id")} - template
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
        spans = [(int(a), int(b)) for a, b in again["offset_mapping"]]
        offsets = [None if a == b else (places[a], places[b]) for a, b in spans]
        tokens = [str(t) for t in tokenizer.convert_ids_to_tokens(ids)]
        return _words_of_parts(tokens, again.word_ids(), [text[a:b] for a, b in spans]), offsets
    return None


def _words_of_parts(tokens: list[str], parts: list[int | None], texts: list[str]) -> list[int | None]:
    """The engine's words: a new one begins where the tokenizer's parts do, at a blank or its mark, and where letters
    and marks meet. For some tokenizers (Llama, Gemma) a whole text is one part."""
    number = -1
    before: int | None = None
    kind_before = ""
    words: list[int | None] = []
    for token, part, text in zip(tokens, parts, texts, strict=True):
        if part is None:
            words.append(None)
            before, kind_before = None, ""
            continue
        own = text.strip()
        kind = "" if not own else "letters" if any(c.isalnum() for c in own) else "marks"
        meets = kind != kind_before and kind != "" and kind_before != ""
        if part != before or token.startswith(_MARKS) or text[:1].isspace() or meets:
            number += 1
        words.append(number)
        before, kind_before = part, kind
    return words


def _words(tokens: list[str], special: list[bool]) -> list[int | None]:
    spaced = any(t.startswith(_MARKS) for t in tokens)
    number = -1
    words: list[int | None] = []
    before = ""
    for token, mark in zip(tokens, special, strict=True):
        if mark:
            words.append(None)
            before = ""
            continue
        if spaced:
            begins = token.startswith(_MARKS) or before == "" or token[:1].isalnum() != before[-1:].isalnum()
        else:
            begins = not token.startswith("##")
        if begins or number < 0:
            number += 1
        words.append(number)
        before = token
    return words
