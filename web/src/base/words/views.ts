// The words of the views' elements. Sentences that are made of a picture's numbers stand in the *_words.ts
// and head_text.ts of the views; the neuron view has a catalogue of its own.

import { counted } from './common';

export const V = {
  table: 'Table',
  copyTable: 'Copy as TSV',
  closeTable: 'Close table',
  noLines: (one: string, threshold: number, signed: boolean): string =>
    `No line is drawn: no value on screen (${one}) is ${threshold} or more${signed ? ' in size' : ''}. A lower threshold (More) shows smaller ones.`,
  noGl: 'WebGL 2 is not available; drawing with Canvas, at most 20,000 lines. Numbers are unaffected.',
  colours: (title: string, from: string, to: string, note: string): string => `Colours: ${title} from ${from} to ${to}${note ? `, ${note}` : ''}`,
  pictureRead: 'The picture that the model read, as it was resized',
  patches: 'Blue: the query’s patch. Orange: the key’s. Bright: where the query’s attention goes.',

  headsOfLayer: (layer: number): string => `Heads of layer ${layer}`,
  all: 'All',

  lines: 'Attention lines',
  allWords: 'All words',
  word: (word: string): string => `word “${word}”`,
  unlink: 'Unlink columns',
  overview: 'Overview: drag or use the arrow keys to scroll',
  tokenMenu: 'Menu (Shift+F10)',
  sink: 'sink (no token)',
  sinkHelp: 'What each query gives to no token: the model has a learned sink.',
  gutter: (where: 'above' | 'below'): string => `Weight that goes to keys ${where} the window. Go to the heaviest.`,
  inKeys: (size: string, keys: number): string => `${size} in ${counted(keys, 'key', 'keys')}`,
  legend: (one: string, samples: string, whole: string, scale: string, signed: boolean): string =>
    `${one}: line width and opacity of ${samples}${whole}, ${scale} scale${signed ? '; negative values dotted' : ''}`,
  largestShown: 'largest shown',
  evenAttention: 'four times even attention',
  negative: 'negative',
  waiting: 'Waiting for the numbers…',
  fitOff: (tokens: number): string => `Fit is off above ${tokens.toLocaleString('en')} tokens: rows would be thinner than a pixel.`,

  layers: 'Layers',
  heads: 'Heads',
  everything: 'all',
  ranges: 'Numbers like 0-3,7; empty = all',
  head: (name: string): string => `Head ${name}`,
  close: (name: string): string => `Close ${name}`,

  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  fit: 'Fit',
  brush: 'Brush to zoom',
  pool: (kind: string): string => `Pool: ${kind}`,
  marginals: 'bars: row entropy (left), received mass (top)',
  matrix: (alt: string): string => `Attention matrix, rows are queries, columns are keys. ${alt}`,

  compareWith: 'Compare with',
  sources: { text: 'another text', heads: 'heads switched off', trace: 'another trace' },
  clear: 'Clear',
  rightA: 'Text A on the right',
  rightB: 'Text B on the right',
  noB: 'no text B',
  compare: 'Compare',
  switchOff: (heads: string): string => `Switch off ${heads}`,
  allOn: 'All heads on',
  offRight: (heads: string): string => `On the right: ${heads} off`,
  noTrace: 'There is no other trace. Open one from the model menu, or start with `headscope serve --trace FILE`.',
  trace: 'Trace',
  choose: 'choose…',
  runningRight: 'Running the right side…',
  comparing: 'Comparing every head…',
  compareEmpty: 'Choose what to compare with: another text, the same text with heads switched off, or a trace of another model or checkpoint. '
    + 'Both sides then stand beside each other, and all heads are sorted by how far their attention moved.',
  show: 'Show',
  moreRight: 'more on the right',
  less: 'less',
  byMove: 'Heads by how far their attention moved',
  headColumn: 'Head',
  meanColumn: 'Mean |Δ|',
  jsColumn: 'Divergence',
  labelColumn: 'Label',
  moreHeads: (count: number): string => counted(count, 'more head', 'more heads'),
} as const;
