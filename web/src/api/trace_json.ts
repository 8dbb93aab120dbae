// A trace as the wire describes it (docs/wire.md: the `trace` entry of a trace file, format 2) to the
// TraceEntry that the front end works with. Twin of src/rpc/describe.cc.

import { readableToken } from '../base/byte_tokens';
import type { Ablation } from '../base/state';
import type { LayerRule } from '../base/layer_rule';
import type { StackInfo, Tokens } from '../base/trace_info';
import type { Computed } from '../base/precision';
import type { TraceEntry } from './engine';

interface LayerJson {
  layer: number;
  kind: 'attention' | 'none';
  heads?: number;
  kv_heads?: number;
  softcap?: number | null;
  mask?: { kind: LayerRule['mask']['kind']; left: number | null; right: number | null; key_length: number | null };
  bias?: { kind: LayerRule['bias'] };
  rope?: LayerRule['rope'];
  sinks?: boolean;
}
interface StackJson { name: string; query: string; key: string; layers: readonly LayerJson[] }
interface AblationJson { stack: string; layer: number; head: number; mode: Ablation['mode'] }
interface SettingsJson {
  ablations?: readonly AblationJson[];
  masked?: readonly number[];
  truncation?: { strategy: string } | null;
  segment_ids?: 'true' | 'zero';
}
interface TraceJson extends Omit<TraceEntry, 'stacks' | 'query' | 'key' | 'computed' | 'settings'> {
  computed?: Computed | null;
  sequences?: Readonly<Record<string, Tokens>>;
  stacks?: readonly StackJson[];
  settings?: SettingsJson;
}

const NO_TOKENS: Tokens = { tokens: [], ids: [], special: [], words: [], sentences: [] };

/** Layers without attention are no rows of any view. */
function stackOf({ name, layers }: StackJson): StackInfo {
  const kept = layers.filter((l) => l.kind !== 'none');
  return { name, layers: kept.map((l) => l.layer), heads: kept.map((l) => l.heads ?? 0), kv_heads: kept.map((l) => l.kv_heads ?? 0),
    rules: kept.map(ruleOf) };
}

function ruleOf({ mask, softcap, bias, rope, sinks }: LayerJson): LayerRule {
  return {
    mask: { kind: mask?.kind ?? 'none', left: mask?.left ?? null, right: mask?.right ?? null, keyLength: mask?.key_length ?? null },
    softcap: softcap ?? null, bias: bias?.kind ?? 'none', rope: rope ?? null, sinks: sinks ?? false,
  };
}

function settingsOf(settings: SettingsJson, several: boolean): TraceEntry['settings'] {
  return {
    ablations: (settings.ablations ?? []).map((a) => ({ head: `${several ? `${a.stack}.` : ''}L${a.layer}H${a.head}`, mode: a.mode })),
    masked: settings.masked ?? [],
    truncated: Boolean(settings.truncation),
    zero_segment_ids: settings.segment_ids === 'zero',
  };
}

function ofBytes(list: Tokens): Tokens { return { ...list, tokens: list.tokens.map((t) => readableToken(t, true)), raw: list.tokens }; }

export function traceOf(json: unknown): TraceEntry {
  const { computed, sequences = {}, stacks = [], settings = {}, ...rest } = json as TraceJson;
  const bytes = (rest.model as TraceJson['model'] | undefined)?.byte_tokens === true;
  const read = (tokens: Tokens | undefined): Tokens | undefined => (bytes && tokens ? ofBytes(tokens) : tokens);
  const [text, source, target] = [read(sequences['text']), read(sequences['source']), read(sequences['target'])];
  return {
    ...rest,
    computed: computed ?? null,
    stacks: stacks.map(stackOf),
    query: target ?? text ?? source ?? NO_TOKENS,
    key: target && source ? source : null,
    settings: settingsOf(settings, stacks.length > 1),
  };
}
