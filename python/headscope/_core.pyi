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

    def generated(self) -> tuple[str, list[float], str, list[str]] | None:
        """
        (text, log p of each token, end or length, notes) of what the model went on with
        """

    def ask(self, method: str, fields: str = '', right: Trace | None = None, progress: object | None = None) -> tuple[str, bytes]:
        """
        Asks the wire (docs/wire.md) about this trace, or this one and the right one: (media type, bytes)
        """

    def save(self, path: str) -> None: ...

    def to_bytes(self) -> bytes: ...

def read_trace(path: str) -> Trace: ...

def parse_trace(bytes: bytes, name: str = 'trace') -> Trace: ...

def view_link(options: Sequence[tuple[str, str]]) -> str:
    """
    What a figure shows, as a link: options by the names of the command line
    """

def demo_trace() -> Trace: ...

def assemble_trace(info: str, arrays: Mapping[str, Annotated[NDArray, dict(order='C', device='cpu', writable=False)]], name: str = 'trace') -> Trace:
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

    def notes(self) -> list[str]: ...

    def trace(self, a: str, b: str | None, ids: Sequence[int] | None, segments: Sequence[int], target: str | None, target_ids: Sequence[int] | None, picture: tuple[bytes, str, bool] | None, generate: int | None, ablate: str, masked: Sequence[int], truncate: str, max_tokens: int | None, layers: Sequence[int], attention: bool, hidden: bool, progress: object | None) -> Trace:
        """
        picture: (bytes of a file, its name, whether it is a .npy file of pixel values)
        """

def load(name: str, tokenizer: str = '', precision: str = 'f32', progress: object | None = None) -> Model: ...

def predict(trace: Trace, positions: Sequence[int], top: int, progress: object | None = None) -> list[list[tuple[int, str, float]]]:
    """[(id, token, probability)] for every position"""

def pull(name: str, say: object | None = None, progress: object | None = None) -> str: ...

def models() -> list[dict[str, Any]]: ...

class Comparison:
    """Two traces side by side"""

    def stack(self) -> str: ...

    def notes(self) -> list[str]: ...

    def matched_words(self) -> int: ...

    def heads(self) -> list[tuple[str, int, int, float, float, int, list[str], list[str]]]:
        """
        (stack, layer, head, js, mean_abs, queries, left labels, right labels) by falling js
        """

    def alignment(self, keys: bool) -> tuple[list[tuple[int, int, int, int]], list[tuple[int, int]], list[tuple[int, int]]]:
        """
        (matched [left first, left end, right first, right end], left alone, right alone)
        """

    def maps(self, layer: int, head: int) -> tuple[Annotated[NDArray[numpy.float64], dict(order='C', writable=False)], Annotated[NDArray[numpy.float64], dict(order='C', writable=False)]]:
        """
        Left and right [matched queries, matched keys + 1], the last column the sink's
        """

def compare(left: Trace, right: Trace, stack: str, labels: bool, progress: object | None = None) -> Comparison: ...

def analyze(model: Model, files: Sequence[str], format: str, pairs: bool, max_tokens: int | None, truncate: str, sample: int | None, segment_ids: str, predictive: int, thresholds: str, output: str, progress: object | None = None) -> tuple[str, list[str]]:
    """
    (the report as JSON, what a user must be told of how the corpus was read)
    """

def write_file(path: str, content: bytes) -> None:
    """A file that appears whole or not at all"""

def report_page(report: str, source: str) -> str:
    """A report's JSON as a readable page (HTML)"""

def version() -> str:
    """The version of the engine"""

def set_threads(count: int) -> None:
    """
    How many threads compute; 0 = all processors. Results never depend on it.
    """
