"""headscope's engine; use the names of the package `headscope`"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy
from numpy.typing import NDArray


class Trace:
    """A trace as the engine holds it"""

    def info(self) -> str:
        """The object `trace` of a trace file's metadata, as JSON"""

    def content_id(self) -> str: ...

    def nbytes(self) -> int: ...

    def array(self, name: str, stack: int, layer: int) -> Annotated[NDArray[numpy.float32], dict(order='C', writable=False)] | None:
        """An array of one layer as float32, or None where the trace has none"""

    def hidden(self, index: int) -> Annotated[NDArray[numpy.float32], dict(order='C', writable=False)] | None: ...

    def attention(self, stack: int, layer: int, heads: Sequence[int], rows: tuple[int, int], cols: tuple[int, int], progress: object | None = None) -> Annotated[NDArray[numpy.float32], dict(order='C', writable=False)]:
        """[heads, rows, cols]"""

    def ask(self, method: str, fields: str = '', progress: object | None = None) -> tuple[str, bytes]:
        """Asks the wire (docs/wire.md) about this trace: (media type, bytes)"""

    def save(self, path: str) -> None: ...

    def to_bytes(self) -> bytes: ...

def read_trace(path: str) -> Trace: ...

def parse_trace(bytes: bytes, name: str = 'trace') -> Trace: ...

def demo_trace() -> Trace: ...

def assemble_trace(info: str, arrays: Mapping[str, Annotated[NDArray, dict(order='C', device='cpu')]], name: str = 'trace') -> Trace:
    """
    A trace from the JSON of its description and arrays by their names in a file; arrays are borrowed
    """

class Model:
    """A model as the engine holds it"""

    def name(self) -> str: ...

    def family(self) -> str: ...

    def fingerprint(self) -> str: ...

    def max_positions(self) -> int: ...

    def capabilities(self) -> dict[str, bool]: ...

    def stacks(self) -> list[tuple[str, list[int]]]:
        """(name, heads of each layer) of every stack"""

    def trace(self, a: str, b: str | None, ids: Sequence[int] | None, segments: Sequence[int], ablate: str, masked: Sequence[int], truncate: str, max_tokens: int | None, layers: Sequence[int], attention: bool, hidden: bool, progress: object | None) -> Trace: ...

def load(name: str, progress: object | None = None) -> Model: ...

def predict(trace: Trace, positions: Sequence[int], top: int, progress: object | None = None) -> list[list[tuple[int, str, float]]]:
    """[(id, token, probability)] for every position"""

def pull(name: str, say: object | None = None, progress: object | None = None) -> str: ...

def models() -> list[dict[str, Any]]: ...

def version() -> str:
    """The version of the engine"""

def set_threads(count: int) -> None:
    """
    How many threads compute; 0 = all processors. Results never depend on it.
    """
