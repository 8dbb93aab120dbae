// Vectors as rows of signed cells: one canvas for the query, one for all keys on screen, one for their
// products; and, where the computation is hidden, lines from the query to its keys.

import { headColours, TEXT_COLOUR } from '../../ui/identity';
import { lineOpacity, lineWidth } from '../../ui/ink';
import { ramp, rampCss, type RampTheme } from '../../ui/ramps';
import { clearedContext } from '../common/canvas';
import { products } from './neuron_math';
import { ROW, type NeuronPlan } from './neuron_plan';

const CELL = 16;

export interface Vectors { values: readonly Float32Array[]; sigma: number }

export function queryVector(p: NeuronPlan): Vectors { return { values: [p.data.q], sigma: p.sigmaVectors }; }
export function keyVectors(p: NeuronPlan, keys: readonly number[]): Vectors {
  const { dim, k } = p.data;
  return { values: keys.map((j) => k.subarray(j * dim, (j + 1) * dim)), sigma: p.sigmaVectors };
}
export function productVectors(p: NeuronPlan, keys: readonly number[]): Vectors {
  return { values: keys.map((j) => products(p.data, j)), sigma: p.sigmaProducts };
}

/** A row of cells each ROW pixels, in the order of the neurons; colour = tanh(x/σ). Pairs that are rotated together touch. */
export function paintVectors(canvas: HTMLCanvasElement, v: Vectors, { order, gaps }: Pick<NeuronPlan, 'order' | 'gaps'>, width: number,
  theme: RampTheme): void {
  const ctx = clearedContext(canvas, width, v.values.length * ROW);
  if (!ctx) return;
  const colours = ramp(theme, 'signed');
  const cell = width / order.length;
  const gap = Math.min(1, cell / 4);
  const ratio = window.devicePixelRatio || 1;
  const snap = (x: number): number => Math.round(x * ratio) / ratio;
  ctx.strokeStyle = headColours(theme)[TEXT_COLOUR] as string;
  ctx.lineWidth = 1;
  v.values.forEach((values, row) => {
    const y = row * ROW + (ROW - CELL) / 2;
    order.forEach((neuron, i) => {
      ctx.fillStyle = rampCss(colours, Math.tanh((values[neuron] as number) / v.sigma));
      ctx.fillRect(snap(i * cell), y, snap((i + 1) * cell - (gaps[i] ? gap : 0)) - snap(i * cell), CELL);
    });
    ctx.globalAlpha = 0.35;
    ctx.strokeRect(0.5, y + 0.5, width - 1, CELL - 1);
    ctx.globalAlpha = 1;
  });
}

/** From the query, at the height of its row, to every key: width and opacity carry the weight. */
export function paintLines(canvas: HTMLCanvasElement, weights: readonly number[], width: number, from: number, colour: string): void {
  const ctx = clearedContext(canvas, width, weights.length * ROW);
  if (!ctx) return;
  ctx.strokeStyle = colour;
  weights.forEach((weight, row) => {
    if (weight < 0.001) return;
    ctx.globalAlpha = lineOpacity(weight);
    ctx.lineWidth = lineWidth(weight, 1);
    ctx.beginPath();
    ctx.moveTo(0, from);
    ctx.lineTo(width, row * ROW + ROW / 2);
    ctx.stroke();
  });
  ctx.globalAlpha = 1;
}
