"""The engine through Python: PyTorch's numbers, arrays that outlive their trace, errors that say what to do."""

from __future__ import annotations

import gc
import json
import pickle
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import headscope

PAIR = ("I went to the store.", "At the store, I bought fresh strawberries.")


@pytest.fixture(scope="module")
def model(tiny: Path) -> headscope.Model:
    return headscope.load(tiny)


@pytest.fixture(scope="module")
def goldens(tiny: Path) -> dict[str, np.ndarray]:
    """What PyTorch says on the same weights (tests/golden/README.md)."""
    return load_file(tiny / "goldens.safetensors")


def test_attention_is_pytorchs(model: headscope.Model, goldens: dict[str, np.ndarray]) -> None:
    trace = model.trace(*PAIR, hidden=True)
    assert trace.sequence().ids.tolist() == goldens["case0.input_ids"].tolist()
    for layer in range(3):
        whole = trace.attention(layer)
        assert np.abs(whole - goldens["case0.attentions"][layer]).max() <= 1e-5
        assert np.array_equal(trace.attention(layer, 2), whole[2])
        assert np.array_equal(trace.tile(layer, 2, slice(3, 9), range(0, 31)), whole[2, 3:9])
        rebuilt = np.exp(
            np.einsum("hnd,hmd->hnm", trace.query(layer), trace.key(layer)) * 12**-0.5
            - trace.logsumexp(layer)[..., None]
        )
        assert np.abs(rebuilt - whole).max() <= 1e-5
    for index in range(4):
        assert np.abs(trace.hidden(index) - goldens["case0.hidden_states"][index]).max() <= 2e-4


def test_ids_are_fed_as_they_are(model: headscope.Model, goldens: dict[str, np.ndarray]) -> None:
    trace = model.trace(ids=goldens["case1.input_ids"], segments=goldens["case1.token_type_ids"])
    assert np.abs(trace.attention(1) - goldens["case1.attentions"][1]).max() <= 1e-5


def test_predictions(model: headscope.Model, tiny: Path) -> None:
    cases = json.loads((tiny / "goldens.json").read_text())["cases"]
    case = next(c for c in cases if "[MASK]" in c["tokens"])
    trace = model.trace(case["text_a"], case.get("text_b"))
    position = case["tokens"].index("[MASK]")
    assert trace.tokens == case["tokens"]
    (best,) = trace.predict(position, top=3)
    golden = next(t for t in case["top10"] if t["position"] == position)
    wanted = golden.get("ids") or golden.get("top_ids")
    vocabulary = (tiny / "vocab.txt").read_text().splitlines()
    assert [token for token, _ in best] == [vocabulary[i] for i in wanted[:3]]


def test_arrays_outlive_the_trace(model: headscope.Model) -> None:
    trace = model.trace(PAIR[0])
    key = trace.key(0)
    copy = key.copy()
    assert not key.flags.writeable
    trace.close()
    del trace
    gc.collect()
    assert np.array_equal(key, copy)


def test_a_closed_trace_says_so(model: headscope.Model) -> None:
    with model.trace(PAIR[0]) as trace:
        pass
    with pytest.raises(headscope.Usage, match="closed trace"):
        trace.attention(0)


def test_files(model: headscope.Model, tmp_path: Path) -> None:
    trace = model.trace(*PAIR, ablate="L0H1")
    trace.save(tmp_path / "pair.safetensors")
    again = headscope.open(tmp_path / "pair.safetensors")
    assert again.id == trace.id
    assert again.info["settings"]["ablations"][0]["head"] == 1
    assert np.array_equal(again.attention(2), trace.attention(2))
    with pytest.raises(headscope.NotFound):
        headscope.open(tmp_path / "nothing.safetensors")
    (tmp_path / "half.safetensors").write_bytes((tmp_path / "pair.safetensors").read_bytes()[:1000])
    with pytest.raises(headscope.Input, match=r"half\.safetensors"):
        headscope.open(tmp_path / "half.safetensors")


def test_the_built_in_trace_has_the_articles_head() -> None:
    trace = headscope.demo()
    assert trace.tokens[1:3] == ["i", "went"]
    assert abs(trace.attention(2, 0)[1, 2] - 0.9989) < 1e-3  # Vig 2018: nearly all on the next word
    patterns = trace.patterns()
    assert len(patterns) == 144
    assert patterns["L2H0"].labels[0] == "next"
    assert {h.name for h in patterns.best("next")[:2]} == {"L2H0", "L2H9"}
    assert patterns.explain("L2H0")["labels"]
    links = trace.heads(link=(1, 2))
    assert links[0].weight >= links[1].weight >= links[-1].weight
    weights = np.stack([trace.attention(layer)[:, 1, 2] for layer in range(12)])
    assert abs(links[0].weight - weights.max()) < 1e-6


def test_tables(model: headscope.Model) -> None:
    pandas = pytest.importorskip("pandas")
    trace = model.trace(*PAIR)
    frame = trace.patterns().to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert len(frame) == 12 and {"layer", "head", "label", "next", "previous"} <= set(frame.columns)
    links = trace.heads(link=(1, 2)).to_pandas()
    assert list(links.columns) == ["stack", "layer", "head", "weight", "rank", "chance", "lift"]
    assert links.weight.is_monotonic_decreasing


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda m: m.trace(), headscope.Usage, "neither a text nor ids"),
        (lambda m: m.trace("a", ids=[1]), headscope.Usage, "a text and ids"),
        (lambda m: m.trace(b="b", ids=[1]), headscope.Usage, "a text b"),
        (lambda m: m.trace(""), headscope.Input, "text A"),
        (lambda m: m.trace("a", ablate="L9H0"), headscope.Usage, "L9H0|layer 9"),
        (lambda m: m.trace("word " * 500), headscope.Input, "128"),
        (lambda m: m.trace("a", target="b"), headscope.Usage, "target"),
        (lambda m: m.trace(ids=[99999]), headscope.Usage, "99999"),
        (lambda m: m.trace(PAIR[0]).attention(7), headscope.Usage, "layer 7"),
        (lambda m: m.trace(PAIR[0]).attention(0, 9), headscope.Usage, "9"),
        (lambda m: m.trace(PAIR[0]).attention(0, stack="cross"), headscope.Usage, "cross"),
        (lambda m: m.trace(PAIR[0]).tile(0, 0, slice(0, 4, 2), slice(0, 4)), headscope.Usage, "step"),
        (lambda m: m.trace(PAIR[0]).sink(0), headscope.Capability, "sink"),
        (lambda m: m.trace(PAIR[0]).heads(link=(0, 999)), headscope.Usage, "999"),
    ],
)
def test_errors(model: headscope.Model, call, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        call(model)
    assert type(caught.value) is error
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value) and again.got == caught.value.got


def test_numbers_are_never_rounded(model: headscope.Model, tiny: Path) -> None:
    with pytest.raises(TypeError, match="float"):
        model.trace(ids=[101.5, 102])
    with pytest.raises(headscope.Usage, match="threads=-1"):
        headscope.load(tiny, threads=-1)


def test_names_that_are_not_there() -> None:
    with pytest.raises(headscope.NotFound, match="headscope pull") as caught:
        headscope.load("bert-base-uncasedd")
    assert caught.value.code == "HS-MODEL-01"
    assert any(m.name == "bert-base-uncased" for m in headscope.models())


def test_progress_and_what_it_raises(model: headscope.Model) -> None:
    class Stop(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stop

    told = []
    model.trace(*PAIR, progress=lambda done, total: told.append((done, total)))
    # A run that is over before anybody looks tells nothing; one that is told, counts up.
    assert all(0 <= done <= total for done, total in told)
    long = " ".join(["the store ,"] * 30)
    for _ in range(200):
        try:
            model.trace(long, progress=stop)
        except Stop:
            break
    assert model.trace(PAIR[0]).tokens  # the model is whole afterwards


def test_threads_ask_at_once(model: headscope.Model) -> None:
    wanted = model.trace(*PAIR).attention(1)
    found = []

    def ask() -> None:
        found.append(np.array_equal(model.trace(*PAIR).attention(1), wanted))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 8


def alone(code: str) -> subprocess.CompletedProcess[str]:
    """Runs `code` in a process of its own."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)


def test_import_is_silent_and_loads_no_torch() -> None:
    done = alone(
        "import sys, headscope; assert 'torch' not in sys.modules and 'pandas' not in sys.modules; headscope.demo()"
    )
    assert done.stdout == "" and done.stderr == ""


def test_import_takes_no_longer_than_promised() -> None:
    """0.3 s of processor time beyond Python and NumPy: the clock on the wall tells how busy the machine is."""
    times = []
    for _ in range(3):
        code = "import time, numpy; begin = time.process_time(); import headscope; print(time.process_time() - begin)"
        times.append(float(alone(code).stdout))
    assert min(times) <= 0.3


@pytest.mark.parametrize("first", ["torch", "headscope"])
def test_torch_before_or_after(first: str, tiny: Path) -> None:
    """Both bring a library of threads; either may come first, and both compute."""
    pytest.importorskip("torch")
    second = "headscope" if first == "torch" else "torch"
    code = f"""
import {first}, {second}
model = headscope.load({str(tiny)!r})
before = model.trace("I went to the store.").attention(1)
ones = torch.ones(256, 256) @ torch.ones(256, 256)
after = model.trace("I went to the store.").attention(1)
assert (before == after).all() and float(ones[0, 0]) == 256
"""
    assert alone(code).stdout == ""


def test_one_thread_computes(tiny: Path) -> None:
    """Threads of Python that ask at once share one team: their number does not grow with the askers."""
    code = f"""
import threading, time, headscope
model = headscope.load({str(tiny)!r}, threads=2)
model.trace("I went to the store.")
def count():
    return int(next(line for line in open("/proc/self/status") if line.startswith("Threads:")).split()[1])
before = count()
askers = [threading.Thread(target=lambda: model.trace("I went to the store.")) for _ in range(16)]
for asker in askers: asker.start()
for asker in askers: asker.join()
end = time.monotonic() + 60
while count() != before and time.monotonic() < end:  # a thread that was joined may be on its way out
    time.sleep(0.01)
assert count() == before, (before, count())
"""
    alone(code)


def test_the_page_is_in_the_program() -> None:
    if shutil.which("node") is None:
        pytest.skip("no Node.js here, which builds the page")
    code = "from headscope._program import main; main()"
    serving = subprocess.Popen(
        [sys.executable, "-c", code, "serve", "--port", "0", "-m", "no-model"], stdout=subprocess.PIPE, text=True
    )
    assert serving.stdout is not None
    try:
        address = next(found[0] for line in serving.stdout if (found := re.search(r"http://\S+", line)))
        with urllib.request.urlopen(address) as answer:
            page = answer.read().decode()
        assert "<script" in page and "built without its page" not in page
    finally:
        serving.terminate()
        serving.wait()


def test_the_program_is_there() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from headscope._program import main; main()", "--version"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert headscope.__version__ in done.stdout
