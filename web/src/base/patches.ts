// Where a model reads a picture, its tokens are patches of it, row by row, beside a class token.

import type { Tokens } from './trace_info';

/** The picture as the model saw it: red, green and blue of each pixel, row by row. */
export interface Pixels { width: number; height: number; rgb: Uint8Array }

/** Pixels of the picture as resized, and the patches that it is cut into. */
export interface PictureInfo { width: number; height: number; rows: number; columns: number }

/** Number of a token's patch, row by row; null for a token that is none. */
export function patchOf(tokens: Tokens, token: number): number | null {
  if (tokens.kinds?.[token] !== 'patch') return null;
  let before = 0;
  for (let i = 0; i < token; i++) if (tokens.kinds[i] === 'patch') before++;
  return before;
}

/** The token of a patch; null where there is none. */
export function tokenOfPatch(tokens: Tokens, patch: number): number | null {
  let left = patch;
  for (let i = 0; i < tokens.tokens.length; i++) if (tokens.kinds?.[i] === 'patch' && left-- === 0) return i;
  return null;
}

/** The patch under a point of the picture, both as shares of its sides. */
export function patchAt({ rows, columns }: PictureInfo, x: number, y: number): number | null {
  const [column, row] = [Math.floor(x * columns), Math.floor(y * rows)];
  return row >= 0 && row < rows && column >= 0 && column < columns ? row * columns + column : null;
}
