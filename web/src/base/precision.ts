// In what numbers a model's matrix products are computed, and what a picture says of it. Twin of
// include/headscope/precision.h; the words are in words/precision.ts.

import { P } from './words/precision';

export const PRECISIONS = ['f32', 'bf16x3', 'bf16'] as const;
export type Precision = (typeof PRECISIONS)[number];

export function isPrecision(name: string): name is Precision { return (PRECISIONS as readonly string[]).includes(name); }

export function precisionName(name: string): string { return isPrecision(name) ? P.names[name] : name; }

/** How a native trace was computed (docs/formats.md). */
export interface Computed {
  precision: string;
  /** Instructions of the matrix products; null or "" = not known. */
  path: string | null;
  /** Against float32, on a built-in text: largest difference of a weight, relative error of the products; null for f32. */
  error: { attention_max: number; gemm_rel_l2: number } | null;
}

/** Where a trace's numbers come from, where no run of headscope made them. */
export interface Origin { kind: 'native' | 'captured' | 'arrays'; implementation: string | null; dtype: string | null }

/** "Computed in bf16, path avx512_bf16-bf16: weights within 0.013 of float32’s on a measured text." */
export function computedWords({ computed, origin }: { computed?: Computed | null; origin?: Origin | null }): string {
  if (!computed) return origin && origin.kind !== 'native' ? P.origin(origin.kind, origin.implementation, origin.dtype) : '';
  const { precision, path, error } = computed;
  return P.computed(precisionName(precision), path ?? '',
    error ? P.error(short(error.attention_max)) : '');
}

/** Float32 has no error that is to be told. */
export function isExact({ computed }: { computed?: Computed | null }): boolean { return computed?.precision === 'f32'; }
/** "float32, path avx512" */
export function computedBriefly({ computed }: { computed?: Computed | null }): string {
  return computed ? P.briefly(precisionName(computed.precision), computed.path ?? '') : '';
}

/** … and how far its matrix products are off. */
export function computedInFull(made: { computed?: Computed | null; origin?: Origin | null }): string {
  const { error } = made.computed ?? {};
  return computedWords(made) + (error ? P.products(short(error.gemm_rel_l2)) : '');
}

/** Two digits say how large an error is. */
function short(value: number): string { return value === 0 ? '0' : String(Number(value.toPrecision(2))); }
