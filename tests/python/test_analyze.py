"""Every head over a corpus: the report of the command `headscope analyze`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import headscope

TEXTS = ["I went to the store.", "At the store, I bought fresh strawberries.", "We sold 40 apples, and 20 pears."] * 4


@pytest.fixture(scope="module")
def model(tiny: Path) -> headscope.Model:
    return headscope.load(tiny)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(TEXTS) + "\n")
    return path


def test_the_report_of_the_command(model: headscope.Model, tiny: Path, corpus: Path, tmp_path: Path) -> None:
    code = "from headscope._program import main; main()"
    flags = ["analyze", str(corpus), "-m", str(tiny), "--json", "--quiet", "--sample", "7"]
    done = subprocess.run([sys.executable, "-c", code, *flags], capture_output=True, text=True, check=True)
    report = headscope.analyze(model, corpus, sample=7)
    assert report.json == json.loads(done.stdout)
    assert (report.segments, len(report)) == (7, 12)
    assert report["L1H2"].scores["next"] == report.explain("L1H2")["scores"]["next"]["value"]
    report.save(tmp_path / "report.json")
    assert json.loads((tmp_path / "report.json").read_text()) == report.json
    report.save(tmp_path / "report.html")
    assert "<html" in (tmp_path / "report.html").read_text()


def test_texts_are_a_corpus(model: headscope.Model, corpus: Path) -> None:
    from_file, from_texts = headscope.analyze(model, [corpus]), headscope.analyze(model, texts=iter(TEXTS))
    assert from_texts.json["heads"] == from_file.json["heads"]
    one = headscope.analyze(model, texts=[("I went to the store.", "At the store, I bought fresh strawberries.")])
    alone = model.trace("I went to the store.", "At the store, I bought fresh strawberries.").patterns()
    for head in alone:
        for name in ("next", "previous", "cls", "sep", "same_elsewhere"):
            assert one[head.name].scores[name] == pytest.approx(head.scores[name], abs=1e-5)


def test_a_stopped_run_goes_on(model: headscope.Model, tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stop

    output = tmp_path / "report.json"
    for size in (20, 200, 2000):  # until one takes long enough to be stopped
        texts = TEXTS * size
        with pytest.raises(Stop):
            headscope.analyze(model, texts=texts, output=output, progress=stop)
        if not output.exists():
            break
        output.unlink()
    assert not list(tmp_path.glob("*.jsonl"))
    report = headscope.analyze(model, texts=texts, output=output)
    assert json.loads(output.read_text()) == report.json
    assert [f.name for f in tmp_path.iterdir()] == ["report.json"]
    assert report.json["heads"] == headscope.analyze(model, texts=texts).json["heads"]


def test_tables(model: headscope.Model) -> None:
    pandas = pytest.importorskip("pandas")
    frame = headscope.analyze(model, texts=TEXTS[:3]).to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert len(frame) == 12 and {"layer", "head", "label", "next"} <= set(frame.columns)


def test_what_was_read_otherwise_is_said(model: headscope.Model, tmp_path: Path) -> None:
    path = tmp_path / "latin.txt"
    path.write_bytes(b"I went to the caf\xe9 today.\n")
    with pytest.warns(UserWarning, match=r"not valid UTF-8: .*latin\.txt, byte 17"):
        headscope.analyze(model, path)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({}, headscope.Usage, "neither files nor texts"),
        ({"files": "a.txt", "texts": ["a"]}, headscope.Usage, "both"),
        ({"files": "nothing.txt"}, headscope.NotFound, r"nothing\.txt"),
        ({"files": []}, headscope.Usage, "no files"),
        ({"texts": "one string"}, headscope.Usage, "one string"),
        ({"texts": ["a", 3]}, headscope.Usage, "text 1 is 3"),
        ({"texts": [("a", "b", "c")]}, headscope.Usage, "text 0"),
        ({"texts": []}, headscope.Input, "no text with a word"),
        ({"texts": ["word " * 500]}, headscope.Input, "texts.jsonl, line 1"),
        ({"texts": ["a"], "truncate": "somehow"}, headscope.Usage, "longest-first"),
        ({"texts": ["a"], "segment_ids": "two"}, headscope.Usage, "true or zero"),
        ({"texts": ["a"], "thresholds": {"nothing": 0.5}}, headscope.HeadscopeError, "nothing"),
        ({"texts": ["a"], "sample": 0}, headscope.Usage, "sample= 0"),
        ({"texts": ["a"], "output": "no/such/folder.json"}, headscope.NotFound, "folder"),
    ],
)
def test_errors(model: headscope.Model, options: dict, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        headscope.analyze(model, options.pop("files", None), **options)


def test_a_model_is_needed() -> None:
    with pytest.raises(headscope.Usage, match=r"headscope\.load"):
        headscope.analyze("bert-base-uncased", texts=["a"])  # type: ignore[arg-type]
