// A trace as the wire describes it (docs/wire.md: the `trace` entry of a trace file, format 2) to the
// TraceEntry that the front end works with. Twin of src/rpc/describe.cc.

import type { Ablation } from '../base/state';
import type { StackInfo, Tokens } from '../base/trace_info';
import type { TraceEntry } from './engine';

interface LayerJson {
  layer: number;
  kind: 'attention' | 'none';
  heads?: number;
  kv_heads?: number;
  head_dim?: number;
  scale?: number;
  softcap?: number | null;
  mask?: StackInfo['mask'];
  bias?: { kind: NonNullable<StackInfo['bias']> };
  rope?: StackInfo['rope'];
}
interface StackJson { name: string; query: string; key: string; layers: readonly LayerJson[] }
interface AblationJson { stack: string; layer: number; head: number; mode: Ablation['mode'] }
interface SettingsJson {
  ablations?: readonly AblationJson[];
  masked?: readonly number[];
  truncation?: { strategy: string } | null;
  segment_ids?: 'true' | 'zero';
}
interface TraceJson extends Omit<TraceEntry, 'stacks' | 'query' | 'key' | 'precision' | 'settings'> {
  computed?: { precision: string } | null;
  sequences?: Readonly<Record<string, Tokens>>;
  stacks?: readonly StackJson[];
  settings?: SettingsJson;
}

const NO_TOKENS: Tokens = { tokens: [], ids: [], special: [], words: [], sentences: [] };

/**
 * Layers differ in their rules; a view asks a stack. Scale, cap and rotation are those of the first layer with
 * attention, the mask hides only what no layer sees; layers without attention are no rows of any view.
 */
function stackOf({ name, layers }: StackJson): StackInfo {
  const kept = layers.filter((l) => l.kind !== 'none');
  const first = kept[0];
  return {
    name,
    layers: kept.map((l) => l.layer),
    heads: kept.map((l) => l.heads ?? 0),
    kv_heads: kept.map((l) => l.kv_heads ?? 0),
    head_dim: first?.head_dim ?? 0,
    scale: first?.scale ?? 1,
    softcap: first?.softcap ?? null,
    mask: widestMask(kept.map((l) => l.mask ?? { kind: 'none' })),
    bias: first?.bias?.kind ?? 'none',
    rope: first?.rope ?? null,
  };
}

/** The mask of a stack whose layers alternate (local and global ones): what one layer sees is not hidden. */
function widestMask(masks: readonly StackInfo['mask'][]): StackInfo['mask'] {
  const first = masks[0] ?? { kind: 'none' };
  if (masks.every((m) => m.kind === first.kind && m.left === first.left && m.right === first.right)) return first;
  const UNLIMITED = -1;
  const reach = masks.map((m) => (m.kind === 'window' ? [m.left ?? UNLIMITED, m.right ?? UNLIMITED] : [UNLIMITED, m.kind === 'causal' ? 0 : UNLIMITED]));
  const widest = (side: 0 | 1): number => {
    const ends = reach.map((r) => r[side] ?? UNLIMITED);
    return ends.includes(UNLIMITED) ? UNLIMITED : Math.max(...ends);
  };
  const [left, right] = [widest(0), widest(1)];
  if (left === UNLIMITED && right === UNLIMITED) return { kind: 'none' };
  return left === UNLIMITED && right === 0 ? { kind: 'causal' } : { kind: 'window', left, right };
}

function settingsOf(settings: SettingsJson, several: boolean): TraceEntry['settings'] {
  return {
    ablations: (settings.ablations ?? []).map((a) => ({ head: `${several ? `${a.stack}.` : ''}L${a.layer}H${a.head}`, mode: a.mode })),
    masked: settings.masked ?? [],
    truncated: Boolean(settings.truncation),
    zero_segment_ids: settings.segment_ids === 'zero',
  };
}

export function traceOf(json: unknown): TraceEntry {
  const { computed, sequences = {}, stacks = [], settings = {}, ...rest } = json as TraceJson;
  const { text, source, target } = sequences;
  return {
    ...rest,
    precision: computed?.precision ?? '',
    stacks: stacks.map(stackOf),
    query: target ?? text ?? source ?? NO_TOKENS,
    key: target && source ? source : null,
    settings: settingsOf(settings, stacks.length > 1),
  };
}
