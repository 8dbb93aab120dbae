// Beside the head view of a model that reads pictures: the one that it read, with the patches that are
// looked at. A patch that is pointed at is a query.

import { html, nothing, type TemplateResult } from 'lit';
import { tokenOfPatch } from '../../base/patches';
import { sideTokens } from '../../base/trace_info';
import { axisIndex, type AxisItem, type Side } from '../../ui/axes';
import type { RampTheme } from '../../ui/ramps';
import type { TileStore } from '../../ui/tile_store';
import type { TraceInfo, ViewEngine } from '../../ui/types';
import type { PatchPicture } from '../common/patch_picture';
import '../common/patch_picture';
import { patchMarks, type PatchSource } from '../common/patch_source';
import { rowOfQuery } from './head_data';
import type { Picture } from './head_paint';
import type { TokenRef } from './head_template';

/** The query that stands for a patch; null where it is not in the picture. */
function queryOfPatch(p: Picture, patch: number | null): TokenRef | null {
  const token = patch === null ? null : tokenOfPatch(sideTokens(p.trace, p.settings.stack, 'q'), patch);
  const index = token === null ? -1 : axisIndex(p.axes.q, token);
  return index < 0 ? null : { side: 'q', index };
}

export interface PatchActs {
  hover(at: TokenRef | null): void;
  pin(side: Side, item: AxisItem, add: boolean): void;
}

export function pictureBeside(p: Picture | undefined, source: PatchSource, from: { engine: ViewEngine | undefined; trace: TraceInfo | undefined;
  theme: RampTheme }, acts: PatchActs): TemplateResult | typeof nothing {
  const pixels = source.ask(from.engine, from.trace);
  if (!p?.trace.picture) return nothing;
  const pick = (patch: number): void => {
    const at = queryOfPatch(p, patch);
    const item = at && p.axes.q[at.index];
    if (item) acts.pin('q', item, false);
  };
  return html`<headscope-patch-picture class="beside" data-testid="patch-picture" .pixels=${pixels} .info=${p.trace.picture} .theme=${from.theme}
    @patch=${(e: CustomEvent<{ patch: number | null }>) => { acts.hover(queryOfPatch(p, e.detail.patch)); }}
    @pick=${(e: CustomEvent<{ patch: number }>) => { pick(e.detail.patch); }}></headscope-patch-picture>`;
}

/** The query that is looked at, else the pinned one, and where its attention goes. */
export function showPatches(element: PatchPicture | null, p: Picture, looked: TokenRef | null, store: TileStore | undefined): void {
  const [series] = p.series;
  if (!element || !series || !store) return;
  const pinned = (side: Side): number | null => { const [first] = p.focus?.[side] ?? []; return first ?? null; };
  const at = { q: looked?.side === 'q' ? looked.index : pinned('q'), k: looked?.side === 'k' ? looked.index : pinned('k') };
  const row = at.q === null ? null : rowOfQuery(store, p.input, series, at.q);
  const values = row && row.first === 0 && row.values.length === p.axes.k.length ? row.values : null;
  const marks = patchMarks(p.trace, p.settings.stack, p.axes, at, values);
  if (marks) element.show(marks);
}
