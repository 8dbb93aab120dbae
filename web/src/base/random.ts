// A small seeded generator for property tests, so that a failing case can be run again.

export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    // Mulberry32: 32 bits of state are enough for picking test values.
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function picker(random: () => number) {
  const int = (n: number): number => Math.floor(random() * n);
  const of = <T>(values: readonly T[]): T => values[int(values.length)] as T;
  const some = <T>(max: number, make: () => T): T[] => Array.from({ length: int(max + 1) }, make);
  return { int, of, some, coin: (): boolean => random() < 0.5, unit: random };
}
