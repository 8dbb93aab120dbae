// Rows and columns of the picture after sentence filter, special-token mask and word merge. Twin of
// tile_axes() in include/headscope/tile.h: the numbers come from there, this is only the labels.

import type { SentenceFilter, SpecialMode } from '../base/state';
import type { TokenList } from '../base/trace_info';
import { readableToken, readableWord } from '../base/byte_tokens';

export type { SentenceFilter, SpecialMode, TokenList };

/** One row or column: the tokens [first, end) that it stands for. */
export interface AxisItem { first: number; end: number; text: string }

export interface AxisOptions {
  filter: SentenceFilter;
  special: SpecialMode;
  words: boolean;
  extraSpecial?: ReadonlySet<number>;
}

export type Side = 'q' | 'k';

export function makeAxis(list: TokenList, side: Side, options: AxisOptions): AxisItem[] {
  const wanted = wantedSentence(options.filter, side);
  const items: AxisItem[] = [];
  let lastWord: number | null = null;
  for (let i = 0; i < list.tokens.length; i++) {
    const word = list.words[i] ?? null;
    const hidden = (wanted !== null && list.sentences[i] !== wanted) ||
      (options.special !== 'show' && (list.special[i] === 1 || options.extraSpecial?.has(i) === true));
    if (hidden) {
      lastWord = null;
      continue;
    }
    const last = items[items.length - 1];
    if (options.words && word !== null && word === lastWord && last && last.end === i) {
      last.end = i + 1;
      last.text = readableWord((list.raw ?? list.tokens).slice(last.first, last.end), list.raw !== undefined);
    } else {
      items.push({ first: i, end: i + 1, text: list.tokens[i] as string });
    }
    lastWord = word;
  }
  return items;
}

/** Index of the item that holds a token, or −1 where it is hidden. */
export function axisIndex(axis: readonly AxisItem[], token: number): number {
  let low = 0;
  let high = axis.length - 1;
  while (low <= high) {
    const mid = (low + high) >> 1;
    const item = axis[mid] as AxisItem;
    if (token < item.first) high = mid - 1;
    else if (token >= item.end) low = mid + 1;
    else return mid;
  }
  return -1;
}

function wantedSentence(filter: SentenceFilter, side: Side): number | null {
  if (filter === 'all') return null;
  return filter[side === 'q' ? 0 : 1] === 'a' ? 0 : 1;
}

/** Long tokens are cut in the middle, so that both ends stay recognisable. */
export function shorten(text: string, limit = 18): string {
  const chars = [...text];
  if (chars.length <= limit) return text;
  const head = Math.ceil((limit - 1) / 2);
  return `${chars.slice(0, head).join('')}…${chars.slice(chars.length - (limit - 1 - head)).join('')}`;
}

/** Token as printed; tokens of byte letters have been read when they came (../api/trace_json.ts). */
export function tokenText(text: string): string { return readableToken(text, false); }
