// What part of the matrix is on screen: fitted, or as far in as the user went. All plots share it.

import type { Zoom } from '../../base/state';
import { clampView, fitCell, viewOf, zoomAt, type MatrixView, type Point } from './lod';

interface Box { x: number; y: number; width: number; height: number }
/** Rows and columns of the whole matrix. */
export interface Shape { rows: number; cols: number }

export class Camera {
  /** Null until the first picture. */
  view: MatrixView | null = null;
  /** The whole matrix is shown, and stays so when the stage changes its size. */
  private fitted = true;
  private shape = '';

  /** Takes a place that is not its own: of a link, of undo, of another view. */
  take(zoom: Zoom | null): void {
    this.view = null;
    this.fitted = zoom === null;
  }

  /** The view on this plot, fitted again where the stage or the matrix has changed. */
  place(plot: Box, { rows, cols }: Shape, zoom: Zoom | null, look: string): MatrixView {
    const shape = [plot.width, plot.height, rows, cols, look].join();
    const changed = shape !== this.shape;
    this.shape = shape;
    if (!this.view && !this.fitted && zoom) this.view = viewOf(zoom.q0, zoom.q1, zoom.k0, zoom.k1, plot);
    if (!this.view || (changed && this.fitted)) this.view = { x: 0, y: 0, cell: fitCell(plot, rows, cols) };
    this.view = clampView(this.view, plot, rows, cols);
    return this.view;
  }

  fit(): void {
    this.view = null;
    this.fitted = true;
  }

  /** By so many CSS pixels. */
  pan(dx: number, dy: number): void {
    const { view } = this;
    if (!view) return;
    this.view = { ...view, x: view.x - dx / view.cell, y: view.y - dy / view.cell };
    this.fitted = false;
  }

  /** at: on the stage; it keeps its place. */
  zoom(factor: number, at: Point, plot: Box, { rows, cols }: Shape): void {
    if (!this.view) return;
    this.view = zoomAt(this.view, factor, at.x - plot.x, at.y - plot.y, fitCell(plot, rows, cols));
    this.fitted = false;
  }

  /** Shows queries [q0, q1) × keys [k0, k1). */
  show({ q0, q1, k0, k1 }: Zoom, plot: Box): void {
    this.view = viewOf(q0, q1, k0, k1, plot);
    this.fitted = false;
  }

  /** Moves as little as brings a cell on screen; false where it is there already. */
  reveal(cell: { q: number; k: number }, plot: Box): boolean {
    const { view } = this;
    if (!view) return false;
    const inside = (at: number, from: number, size: number): number => (at < from ? at : at + 1 > from + size ? at + 1 - size : from);
    const [x, y] = [inside(cell.k, view.x, plot.width / view.cell), inside(cell.q, view.y, plot.height / view.cell)];
    if (x === view.x && y === view.y) return false;
    this.view = { ...view, x, y };
    return true;
  }

  /** Of a cell on the stage: its middle. */
  pointOf(cell: { q: number; k: number }, plot: Box): Point {
    const view = this.view as MatrixView;
    return { x: plot.x + (cell.k + 0.5 - view.x) * view.cell, y: plot.y + (cell.q + 0.5 - view.y) * view.cell };
  }

  /** The cells on screen as the state keeps them; null = all. */
  zoomOf(plot: Box, { rows, cols }: Shape): Zoom | null {
    const { view } = this;
    if (!view || this.fitted) return null;
    const end = (from: number, size: number, n: number): number => Math.max(Math.floor(from) + 1, Math.min(n, Math.ceil(from + size / view.cell)));
    return { q0: Math.max(0, Math.floor(view.y)), q1: end(view.y, plot.height, rows), k0: Math.max(0, Math.floor(view.x)),
      k1: end(view.x, plot.width, cols) };
  }
}
