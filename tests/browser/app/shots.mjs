// Screenshots of every view in light and dark, kept beside the build for people to look at.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { id, idle, shots } from '../harness.mjs';

export const server = { model: null };

const SHOTS = [
  ['head', '#hs=1'], ['head-word', '#hs=1&h=L6H4&p=q5&pn=both'], ['head-many', '#hs=1&h=L2H0,L2H1,L2H6&sc=log&t=0.05'], ['model', '#hs=1&v=model'], ['model-detail', '#hs=1&v=model&de=L10H10'],
  ['neuron', '#hs=1&v=neuron&p=q1'], ['matrix', '#hs=1&v=matrix&h=L10H10'], ['corpus', '#hs=1&v=corpus'], ['list', '#hs=1&mp=list&so=-score'],
];

export const checks = Object.fromEntries(['light', 'dark'].map((theme) => [`screenshots, ${theme}`, async (t) => {
  mkdirSync(shots, { recursive: true });
  const take = async (page, name) => {
    await idle(page);
    await page.waitForTimeout(300);
    await page.screenshot({ path: path.join(shots, `${name}-${theme}.png`) });
    await page.context().close();
  };
  for (const [name, hash] of SHOTS) await take(await t.open(hash, { dark: theme === 'dark' }), name);
  for (const [width, height] of [[900, 720], [760, 900], [320, 900]]) await take(await t.open('#hs=1&p=q1', { width, height, dark: theme === 'dark' }), `head-${width}`);
  for (const name of ['palette', 'help', 'export']) {
    const page = await t.open('', { dark: theme === 'dark' });
    await page.click(id(name));
    await take(page, name);
  }
}]));
