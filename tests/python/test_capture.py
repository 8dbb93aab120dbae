"""The capture against what eager attention returns: the same weights, from a model that was never asked for them."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from capture_table import documented, held  # noqa: E402
from families import FAMILIES, INSIDE, OUTSIDE, PARTLY, Family  # noqa: E402

import headscope  # noqa: E402

INTERFACE = hasattr(transformers.AttentionInterface, "get_interface")  # after 5.0: all models look into the mapping
TOLERANCE = 1e-5  # largest difference of an attention weight
LENGTHS = [11, 7]  # the second text is padded


def inputs_of(family: Family, padded: bool) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    lengths = LENGTHS if padded else LENGTHS[:1]
    ids = torch.randint(3, 100, (len(lengths), max(lengths)), generator=generator)
    mask = torch.tensor([[1] * n + [0] * (max(lengths) - n) for n in lengths])
    given = {"input_ids": ids.masked_fill(mask == 0, 0), "attention_mask": mask}
    if family.two_stacks:
        given["decoder_input_ids"] = torch.randint(3, 100, (len(lengths), 6), generator=generator)
    return given


@contextlib.contextmanager
def never_asked(model):
    """Fails when somebody asks the model for its attention."""

    def hook(module, args, kwargs):
        assert not kwargs.get("output_attentions"), "output_attentions was asked for"

    handles = [m.register_forward_pre_hook(hook, with_kwargs=True) for m in model.modules()]
    yield
    for handle in handles:
        handle.remove()


def expected(family: Family, given: dict[str, torch.Tensor]) -> dict[str, list[np.ndarray]]:
    """Attention [B, H, N, M] a layer, by stack, of the same weights run eagerly."""
    model = family.make("eager")
    with torch.no_grad():
        out = model(**given, output_attentions=True)
    names = {"self": "attentions"}
    if family.two_stacks:
        names = {"encoder": "encoder_attentions", "decoder": "decoder_attentions", "cross": "cross_attentions"}
    return {stack: [a.numpy() for a in getattr(out, name)] for stack, name in names.items()}


def compare(family: Family, implementation: str, padded: bool) -> None:
    given = inputs_of(family, padded)
    model = family.make(implementation)
    if implementation == "sdpa" and family.config == "Gemma2Config":
        # Up to 5.0 sdpa leaves the soft cap out, and so does the trace; newer versions refuse the model.
        family = dataclasses.replace(family, options={**family.options, "attn_logit_softcapping": None})
        heed = pytest.warns(UserWarning, match="soft cap")
    else:
        heed = contextlib.nullcontext()
    with torch.no_grad(), never_asked(model), headscope.capture(model) as c, heed:
        model(**given)
    traces = c.traces()
    want = expected(family, given)
    assert len(traces) == len(given["input_ids"])
    worst = 0.0
    for row, trace in enumerate(traces):
        sides = {
            "self": (LENGTHS[row],) * 2,
            "encoder": (LENGTHS[row],) * 2,
            "decoder": (6, 6),
            "cross": (6, LENGTHS[row]),
        }
        assert [s.name for s in trace.stacks] == list(want)
        for stack in trace.stacks:
            n, m = sides[stack.name]
            assert [layer.number for layer in stack.layers] == list(range(len(want[stack.name])))
            for layer in stack.layers:
                got = trace.attention(layer.number, stack=stack.name)
                right = want[stack.name][layer.number][row][:, :n, :m]
                assert got.shape == right.shape
                worst = max(worst, float(np.abs(got - right).max()))
    assert worst <= TOLERANCE, worst


@pytest.mark.parametrize("padded", [False, True], ids=["one", "padded"])
@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
@pytest.mark.parametrize("name", INSIDE)
def test_equals_eager(name: str, implementation: str, padded: bool) -> None:
    try:
        FAMILIES[name].make(implementation)
    except (ValueError, ImportError) as error:
        pytest.skip(str(error))
    compare(FAMILIES[name], implementation, padded)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_documented_table(name: str) -> None:
    column = documented().get(transformers.__version__)
    if column is None:
        pytest.skip(f"docs/python.md has no column for Transformers {transformers.__version__}")
    assert held(name) == column[name]


@pytest.mark.parametrize("name", OUTSIDE)
def test_outside_the_interface(name: str) -> None:
    implementation = "sdpa" if name == "falcon" else "eager"
    compare(FAMILIES[name], implementation, padded=name not in ("xlnet",))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("longformer", r"a softmax of 4 rows and 5 columns in encoder\.layer\.0\.attention\.self for 11 tokens"),
        ("prophetnet", "a softmax of 18 rows"),  # the streams of its decoder
        ("mamba", "no attention heard"),
    ],
)
def test_what_is_no_map_of_tokens_is_refused(name: str, words: str) -> None:
    model = PARTLY[name].make("eager")
    with torch.no_grad(), headscope.capture(model) as c:
        model(**inputs_of(PARTLY[name], padded=False))
    with pytest.raises(headscope.Capability, match=words):
        c.trace()


def test_a_bert_as_decoder_has_stacks_of_its_own() -> None:
    """The decoder's modules are called decoder.bert.encoder.…"""
    small = {"vocab_size": 100, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = transformers.EncoderDecoderConfig.from_encoder_decoder_configs(
        transformers.BertConfig(**small),
        transformers.BertConfig(**small, is_decoder=True, add_cross_attention=True),
    )
    torch.manual_seed(0)
    model = transformers.EncoderDecoderModel._from_config(config, attn_implementation="eager").eval()
    given = {"input_ids": torch.randint(3, 90, (2, 11)), "decoder_input_ids": torch.randint(3, 90, (2, 6))}
    with torch.no_grad():
        out = model(**given, output_attentions=True)
        with headscope.capture(model) as c:
            model(**given)
    for row, trace in enumerate(c.traces()):
        for stack in ("encoder", "decoder", "cross"):
            for layer in range(2):
                right = getattr(out, f"{stack}_attentions")[layer][row].numpy()
                assert np.abs(trace.attention(layer, stack=stack) - right).max() <= TOLERANCE


def test_windows_of_a_picture_are_refused() -> None:
    """Swin's windows are rows of a batch: each would be told as a picture of its own."""
    config = transformers.SwinConfig(
        image_size=32, patch_size=2, embed_dim=16, depths=[1, 1], num_heads=[2, 2], window_size=4
    )
    model = transformers.SwinModel(config).eval()
    with (
        pytest.raises(headscope.Capability, match="on a batch of 16, where the model was given 1"),
        torch.no_grad(),
        headscope.capture(model),
    ):
        model(pixel_values=torch.zeros(1, 3, 32, 32))


def test_attention_that_was_not_heard_is_named() -> None:
    """LongT5's encoder attends within windows by itself; its decoder is T5's."""
    model = PARTLY["longt5"].make("eager")
    with torch.no_grad(), headscope.capture(model) as c:
        model(**inputs_of(PARTLY["longt5"], padded=False))
    with pytest.warns(UserWarning, match="attention of LongT5LocalAttention, .* was not heard"):
        trace = c.trace()
    assert [stack.name for stack in trace.stacks] == ["decoder", "cross"]


def mapping() -> dict[str, object]:
    from transformers.modeling_utils import AttentionInterface

    return dict(AttentionInterface._global_mapping)


def hooks_of(model) -> int:
    return sum(len(m._forward_pre_hooks) + len(m._forward_hooks) for m in model.modules())


def test_everything_is_put_back_after_an_exception() -> None:
    model = FAMILIES["bert"].make("sdpa")
    before, hooks = mapping(), hooks_of(model)
    with pytest.raises(RuntimeError, match="mine"), headscope.capture(model):
        model(input_ids=torch.tensor([[1, 2, 3]]))
        raise RuntimeError("mine")
    assert mapping() == before
    assert hooks_of(model) == hooks
    eager = FAMILIES["gemma2"].make("eager")
    with headscope.capture(eager):
        assert not INTERFACE or "eager" in mapping()
    assert mapping() == before


def test_two_models_at_once_do_not_mix() -> None:
    one, other = FAMILIES["bert"].make("sdpa"), FAMILIES["gpt2"].make("sdpa")
    ids = torch.tensor([[5, 6, 7, 8]])
    with headscope.capture(one) as c:
        one(input_ids=ids)
        other(input_ids=ids)
        with headscope.capture(other) as d:
            other(input_ids=ids)
    assert len(c.traces()) == 1 and len(d.traces()) == 1
    assert d.trace().stacks[0].layers[0].rule["mask"]["kind"] == "causal"


def test_captures_within_each_other_all_hear() -> None:
    one, other = FAMILIES["bert"].make("sdpa"), FAMILIES["gpt2"].make("eager")
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad(), headscope.capture(one) as c, headscope.capture(other) as d, headscope.capture(one) as again:
        one(input_ids=ids)
        other(input_ids=ids)
    assert np.array_equal(c.trace().attention(1), again.trace().attention(1))
    for capture in (c, d, again):
        assert capture.trace().stacks[0].layers[1].holds == "vectors" or not INTERFACE


def test_another_thread_with_the_same_model_is_not_heard() -> None:
    model = FAMILIES["bert"].make("sdpa")
    ids, others = torch.tensor([[5, 6, 7, 8]]), torch.tensor([[9, 10, 11, 12, 13, 14]])
    within, go_on = threading.Event(), threading.Event()

    def run() -> None:
        with torch.no_grad():
            model(input_ids=others)

    def wait(module: torch.nn.Module, args: object) -> None:
        if threading.current_thread() is thread:
            within.set()
            assert go_on.wait(60)

    thread = threading.Thread(target=run)
    model.encoder.layer[1].register_forward_pre_hook(wait)
    with torch.no_grad(), headscope.capture(model) as c:
        thread.start()
        assert within.wait(60)  # the other thread is in the midst of the model
        model(input_ids=ids)
        go_on.set()
        thread.join()
    trace = c.trace()
    assert trace.info["sequences"]["text"]["ids"] == [5, 6, 7, 8]
    want = expected(FAMILIES["bert"], {"input_ids": ids})["self"]
    assert np.abs(trace.attention(1) - want[1][0]).max() <= TOLERANCE


def test_the_result_of_the_model_is_the_same() -> None:
    model = FAMILIES["llama"].make("sdpa")
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad():
        plain = model(input_ids=ids).logits
        with headscope.capture(model):
            heard = model(input_ids=ids).logits
    assert torch.equal(plain, heard)


@pytest.mark.parametrize("cache", ["dynamic", "static"])
@pytest.mark.parametrize("name", ["gpt2", "llama", "mistral", "gemma2", "gpt_oss", "t5", "bart"])
def test_generation_is_one_trace(name: str, cache: str) -> None:
    family = FAMILIES[name]
    if cache == "static" and name in ("t5", "bart", "gpt2"):
        pytest.skip("no static cache there")
    implementation = "eager" if name in ("gemma2", "gpt_oss") else "sdpa"
    try:
        model = family.make(implementation)
    except (ValueError, ImportError) as error:
        pytest.skip(str(error))
    given = {k: v for k, v in inputs_of(family, padded=False).items() if k != "decoder_input_ids"}
    options = {"max_new_tokens": 5, "min_new_tokens": 5, "do_sample": False}
    if cache == "static":
        options["cache_implementation"] = "static"
    with torch.no_grad(), headscope.capture(model) as c:
        out = model.generate(**given, **options)
    trace = c.trace()
    # The last token was made, never fed.
    side = "target" if family.two_stacks else "text"
    assert trace.info["sequences"][side]["ids"] == out[0, :-1].tolist()
    whole = {**given, "decoder_input_ids": out[:, :-1]} if family.two_stacks else {"input_ids": out[:, :-1]}
    want = expected(family, whole)
    for stack in trace.stacks:
        for layer in stack.layers:
            got = trace.attention(layer.number, stack=stack.name)
            assert np.abs(got - want[stack.name][layer.number][0]).max() <= TOLERANCE, (stack.name, layer.number)


def test_a_batch_that_is_padded_on_the_left_generates() -> None:
    model = FAMILIES["gpt2"].make("sdpa")
    given = {
        "input_ids": torch.tensor([[5, 6, 7, 8, 9], [0, 0, 5, 9, 4]]),
        "attention_mask": torch.tensor([[1, 1, 1, 1, 1], [0, 0, 1, 1, 1]]),
    }
    with torch.no_grad(), headscope.capture(model) as c:
        out = model.generate(**given, max_new_tokens=4, min_new_tokens=4, do_sample=False, pad_token_id=0)
    for row, trace in enumerate(c.traces()):
        ids = out[row, given["attention_mask"][row].argmax() : -1]
        assert trace.info["sequences"]["text"]["ids"] == ids.tolist()
        want = expected(FAMILIES["gpt2"], {"input_ids": ids[None]})["self"]
        for layer in range(2):
            assert np.abs(trace.attention(layer) - want[layer][0]).max() <= TOLERANCE


def test_beam_search_is_refused() -> None:
    model = FAMILIES["llama"].make("sdpa")
    ids = torch.tensor([[5, 6, 7, 8]])
    with pytest.raises(headscope.Capability, match="beam search"), torch.no_grad(), headscope.capture(model):
        model.generate(input_ids=ids, num_beams=2, max_new_tokens=4, min_new_tokens=4)


def test_half_precision_stays_as_it_is() -> None:
    model = FAMILIES["llama"].make("sdpa").bfloat16()
    ids = torch.tensor([[5, 6, 7, 8, 9]])
    with torch.no_grad(), headscope.capture(model) as c:
        model(input_ids=ids)
    trace = c.trace()
    assert trace.info["origin"]["dtype"] == "bfloat16"
    query, key = trace.query(0), trace.key(0).repeat(2, axis=0)
    assert np.array_equal(query, torch.from_numpy(query.copy()).bfloat16().float().numpy())
    scores = np.einsum("hnd,hmd->hnm", query, key) * query.shape[-1] ** -0.5
    scores[:, ~np.tril(np.ones((5, 5), dtype=bool))] = -np.inf
    right = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    assert np.abs(trace.attention(0) - right).max() <= TOLERANCE


def test_a_mask_for_each_head_is_refused() -> None:
    model = FAMILIES["llama"].make("sdpa")
    mask = torch.tril(torch.ones(4, 4, dtype=torch.bool)).repeat(1, 4, 1, 1)
    mask[0, 1, 3, 0] = False
    with torch.no_grad(), headscope.capture(model) as c:
        model(input_ids=torch.tensor([[5, 6, 7, 8]]), attention_mask=mask)
    with pytest.raises(headscope.Capability, match="differs between the heads"):
        c.trace()


def test_rules_not_numbers() -> None:
    """A window is a window, not a matrix: memory grows with the text, not with its square."""
    model = FAMILIES["mistral"].make("sdpa")
    with torch.no_grad(), headscope.capture(model) as c:
        model(input_ids=torch.randint(3, 100, (1, 20)))
    for layer in c.trace().stacks[0].layers:
        mask = layer.rule["mask"]
        assert (mask["kind"], mask["left"], mask["right"]) == ("window", 3, 0)


def test_refusals() -> None:
    model = FAMILIES["bert"].make("sdpa")
    with headscope.capture(model) as c:
        pass
    with pytest.raises(headscope.Usage, match="0 texts"):
        c.trace()
    with pytest.raises(headscope.Capability, match="compiled"):
        headscope.capture(torch.compile(model))
    with pytest.raises(headscope.Usage, match="torch.nn.Module"):
        headscope.capture("bert-base-uncased")  # type: ignore[arg-type]
    with headscope.capture(model) as c:
        model(input_ids=torch.tensor([[1, 2, 3], [4, 5, 6]]))
        with pytest.raises(headscope.Usage, match="still listens"):
            c.traces()
    with pytest.raises(headscope.Usage, match="capture of 2 texts"):
        c.trace()
    assert len(c.traces()) == 2


def test_training_mode_warns() -> None:
    model = FAMILIES["bert"].make("sdpa").train()
    with pytest.warns(UserWarning, match="training mode"), headscope.capture(model):
        pass
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with headscope.capture(model.eval()):
            pass
