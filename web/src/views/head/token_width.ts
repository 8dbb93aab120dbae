// How wide the words of a picture are, in the font that the columns have: the longest decides how much
// room a column takes.

import { shorten, tokenText } from '../../ui/axes';
import type { PictureAxes } from '../../ui/picture_axes';

/** Looked at for the longest, and of these so many are measured. */
const LOOKED_AT = 2000;
const MEASURED = 24;
/** A column is not made wider than for a word of so many characters. */
const LONGEST = 18;
/** Pinned words are bold. */
const FONT = '600 16px system-ui, sans-serif';

const widths = new WeakMap<PictureAxes, number>();
let context: CanvasRenderingContext2D | null = null;

/** Of the widest word as printed, in units of the font size. */
export function widestToken(axes: PictureAxes): number {
  const known = widths.get(axes);
  if (known !== undefined) return known;
  context ??= document.createElement('canvas').getContext('2d');
  const texts = new Set([axes.q, axes.k].flatMap((axis) => axis.slice(0, LOOKED_AT)).map((item) => shorten(tokenText(item.text), LONGEST)));
  const longest = [...texts].sort((a, b) => b.length - a.length).slice(0, MEASURED);
  if (context) context.font = FONT;
  const widest = Math.max(2, ...longest.map((text) => (context?.measureText(text).width ?? text.length * 9) / 16));
  widths.set(axes, widest);
  return widest;
}
