// The panels' own page: `npx vite` and open /panels.html?panel=map&theme=dark. No part of the app.

import { ARTICLE_FINGERPRINT } from '../../base/article';
import { runCommand } from '../../base/commands';
import { allHeads } from '../../base/heads';
import { parseHead, type HeadId, type StackInfo } from '../../base/trace_info';
import { CommandError, DEFAULT_STATE, type CommandDetail, type ViewState } from '../../base/state';
import { syntheticTrace } from '../../views/dev/synthetic_engine';
import '../../views/index';
import '../index';
import type { CorpusOverview } from '../../api/engine';
import thresholdSource from '../../../../src/analysis/thresholds.cc?raw';
import type { Capabilities, PanelBase, PanelEngine } from '../common/panel_base';
import { briefOf, evidenceKey, summaryName, type HeadSummary } from '../common/summary';
import { labelFacts } from '../common/wording';
import { fakeSummaries } from './fake_summaries';
import { RecordedEngine } from './recorded_engine';

const query = new URLSearchParams(location.search);
const n = Number(query.get('n') ?? 19);
const article = '[CLS] i went to the store . [SEP] at the store , i bought fresh straw ##berries . [SEP]'.split(' ');
const base = syntheticTrace(n, Number(query.get('layers') ?? 12), Number(query.get('heads') ?? 12), n === 19 ? article : undefined);
const trace = n === 19 && base.stacks[0]?.layers.length === 12
  ? { ...base, model: { name: 'bert-base-uncased', family: 'bert', fingerprint: ARTICLE_FINGERPRINT } } : base;
const ablatedTrace = { ...trace, id: `${trace.id}-ablated` };
/** Rows of later heads move a little under ablation, so that there is something to see. */
class DevEngine extends RecordedEngine {
  override row(t: typeof trace, name: string, i: number): Float32Array {
    const row = super.row(t, name, i);
    if (t.id === trace.id || !name.startsWith('L1')) return row;
    return row.map((a) => 0.9 * a + 0.1 / row.length);
  }
}
const recorded = new DevEngine([trace, ablatedTrace]);
if (trace.model.fingerprint) await recorded.load();
const traceOf = (id: string): typeof trace => (id === trace.id ? trace : ablatedTrace);
const wait = (ms: number): Promise<void> => new Promise((r) => { setTimeout(r, ms); });
const engine: PanelEngine = {
  tiles: (id, specs, o) => recorded.tiles(id, specs, o),
  row: async (id, r) => { await wait(20); return recorded.row_(traceOf(id), r); },
  predict: async (id, r) => { await wait(40); return recorded.predict_(traceOf(id), r, r.ablations ? r.ablations.length : state.ablations.length); },
  link: async (_id, r) => {
    await wait(20);
    const n = trace.query.tokens.length;
    const all = allHeads(trace.stacks[0] as StackInfo).map((name) =>
      ({ ...(parseHead(name) as HeadId), weight: recorded.row(trace, name, r.query)[r.key] ?? 0, rank: 1, chance: 1 / n, lift: 1 }));
    return all.sort((a, b) => b.weight - a.weight);
  },
  compare: async (left, r) => { await wait(20); return recorded.compare_(traceOf(left), traceOf(r.right), r.stack); },
  corpus: async (r) => { await wait(20); return recorded.corpus_(trace, r, wholeCorpus); },
};
const viewEngine = Object.assign(engine, { neuron: recorded.neuron.bind(recorded) });
const whole = fakeSummaries(trace, (head, i) => recorded.row(trace, head, i));
// Another text's numbers stand in for a corpus: only so that the two scopes differ.
const wholeCorpus = whole.map((s, i) => (i % 17 === 0 ? { ...s, labels: [], leaning: s.labels } : s));
const [summaries, corpus] = [whole, wholeCorpus].map((list) => list.map((h) => briefOf(h))) as [HeadSummary[], HeadSummary[]];
const evidence = new Map([['input', whole] as const, ['corpus', wholeCorpus] as const].flatMap(([scope, list]) =>
  list.map((h) => [evidenceKey(scope, summaryName(h)), h] as const)));
const thresholds = Object.fromEntries([...thresholdSource.matchAll(/\{"([\w.-]+)", ([.\d]+)\}/g)].map((m) => [m[1], Number(m[2])]));
const overview: CorpusOverview = { name: 'wikitext.json', model: 'bert-base-uncased', fingerprint: trace.model.fingerprint ?? '', same_model: true,
  segments: 300, settings: {}, thresholds,
  notes: ['Share first, lift second: uniform lift flatters long texts.'], has_grammar: true, has_similarity: true, has_links: true };
const theme = query.get('theme') === 'dark' ? 'dark' : 'light';
document.documentElement.className = theme;
const yes: Capabilities = { run: true, ablate: true, predict: true, corpus: true };
const capabilities = query.has('bare') ? {} : yes;
let state: ViewState = { ...DEFAULT_STATE, ...(JSON.parse(query.get('s') ?? '{}') as Partial<ViewState>) };
const log: unknown[] = [];

const names = (query.get('panel') ?? 'map').split(',');
const elements = names.map((name) => document.createElement(`headscope-${name}`) as PanelBase);
function give(): void {
  const shown = state.ablations.length > 0 ? ablatedTrace : trace;
  for (const element of elements) Object.assign(element,
    { engine: viewEngine, trace: shown, baseline: shown === trace ? null : trace, evidence, overview, link: location.href, summaries, corpus,
    settings: state, theme, capabilities, labels: labelFacts(summaries, false, evidence, 'input') });
}
give();
document.addEventListener('hs-command', (e) => {
  const { id, args } = (e as CustomEvent<CommandDetail>).detail;
  log.push({ id, args });
  try {
    ({ state } = runCommand(id, state, { trace, labels: labelFacts(summaries, false, evidence, 'input'),
      can: (c) => capabilities[c] ?? 'not here' }, args));
    give();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    log.push({ error: error.message });
  }
});
document.body.append(...elements);
document.body.dataset['panels'] = names.join(' ');
Object.assign(window, { panel: elements[0], panels: elements, log, state: () => state });
