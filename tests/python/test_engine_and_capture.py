"""The same small models run by the engine and by Transformers: one text, the same tokens, words, places and weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

import headscope  # noqa: E402

TINY = Path(__file__).resolve().parents[1] / "golden/tiny"
TEXT = "I went to the store. At the store, I don't buy 12 strawberries."
TOLERANCE = 1e-5  # largest difference of an attention weight
FAMILIES = [
    "albert", "bart", "bert-cased", "bert-mlm", "bloom", "gemma2", "gemma3", "gpt2", "gpt_neox", "gpt_oss", "llama",
    "mistral", "modernbert", "mpnet", "opt", "phi3", "qwen2", "roberta", "t5", "xlm-roberta",
]  # fmt: skip


def places(text: headscope.Tokens) -> list[str | None]:
    """What each token stands for in its text. The capture's text is that which the ids decode to."""
    whole = text.text_a.encode()
    return [None if o is None else whole[o[0] : o[1]].decode(errors="replace").lower() for o in text.offsets]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", FAMILIES)
def test_one_text(name: str) -> None:
    engine = headscope.load(TINY / name)
    tokenizer = transformers.AutoTokenizer.from_pretrained(TINY / name)
    two = "encoder" in engine.heads
    kind = transformers.AutoModelForSeq2SeqLM if two else transformers.AutoModel
    model = kind.from_pretrained(TINY / name).eval()
    given = dict(tokenizer(TEXT, return_tensors="pt"))
    target = [model.config.decoder_start_token_id, 5, 6, 7] if two else None
    if target is not None:
        given["decoder_input_ids"] = torch.tensor([target])
    with torch.no_grad(), headscope.capture(model) as c:
        model(**given)
    heard, run = c.trace(tokenizer), engine.trace(TEXT, target=target)
    one, other = heard.sequence(), run.sequence()
    assert one.tokens == other.tokens
    assert one.words == other.words
    assert places(one) == places(other)
    assert one.special.tolist() == other.special.tolist()
    for stack in run.stacks:
        for layer in stack.layers:
            got = heard.attention(layer.number, stack=stack.name)
            assert np.abs(got - run.attention(layer.number, stack=stack.name)).max() <= TOLERANCE
    if run.stacks[0].layers[0].rule["mask"]["kind"] != "none":  # scores of causal models count earlier keys only
        for left, right in zip(heard.patterns(), run.patterns(), strict=True):
            assert left.scores["previous"] == pytest.approx(right.scores["previous"], abs=1e-4, nan_ok=True)
