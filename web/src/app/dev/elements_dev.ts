// Elements where nobody made room for them: three views of two traces side by side on a page that has
// keys, a title and an address of its own. `npx vite` and open /elements.html; the browser checks move
// and close them.

import { DEFAULT_SETTINGS } from '../../base/state';
import { syntheticTrace, SyntheticEngine } from '../../views/dev/synthetic_engine';
import type { ViewBase } from '../../views/common/view_base';
import type { HeadscopeApp } from '../app';
import '../app';
import { FakeEngine } from './fake_engine';

const traces = [syntheticTrace(24, 3, 4), syntheticTrace(40, 2, 2)] as const;
const engine = new SyntheticEngine(traces);
const view = (name: string, trace: (typeof traces)[number], head: string): ViewBase => {
  const element = document.createElement(`headscope-${name}-view`) as ViewBase;
  Object.assign(element, { engine, trace, settings: { ...DEFAULT_SETTINGS, heads: [head] } });
  element.style.cssText = 'display: block; width: 420px; height: 320px; float: left';
  return element;
};

const left = document.createElement('div');
const right = document.createElement('div');
document.body.append(left, right);
left.append(view('head', traces[0], 'L1H2'), view('matrix', traces[0], 'L0H1'), view('head', traces[1], 'L1H1'));

/** The whole app as one element among others. */
const app = document.createElement('headscope-app') as HeadscopeApp;
app.engine = new FakeEngine({ delay: 0, layers: 3, heads: 4 });
app.style.cssText = 'display: block; width: 1200px; height: 620px; clear: both';

/** A view that nobody gave settings: its attributes are its settings, and it obeys its own commands. */
const alone = document.createElement('headscope-head-view') as ViewBase;
for (const [name, value] of Object.entries({ heads: 'L1H2', pin: 'q3', threshold: '0.05', scale: 'log', words: '' })) alone.setAttribute(name, value);
Object.assign(alone, { engine, trace: traces[0] });
alone.style.cssText = 'display: block; width: 420px; height: 320px; clear: both';
const heard: { type: string; detail: unknown }[] = [];
for (const type of ['hs-state', 'hs-select', 'hs-pin', 'hs-error', 'hs-ready']) {
  document.addEventListener(type, (e) => { heard.push({ type, detail: (e as CustomEvent<unknown>).detail }); });
}

const keys: string[] = [];
const commands: string[] = [];
document.title = 'Somebody’s page';
addEventListener('keydown', (e) => { keys.push(`${e.ctrlKey ? 'Ctrl+' : ''}${e.key}${e.defaultPrevented ? ' taken' : ''}`); });
document.addEventListener('hs-command', (e) => { commands.push((e as CustomEvent<{ id: string }>).detail.id); });
const input = document.createElement('input');
input.id = 'own';
document.body.prepend(input);
Object.assign(window, { left, right, app, alone, heard, keys, commands, engine });
