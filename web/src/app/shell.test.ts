import { describe, expect, it } from 'vitest';
import { DEFAULT_STATE, type ViewState } from '../base/state';
import { parseLink } from '../base/link';
import { best, fuzzy } from './fuzzy';
import { LinkSync, type Place } from './link_sync';
import { Notices } from './notices';
import { loadPreferences } from './preferences';
import { progressText } from './progress';
import { shownTheme } from '../ui/theme';

class FakePlace implements Place {
  moves(): void { /* nobody else moves it */ }
  hash = '';
  entries: string[] = [''];
  push(hash: string): void { this.entries.push(hash); this.hash = hash; }
  replace(hash: string): void { this.entries[this.entries.length - 1] = hash; this.hash = hash; }
}

function linked(): { place: FakePlace; link: LinkSync; put: (patch: Partial<ViewState>, step: number) => void } {
  const place = new FakePlace();
  const link = new LinkSync(place);
  let state = DEFAULT_STATE;
  link.start(state, 't', 0);
  link.flush();
  return { place, link, put: (patch, step) => { state = { ...state, ...patch }; link.write(state, 't', step); link.flush(); } };
}

describe('LinkSync: Back follows model, text, view and head changes only', () => {
  it.each([
    ['view', { view: 'model' }, 2], ['heads', { heads: ['L3H1'] }, 2], ['text', { textA: 'x' }, 2], ['model', { model: 'm' }, 2],
    ['threshold', { threshold: 0.2 }, 1], ['pins', { pins: ['q1'] }, 1], ['filter', { filter: { ...DEFAULT_STATE.filter, name: 'x' } }, 1],
  ] as [string, Partial<ViewState>, number][])('%s', (_name, patch, entries) => {
    const { place, put } = linked();
    put(patch, 1);
    expect(place.entries).toHaveLength(entries);
    expect(parseLink(place.hash).state).toMatchObject(patch);
  });
  it('typing is one entry: its steps coalesce', () => {
    const { place, put } = linked();
    put({ textA: 'a' }, 1);
    put({ textA: 'ab' }, 1);
    put({ textA: 'abc' }, 1);
    expect(place.entries).toHaveLength(2);
  });
  it('follows another address, and not its own', () => {
    const { place, link, put } = linked();
    put({ threshold: 0.2 }, 1);
    expect(link.moved()).toBeNull();
    place.hash = '#hs=1&h=L4H4';
    expect(link.moved()?.state.heads).toEqual(['L4H4']);
    expect(link.moved()).toBeNull();
    place.hash = '#view';
    expect(link.moved()).toBeNull();
  });
});

describe('fuzzy', () => {
  it.each([['hst', 'Special tokens: Hide + renormalise', false], ['sth', 'Special tokens: Hide', true], ['l2h0', 'L2H0 — next token 0.99', true],
    ['xyz', 'Layer 2', false]])('%s in %s', (query, text, hit) => {
    expect(fuzzy(query, text) !== null).toBe(hit);
  });
  it('puts whole words first', () => {
    expect(best('layer 2', ['Player 21 x', 'Layer 12', 'Layer 2'], (t) => t, 3)[0]).toBe('Layer 2');
    expect(best('@1', ['Token @12 x', 'Token @1 i'], (t) => t, 2)[0]).toBe('Token @1 i');
    // A longer title is no reason to put a token behind those whose number begins so.
    expect(best('@5', ['Token @55 the', 'Token @51 sold', 'Token @5 strawberries'], (t) => t, 3)[0]).toBe('Token @5 strawberries');
  });
});

describe('small parts', () => {
  it('notices are said once and dismissed', () => {
    const notices = new Notices();
    notices.add('A', 'x');
    notices.add('A', 'x');
    notices.add('A', 'y');
    expect(notices.all.map((n) => n.text)).toEqual(['x', 'y']);
    notices.dismiss(notices.all[0]?.id ?? 0);
    expect(notices.all.map((n) => n.text)).toEqual(['y']);
  });
  it.each([[null, true], ['{"singleKeys":false}', false], ['{"singleKeys":"no"}', true], ['garbage', true]])('preferences from %s', (held, singleKeys) => {
    expect(loadPreferences({ getItem: () => held }).singleKeys).toBe(singleKeys);
  });
  it.each([[0, 0, 'Running · 2.0 s'], [7, 12, 'Layer 7 of 12 · 2.0 s']])('progress %i of %i', (done, total, text) => {
    expect(progressText({ kind: 'running', since: 0, done, total, reading: '' }, 2000)).toBe(text);
  });
  it('tells how long a slow run may still take', () => {
    expect(progressText({ kind: 'running', since: 0, done: 6, total: 12, reading: '' }, 20000)).toBe('Layer 6 of 12 · 20.0 s · about 20 s left');
  });
  it('the system’s theme is followed until one is chosen', () => {
    expect([shownTheme('system', true), shownTheme('system', false), shownTheme('print', true)]).toEqual(['dark', 'light', 'print']);
  });
});
