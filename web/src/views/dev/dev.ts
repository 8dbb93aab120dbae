// The views' own page: `npx vite` and open /dev.html?view=head&n=19. No part of the app.

import { runCommand } from '../../base/commands';
import { DEFAULT_STATE, type CommandDetail } from '../../base/state';
import { DEFAULTS, type ViewSettings } from '../../ui/types';
import type { ViewBase } from '../common/view_base';
import { SyntheticEngine, syntheticTrace } from './synthetic_engine';
import { WorkerEngine } from './worker_engine';
import '../index';

const query = new URLSearchParams(location.search);
const view = query.get('view') ?? 'head';
const n = Number(query.get('n') ?? 19);
const article = '[CLS] i went to the store . [SEP] at the store , i bought fresh straw ##berries . [SEP]'.split(' ');
const trace = syntheticTrace(n, Number(query.get('layers') ?? 12), Number(query.get('heads') ?? 12), n === 19 ? article : undefined);
const element = document.createElement(`headscope-${view}-view`) as ViewBase;
const theme = query.get('theme') === 'dark' ? 'dark' : 'light';
document.documentElement.className = theme;
const settings: ViewSettings = { ...DEFAULTS, heads: ['L2H0'], ...(JSON.parse(query.get('s') ?? '{}') as Partial<ViewSettings>) };
Object.assign(element, { engine: query.has('worker') ? new WorkerEngine(trace, query.get('worker') === 'fast') : new SyntheticEngine([trace]), trace,
  settings, theme,
  labels: new Map([['L2H0', { name: 'L2H0', label: 'next token', score: 0.91, glyph: '→' }]]) });
element.addEventListener('hs-command', (e) => {
  const { id, args } = (e as CustomEvent<CommandDetail>).detail;
  const facts = { trace, labels: element.labels, can: () => true as const };
  element.settings = runCommand(id, { ...DEFAULT_STATE, ...element.settings }, facts, args).state;
});
document.body.append(element);
Object.assign(window, { view: element });
