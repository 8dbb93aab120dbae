import { describe, expect, it } from 'vitest';
import { isOwn } from './host';

const OWN = 'http://127.0.0.1:8642/assets/';
function thrown(file: string): Error {
  const error = new Error('x');
  error.stack = `Error: x\n    at f (${file}:1:2)\n    at http://elsewhere.example/x.js:3:4`;
  return error;
}

describe('errors of the page', () => {
  it.each([
    ['the app’s own', thrown(`${OWN}index-abc.js`), '', true],
    ['the app’s own, without a stack', undefined, `${OWN}index-abc.js`, true],
    ['an extension’s', thrown('chrome-extension://abcdef/content.js'), 'chrome-extension://abcdef/content.js', false],
    ['another widget’s', thrown('http://127.0.0.1:8642/other/widget.js'), 'http://127.0.0.1:8642/other/widget.js', false],
    ['the browser’s notice', 'ResizeObserver loop completed with undelivered notifications.', '', false],
    ['a rejection without a reason', undefined, '', false],
  ])('%s', (_what, error, file, own) => { expect(isOwn(error, file, OWN)).toBe(own); });
});
