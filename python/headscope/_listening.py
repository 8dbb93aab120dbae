"""A capture under way, and the texts that it has heard."""

from __future__ import annotations

import warnings
from contextlib import ExitStack
from typing import Any

import torch

from . import _hooks, _recording, _to_trace
from ._errors import Capability, Usage
from ._trace import Trace


class Capture:
    """See `headscope.capture`."""

    def __init__(self, model: torch.nn.Module) -> None:
        _hooks.check_model(model)
        self._model = model
        self._places = _hooks.places(model)
        self._paths = {id(module): path for path, module in model.named_modules()}
        self._listener = _hooks.Listener(self._paths, self._heard)
        self._sessions: list[_recording.Session] = []
        self._depth = 0
        self._undo: ExitStack | None = None
        config = getattr(model, "config", None)
        self._two_stacks = bool(getattr(config, "is_encoder_decoder", False))
        self._encoder = _part(model, "get_encoder") if self._two_stacks else None
        self._decoder = _part(model, "get_decoder") if self._two_stacks else None

    # Listening

    def __enter__(self) -> Capture:
        if self._undo is not None:
            raise Usage("", "a capture that is entered twice", "one `with` at a time")
        if self._model.training:
            warnings.warn(
                "headscope.capture: the model is in training mode, so dropout acts on it; model.eval() ends that",
                stacklevel=2,
            )
        with ExitStack() as undo:
            _hooks.install(self._places)
            undo.callback(_hooks.remove, self._places)
            hooks = [self._model.register_forward_pre_hook(self._here(self._begin), with_kwargs=True)]
            hooks.append(self._model.register_forward_hook(self._here(self._end), always_call=True))
            if self._encoder is not None:
                hooks.append(self._encoder.register_forward_pre_hook(self._here(self._begin_encoder), with_kwargs=True))
            if self._decoder is not None:
                hooks.append(self._decoder.register_forward_pre_hook(self._here(self._begin_decoder), with_kwargs=True))
            for path, module in self._model.named_modules():
                if "Attention" in type(module).__name__:
                    hooks.append(module.register_forward_pre_hook(self._here(self._entered(path))))
                    hooks.append(module.register_forward_hook(self._here(self._left), always_call=True))
            for hook in hooks:
                undo.callback(hook.remove)
            undo.callback(_hooks.unlisten, _hooks.listen(self._listener))
            undo.enter_context(_hooks.FunctionListener(self._listener))
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        assert self._undo is not None
        undo, self._undo = self._undo, None
        undo.close()

    def _here(self, hook: Any) -> Any:
        """A hook that heeds this capture's thread alone: another one may run the same model meanwhile."""

        def heeding(*given: Any) -> None:
            if _hooks.listens_here(self._listener):
                hook(*given)

        return heeding

    def _entered(self, path: str) -> Any:
        def hook(module: torch.nn.Module, args: Any) -> None:
            self._listener.enter(path)

        return hook

    def _left(self, module: torch.nn.Module, args: Any, output: Any) -> None:
        name, path = type(module).__name__, self._listener.inside[-1].path
        heard = self._listener.leave()
        if self._sessions:
            self._sessions[-1].modules.setdefault(name, {}).setdefault(heard, path)

    def _begin(self, module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._depth += 1
        if self._depth > 1:
            return
        self._refuse_beams(kwargs)
        past = _recording.past_of(kwargs)
        continues = past > 0 or (kwargs.get("encoder_outputs") is not None and self._encoder_alone())
        if not continues:
            self._sessions.append(_recording.Session(batch=_recording.given_rows(args, kwargs)))
        if not self._sessions:
            raise Usage("", "a cache that was filled before the capture began", "a capture of the whole text")
        session = self._sessions[-1]
        session.counts.clear()
        session.passes += 1
        if not self._two_stacks:
            self._input(session, "text", args, kwargs)
            session.segments = kwargs.get("token_type_ids") if session.segments is None else session.segments

    def _refuse_beams(self, kwargs: dict[str, Any]) -> None:
        """Beam search moves rows of the cache from text to text: what was heard of one would be told as another's."""
        assert self._undo is not None
        for cache in (kwargs.get("past_key_values"), kwargs.get("cache")):
            if cache is not None and hasattr(cache, "reorder_cache") and "reorder_cache" not in vars(cache):
                cache.reorder_cache = _no_beams
                self._undo.callback(vars(cache).pop, "reorder_cache", None)

    def _end(self, module: torch.nn.Module, args: Any, output: Any) -> None:
        self._depth -= 1

    def _begin_encoder(self, module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self._depth == 0:  # `generate` runs the encoder by itself
            self._sessions.append(_recording.Session(batch=_recording.given_rows(args, kwargs)))
        self._input(self._sessions[-1], "source", args, kwargs)

    def _begin_decoder(self, module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self._sessions:
            self._input(self._sessions[-1], "target", args, kwargs)

    def _encoder_alone(self) -> bool:
        return bool(self._sessions) and self._sessions[-1].passes == 0

    @staticmethod
    def _input(session: _recording.Session, side: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        ids = kwargs.get("input_ids")
        if ids is None and args and isinstance(args[0], torch.Tensor) and not args[0].is_floating_point():
            ids = args[0]
        if isinstance(ids, torch.Tensor):
            session.inputs.setdefault(side, []).append(ids.detach().cpu())
        given = ids if isinstance(ids, torch.Tensor) else kwargs.get("inputs_embeds")
        if isinstance(given, torch.Tensor):
            session.sizes[side] = session.sizes.get(side, 0) + int(given.shape[1])
        mask = kwargs.get("attention_mask")
        if isinstance(mask, torch.Tensor) and mask.dim() == 2:
            session.padding[side] = mask.detach().cpu()

    def _heard(self, call: _hooks.AttentionCall) -> None:
        if not self._sessions:
            raise Usage("", f"{call.path} outside a forward pass of the model", "the model itself to be called")
        self._sessions[-1].add(call, self._stack_of(call.path) == "cross")

    def _stack_of(self, path: str) -> str:
        parts = path.split(".")
        if any(p in ("EncDecAttention", "encoder_attn", "crossattention", "cross_attn", "encdec_attn") for p in parts):
            return "cross"
        if not self._two_stacks:
            return "self"
        # The first name counts: a BERT as decoder has an encoder inside, "decoder.bert.encoder.layer.0".
        return next((p for p in parts if p in ("encoder", "decoder")), "decoder")

    # What was heard

    def trace(self, tokenizer: Any = None) -> Trace:
        """The only text that was run. Raises Usage where there were several (`traces`) or none."""
        count = sum(_to_trace.batch_of(session) for session in self._sessions if session.layers)
        if count != 1 and (count > 0 or not self._sessions):
            raise Usage(
                "", f"a capture of {count} texts", "one", "c.traces(tokenizer) gives them, row by row, call by call"
            )
        return self.traces(tokenizer)[0]

    def traces(self, tokenizer: Any = None) -> list[Trace]:
        """One trace a text: the rows of a batch, then the next call. After `generate` a row is the prompt with what
        followed. `tokenizer` names the tokens; without one they read "#ID"."""
        if self._undo is not None:
            raise Usage("", "traces of a capture that still listens", "them after the `with` block")
        out = []
        for session in self._sessions:
            if not session.layers:
                continue
            unheard = {name: found[False] for name, found in session.modules.items() if True not in found}
            if unheard:
                warnings.warn(
                    f"headscope.capture: attention of {', '.join(unheard)} was not heard (first at"
                    f" {next(iter(unheard.values()))}): the trace does not have it",
                    stacklevel=2,
                )
            for row in range(_to_trace.batch_of(session)):
                out.append(_to_trace.build(session, row, self._model, self._stack_of, tokenizer))
        if not out:
            raise Capability(
                "HS-CAP-01",
                f"no attention heard in {type(self._model).__name__}",
                "a model whose attention goes through Transformers' interface, PyTorch's"
                " scaled_dot_product_attention or a softmax, run inside the `with` block",
            )
        return out


def _no_beams(*args: object) -> None:
    raise Capability(
        "HS-CAP-01",
        "beam search, which moves texts between the rows of a batch",
        "num_beams=1",
        "Generate without the capture, then run the text that came out with it",
    )


def _part(model: Any, name: str) -> torch.nn.Module | None:
    """The encoder or decoder of a model, None where it does not say."""
    part = getattr(model, name)() if hasattr(model, name) else None
    return part if isinstance(part, torch.nn.Module) and part is not model else None
