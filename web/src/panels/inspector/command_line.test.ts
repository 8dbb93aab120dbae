import { describe, expect, it } from 'vitest';
import { DEFAULT_STATE, type ViewState } from '../../base/state';
import { commandLine, shellQuote, type CommandSource } from './command_line';

const bert = { model: 'bert-base-uncased' };
const of = (patch: Partial<ViewState>, source: CommandSource = bert): string | null =>
  commandLine({ ...DEFAULT_STATE, ...patch }, source);

describe('command line of a picture', () => {
  it.each([['abc', 'abc'], ['', "''"], ['I went.', "'I went.'"], ["it's", "'it'\\''s'"], ['$(rm -rf)', "'$(rm -rf)'"], ['L2H*', "'L2H*'"],
    ['#hs=1', "'#hs=1'"]])(
    '%s is quoted', (text, quoted) => { expect(shellQuote(text)).toBe(quoted); });
  it('is the interface specification’s example, in its own quotes', () => {
    expect(of({ pins: ['q1'] })).toBe("headscope render head 'I went to the store.' 'At the store, I bought fresh strawberries.' " +
      '-m bert-base-uncased --heads L2H0 --pin q1 --threshold 0.01 -o fig.svg');
  });
  it('names what is not default, and only that', () => {
    expect(of({ textB: null, textA: 'a', heads: ['L2H0', 'L2H6'], attention: 'ab', special: 'hide-renorm', combine: 'mean', quantity: 'norm',
      topk: 0, scale: 'log', colours: 'common',
      panels: 'both', renorm: true, ablations: [{ head: 'L8H9', mode: 'mean' }], masked: [1, 3], theme: 'dark', threshold: 0 }))
      .toBe('headscope render head a -m bert-base-uncased --masked 1,3 --ablate L8H9:mean --heads L2H0,L2H6 ' +
        '--attention ab --special hide-renorm --renorm --combine mean --quantity norm ' +
        '--threshold 0 --topk off --scale log --colours common --panels both --theme dark -o fig.svg');
  });
  it('pins the chosen link of the neuron view, whose computation it is', () => {
    const chosen = { pins: ['q1', 'k2'], selection: { q: 5, k: null } };
    expect(of({ ...chosen, view: 'neuron' })).toContain(' --pin q5,k2 ');
    expect(of({ ...chosen, view: 'head' })).toContain(' --pin q1,k2 ');
    expect(of({ view: 'neuron', selection: { q: 3, k: 4 } })).toContain(' --pin q3,k4 ');
  });
  it('names a target and generated tokens', () => {
    expect(of({ textA: 'a', textB: 'b', generate: 5 }, { model: 't5', target: true }))
      .toBe('headscope render head a --target b --generate 5 -m t5 --heads L2H0 --threshold 0.01 -o fig.svg');
  });
  it('names a precision below float32, and the file of a picture', () => {
    expect(of({ textA: 'a', textB: null, precision: 'bf16' }))
      .toBe('headscope render head a -m bert-base-uncased --precision bf16 --heads L2H0 --threshold 0.01 -o fig.svg');
    expect(of({ ablations: [{ head: 'L1H2', mode: 'zero' }] }, { model: 'vit', image: 'a cat.png' }))
      .toBe("headscope render head --image 'a cat.png' -m vit --ablate L1H2:zero --heads L2H0 --threshold 0.01 -o fig.svg");
    expect(of({ zoom: { q0: 0, q1: 2, k0: 0, k1: 2 }, view: 'matrix' }, { model: 'vit', image: 'cat.png' })).toContain(' --image cat.png ');
  });
  it('draws the heads where nothing is chosen to compare with', () => {
    expect(of({ view: 'compare' })).toMatch(/^headscope render head /);
    expect(of({ view: 'compare', right: { ...DEFAULT_STATE.right, ablations: [] } })).toMatch(/^headscope render compare /);
  });
  it('merges words', () => { expect(of({ words: true })).toMatch(/ --words -o fig\.svg$/); });
  it('draws the view that is shown', () => {
    for (const view of ['model', 'neuron', 'matrix'] as const) expect(of({ view })).toBe(of({})?.replace('render head', `render ${view}`));
    expect(of({ view: 'matrix', zoom: { q0: 2, q1: 9, k0: 0, k1: 19 } }))
      .toMatch(/^headscope render --state '#hs=1&m=bert-base-uncased&.*v=matrix.*zm=2-9,0-19.*' -o fig\.svg$/);
  });
  it('names what a comparison has on the right, and is none where only this page knows it', () => {
    const right = { ...DEFAULT_STATE.right };
    expect(of({ view: 'compare', textA: 'a', textB: null, right: { ...right, textA: 'a b' } }))
      .toBe("headscope render compare a -m bert-base-uncased --with-text 'a b' --heads L2H0 --threshold 0.01 -o fig.svg");
    expect(of({ view: 'compare', right: { ...right, ablations: [{ head: 'L1H1', mode: 'zero' }] } })).toMatch(/ --with-ablate L1H1(:zero)? /);
    expect(of({ view: 'compare', right: { ...right, trace: 't1' } })).toBeNull();
  });
  it('takes a trace file, and draws the heads of other views', () => {
    expect(of({ view: 'corpus', theme: 'system' },
      { model: 'm', file: 'my trace.safetensors' })).toBe("headscope render head --trace 'my trace.safetensors' --heads L2H0 --threshold 0.01 -o fig.svg");
  });
});
