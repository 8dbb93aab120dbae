"""What goes wrong, by what one can do about it."""

from __future__ import annotations


class HeadscopeError(Exception):
    """An error with its parts: `code` (HS-LEN-01, … or ""), `got`, `expected`, `action` (what to do)."""

    def __init__(self, code: str = "", got: str = "", expected: str = "", action: str = "") -> None:
        self.code = code
        self.got = got
        self.expected = expected
        self.action = action
        text = got if not expected else f"{got}; expected {expected}"
        super().__init__(text if not action else f"{text}. {action}")

    def __reduce__(self) -> tuple[type[HeadscopeError], tuple[str, str, str, str]]:
        return type(self), (self.code, self.got, self.expected, self.action)


class Usage(HeadscopeError):
    """An option, layer, head, row or position that does not exist here."""


class Input(HeadscopeError):
    """A file, text or array that exists and has wrong or missing content."""


class NotFound(HeadscopeError):
    """A name or path that does not exist, or a source that cannot be reached."""


class Capability(HeadscopeError):
    """This trace or model cannot do that; the text says why."""
