"""Every head over a corpus."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Literal

from . import _core
from ._errors import NotFound, Usage
from ._heads import Patterns, name_of
from ._model import Model, Truncate
from ._progress import Progress, told

Format = Literal["", "text", "jsonl", "conllu"]
File = str | PathLike[str]


class Report(Patterns):
    """The heads of a model, each with its labels and scores over a corpus; `analyze` makes it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.json: Mapping[str, Any] = json.loads(text)
        """The whole report, as docs/formats.md describes it: similarity of heads, grammar of treebanks, settings."""
        whole = {name_of(h.get("stack", ""), h["layer"], h["head"]): h for h in self.json["heads"]}
        brief = [{**h, "scores": {name: score["value"] for name, score in h["scores"].items()}} for h in whole.values()]
        super().__init__(brief, self.json["notes"], lambda head: whole[head.name])

    @property
    def model_name(self) -> str:
        """The model's name."""
        return str(self.json["model"])

    @property
    def segments(self) -> int:
        """Texts, or pairs of texts, that the model read."""
        return int(self.json["segments"])

    @property
    def tokens(self) -> int:
        """Tokens of all segments."""
        return int(self.json["tokens"])

    def save(self, path: File) -> None:
        """Writes the report: NAME.html as a readable page, else as JSON; whole or not at all."""
        name = fspath(path)
        page = name.lower().endswith((".html", ".htm"))
        text = _core.report_page(self._text, "the report") if page else self._text + "\n"
        _core.write_file(name, text.encode())

    def __repr__(self) -> str:
        return (
            f"<headscope.Report of {self.model_name}, {self.segments} segments, {self.tokens} tokens,"
            f" {len(self)} heads>"
        )


def analyze(
    model: Model,
    files: File | Sequence[File] | None = None,
    *,
    texts: Iterable[str | tuple[str, str | None]] | None = None,
    format: Format = "",
    pairs: bool = False,
    max_tokens: int | None = None,
    truncate: Truncate = "",
    sample: int | None = None,
    segment_ids: Literal["true", "zero"] = "true",
    predictive: int = 0,
    thresholds: Mapping[str, float] | None = None,
    output: File | None = None,
    progress: Progress | None = None,
) -> Report:
    """Labels and scores of every head over a corpus: the numbers of the command `headscope analyze`.

    files: text (a text a line), JSONL or CoNLL-U, by extension or as `format` says; or `texts`, strings or pairs.
    pairs: packs whole sentences of a document into [CLS] A [SEP] B [SEP].
    max_tokens: of a segment, special ones included; 128 for pairs, else the model's positions.
    truncate: how a longer text is shortened; "" raises Input naming file and line.
    sample: takes this many segments, evenly spaced.
    segment_ids: "zero" feeds zeros for both sentences, as Clark et al. 2019 did.
    predictive: pattern 5 on this many single sentences.
    thresholds: of labels, by name, instead of the calibrated ones.
    output: the report is written there as JSON, and a run that was stopped goes on from there.
    """
    if not isinstance(model, Model):
        raise Usage("", f"{type(model).__name__} as the model", "a Model", "headscope.load(…) opens one")
    if (files is None) == (texts is None):
        raise Usage("", "neither files nor texts" if files is None else "both files and texts", "one of them")
    if isinstance(texts, str):
        raise Usage("", "texts is one string", "a list of texts", "files= takes the path of a file")
    if output is not None and not Path(output).absolute().parent.is_dir():
        raise NotFound("", f"output={fspath(output)!r}", "a file in a folder that exists")
    with ExitStack() as undo:
        tell = undo.enter_context(told(progress))
        if texts is not None:
            # A run that goes on must find its texts under the same name.
            folder = undo.enter_context(tempfile.TemporaryDirectory())
            lines = Path(f"{fspath(output)}.texts.jsonl") if output is not None else Path(folder, "texts.jsonl")
            undo.callback(lines.unlink, missing_ok=True)
            _write(lines, texts)
            paths = [str(lines)]
        else:
            paths = [fspath(f) for f in ([files] if isinstance(files, str | PathLike) else files or [])]
        if not paths:
            raise Usage("", "no files", "at least one")
        report, said = _core.analyze(
            model._core,
            paths,
            format,
            pairs,
            max_tokens,
            truncate,
            sample,
            segment_ids,
            predictive,
            "" if thresholds is None else json.dumps(dict(thresholds)),
            "" if output is None else fspath(output),
            tell,
        )
    for line in said:
        warnings.warn(f"headscope.analyze: {line}", stacklevel=2)
    return Report(report)


def _write(path: Path, texts: Iterable[str | tuple[str, str | None]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for number, text in enumerate(texts):
            pair = tuple(text) if isinstance(text, tuple | list) else (text, None)
            if len(pair) != 2 or not isinstance(pair[0], str) or not isinstance(pair[1], str | None):
                raise Usage("", f"text {number} is {text!r:.60}", "a string, or two")
            a, b = pair
            file.write(json.dumps({"a": a, "b": b}) + "\n")
