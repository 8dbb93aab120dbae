// Screenshots of every view in light and dark, at a desk's and at a phone's width, kept beside the
// build for people to look at.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { id, idle, run, shots } from '../harness.mjs';

export const server = { model: null };

const DESK = [
  ['head', '#hs=1'], ['head-word', '#hs=1&h=L6H4&p=q5&pn=both'], ['head-many', '#hs=1&h=L2H0,L2H1,L2H6&sc=log&t=0.05'], ['head-words', '#hs=1&h=L2H6&w=1&s=hide&f=ab'],
  ['model', '#hs=1&v=model'], ['model-detail', '#hs=1&v=model&de=L10H10'], ['neuron', '#hs=1&v=neuron&p=q1'], ['matrix', '#hs=1&v=matrix&h=L10H10'],
  ['corpus', '#hs=1&v=corpus'], ['list', '#hs=1&mp=list&so=-score'], ['error', '#hs=1&a=not%20in%20the%20demo'],
];
const PHONE = [['head', '#hs=1&p=q1'], ['model', '#hs=1&v=model'], ['neuron', '#hs=1&v=neuron&p=q1'], ['matrix', '#hs=1&v=matrix'], ['corpus', '#hs=1&v=corpus']];

async function take(page, name) {
  await idle(page);
  await page.evaluate(() => document.fonts.ready);
  const picture = await page.screenshot({ path: path.join(shots, `${name}.png`) });
  assert.ok(picture.length > 5000, `${name} is blank`);
}

export const checks = Object.fromEntries(['light', 'dark'].map((theme) => [`screenshots, ${theme}`, async (t) => {
  mkdirSync(shots, { recursive: true });
  const dark = theme === 'dark';
  const desk = await t.open('', { dark });
  for (const [name, state] of DESK) {
    await run(desk, 'set', { state });
    await take(desk, `${name}-${theme}`);
  }
  await run(desk, 'set', { state: '#hs=1' });
  for (const name of ['palette', 'help', 'export']) {
    await desk.click(id(name));
    if (name === 'export') await desk.waitForSelector(id('figure-preview'));
    await take(desk, `${name}-${theme}`);
    await desk.keyboard.press('Escape');
  }
  await desk.click(id('more'));
  await take(desk, `more-${theme}`);
  const phone = await t.open('', { dark, width: 390, height: 844 });
  for (const [name, state] of PHONE) {
    await run(phone, 'set', { state });
    await take(phone, `${name}-390-${theme}`);
  }
  for (const panel of ['map', 'inspector']) {
    await phone.click(id(`panel-${panel}`));
    await take(phone, `${panel}-390-${theme}`);
  }
  for (const [width, height] of [[900, 720], [760, 900]]) await take(await t.open('#hs=1&p=q1', { width, height, dark }), `head-${width}-${theme}`);
}]));
