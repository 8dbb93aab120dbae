// A view whose picture is a canvas: one surface, given back with the element, and perhaps a second
// canvas above it for what follows the pointer.

import { Surface } from '../gl/surface';
import { clearedContext } from './canvas';
import { ViewBase } from './view_base';

export interface Size { width: number; height: number }

export abstract class CanvasView extends ViewBase {
  private held: Surface | undefined;

  protected surfaceOn(canvas: HTMLCanvasElement): Surface {
    this.held ??= new Surface(canvas, (r) => { this.plain = r === 'canvas2d'; });
    this.plain = this.held.renderer === 'canvas2d';
    return this.held;
  }

  /** Lines that Canvas2D left out of the last picture. */
  protected get capped(): number { return this.held?.capped ?? 0; }

  get renderer(): string { return this.held?.renderer ?? 'none'; }

  /** The context of the canvas that lies over the picture, cleared. */
  protected overlayContext(selector: string, size: Size): CanvasRenderingContext2D | null {
    const canvas = this.renderRoot.querySelector<HTMLCanvasElement>(selector);
    return canvas && clearedContext(canvas, size.width, size.height);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.held?.dispose();
    this.held = undefined;
  }
}
