// What a side of a picture is called: its part in attention, and whose tokens stand there where a model
// reads one text and writes another.

import { isBlock, sideTokens, type TraceInfo } from '../base/trace_info';
import type { Side } from './axes';

/** "Query", "Key (source)", "Query (source, then target)". */
export function sideTitle(trace: TraceInfo | undefined, stack: string, side: Side): string {
  const name = side === 'q' ? 'Query' : 'Key';
  if (!trace?.key) return name;
  if (isBlock(trace, stack)) return `${name} (source, then target)`;
  return `${name} (${sideTokens(trace, stack, side) === trace.key ? 'source' : 'target'})`;
}

/** What attention does with this side. */
export const SIDE_ROLE: Readonly<Record<Side, string>> = { q: 'being updated', k: 'attended to' };
