import { describe, expect, it } from 'vitest';
import { History, MAX_STEPS } from './history';
import { DEFAULT_STATE, type ViewState } from './state';

const at = (threshold: number): ViewState => ({ ...DEFAULT_STATE, threshold });

function timed(): { history: History; wait: (ms: number) => void } {
  let time = 0;
  return { history: new History(DEFAULT_STATE, () => time), wait: (ms) => { time += ms; } };
}

describe('History', () => {
  it('undoes and redoes by name', () => {
    const { history } = timed();
    history.push(at(0.1), 'threshold 0.1');
    history.push(at(0.2), 'threshold 0.2');
    expect(history.undoName).toBe('threshold 0.2');
    history.undo();
    expect(history.state.threshold).toBe(0.1);
    expect(history.redoName).toBe('threshold 0.2');
    history.redo();
    expect(history.state.threshold).toBe(0.2);
    history.undo();
    history.push(at(0.3), 'threshold 0.3');
    expect(history.redoName).toBeNull();
  });
  it('joins steps of one name within 500 ms, and only those', () => {
    const { history, wait } = timed();
    expect(history.push(at(0.1), 'typing', true)).toBe(true);
    wait(499);
    expect(history.push(at(0.2), 'typing', true)).toBe(false);
    wait(499);
    expect(history.push(at(0.3), 'typing', true)).toBe(false);
    wait(500);
    expect(history.push(at(0.4), 'typing', true)).toBe(true);
    expect(history.push(at(0.5), 'other', true)).toBe(true);
    history.undo();
    history.undo();
    expect(history.state.threshold).toBe(0.3);
    history.undo();
    expect(history.state).toBe(DEFAULT_STATE);
    expect(history.undo()).toBeNull();
  });
  it('a new edit after an undo is a step of its own', () => {
    const { history } = timed();
    history.push(at(0.1), 'typing', true);
    history.undo();
    expect(history.push(at(0.2), 'typing', true)).toBe(true);
    history.undo();
    expect(history.state).toBe(DEFAULT_STATE);
  });
  it('keeps 100 steps', () => {
    const { history } = timed();
    for (let i = 1; i <= MAX_STEPS + 20; i++) history.push(at(i / 1000), `step ${i}`);
    let undone = 0;
    while (history.undo() !== null) undone++;
    expect(undone).toBe(MAX_STEPS);
    expect(history.state.threshold).toBe(0.02);
  });
  it('ignores what changes nothing; amends without a step', () => {
    const { history } = timed();
    expect(history.push(DEFAULT_STATE, 'nothing')).toBe(false);
    history.push(at(0.1), 'a');
    history.amend(at(0.15));
    history.undo();
    expect(history.state).toBe(DEFAULT_STATE);
    history.redo();
    expect(history.state.threshold).toBe(0.15);
  });
});
