"""Pictures of traces, drawn by the engine as the command `headscope render` draws them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike, fspath
from typing import Any, Literal

from . import _core

View = Literal["head", "model", "neuron", "matrix", "map", "compare"]
Option = str | int | float | bool | Sequence[str]


@dataclass(frozen=True)
class Figure:
    """A picture with its caption; a notebook shows it."""

    svg: str
    """The picture as SVG, its caption in it."""
    caption: str
    """What it shows, of which model, and how it was drawn."""
    description: str
    """The picture in words."""
    warnings: tuple[str, ...]
    """What could not be drawn as it was asked for."""
    _print: Callable[[str], Mapping[str, Any]] = field(repr=False)

    def save(self, path: str | PathLike[str]) -> None:
        """Writes NAME.svg, NAME.pdf or NAME.png, by the end of the name; whole or not at all."""
        name = fspath(path)
        kind = name.rsplit(".", 1)[-1].lower()
        if kind == "svg":
            _core.write_file(name, self.svg.encode())
        else:  # the engine says what kinds there are
            _core.write_file(name, base64.b64decode(self._print(kind)[kind]))

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<headscope.Figure {self.caption[:80]}>"


def draw(
    ask: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    view: str,
    options: Mapping[str, Option],
    *,
    title: str | None,
    note: str | None,
    width_mm: float | None,
    caption: bool,
    transparent: bool,
) -> Figure:
    """`ask`: the wire's `figure` (docs/wire.md) about the trace."""
    named = [("view", view), *((name.rstrip("_").replace("_", "-"), _text(value)) for name, value in options.items())]
    fields = {
        "state": _core.view_link(named),
        "caption": caption,
        "transparent": transparent,
        **{k: v for k, v in (("title", title), ("note", note), ("width_mm", width_mm)) if v is not None},
    }
    answer = ask({**fields, "format": "svg"})
    return Figure(
        svg=answer["svg"],
        caption=answer["caption"],
        description=answer["description"],
        warnings=tuple(answer["warnings"]),
        _print=lambda kind: ask({**fields, "format": kind}),
    )


def _text(value: Option) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return ",".join(value) if not isinstance(value, str | int | float) else str(value)
