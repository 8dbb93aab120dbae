"""Where a model of Transformers decides on attention, and how it is listened to there.

The attention function is wrapped under the name that the model already has ("sdpa", "eager"): under a new name masks
would vanish and sparse families would show dense attention. The wrapper calls the old function and returns what that
returns. Families outside the interface are listened to by a function mode: their calls of
scaled_dot_product_attention have queries and keys; of others only the softmax is seen, which has the weights.
"""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from ._errors import Capability, Usage


@dataclass
class AttentionCall:
    """What one attention module was given, once. B texts, n new queries, m keys."""

    path: str
    """Where the module is: "model.layers.3.self_attn"."""
    query: torch.Tensor | None = None
    """[B, H, n, Dh], after rotation."""
    key: torch.Tensor | None = None
    """[B, Hk, m, Dh]"""
    value: torch.Tensor | None = None
    """[B, Hk, m, value_dim]"""
    weights: torch.Tensor | None = None
    """[B, H, n, m], where queries and keys are not to be seen."""
    mask: torch.Tensor | None = None
    """[B or 1, H or 1, n, m], boolean (True: seen) or added to the scores."""
    causal: bool = False
    """Without a mask: query i sees keys 0 … i."""
    bias: torch.Tensor | None = None
    """[B or 1, H, n, m], added to the scores before the soft cap."""
    scale: float | None = None
    softcap: float | None = None
    sinks: torch.Tensor | None = None
    """[H] logits that join each row."""
    implementation: str = ""


Sink = Callable[[AttentionCall], None]


@dataclass
class Listener:
    """A capture that is under way: the paths of its model's modules, and where calls go."""

    paths: Mapping[int, str]
    sink: Sink
    inside: list[_Module] = field(default_factory=list)
    """The attention modules that are at work, the innermost last."""

    def enter(self, path: str, told: bool = False) -> None:
        self.inside.append(_Module(path, told))

    def leave(self) -> bool:
        """Whether attention was heard in the module that ends, or in one inside it."""
        module = self.inside.pop()
        heard = module.told or module.heard
        if self.inside and heard:
            self.inside[-1].heard = True
        return heard


@dataclass
class _Module:
    path: str
    told: bool
    """Its attention is known: what it calls is not listened to."""
    heard: bool = False
    """That of a module inside it is known."""


# A capture listens in its own thread (and asyncio task) only; several may listen there at once.
_listeners: ContextVar[tuple[Listener, ...]] = ContextVar("headscope_listeners", default=())
_lock = threading.Lock()
_EAGER = "eager_attention_forward"
_REFUSED = ("flex_attention", "flash_attention_2", "flash_attention_3", "flash_attention_4")


def implementations(model: torch.nn.Module) -> set[str]:
    """Names of the attention functions that the model's parts are set to."""
    names = set()
    for module in model.modules():
        config = getattr(module, "config", None)
        name = getattr(config, "_attn_implementation", None)
        if isinstance(name, str):
            names.add(name)
    for name in names:
        if name in _REFUSED or "paged" in name:
            raise Capability(
                "HS-CAP-01",
                f"a model that is set to {name}",
                "sdpa or eager, whose masks can be read",
                'Load it with attn_implementation="sdpa", or model.set_attn_implementation("sdpa")',
            )
    return names or {"eager"}


def _interface() -> Any:
    try:
        from transformers.modeling_utils import AttentionInterface
    except ImportError as error:
        raise Capability(
            "HS-CAP-01",
            "a Transformers without AttentionInterface",
            "version 4.48 or newer",
            "pip install -U transformers",
        ) from error
    return AttentionInterface


def _mapping() -> dict[str, Any]:
    mapping: dict[str, Any] = _interface()._global_mapping
    return mapping


@dataclass(frozen=True)
class _Place:
    """Where an attention function stands: a name in Transformers' mapping, or a name of a module of models."""

    name: str
    module: str = ""

    def get(self) -> Any:
        return vars(sys.modules[self.module])[self.name] if self.module else _mapping().get(self.name)

    def put(self, function: Any) -> None:
        if self.module:
            setattr(sys.modules[self.module], self.name, function)
        elif function is None:
            del _mapping()[self.name]
        else:
            _mapping()[self.name] = function


_wrapped: dict[_Place, tuple[int, Any]] = {}
"""Place → how many captures need it, what stood there (None: nothing)."""


def places(model: torch.nn.Module) -> list[_Place]:
    """Where this model's attention functions stand."""
    names = implementations(model)
    if "eager" not in names or hasattr(_interface(), "get_interface"):
        return [_Place(name) for name in sorted(names)]
    # Before get_interface (5.0.0 and older) models call their own eager function without looking into the mapping.
    modules = {type(m).__module__ for m in model.modules()}
    own = [_Place(_EAGER, m) for m in sorted(modules) if _EAGER in vars(sys.modules[m])]
    return [*(_Place(name) for name in sorted(names - {"eager"})), *own]


def install(wanted: list[_Place]) -> None:
    """Wraps the functions there, once for all captures."""
    with _lock:
        for place in wanted:
            count, old = _wrapped.get(place, (0, None))
            if count == 0:
                old = place.get()
                place.put(_wrapper("eager" if place.module else place.name, old))
            _wrapped[place] = (count + 1, old)


def remove(wanted: list[_Place]) -> None:
    """Puts back what stood there, when the last capture has gone."""
    with _lock:
        for place in wanted:
            count, old = _wrapped[place]
            if count > 1:
                _wrapped[place] = (count - 1, old)
            else:
                del _wrapped[place]
                place.put(old)


def _wrapper(name: str, old: Any) -> Any:
    def attention(module: torch.nn.Module, *args: Any, **kwargs: Any) -> Any:
        function = old
        if function is None:  # "eager" is no key of the mapping: models bring their own function
            function = vars(sys.modules[type(module).__module__])[_EAGER]
        hearing = [(one, path) for one in _listeners.get() if (path := one.paths.get(id(module))) is not None]
        if not hearing:
            return function(module, *args, **kwargs)
        if torch.compiler.is_compiling():
            raise Capability("HS-CAP-01", "a compiled model", "the model before torch.compile")
        for listener, path in hearing:
            listener.sink(_call_of(module, name, path, args, kwargs))
            if listener.inside:
                listener.inside[-1].told = True
            listener.enter(path, told=True)
        try:
            return function(module, *args, **kwargs)
        finally:
            for listener, _ in hearing:
                listener.leave()

    return attention


def _call_of(
    module: torch.nn.Module, name: str, path: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> AttentionCall:
    given = dict(zip(("query", "key", "value", "attention_mask"), args, strict=False)) | kwargs
    query, key = given["query"], given["key"]
    mask = given.get("attention_mask")
    if mask is not None and mask.dim() != 4:
        raise Capability("HS-CAP-01", f"an attention mask of {mask.dim()} axes", "4: [batch, heads, queries, keys]")
    scale = given.get("scaling")
    causal = given.get("is_causal")
    if causal is None:
        causal = getattr(module, "is_causal", True)
    sinks = given.get("s_aux", given.get("sinks"))
    softcap = given.get("softcap")
    if softcap is not None and name == "sdpa":
        # Versions up to 5.0 compute without it; newer ones raise.
        warnings.warn(
            "headscope.capture: this model's soft cap is left out by its sdpa attention, as in the model's own result;"
            ' attn_implementation="eager" has it',
            stacklevel=2,
        )
        softcap = None
    if given.get("indices") is not None or given.get("block_indices") is not None:
        raise Capability("HS-CAP-01", "attention that picks keys by an index", "attention over the keys of a mask")
    return AttentionCall(
        path=path,
        query=query.detach(),
        key=key.detach(),
        value=given["value"].detach(),
        mask=None if mask is None else mask.detach(),
        # As the function itself decides: one new query sees all keys that there are.
        causal=mask is None and bool(causal) and query.shape[2] > 1,
        bias=_detached(given.get("position_bias")),
        scale=query.shape[-1] ** -0.5 if scale is None else float(scale),
        softcap=softcap,
        sinks=_detached(sinks),
        implementation=name,
    )


def _detached(tensor: torch.Tensor | None) -> torch.Tensor | None:
    return None if tensor is None else tensor.detach()


class FunctionListener(TorchFunctionMode):  # type: ignore[misc]
    """Hears attention of families outside the interface, while one of their attention modules is at work."""

    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self._listener = listener

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        listener = self._listener
        here = listener.inside[-1] if listener.inside else None
        if here is None or here.told:
            return func(*args, **kwargs)
        if func is torch.nn.functional.multi_head_attention_forward:
            with self:  # the mode is off inside it
                return func(*args, **kwargs)
        if func is torch.nn.functional.scaled_dot_product_attention:
            here.told = True
            self._sdpa(here.path, args, kwargs)
        out = func(*args, **kwargs)
        if func in _SOFTMAXES and isinstance(out, torch.Tensor) and out.dim() == 4:
            axis = kwargs.get("dim", args[1] if len(args) > 1 else None)
            if axis in (-1, 3):
                here.told = True
                listener.sink(AttentionCall(path=here.path, weights=out.detach(), implementation="softmax"))
        return out

    def _sdpa(self, path: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        given = dict(zip(("query", "key", "value", "attn_mask", "dropout_p", "is_causal"), args, strict=False)) | kwargs
        query, mask = given["query"], given.get("attn_mask")
        if query.dim() != 4 or (mask is not None and mask.dim() not in (2, 4)):
            raise Capability("HS-CAP-01", f"scaled_dot_product_attention of {query.dim()} axes", "[B, H, N, Dh]")
        if mask is not None and mask.dim() == 2:
            mask = mask[None, None]
        scale = given.get("scale")
        self._listener.sink(
            AttentionCall(
                path=path,
                query=query.detach(),
                key=given["key"].detach(),
                value=given["value"].detach(),
                mask=_detached(mask),
                causal=bool(given.get("is_causal", False)),
                scale=query.shape[-1] ** -0.5 if scale is None else float(scale),
                implementation="scaled_dot_product_attention",
            )
        )


_SOFTMAXES = (torch.softmax, torch.nn.functional.softmax, torch.Tensor.softmax)


def listen(listener: Listener) -> Any:
    """Makes `listener` one of this thread's; the token undoes it."""
    return _listeners.set((*_listeners.get(), listener))


def unlisten(token: Any) -> None:
    _listeners.reset(token)


def listens_here(listener: Listener) -> bool:
    """Whether this thread is one that `listener` listens in."""
    return any(one is listener for one in _listeners.get())


def check_model(model: Any) -> None:
    """Refuses what cannot be listened to."""
    if not isinstance(model, torch.nn.Module):
        raise Usage("", f"{type(model).__name__}", "a model of Transformers (torch.nn.Module)")
    if hasattr(model, "_orig_mod"):
        raise Capability("HS-CAP-01", "a compiled model", "the model before torch.compile", "Capture model._orig_mod")
    if getattr(model, "_use_kernels", False) is True:
        raise Capability(
            "HS-CAP-01",
            "a kernelized model, whose forward functions are replaced",
            "the model loaded with use_kernels=False",
        )
