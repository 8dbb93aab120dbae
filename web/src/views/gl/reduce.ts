// What a raster shows where several texels share a pixel: the strongest of them, or their mean. The
// same rule as the fragment shader of gl_raster.ts, so that both renderers show the same picture.
// Values that are no finite numbers (NaN, the −∞ of a masked score) are holes: nothing is drawn.

export interface TexelSource {
  /** Texels of the source rectangle. */
  cols: number;
  rows: number;
  value: (row: number, col: number) => number;
}

/** Texels [first, end) of a pixel of `size` pixels over `count` texels. */
export function texelsOf(pixel: number, size: number, count: number): [first: number, end: number] {
  const step = count / size;
  const centre = (pixel + 0.5) * step;
  if (step <= 1) {
    const one = Math.min(count - 1, Math.max(0, Math.floor(centre)));
    return [one, one + 1];
  }
  return [Math.max(0, Math.floor(centre - step / 2 + 1e-3)), Math.min(count, Math.ceil(centre + step / 2 - 1e-3))];
}

/** [height, width] values of the pixels; NaN = a hole. */
export function reduceTexels(source: TexelSource, width: number, height: number, by: 'max' | 'mean'): Float32Array {
  const out = new Float32Array(width * height).fill(NaN);
  for (let y = 0; y < height; y++) {
    const [r0, r1] = texelsOf(y, height, source.rows);
    for (let x = 0; x < width; x++) {
      const [c0, c1] = texelsOf(x, width, source.cols);
      let best = NaN;
      let sum = 0;
      let count = 0;
      for (let r = r0; r < r1; r++) for (let c = c0; c < c1; c++) {
        const v = source.value(r, c);
        if (!Number.isFinite(v)) continue;
        if (count === 0 || Math.abs(v) > Math.abs(best)) best = v;
        sum += v;
        count++;
      }
      if (count > 0) out[y * width + x] = by === 'max' ? best : sum / count;
    }
  }
  return out;
}
