"""Arrays of other programs: taken as they are, refused with the dimension that is wrong."""

from __future__ import annotations

import numpy as np
import pytest

import headscope

TOKENS = ["[CLS]", "the", "store", "[SEP]"]


def weights(*shape: int, seed: int = 0) -> np.ndarray:
    scores = np.exp(np.random.default_rng(seed).normal(size=shape))
    return (scores / scores.sum(axis=-1, keepdims=True)).astype(np.float32)


def test_what_bertviz_takes() -> None:
    layers = [weights(1, 2, 4, 4), weights(1, 3, 4, 4, seed=1)]  # unequal heads
    trace = headscope.from_arrays(layers, TOKENS)
    for number, layer in enumerate(layers):
        assert np.array_equal(trace.attention(number), layer[0])
    assert [layer.heads for layer in trace.stacks[0].layers] == [2, 3]
    assert trace.sequence().special.tolist() == [True, False, False, True]
    assert len(trace.patterns()) == 5
    with pytest.raises(headscope.Capability):
        trace.query(0)


def test_one_array_and_batches() -> None:
    whole = weights(2, 3, 4, 4)
    assert np.array_equal(headscope.from_arrays(whole, TOKENS).attention(1, 2), whole[1, 2])
    batch = [weights(5, 2, 4, 4)]
    assert np.array_equal(headscope.from_arrays(batch, TOKENS, batch=3).attention(0), batch[0][3])


def test_encoder_decoder() -> None:
    source, target = TOKENS, ["<s>", "der", "Laden"]
    trace = headscope.from_arrays(
        encoder_attention=[weights(1, 2, 4, 4)],
        decoder_attention=[weights(1, 2, 3, 3)],
        cross_attention=[weights(1, 2, 3, 4)],
        encoder_tokens=source,
        decoder_tokens=target,
    )
    assert [s.name for s in trace.stacks] == ["encoder", "decoder", "cross"]
    assert trace.attention(0, stack="cross").shape == (2, 3, 4)
    assert trace.sequence("key", stack="cross").tokens == tuple(source)


def test_queries_and_keys() -> None:
    rng = np.random.default_rng(2)
    q, k = rng.normal(size=(1, 4, 4, 8)).astype(np.float32), rng.normal(size=(1, 2, 4, 8)).astype(np.float32)
    trace = headscope.from_arrays(q=q, k=k, tokens=TOKENS, causal=True)
    scores = np.einsum("hnd,hmd->hnm", q[0], k[0].repeat(2, axis=0)) * 8**-0.5
    scores[:, ~np.tril(np.ones((4, 4), dtype=bool))] = -np.inf
    right = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    assert np.abs(trace.attention(0) - right).max() <= 1e-6


def test_causal_maps_are_causal() -> None:
    """Chance and labels of a causal model count earlier keys only, also where the maps alone are there."""
    rng = np.random.default_rng(5)
    tokens = [*TOKENS[1:3], "is", "open", "the", "store"]
    q, k = (rng.normal(size=(1, 2, 6, 8)).astype(np.float32) for _ in range(2))
    vectors = headscope.from_arrays(q=q, k=k, tokens=tokens, causal=True)
    maps = headscope.from_arrays(vectors.attention(0)[None], tokens)
    assert maps.stacks[0].layers[0].rule["mask"]["kind"] == "causal"
    for one, other in zip(maps.patterns(), vectors.patterns(), strict=True):
        assert one.scores == pytest.approx(other.scores, abs=1e-6, nan_ok=True)
    both = headscope.from_arrays(weights(1, 2, 6, 6)[0][None], tokens)
    assert both.stacks[0].layers[0].rule["mask"]["kind"] == "none"


def test_kinds() -> None:
    scores = np.random.default_rng(3).normal(size=(1, 2, 4, 4)).astype(np.float32)
    right = np.exp(scores[0]) / np.exp(scores[0]).sum(axis=-1, keepdims=True)
    assert np.abs(headscope.from_arrays([scores], TOKENS, kind="scores").attention(0) - right).max() <= 1e-6
    halves = [weights(1, 2, 4, 4) * 0.5]
    assert np.abs(headscope.from_arrays(halves, TOKENS, kind="unnormalised").attention(0).sum(-1) - 1).max() <= 1e-6


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: headscope.from_arrays([weights(1, 2, 4, 5)], TOKENS),
            headscope.Input,
            r"attention\[0\].*axis 2 is 5; expected 4",
        ),
        (lambda: headscope.from_arrays([weights(1, 2, 5, 4)], TOKENS), headscope.Input, r"axis 1 is 5; expected 4"),
        (lambda: headscope.from_arrays([weights(4, 4)], TOKENS), headscope.Input, "3 or 4 axes"),
        (lambda: headscope.from_arrays([weights(2, 2, 4, 4)], TOKENS), headscope.Usage, "batch="),
        (lambda: headscope.from_arrays([weights(1, 2, 4, 4) * 0.5], TOKENS), headscope.Input, "row 0 sums to 0.5"),
        (lambda: headscope.from_arrays([weights(1, 2, 4, 4) * np.nan], TOKENS), headscope.Input, "NaN"),
        (lambda: headscope.from_arrays([None, None], TOKENS), headscope.Input, "headscope.capture"),
        (lambda: headscope.from_arrays([weights(1, 2, 4, 4)]), headscope.Usage, "tokens="),
        (lambda: headscope.from_arrays([weights(1, 2, 4, 4)], "text"), headscope.Usage, "one string"),
        (lambda: headscope.from_arrays(), headscope.Usage, "no attention"),
        (lambda: headscope.from_arrays([np.array([["a"]])], TOKENS), headscope.Input, "dtype"),
        (
            lambda: headscope.from_arrays(q=weights(1, 3, 4, 8), k=weights(1, 2, 4, 8), tokens=TOKENS),
            headscope.Input,
            "divisor",
        ),
        (
            lambda: headscope.from_arrays(q=weights(1, 2, 4, 8), k=weights(1, 2, 4, 6), tokens=TOKENS),
            headscope.Input,
            "Dh",
        ),
    ],
)
def test_what_is_wrong_is_named(call, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_pytorch_tensors() -> None:
    torch = pytest.importorskip("torch")
    layer = torch.from_numpy(weights(1, 2, 4, 4)).requires_grad_()
    trace = headscope.from_arrays([layer], TOKENS)
    assert np.array_equal(trace.attention(0), layer[0].detach().numpy())


def test_a_cache_of_transformer_lens() -> None:
    cache = {f"blocks.{i}.attn.hook_pattern": weights(1, 2, 4, 4, seed=i) for i in (1, 0)}
    cache["blocks.0.hook_resid_pre"] = np.zeros((1, 4, 8), dtype=np.float32)
    trace = headscope.from_cache(cache, TOKENS)
    assert np.array_equal(trace.attention(1), cache["blocks.1.attn.hook_pattern"][0])
    del cache["blocks.0.attn.hook_pattern"]
    with pytest.raises(headscope.Input, match="layer 0"):
        headscope.from_cache(cache, TOKENS)
    with pytest.raises(headscope.Input, match="hook_pattern"):
        headscope.from_cache({}, TOKENS)
