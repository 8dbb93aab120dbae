// The panels' own page: `npx vite` and open /panels.html?panel=map&theme=dark. No part of the app.

import { ARTICLE_FINGERPRINT } from '../../base/article';
import { runCommand } from '../../base/commands';
import { CommandError, DEFAULT_STATE, type ChangeDetail, type CommandDetail, type ViewState } from '../../base/state';
import { syntheticTrace } from '../../views/dev/synthetic_engine';
import '../../views/index';
import '../index';
import type { Capabilities, PanelBase } from '../common/panel_base';
import { labelFacts } from '../common/wording';
import { fakeSummaries } from './fake_summaries';
import { RecordedEngine } from './recorded_engine';

const query = new URLSearchParams(location.search);
const n = Number(query.get('n') ?? 19);
const article = '[CLS] i went to the store . [SEP] at the store , i bought fresh straw ##berries . [SEP]'.split(' ');
const base = syntheticTrace(n, Number(query.get('layers') ?? 12), Number(query.get('heads') ?? 12), n === 19 ? article : undefined);
const trace = n === 19 && base.stacks[0]?.layers.length === 12 ? { ...base, model: { name: 'bert-base-uncased', family: 'bert', fingerprint: ARTICLE_FINGERPRINT } } : base;
const engine = new RecordedEngine([trace]);
if (trace.model.fingerprint) await engine.load();
const summaries = fakeSummaries(trace, (head, i) => engine.row(trace, head, i));
// Another text's numbers stand in for a corpus: only so that the two scopes differ.
const corpus = summaries.map((s, i) => (i % 17 === 0 ? { ...s, labels: [], leaning: s.labels } : s));
const theme = query.get('theme') === 'dark' ? 'dark' : 'light';
document.documentElement.className = theme;
const yes: Capabilities = { run: true, ablate: true, predict: true, corpus: true };
const capabilities = query.has('bare') ? {} : yes;
let state: ViewState = { ...DEFAULT_STATE, ...(JSON.parse(query.get('s') ?? '{}') as Partial<ViewState>) };
const log: unknown[] = [];

const names = (query.get('panel') ?? 'map').split(',');
const elements = names.map((name) => document.createElement(`headscope-${name}`) as PanelBase);
function give(): void {
  for (const element of elements) Object.assign(element, { engine, trace, summaries, corpus, settings: state, theme, capabilities, labels: labelFacts(summaries, false) });
}
give();
document.addEventListener('hs-change', (e) => {
  const { detail } = e as CustomEvent<ChangeDetail>;
  log.push(detail);
  state = { ...state, ...detail.patch };
  give();
});
document.addEventListener('hs-command', (e) => {
  const { id, args } = (e as CustomEvent<CommandDetail>).detail;
  log.push({ id, args });
  try {
    ({ state } = runCommand(id, state, { trace, labels: labelFacts(summaries, false), can: (c) => capabilities[c] ?? 'not here' }, args));
    give();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    log.push({ error: error.message });
  }
});
document.body.append(...elements);
document.body.dataset['panels'] = names.join(' ');
Object.assign(window, { panel: elements[0], panels: elements, log, state: () => state });
