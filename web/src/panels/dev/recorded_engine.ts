// The article's pair with its recorded attention (tests/golden/analysis), for the panels' own page.

import url from '../../../../tests/golden/analysis/article-pair-attention.safetensors?url';
import type { TraceInfo } from '../../base/trace_info';
import { SyntheticEngine } from '../../views/dev/synthetic_engine';
import { parseHead } from '../../views/common/types';

export class RecordedEngine extends SyntheticEngine {
  private maps: Float32Array | undefined;
  private side = 0;

  /** [L, H, N, N] of the one tensor in the file. */
  async load(): Promise<void> {
    const bytes = await (await fetch(url)).arrayBuffer();
    const length = Number(new DataView(bytes).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.slice(8, 8 + length))) as Record<string, { shape: number[]; data_offsets: [number, number] }>;
    const entry = Object.entries(header).find(([name]) => name !== '__metadata__')?.[1];
    if (!entry) return;
    this.side = entry.shape[3] ?? 0;
    this.maps = new Float32Array(bytes.slice(8 + length + entry.data_offsets[0], 8 + length + entry.data_offsets[1]));
  }

  override row(trace: TraceInfo, name: string, i: number): Float32Array {
    const id = parseHead(name);
    if (!this.maps || !id || trace.query.tokens.length !== this.side) return super.row(trace, name, i);
    const at = ((id.layer * 12 + id.head) * this.side + i) * this.side;
    return this.maps.subarray(at, at + this.side);
  }
}
