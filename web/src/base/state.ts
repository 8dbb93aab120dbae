// ViewState: everything that a link, undo and a figure must bring back, and nothing else (hover,
// scroll rest and panel widths are outside). Immutable: a control is a command, state → state.
// Twin of include/headscope/view_state.h for the keys that both know (base/link.ts); what only the
// app has (map, filter, density …) travels in the link under keys that the core keeps unread.

import type { Precision } from './precision';
import type { TraceInfo } from './trace_info';

export type SentenceFilter = 'all' | 'aa' | 'ab' | 'ba' | 'bb';
export type SpecialMode = 'show' | 'hide' | 'hide-renorm';
export type Combine = 'separate' | 'mean' | 'max' | 'sum';
/** difference: of two traces, in the compare view alone; no state holds it. */
export type Quantity = 'weight' | 'norm' | 'score' | 'rollout' | 'flow' | 'difference';
export type ScaleName = 'linear' | 'log' | 'row';
export type Density = 'comfortable' | 'compact' | 'fit';
export type Panels = 'one' | 'both';
export type ViewName = 'head' | 'model' | 'neuron' | 'matrix' | 'compare' | 'corpus' | 'map';
export type ThemeName = 'system' | 'light' | 'dark' | 'print';
export type Scope = 'input' | 'corpus';
export type MapMode = 'map' | 'list';
export type Ranking = 'labels' | 'link';

/** How the picture is made: what the views take. */
export interface ViewSettings {
  /** "L2H0"; in a ViewState also "L6H*", resolved against the trace before a view sees it. */
  heads: readonly string[];
  /** "q3" or "k0": token indices, up to four. */
  pins: readonly string[];
  attention: SentenceFilter;
  /** "" = the only or first stack. */
  stack: string;
  special: SpecialMode;
  renorm: boolean;
  combine: Combine;
  quantity: Quantity;
  threshold: number;
  /** null = by length: off up to 128 tokens, 8 above. 0 = off. 1–64. */
  topk: number | null;
  scale: ScaleName;
  words: boolean;
  density: Density;
  values: boolean;
  panels: Panels;
  /** Tokens that the user treats as special. */
  marked: readonly number[];
  thumb: 'auto' | 'lines' | 'matrix' | 'received';
  order: GridOrder;
  details: readonly string[];
  /** Layers and heads that the grid of the model view has: "0-3,7"; "" = all. */
  gridLayers: string;
  gridHeads: string;
  pool: 'max' | 'mean';
  /** Rasters: one scale for all heads, each head's own maximum, or log; auto = log above 64 tokens. */
  colours: 'auto' | 'common' | 'own' | 'log';
  /** Head view: the two columns scroll together, or apart. */
  columns: 'linked' | 'unlinked';
  /** Neuron view: order of the neurons and of the keys, vectors before or after rotation, numbers or lines only. */
  neurons: 'contribution' | 'index' | 'pinned';
  keyRows: 'position' | 'weight';
  vectors: 'after' | 'before';
  computation: 'shown' | 'hidden';
  /** The chosen link, which every view marks. */
  selection: Selection;
  /** Token in the first row on screen of the head view's columns. */
  scroll: Scroll;
  /** Cells of the axes that the matrix shows; null = all of them. */
  zoom: Zoom | null;
}

/** Token indices of the stack's two sides; null = not chosen. */
export interface Selection { q: number | null; k: number | null }
export interface Scroll { q: number; k: number }
/** Queries [q0, q1) × keys [k0, k1). */
export interface Zoom { q0: number; q1: number; k0: number; k1: number }

export type AblationMode = 'zero' | 'mean' | 'uniform';
/** head: "L8H9" or "L2H*". */
export interface Ablation { head: string; mode: AblationMode }

/** The pattern map's filter: dims what does not match, or removes it (hideOthers). */
export interface HeadFilter {
  /** Label names ("next") or families ("family:delimiter"), joined by OR; empty = all. */
  labels: readonly string[];
  /** Least score of the best label, 0–1. */
  minScore: number;
  /** "0-3,7"; "" = all. */
  layers: string;
  /** Part of the name or label, as typed. */
  name: string;
  hideOthers: boolean;
}

/** One key of the head list's order; the first counts most. */
export interface SortKey { by: SortColumn; descending: boolean }
export const SORT_COLUMNS = ['name', 'label', 'score', 'entropy', 'distance', 'cls', 'sep', 'punctuation', 'reach', 'change', 'link'] as const;
export type SortColumn = (typeof SORT_COLUMNS)[number];

/** What stands on the right of the compare view. null = as on the left; a trace by its id goes before the rest. */
export interface RightSide {
  trace: string;
  model: string | null;
  /** With a text A of its own, no text B is none. */
  textA: string | null;
  textB: string | null;
  ablations: readonly Ablation[] | null;
}

export interface ViewState extends ViewSettings {
  view: ViewName;
  /** "" = whatever the server has open. */
  model: string;
  /** Of the model's matrix products, for every run. */
  precision: Precision;
  textA: string;
  /** null = no text B, which is not an empty one. */
  textB: string | null;
  /** Tokens that the model is to add to the text; 0 = none. */
  generate: number;
  /** Trace to open instead of running the texts ("" = run them); where the texts are too long for a link. */
  trace: string;
  /** Trace whose picture is run instead of the texts; "" = the texts. */
  picture: string;
  /** Tokens replaced by the mask token before the run. */
  masked: readonly number[];
  ablations: readonly Ablation[];
  right: RightSide;
  /** The compare view: both sides, or one picture of the difference. */
  compareAs: 'sides' | 'difference';
  /** What it sorts heads by. */
  metric: 'js' | 'mean' | 'labels';
  scope: Scope;
  map: MapMode;
  /** What map and list rank heads by: their labels, or the weight of the chosen link (selection). */
  ranking: Ranking;
  filter: HeadFilter;
  sort: readonly SortKey[];
  theme: ThemeName;
  /** Link keys of a newer headscope: kept, reported, written back. */
  unknown: readonly (readonly [string, string])[];
}

export const ARTICLE_A = 'I went to the store.';
export const ARTICLE_B = 'At the store, I bought fresh strawberries.';

export const DEFAULT_SETTINGS: ViewSettings = {
  heads: ['L2H0'], pins: [], attention: 'all', stack: '', special: 'show', renorm: false, combine: 'separate',
  quantity: 'weight', threshold: 0.01, topk: null, scale: 'linear', words: false, density: 'comfortable',
  values: false, panels: 'one', marked: [], thumb: 'auto', order: 'layer', details: [], gridLayers: '', gridHeads: '', pool: 'max',
  colours: 'auto', columns: 'linked', neurons: 'contribution', keyRows: 'position', vectors: 'after', computation: 'shown',
  selection: { q: null, k: null }, scroll: { q: 0, k: 0 }, zoom: null,
};

export const DEFAULT_FILTER: HeadFilter = { labels: [], minScore: 0, layers: '', name: '', hideOthers: false };

export const NO_RIGHT: RightSide = { trace: '', model: null, textA: null, textB: null, ablations: null };

export const DEFAULT_STATE: ViewState = {
  ...DEFAULT_SETTINGS, view: 'head', model: '', precision: 'f32', textA: ARTICLE_A, textB: ARTICLE_B, trace: '', picture: '',
  generate: 0, masked: [], ablations: [],
  right: NO_RIGHT, compareAs: 'sides', metric: 'js',
  scope: 'input', map: 'map', ranking: 'labels', filter: DEFAULT_FILTER, sort: [], theme: 'system', unknown: [],
};

export const MAX_PINS = 4;

/** What a grid of heads can be sorted by beside labels: means over the words of the input. */
export const MEASURES = ['reach', 'distance', 'entropy'] as const;
export type Measure = (typeof MEASURES)[number];
export type GridOrder = 'layer' | 'label' | 'score' | Measure;

/** A head's label as commands and views need it; the core decides it, nobody here computes one. */
export interface LabelFact {
  name: string;
  label: string;
  score: number;
  family?: string;
  glyph?: string;
  text?: string;
  measures?: Readonly<Record<Measure, number | null>>;
}

/** What a command may look at besides the state. */
export interface Facts {
  trace: TraceInfo | null;
  labels: ReadonlyMap<string, LabelFact>;
  /** What the engine can do; a missing one turns commands off, with the reason. */
  can: (capability: Capability) => true | string;
}
export type Capability = 'run' | 'ablate' | 'generate' | 'corpus' | 'figure' | 'predict';

/** Plain JSON arguments; every command validates its own. */
export type CommandArgs = Readonly<Record<string, unknown>>;

/**
 * A control as data. `name` is what undo lists: "Undo: hide special tokens". run() gives the same
 * object back where nothing changes, and throws a CommandError for arguments that make no sense.
 */
export interface Command {
  id: string;
  title: string;
  /** Shown in the palette and the help; single keys act everywhere but in fields, menus and dialogs. */
  keys?: string;
  /** Sample arguments; commands without need none. The palette offers one entry an option. */
  options?: (state: ViewState, facts: Facts) => { title: string; args: CommandArgs }[];
  /** true, or why not; args: of the call, none where the palette asks. */
  enabled?: (state: ViewState, facts: Facts, args: CommandArgs) => true | string;
  name?: (before: ViewState, after: ViewState, facts: Facts) => string;
  /** Typing and dragging: steps of one name within 500 ms are one undo step. */
  coalesce?: boolean | ((args: CommandArgs) => boolean);
  /** Where one looks, not what is shown: it travels in the link and is no undo step. */
  place?: boolean;
  run: (state: ViewState, facts: Facts, args: CommandArgs) => ViewState;
}

/** hs-command: a command of base/commands.ts or an action of the app (export, run, …) by its id. */
export interface CommandDetail { id: string; args?: CommandArgs }

export class CommandError extends Error {
  constructor(readonly code: string, message: string) { super(message); }
}
