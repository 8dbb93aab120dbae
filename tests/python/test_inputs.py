"""What a model reads beside texts: a target, a picture, ids; and texts that it continues."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import headscope

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "tests/golden/tiny"
PICTURES = ROOT / "tests/data/pictures"
TOLERANCE = 1e-5  # largest difference of an attention weight from PyTorch's


@pytest.fixture(scope="module")
def t5() -> headscope.Model:
    return headscope.load(TINY / "t5")


@pytest.fixture(scope="module")
def gpt2() -> headscope.Model:
    return headscope.load(TINY / "gpt2")


@pytest.fixture(scope="module")
def vit() -> headscope.Model:
    with pytest.warns(UserWarning, match="a head for another task, which is not used: classifier"):
        return headscope.load(TINY / "vit")


def test_a_target(t5: headscope.Model) -> None:
    goldens = load_file(TINY / "t5/goldens.safetensors")
    trace = t5.trace("I went to the store.", target="At the store, I bought fresh strawberries.")
    assert trace.sequence(stack="decoder").ids.tolist() == goldens["case0.decoder_input_ids"].tolist()
    for stack in trace.stacks:
        for layer in stack.layers:
            right = goldens[f"case0.{stack.name}_attentions"][layer.number]
            assert np.abs(trace.attention(layer.number, stack=stack.name) - right).max() <= TOLERANCE
    # The same as ids, which are fed as they are.
    again = t5.trace(ids=goldens["case0.input_ids"], target=goldens["case0.decoder_input_ids"])
    assert np.array_equal(again.attention(2, stack="cross"), trace.attention(2, stack="cross"))


def test_predictions_of_a_decoder_come_after_its_target(t5: headscope.Model) -> None:
    goldens = load_file(TINY / "t5/goldens.safetensors")
    trace = t5.trace("I went to the store.", target="At the store, I bought fresh strawberries.")
    position = int(goldens["case0.logits_positions"][0])
    (best,) = trace.predict(position, top=1)
    ids = t5.trace("I went to the store.", target=[0, int(goldens["case0.logits"][0].argmax())])
    assert best[0][0] == ids.sequence(stack="decoder").tokens[1]


def test_pixels_of_a_picture(vit: headscope.Model) -> None:
    goldens = load_file(TINY / "vit/goldens.safetensors")
    trace = vit.trace(image=goldens["case1.pixel_values"])
    for layer in range(3):
        assert np.abs(trace.attention(layer) - goldens["case1.attentions"][layer]).max() <= TOLERANCE
    assert trace.tokens[:3] == ["[CLS]", "p0,0", "p0,1"]


def test_a_picture_file_is_prepared_as_pillow_does(vit: headscope.Model) -> None:
    pixels = load_file(PICTURES / "expected.safetensors")["pixel_values"]
    from_file, from_pixels = vit.trace(image=PICTURES / "photo.png"), vit.trace(image=pixels)
    for layer in range(3):
        assert np.abs(from_file.attention(layer) - from_pixels.attention(layer)).max() <= TOLERANCE


def test_generation(gpt2: headscope.Model) -> None:
    told: list[tuple[int, int]] = []
    trace = gpt2.trace("I went to the store", generate=6, progress=lambda done, total: told.append((done, total)))
    made = trace.generated
    assert made is not None
    text = trace.sequence()
    assert text.generated_from == len(text) - len(made.ids)
    assert trace.tokens[text.generated_from :] == list(made.tokens)
    assert made.stopped in ("end", "length") and len(made.log_probs) == len(made.ids)
    # One pass over all of them: the same maps, and each token is the most probable one after those before it.
    whole = gpt2.trace(ids=text.ids)
    assert whole.generated is None
    for layer in range(3):
        assert np.abs(trace.attention(layer) - whole.attention(layer)).max() <= TOLERANCE
    positions = list(range(text.generated_from - 1, len(text) - 1))
    for (token, probability), got, log_prob in zip(
        (best[0] for best in whole.predict(positions, top=1)), made.tokens, made.log_probs, strict=True
    ):
        assert token == got
        assert abs(np.log(probability) - log_prob) <= 1e-4


def test_generation_of_a_decoder(t5: headscope.Model) -> None:
    trace = t5.trace("I went to the store.", generate=4)
    made, target = trace.generated, trace.sequence(stack="decoder")
    assert made is not None and target.generated_from == 1  # after the start token
    whole = t5.trace("I went to the store.", target=target.ids)
    assert np.abs(trace.attention(2, stack="cross") - whole.attention(2, stack="cross")).max() <= TOLERANCE


def test_generation_as_transformers_does_it(gpt2: headscope.Model, t5: headscope.Model) -> None:
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    options = {"max_new_tokens": 8, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
    reference = transformers.AutoModelForCausalLM.from_pretrained(TINY / "gpt2")
    ids = gpt2.trace("I went to the store").sequence().ids
    with torch.no_grad():
        right = reference.generate(torch.tensor(np.array([ids], dtype=np.int64)), **options)[0]
    assert gpt2.trace("I went to the store", generate=8).sequence().ids.tolist() == right.tolist()
    options["use_cache"] = False  # Transformers' caches count one stack's layers
    reference = transformers.AutoModelForSeq2SeqLM.from_pretrained(TINY / "t5")
    ids = t5.trace("I went to the store.", target="").sequence(stack="encoder").ids
    with torch.no_grad():
        right = reference.generate(torch.tensor(np.array([ids], dtype=np.int64)), **options)[0]
    got = t5.trace("I went to the store.", generate=8).sequence(stack="decoder").ids
    assert got.tolist() == right.tolist()


@pytest.mark.parametrize(
    ("name", "call", "error", "words"),
    [
        ("t5", lambda m: m.trace("a"), headscope.Usage, "target="),
        ("t5", lambda m: m.trace("a", "b"), headscope.Usage, "target="),
        ("gpt2", lambda m: m.trace("a", target="b"), headscope.Usage, "only encoder–decoder models read a target"),
        ("gpt2", lambda m: m.trace("a", generate=0), headscope.Usage, "at least 1"),
        ("gpt2", lambda m: m.trace("a", generate=500), headscope.Input, "positions"),
        ("gpt2", lambda m: m.trace(image="x.png"), headscope.NotFound, r"no file 'x\.png'"),
        ("gpt2", lambda m: m.trace(image=PICTURES / "photo.png"), headscope.Usage, "a text"),
        ("vit", lambda m: m.trace("a text"), headscope.Capability, "image="),
        ("vit", lambda m: m.trace(image=PICTURES), headscope.Input, "directory"),
        ("vit", lambda m: m.trace(image=PICTURES / "make.py"), headscope.Input, "PNG"),
        ("vit", lambda m: m.trace(image=np.zeros((3, 8, 8), np.float32)), headscope.Input, r"\[3, 32, 32\]"),
        ("vit", lambda m: m.trace(image=np.full((3, 32, 32), np.nan)), headscope.Input, "finite"),
        ("vit", lambda m: m.trace(image=np.zeros((32, 32, 3), np.uint8)), headscope.Usage, "dtype uint8"),
        ("vit", lambda m: m.trace(image=PICTURES / "photo.png", generate=3), headscope.Capability, "next token"),
        ("vit", lambda m: m.trace("a", image=PICTURES / "photo.png"), headscope.Usage, "a text and an image"),
    ],
)
def test_errors(
    name: str, call, error: type[Exception], words: str, t5: headscope.Model, gpt2: headscope.Model, vit
) -> None:
    with pytest.raises(error, match=words) as caught:
        call({"t5": t5, "gpt2": gpt2, "vit": vit}[name])
    assert type(caught.value) is error
    assert "--" not in str(caught.value)  # options of the command line are said as arguments
