#!/usr/bin/env python3
"""What switching off each head of the small encoder-decoder models changes, computed with Transformers: changes.json.

A head's context, the part of the output projection's input that belongs to it, is replaced by zeros or by its mean over
the tokens of all pairs. `change` is the mean over the target's tokens that are not special of log p(token) with the head
replaced minus log p as it is (nats). Token ids are those of `headscope tokens`, which tests/golden/tokenizers holds
against the reference.

Usage: tools/python-env's python, tests/golden/ablations/make.py
"""
import json
import pathlib
import subprocess

import torch
import transformers

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent


def stacks_of(model):
    """Stack -> per layer (output projection, heads)."""
    if model.config.model_type == "t5":
        def parts(block, layer):
            return [(a.o, a.n_heads) for a in (getattr(b.layer[layer], block) for b in blocks)]
        blocks = model.encoder.block
        found = {"encoder": parts("SelfAttention", 0)}
        blocks = model.decoder.block
        return found | {"decoder": parts("SelfAttention", 0), "cross": parts("EncDecAttention", 1)}
    layers = model.model
    return {stack: [(a.out_proj, a.num_heads) for a in found] for stack, found in (
        ("encoder", [layer.self_attn for layer in layers.encoder.layers]),
        ("decoder", [layer.self_attn for layer in layers.decoder.layers]),
        ("cross", [layer.encoder_attn for layer in layers.decoder.layers]))}


def changes(folder, pairs):
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(folder, attn_implementation="eager").eval()
    program = [str(ROOT / "build/bin/headscope"), "tokens", "-m", str(folder), "--json"]
    texts = [json.loads(subprocess.check_output([*program, pair["a"], "--target", pair["b"]])) for pair in pairs]
    replaced = {"head": None, "by": None}
    seen = {}

    def watch(place, heads):
        def hook(_, arguments):
            contexts = arguments[0]
            width = contexts.shape[-1] // heads
            if replaced["head"] is None:
                seen.setdefault(place, []).append(contexts[0].double())
            elif replaced["head"][:2] == place:
                head = replaced["head"][2]
                contexts = contexts.clone()
                contexts[..., head * width:(head + 1) * width] = replaced["by"][head * width:(head + 1) * width]
            return (contexts,)
        return hook

    stacks = stacks_of(model)
    for stack, layers in stacks.items():
        for layer, (projection, heads) in enumerate(layers):
            projection.register_forward_pre_hook(watch((stack, layer), heads))

    def log_probabilities():
        found = []
        for text in texts:
            target = text["target"]
            with torch.no_grad():
                logits = model(input_ids=torch.tensor([text["source"]["ids"]]),
                               decoder_input_ids=torch.tensor([target["ids"]])).logits[0]
            logs = logits.double().log_softmax(-1)
            found += [logs[i - 1, target["ids"][i]].item() for i in range(1, len(target["ids"])) if not target["special"][i]]
        return found

    whole = log_probabilities()
    means = {place: torch.cat(rows).mean(0).float() for place, rows in seen.items()}
    rows = []
    for stack, layers in stacks.items():
        for layer, (_, heads) in enumerate(layers):
            for head in range(heads):
                row = {"stack": stack, "layer": layer, "head": head}
                for mode, by in (("zero", torch.zeros_like(means[stack, layer])), ("mean", means[stack, layer])):
                    replaced.update(head=(stack, layer, head), by=by)
                    got = log_probabilities()
                    row[mode] = round(sum(a - b for a, b in zip(got, whole)) / len(whole), 9)
                replaced.update(head=None)
                rows.append(row)
    return {"tokens": len(whole), "heads": rows}


if __name__ == "__main__":
    pairs = [json.loads(line) for line in (HERE / "pairs.jsonl").read_text().splitlines()]
    found = {name: changes(ROOT / "tests/golden/tiny" / name, pairs) for name in ("bart", "marian", "t5")}
    made = {"made_with": {"torch": torch.__version__, "transformers": transformers.__version__}, "models": found}
    (HERE / "changes.json").write_text(json.dumps(made, indent=1) + "\n")
