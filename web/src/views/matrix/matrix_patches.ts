// Under the matrix of a model that reads pictures: the one that it read, with the patches of the cell
// that is pointed at.

import { html, nothing, type TemplateResult } from 'lit';
import type { RampTheme } from '../../ui/ramps';
import type { TraceInfo, ViewEngine } from '../../ui/types';
import type { PatchPicture } from '../common/patch_picture';
import '../common/patch_picture';
import { patchMarks, type PatchSource } from '../common/patch_source';
import { valueAt, type MatrixSource } from './matrix_data';
import type { Cell } from './matrix_plan';

export function pictureUnder(source: PatchSource, { engine, trace, theme }: { engine: ViewEngine | undefined; trace: TraceInfo | undefined;
  theme: RampTheme }): TemplateResult | typeof nothing {
  const pixels = source.ask(engine, trace);
  return trace?.picture ? html`<headscope-patch-picture class="under" data-testid="patch-picture" .pixels=${pixels} .info=${trace.picture}
    .theme=${theme}></headscope-patch-picture>` : nothing;
}

export function showPatches(element: PatchPicture | null, source: MatrixSource, at: Cell | null): void {
  const [series] = source.series;
  if (!element || !series) return;
  const row = at && source.level === 0 ? source.axes.k.map((_, k) => valueAt(source, series, at.q, k)?.value ?? 0) : null;
  const marks = patchMarks(source.trace, source.settings.stack, source.axes, at ?? { q: null, k: null }, row);
  if (marks) element.show(marks);
}
