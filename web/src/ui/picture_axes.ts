// The axes of a picture: which tokens of the trace are its rows and columns under these settings.
// Twin of tile_axes() in src/tile/tile_axes.cc; the numbers come from there in this order.

import { hasSentences, isBlock, isCausal, sideTokens, stackOf, type Tokens, type TraceInfo } from '../base/trace_info';
import type { ViewSettings } from '../base/state';
import { makeAxis, type AxisItem, type Side } from './axes';

export interface PictureAxes { q: AxisItem[]; k: AxisItem[] }

type AxisSettings = Pick<ViewSettings, 'stack' | 'attention' | 'special' | 'words' | 'marked'>;

const made = new WeakMap<TraceInfo, { key: string; axes: PictureAxes }>();

/** Made once for settings that stay: long texts have thousands of rows, and every frame asks. */
export function pictureAxes(trace: TraceInfo | undefined, s: AxisSettings): PictureAxes {
  if (!trace) return { q: [], k: [] };
  const key = [s.stack, s.attention, s.special, s.words, ...s.marked].join(' ');
  const held = made.get(trace);
  if (held?.key === key) return held.axes;
  const axes = makeAxes(trace, s);
  made.set(trace, { key, axes });
  return axes;
}

function makeAxes(trace: TraceInfo, s: AxisSettings): PictureAxes {
  // Causal heads rest on the first token, whatever it is: it counts as special there.
  const first = isCausal(stackOf(trace, s.stack)) ? [0] : [];
  const options = { filter: hasSentences(trace, s.stack) ? s.attention : 'all' as const, special: s.special, words: s.words,
                    // In the block matrix a token's number would name two tokens of the blocks.
                    extraSpecial: new Set([...(isBlock(trace, s.stack) ? [] : s.marked), ...first]) };
  return { q: makeAxis(sideTokens(trace, s.stack, 'q'), 'q', options), k: makeAxis(sideTokens(trace, s.stack, 'k'), 'k', options) };
}

export function tokensOf(trace: TraceInfo | undefined, settings: Pick<ViewSettings, 'stack'>, side: Side): Tokens | undefined {
  return trace ? sideTokens(trace, settings.stack, side) : undefined;
}
