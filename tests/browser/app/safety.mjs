// S3: texts and names are text, whatever they hold; and the server keeps strangers out.
import assert from 'node:assert/strict';
import { edges, id, idle, run, state, tinyModel } from '../harness.mjs';

export const server = { model: tinyModel };

const NASTY = [
  '<img src=x onerror=window.hacked=1>', '"><script>window.hacked=1</script>', 'javascript:window.hacked=1', '\u202Eevil\u202C rtl', 'zero\u200Bwidth\u2060joiners', 'a\u0000b\u001b[31m',
  '{{constructor.constructor("window.hacked=1")()}}', '${window.hacked=1}', '&lt;b&gt;&amp;', "it's \"quoted\"",
];

export const checks = {
  async 'S3 what is typed stays text'(t) {
    const page = await t.open();
    for (const text of NASTY) {
      await page.fill(id('text-a'), text);
      await run(page, 'pin.token', { token: 1 });
      await idle(page);
      assert.equal((await state(page)).textA, text);
      for (const view of ['head', 'neuron', 'matrix']) await run(page, `view.${view}`);
      const nodes = await page.evaluate(() => {
        const all = (root) => [...root.querySelectorAll('*')].flatMap((e) => [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])]);
        return all(document).filter((e) => ['IMG', 'SCRIPT', 'IFRAME'].includes(e.tagName) && !e.src?.startsWith(location.origin)).map((e) => e.outerHTML);
      });
      assert.deepEqual(nodes, []);
      await run(page, 'view.head');
    }
    assert.equal(await page.evaluate(() => window.hacked), undefined);
  },
  async 'S3 the same through a link'(t) {
    for (const text of NASTY.slice(0, 4)) {
      const page = await t.open(`#hs=1&a=${encodeURIComponent(text)}&m=${encodeURIComponent(text)}&zz=${encodeURIComponent(text)}&nm=${encodeURIComponent(text)}`);
      assert.equal((await state(page)).textA, text);
      assert.equal(await page.evaluate(() => window.hacked), undefined);
      await page.context().close();
    }
  },
  async 'S3 ten kilobytes in one word'(t) {
    const page = await t.open();
    await page.fill(id('text-a'), 'x'.repeat(10240));
    await page.keyboard.press('Control+Enter');
    await idle(page);
    assert.ok((await edges(page)).length > 0);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 1280, `${wide}`);
  },
  async 'S3 another Host, another Origin, GET: refused'(t) {
    const port = new URL(t.server.origin).port;
    const body = JSON.stringify({ rpc: 2, client: 'x', id: 1 });
    const { request } = await import('node:http');
    const send = (options) => new Promise((resolve, reject) => {
      const r = request({ host: '127.0.0.1', port, path: '/rpc/info', method: 'POST', ...options, headers: { 'Content-Type': 'application/json', ...options.headers } }, (a) => { a.resume(); resolve(a.statusCode); });
      r.on('error', reject);
      r.end(options.method === 'GET' ? undefined : body);
    });
    assert.equal(await send({ headers: {} }), 200);
    assert.equal(await send({ headers: { Host: `evil.example:${port}` } }), 403);
    assert.equal(await send({ headers: { Origin: 'http://evil.example' } }), 403);
    assert.equal(await send({ headers: {}, method: 'GET' }), 405);
    assert.equal(await send({ headers: { 'Content-Type': 'text/plain' } }), 415);
  },
  async 'S3 no path of the disk is readable'(t) {
    for (const path of ['/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/assets/..%2f..%2fetc/passwd', '/etc/passwd']) {
      const answer = await fetch(`${t.server.origin}${path}`);
      assert.equal(answer.status, 404, path);
      assert.ok(!(await answer.text()).includes('root:'));
    }
  },
};
