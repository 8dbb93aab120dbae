"""See run."""

from __future__ import annotations

import statistics
import sys
import time

import headscope
import numpy as np
import torch
import transformers

PASSES = 15


def seconds(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    torch.manual_seed(0)
    model = transformers.BertModel._from_config(
        transformers.BertConfig(max_position_embeddings=8192), attn_implementation="sdpa"
    ).eval()
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, {torch.get_num_threads()} threads, BERT-Base's shape")
    for tokens in (int(a) for a in sys.argv[1:]):
        ids = torch.randint(0, 30000, (1, tokens))
        kept: list[headscope.Trace] = []

        def plain(ids=ids) -> None:
            model(input_ids=ids)

        def heard(ids=ids, kept=kept) -> None:
            with headscope.capture(model) as c:
                model(input_ids=ids)
            kept[:] = [c]

        with torch.no_grad():
            plain()
            heard()
            passes = PASSES if tokens < 1000 else 3
            times = [(seconds(plain), seconds(heard)) for _ in range(passes)]
            trace = kept[0].trace()
            if tokens <= 512:  # equal first, or the time means nothing
                eager = transformers.BertModel(model.config)
                eager.load_state_dict(model.state_dict())
                eager.set_attn_implementation("eager")
                right = eager.eval()(input_ids=ids, output_attentions=True).attentions
                worst = max(float(np.abs(trace.attention(i) - a[0].numpy()).max()) for i, a in enumerate(right))
                assert worst <= 1e-5, worst
                print(f"{tokens} tokens: largest difference to eager {worst:.1e}")
        ratio = statistics.median(b / a for a, b in times)
        maps = 12 * 12 * tokens * tokens * 4
        print(
            f"{tokens} tokens: with capture / without {ratio:.3f} (median of {passes} pairs,"
            f" {statistics.median(a for a, _ in times) * 1e3:.1f} ms without);"
            f" keeps {trace.nbytes / 2**20:.1f} MB, the maps are {maps / 2**20:.0f} MB: {trace.nbytes / maps:.1%}"
        )


if __name__ == "__main__":
    main()
