// The words about the precision of a model's matrix products.

export const P = {
  precision: 'Precision',
  help: 'Numbers of the model’s matrix products; another precision reads the model again.',
  whole: 'A trace that is opened whole has its own precision.',
  names: { f32: 'float32', bf16x3: 'bf16x3', bf16: 'bf16' },
  meanings: {
    f32: 'Accuracy of float32',
    bf16x3: 'Three bfloat16 products for one: faster, nearly float32',
    bf16: 'One bfloat16 product: fastest, errors up to about 1e-2',
  },
  modelIn: (model: string, precision: 'f32' | 'bf16x3' | 'bf16'): string => `${model} in ${P.names[precision]}`,
  briefly: (name: string, path: string): string => name + (path && `, path ${path}`),
  computed: (name: string, path: string, error: string): string =>
    `Computed in ${P.briefly(name, path)}${error && `: ${error}`}.`,
  error: (attention: string): string => `weights within ${attention} of float32’s on a measured text`,
  products: (error: string): string => ` Relative L2 error of its matrix products: ${error}.`,
  origin: (kind: 'captured' | 'arrays', implementation: string | null, dtype: string | null): string =>
    `${kind === 'captured' ? `Captured${implementation ? ` from ${implementation}` : ''}` : 'Made from arrays'}${dtype ? `, ${dtype}` : ''}.`,
} as const;
