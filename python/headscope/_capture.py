"""The exact attention of any model of Transformers, without asking the model for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from ._listening import Capture


def capture(model: torch.nn.Module | Any) -> Capture:
    """Listens to a model of Transformers while it runs, whatever its attention implementation is.

    >>> with headscope.capture(model) as c:
    ...     model(**inputs)                  # or model.generate(**inputs)
    >>> trace = c.trace(tokenizer)           # or c.traces(tokenizer): row by row, call by call

    The model computes as ever: its attention function is wrapped under its own name, called, and put back afterwards.
    Queries and keys after rotation, values, scale, mask, bias, soft cap and sinks are kept, never the maps: memory
    grows with the text, not with its square. Families outside Transformers' attention interface that call PyTorch's
    scaled_dot_product_attention are captured alike; of others the trace holds exact weights without vectors.

    A capture listens in the thread that entered it. Raises Capability for compiled, kernelized and paged models and
    for flash and flex attention, whose masks cannot be read.
    """
    from ._listening import Capture

    return Capture(model)
