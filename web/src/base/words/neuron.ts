// The words of the neuron view's elements; sentences made of its numbers are in views/neuron/neuron_words.ts.

const PARTS: Readonly<Record<string, string>> = { word: 'word', position: 'position', segment: 'segment', constant: 'constant' };

export const N = {
  oneStack: (names: string): string => `One computation belongs to one stack. Choose ${names} as the stack.`,
  computation: 'Show computation',
  parts: 'Split into parts',
  part: (name: string): string => PARTS[name] ?? name,
  corner: 'query \\ key',
  sum: 'sum',
  partsHelp: 'By word, position and segment: the first layer alone reads them, later layers read what the layers before them wrote',
  splitting: 'Splitting…',
  notSplit: (reason: string): string => `No parts: ${reason}`,
  partsTitle: (query: string, key: string, scale: string): string =>
    `“${query}” → “${key}”: q · k × ${scale}, each part of the query with each part of the key`,
  held: 'Constant: biases of the normalisation and of the projections. The normalisation divides by the deviation of the whole sum, which is held.',
  failed: (reason: string): string => `The numbers did not come: ${reason}`,
  numbersOfKeys: 'Numbers of each key; arrow keys move over the cells',
  legend: (sigmas: string): string => `Colour: orange is negative, blue is positive, tanh of x over σ, ${sigmas}`,
  colour: (sigmas: string): string => `Colour = tanh(x / σ), ${sigmas}`,
  scale: (sigmas: string): string => `tanh(x/σ), ${sigmas}`,
  sigmas: (vectors: string, products: string): string => `σ ${vectors} (q, k), ${products} (q × k)`,
  more: (keys: number, mass: string): string => `${keys.toLocaleString('en')} more keys, mass ${mass}`,
  sink: (share: string): string => `Sink, which is no token: ${share} of the row`,
  position: (at: number): string => `position ${at}`,
  vectors: 'Query q (top), key k',
  products: 'Product q × k',
  bias: 'Bias, mask',
  softmax: 'Softmax',
  query: 'Query',
  key: 'Key',
  weight: 'Weight',
  score: 'score',
  weightOf: 'weight',
} as const;
