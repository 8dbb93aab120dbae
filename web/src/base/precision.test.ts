import { describe, expect, it } from 'vitest';
import { computedInFull, computedWords } from './precision';

describe('computedWords', () => {
  it('float32 has no error to tell; less has both, in two digits', () => {
    expect(computedWords({ computed: { precision: 'f32', path: 'avx512', error: null } })).toBe('Computed in float32, path avx512.');
    const less = { computed: { precision: 'bf16', path: 'avx512_bf16-bf16', error: { attention_max: 0.013149, gemm_rel_l2: 0.00241 } } };
    expect(computedWords(less)).toBe('Computed in bf16, path avx512_bf16-bf16: weights within 0.013 of float32’s on a measured text.');
    expect(computedInFull(less)).toBe(`${computedWords(less)} Relative L2 error of its matrix products: 0.0024.`);
    expect(computedWords({ computed: { precision: 'bf16x3', path: null, error: null } })).toBe('Computed in bf16x3.');
  });
  it('what no run of headscope made says where it comes from', () => {
    expect(computedWords({ computed: null, origin: { kind: 'captured', implementation: 'sdpa', dtype: 'F16' } })).toBe('Captured from sdpa, F16.');
    expect(computedWords({ computed: null, origin: { kind: 'arrays', implementation: null, dtype: null } })).toBe('Made from arrays.');
    expect(computedWords({})).toBe('');
  });
});
