"""Makes the checkpoints in this folder with TensorFlow itself (README.md says what they are).

Run with TensorFlow and numpy at hand: python make.py REPOSITORY. Values come from
tests/golden/tiny/bert-pretraining and from a seeded generator, so a rerun gives the same tensors.
"""
import json
import pathlib
import re
import shutil
import struct
import sys

import numpy as np
import tensorflow as tf

LEAVES = {"bert.embeddings.word_embeddings.weight", "bert.embeddings.position_embeddings.weight",
          "bert.embeddings.token_type_embeddings.weight"}


def read_safetensors(path):
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8:8 + length])
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            data = np.frombuffer(raw[8 + length + begin:8 + length + end], "<f4")
            yield name, data.reshape(entry["shape"])


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, value in sorted(tensors.items()):
        blob = value.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape),
                        "data_offsets": [len(data), len(data) + len(blob)]}
        data += blob
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def google_name(name, value):
    """The Hugging Face tensor as Google's BERT code names and lays it out."""
    if name in LEAVES:
        return name.removesuffix(".weight").replace(".", "/"), value
    if name == "cls.seq_relationship.weight":
        return "cls/seq_relationship/output_weights", value
    if name in ("cls.seq_relationship.bias", "cls.predictions.bias"):
        return name.removesuffix("bias").replace(".", "/") + "output_bias", value
    path, leaf = re.sub(r"layer\.(\d+)", r"layer_\1", name).replace(".", "/").rsplit("/", 1)
    if path.endswith("LayerNorm"):
        return f"{path}/{'gamma' if leaf == 'weight' else 'beta'}", value
    return (f"{path}/kernel", value.T) if leaf == "weight" else (f"{path}/bias", value)


def save(prefix, tensors):
    names = sorted(tensors)
    tf.raw_ops.SaveV2(prefix=str(prefix), tensor_names=names, shape_and_slices=[""] * len(names),
                      tensors=[tf.constant(tensors[n]) for n in names])


def checkpoint(root, source):
    """Google's folder: two data files (as a sharded saver writes), slots and counters beside."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for name in ("vocab.txt",):
        shutil.copy(source / name, root)
    config = json.loads((source / "config.json").read_text())
    keep = ("attention_probs_dropout_prob", "hidden_act", "hidden_dropout_prob", "hidden_size",
            "initializer_range", "intermediate_size", "max_position_embeddings",
            "num_attention_heads", "num_hidden_layers", "type_vocab_size", "vocab_size")
    (root / "bert_config.json").write_text(json.dumps({k: config[k] for k in keep}, indent=2) + "\n")
    tensors = dict(google_name(n, v) for n, v in read_safetensors(source / "model.safetensors"))
    first = {n: v for i, (n, v) in enumerate(sorted(tensors.items())) if i % 2 == 0}
    second = {n: v for n, v in tensors.items() if n not in first}
    second["global_step"] = np.int64(1000000)
    second["bert/pooler/dense/bias/adam_m"] = np.zeros(32, np.float32)
    second["about"] = np.array(b"a string tensor")
    parts = [root / "part0", root / "part1"]
    save(parts[0], first)
    save(parts[1], second)
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=[str(p) for p in parts],
                                  destination_prefix=str(root / "bert_model.ckpt"),
                                  delete_old_dirs=False)


def saved_model(root, vocab):
    """A SavedModel's folder as TensorFlow Hub's BERT has it: no configuration, module/ before all;
    the types' table in half precision, the positions in bfloat16, one matrix in double."""
    shutil.rmtree(root, ignore_errors=True)
    (root / "assets").mkdir(parents=True)
    (root / "variables").mkdir()
    (root / "assets" / "vocab.txt").write_text("\n".join(vocab) + "\n")
    (root / "assets" / "model.json").write_text('{"doLowerCase": true, "maxSequenceLength": 16}\n')
    random = np.random.default_rng(20261123)
    d, f = 64, 96

    def normal(*shape):
        return random.normal(0, 0.1, shape).astype(np.float32)

    tensors = {"bert.embeddings.word_embeddings.weight": normal(len(vocab), d),
               "bert.embeddings.position_embeddings.weight": normal(20, d),
               "bert.embeddings.token_type_embeddings.weight": normal(2, d),
               "bert.pooler.dense.weight": normal(d, d), "bert.pooler.dense.bias": normal(d),
               "cls.predictions.bias": normal(len(vocab)),
               "cls.predictions.transform.dense.weight": normal(d, d),
               "cls.predictions.transform.dense.bias": normal(d)}
    layer = "bert.encoder.layer.0."
    for name, out, width in (("attention.self.query", d, d), ("attention.self.key", d, d),
                             ("attention.self.value", d, d), ("attention.output.dense", d, d),
                             ("intermediate.dense", f, d), ("output.dense", d, f)):
        tensors[f"{layer}{name}.weight"] = normal(out, width)
        tensors[f"{layer}{name}.bias"] = normal(out)
    for name in ("bert.embeddings", layer + "attention.output", layer + "output",
                 "cls.predictions.transform"):
        tensors[name + ".LayerNorm.weight"] = 1 + normal(d)
        tensors[name + ".LayerNorm.bias"] = normal(d)
    stored = {}
    for name, value in tensors.items():
        if "token_type" in name:
            kept = value.astype(np.float16)
        elif "position" in name:
            kept = tf.cast(value, tf.bfloat16).numpy()
        elif "self.key.weight" in name:
            kept = value.astype(np.float64)
        else:
            kept = value
        tensors[name] = kept.astype(np.float32)
        google, laid_out = google_name(name, kept)
        stored["module/" + google] = laid_out
    save(root / "variables" / "variables", stored)
    write_safetensors(root.parent / "saved_model.expected.safetensors", tensors)


def main():
    here = pathlib.Path(__file__).resolve().parent
    golden = pathlib.Path(sys.argv[1]) / "tests" / "golden" / "tiny" / "bert-pretraining"
    checkpoint(here / "checkpoint", golden)
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", "on", "a", "mat",
             "##s", ".", ","]
    saved_model(here / "saved_model", vocab)


if __name__ == "__main__":
    main()
