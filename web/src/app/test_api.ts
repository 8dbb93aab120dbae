// window.headscope (ui.md §9): what is on screen, in numbers. Read-only except run(); present in all
// builds; nothing in the app depends on it.

import { toLink } from '../base/link';
import type { CommandArgs, ViewState } from '../base/state';
import { storeOf } from '../ui/tile_store';
import type { HeadscopeApp } from './app';

type Panel = Element & { idle: () => Promise<void> };
interface Drawn { edges?: () => unknown[]; rows?: () => unknown[]; alt?: () => string; renderer?: string }

export interface ViewHandle {
  /** The state; trace = id of the trace that is drawn, link = its link. */
  state(): ViewState & { link: string };
  idle(): Promise<void>;
  edges(): unknown[];
  rows(): unknown[];
  alt(): string;
  tiles(): Record<string, number>;
  timings(): Record<string, number>;
  errors(): { code: string }[];
  readonly renderer: string;
  run(commandId: string, args?: CommandArgs): boolean;
}

export interface HeadscopeApi { version: string; views: ViewHandle[] }
declare global { interface Window { headscope?: HeadscopeApi } }

function handle(app: HeadscopeApp): ViewHandle {
  const drawn = (): Drawn => (app.viewPanel?.view ?? {}) as Drawn;
  const traceId = (): string => app.controller.trace?.id ?? '';
  return {
    state: () => ({ ...app.controller.state, trace: traceId(), link: toLink(app.controller.state, traceId()) }),
    idle: () => idle(app),
    edges: () => drawn().edges?.() ?? [],
    rows: () => drawn().rows?.() ?? [],
    alt: () => drawn().alt?.() ?? '',
    tiles: () => ({ ...storeOf(app.controller.engine).counts() }),
    timings: () => app.viewPanel?.view?.timings() ?? {},
    errors: () => [...app.controller.errorLog],
    get renderer() { return drawn().renderer ?? 'canvas2d'; },
    run: (id, args = {}) => app.runCommand(id, args),
  };
}

/** Nothing is on its way, the last frame is drawn and the address is written. */
export async function idle(app: HeadscopeApp): Promise<void> {
  await app.controller.ready;
  for (let settled = 0; settled < 2; settled++) {
    const before = app.controller.state;
    await app.controller.session.idle();
    await app.updateComplete;
    await app.viewPanel?.updateComplete;
    await app.viewPanel?.view?.idle?.();
    for (const panel of app.renderRoot.querySelectorAll<Panel>('headscope-map, headscope-inspector')) await panel.idle();
    if (app.controller.state !== before || app.controller.session.busy()) settled = -1;
  }
  app.flushLink();
}

export function registerView(app: HeadscopeApp): () => void {
  const api = (window.headscope ??= { version: '', views: [] });
  app.controller.addEventListener('change', () => { api.version = app.controller.info?.version ?? ''; });
  const own = handle(app);
  api.views.push(own);
  return () => { api.views = api.views.filter((v) => v !== own); };
}
