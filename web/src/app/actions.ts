// What the app does beside changing the state: dialogs, sharing, running. The palette lists them
// with the commands; their ids begin with "app.".

import type { PaletteEntry } from '../base/commands';
import { S } from '../base/words/shell';
import type { Controller } from './controller';

export interface Action { id: string; title: string; keys?: string; run: (host: ActionHost) => void; enabled?: (c: Controller) => true | string }

export type DialogName = 'palette' | 'help' | 'export' | 'copy' | 'diagnostics';

/** The element that carries the dialogs; app.ts is one. */
export interface ActionHost {
  readonly controller: Controller;
  openDialog(name: DialogName): void;
  focusText(): void;
  share(): Promise<void>;
  toggleTable(): void;
  chooseFile(kind?: 'trace' | 'picture'): void;
}

const stopWork = (c: Controller): void => {
  if (c.uploads.current) c.uploads.stop();
  else c.session.stop();
};

export const ACTIONS: readonly Action[] = [
  { id: 'app.palette', title: S.palette, keys: 'Ctrl+K', run: (h) => { h.openDialog('palette'); } },
  { id: 'app.undo', title: S.undoAct, keys: 'Ctrl+Z', run: (h) => { h.controller.undo(); },
    enabled: (c) => (c.history.undoName === null ? S.undo(null) : true) },
  { id: 'app.redo', title: S.redoAct, keys: 'Ctrl+Shift+Z', run: (h) => { h.controller.redo(); },
    enabled: (c) => (c.history.redoName === null ? S.redo(null) : true) },
  { id: 'app.run', title: S.run, keys: 'Ctrl+Enter', run: (h) => { h.controller.session.runNow(); } },
  { id: 'app.stop', title: S.stopAct, run: (h) => { stopWork(h.controller); },
    enabled: (c) => (c.session.status.kind === 'running' || c.uploads.current ? true : S.nothingRuns) },
  { id: 'heads.predictive', title: S.predictiveAct, run: (h) => { h.controller.session.reloadSummaries(true); },
    enabled: (c) => (c.trace ? c.can('predict') : S.noPicture) },
  { id: 'app.before', title: S.beforeAct, keys: 'Z (hold)', run: (h) => { h.controller.hold(!h.controller.before.held); },
    enabled: (c) => (c.before.last ? true : S.nothingBefore) },
  { id: 'app.edit', title: S.editAct, keys: '/', run: (h) => { h.focusText(); } },
  { id: 'app.table', title: S.tableAct, keys: 'T', run: (h) => { h.toggleTable(); } },
  { id: 'app.go', title: S.goAct, keys: 'G', run: (h) => { h.openDialog('palette'); } },
  { id: 'app.picture', title: S.openPicture, run: (h) => { h.chooseFile('picture'); },
    enabled: (c) => (c.readsPictures ? true : c.info ? S.noPictures : S.starting) },
  { id: 'app.open', title: S.openTrace, run: (h) => { h.chooseFile(); }, enabled: (c) => (c.info ? true : S.starting) },
  { id: 'app.share', title: S.shareAct, run: (h) => { void h.share(); } },
  { id: 'app.export', title: S.export, keys: 'E', run: (h) => { h.openDialog('export'); } },
  { id: 'app.copy', title: S.copyAct, keys: 'Shift+E', run: (h) => { h.openDialog('copy'); } },
  { id: 'app.diagnostics', title: S.diagnostics, run: (h) => { h.openDialog('diagnostics'); } },
  { id: 'app.help', title: S.help, keys: '?', run: (h) => { h.openDialog('help'); } },
];

export function findAction(id: string): Action | undefined { return ACTIONS.find((a) => a.id === id); }
export function actionOfKey(key: string): Action | undefined { return ACTIONS.find((a) => a.keys === key); }

export function actionEntries(c: Controller): PaletteEntry[] {
  return ACTIONS.filter((a) => a.id !== 'app.palette' && a.id !== 'app.go')
    .map((a) => ({ id: a.id, args: {}, title: a.title, keys: a.keys ?? '', enabled: a.enabled?.(c) ?? true }));
}
