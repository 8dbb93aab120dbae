"""headscope: what every attention head of a Transformer attends to, the pattern it follows, and the numbers.

>>> import headscope
>>> model = headscope.load("bert-base-uncased")
>>> trace = model.trace("I went to the store.", "At the store, I bought fresh strawberries.")
>>> trace.attention(2, 0)[1, 2]          # of "i" on "went"
>>> trace.patterns()["L2H0"].labels
>>> trace.heads(link=(10, 5))[0].name    # who connects the second "store" with the first?

For any model of Transformers:

>>> with headscope.capture(hf_model) as c:
...     hf_model(**inputs)
>>> trace = c.trace(tokenizer)
"""

from __future__ import annotations

from ._analyze import Report, analyze
from ._arrays import from_arrays, from_cache
from ._capture import capture
from ._compare import Comparison, Difference, compare, view
from ._core import version as _version
from ._errors import Capability, HeadscopeError, Input, NotFound, Usage
from ._figure import Figure
from ._heads import Head, Link, Links, Patterns
from ._model import KnownModel, Model, load, models, pull
from ._trace import Generated, Layer, Stack, Tokens, Trace, demo, open

__version__ = _version()

__all__ = [
    "Capability",
    "Comparison",
    "Difference",
    "Figure",
    "Generated",
    "Head",
    "HeadscopeError",
    "Input",
    "KnownModel",
    "Layer",
    "Link",
    "Links",
    "Model",
    "NotFound",
    "Patterns",
    "Report",
    "Stack",
    "Tokens",
    "Trace",
    "Usage",
    "analyze",
    "capture",
    "compare",
    "demo",
    "from_arrays",
    "from_cache",
    "load",
    "models",
    "open",
    "pull",
    "view",
]
