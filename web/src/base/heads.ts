// Lists of heads and layers as people write them: "L2H0", "L6H*", "0-3,7"; resolved against a trace.

import { headName, headsOfLayer, parseHead, stackOf, type StackInfo, type TraceInfo } from './trace_info';

export interface HeadPattern { layer: number; head: number | null }

/** "L2H0" or "L6H*" in either case, at most nine digits a number (twin of parse_head in view_state.cc). */
export function parsePattern(text: string): HeadPattern | null {
  const match = /^[Ll](\d{1,9})[Hh](\d{1,9}|\*)$/.exec(text);
  return match ? { layer: Number(match[1]), head: match[2] === '*' ? null : Number(match[2]) } : null;
}

export function patternName(p: HeadPattern): string { return `L${p.layer}H${p.head ?? '*'}`; }

export function allHeads(stack: StackInfo): string[] {
  return stack.layers.flatMap((layer, i) => Array.from({ length: stack.heads[i] ?? 0 }, (_, head) => headName({ layer, head })));
}

/** Which of the named heads the stack has, each once, in order; and which it has not. */
export function resolveHeads(names: readonly string[], stack: StackInfo): { heads: string[]; missing: string[] } {
  const heads = new Set<string>();
  const missing: string[] = [];
  for (const name of names) {
    const pattern = parsePattern(name);
    const count = pattern ? headsOfLayer(stack, pattern.layer) : 0;
    const first = pattern?.head ?? 0;
    const end = pattern?.head === null ? count : first + 1;
    if (!pattern || count === 0 || end > count) missing.push(name);
    else for (let head = first; head < end; head++) heads.add(headName({ layer: pattern.layer, head }));
  }
  return { heads: [...heads], missing };
}

/** The head that stands in where none of the wanted ones exists: the article's first, else the first. */
export function fallbackHead(stack: StackInfo): string {
  return headsOfLayer(stack, 2) > 0 ? 'L2H0' : headName({ layer: stack.layers[0] ?? 0, head: 0 });
}

/** "layers 0–11 and heads 0–11". */
export function shapeText(trace: TraceInfo, stackName: string): string {
  const stack = stackOf(trace, stackName);
  const layers = `${stack.layers[0] ?? 0}–${stack.layers[stack.layers.length - 1] ?? 0}`;
  return `layers ${layers} and heads 0–${Math.max(0, ...stack.heads) - 1}`;
}

/** Layer numbers of "0-3,7"; null where the text is none. "" = every layer (an empty set). */
export function parseRanges(text: string): Set<number> | null {
  const out = new Set<number>();
  if (text.trim() === '') return out;
  for (const part of text.split(',')) {
    const match = /^\s*(\d{1,4})\s*(?:-\s*(\d{1,4})\s*)?$/.exec(part);
    if (!match) return null;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last < first) return null;
    for (let i = first; i <= last; i++) out.add(i);
  }
  return out;
}

/** The same heads in another layer (changing the layer keeps the head numbers); others stay. */
export function moveToLayer(heads: readonly string[], from: number, to: number, stack: StackInfo): string[] {
  const count = headsOfLayer(stack, to);
  const moved = heads.map((name) => {
    const id = parseHead(name);
    return id?.layer === from ? headName({ layer: to, head: Math.min(id.head, count - 1) }) : name;
  });
  return [...new Set(moved)];
}
