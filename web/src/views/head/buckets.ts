// Keys outside the window of a long input, folded into a fixed number of buckets above and below.
// A bucket's line carries the sum of its keys, so a row still adds up to 1.

export interface KeyRange { first: number; end: number }

/** The table of ui.md §3.1, rows 2048 and 8192. */
export const BUCKET_MIN_TOKENS = 1537;
export function bucketCount(n: number): number {
  if (n < BUCKET_MIN_TOKENS) return 0;
  return n <= 4096 ? 32 : 64;
}

/** Splits [first, end) into at most `count` runs as the core pools: run i starts at ⌊i·size/count⌋. */
export function splitRange(first: number, end: number, count: number): KeyRange[] {
  const size = Math.max(0, end - first);
  const parts = Math.min(count, size);
  return Array.from({ length: parts }, (_, i) => ({
    first: first + Math.floor((i * size) / parts),
    end: first + Math.floor(((i + 1) * size) / parts),
  }));
}

/** Mean-pooled values → sums of the buckets. */
export function bucketSums(means: Float32Array, ranges: readonly KeyRange[]): Float32Array {
  return Float32Array.from(ranges, (range, i) => (means[i] as number) * (range.end - range.first));
}
