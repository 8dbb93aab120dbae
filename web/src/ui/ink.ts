// Weight → ink (ui.md §3.1): width and opacity both carry the weight, and neither depends on how
// many heads are drawn except through the largest width.

import type { ScaleName } from '../base/state';

export type { ScaleName };

/** Display strength 0…1 of a value that is already relative to 1 (a weight, or |x| / largest). */
export function strength(value: number, scale: ScaleName, rowMax: number): number {
  const a = Math.abs(value);
  if (scale === 'row') return rowMax > 0 ? Math.min(1, a / rowMax) : 0;
  if (scale === 'log') return a > 0 ? Math.min(1, Math.max(0, 1 + Math.log10(a) / 4)) : 0;
  return Math.min(1, a);
}

/** Largest line width in CSS pixels with m heads drawn. */
export function maxWidth(m: number): number {
  return m <= 1 ? 6 : Math.max(2, 6 / Math.sqrt(m));
}

export function lineWidth(s: number, m: number): number {
  return 0.6 + (maxWidth(m) - 0.6) * s;
}

export interface OpacityRule { floor: number }
export const SCREEN_OPACITY: OpacityRule = { floor: 0.15 };
export const PRINT_OPACITY: OpacityRule = { floor: 0.35 };
export const HIGH_CONTRAST_OPACITY: OpacityRule = { floor: 0.5 };
/** What the picture is drawn for. */
export type Ink = 'screen' | 'print' | 'contrast';
export const OPACITY: Record<Ink, OpacityRule> = { screen: SCREEN_OPACITY, print: PRINT_OPACITY, contrast: HIGH_CONTRAST_OPACITY };

export function lineOpacity(s: number, rule: OpacityRule = SCREEN_OPACITY): number {
  return rule.floor + (1 - rule.floor) * s;
}

/** Vertical shift of the ends of the lines of the head with rank r among m drawn heads. */
export function laneOffset(rank: number, m: number): number {
  return (rank - (m - 1) / 2) * Math.min(3, 14 / m);
}

/** Bar of a token of the other column, CSS pixels. */
export const BAR_LENGTH = 64;

const four = new Intl.NumberFormat('en', { maximumSignificantDigits: 4, minimumSignificantDigits: 4, useGrouping: false });

/** A number as tooltips show it: 4 significant digits, trailing zeros too; tiny and huge ones as powers; 0 as it is. */
export function exact4(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const a = Math.abs(value);
  if (a < 1e-4 || a >= 1e7) return value.toExponential(3).replace('-', '−').replace('e-', 'e−').replace('e+', 'e');
  return four.format(value).replace('-', '−');
}

/** Of a column of numbers, all with the same decimals; what they cannot show is given as a power. */
export function fixed(value: number, decimals: number): string {
  if (!Number.isFinite(value) || (value !== 0 && Math.abs(value) < 0.5 * 10 ** -decimals)) return exact4(value);
  return value.toFixed(decimals).replace('-', '−');
}

/** A float32 as "copy" gives it: 9 significant digits, enough to read the same float back. */
export function exact9(value: number): string { return String(Number(value.toPrecision(9))); }

export function percent(fraction: number): string {
  const p = fraction * 100;
  return `${p === 0 || p >= 99.95 || p >= 10 ? p.toFixed(1) : p.toFixed(2).replace(/0$/, '')} %`;
}
