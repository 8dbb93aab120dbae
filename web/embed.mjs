// Puts the files of a build into the program: node embed.mjs DIST OUT writes OUT/*.gz,
// OUT/web_assets.S (their bytes; assembled with OUT as include path) and OUT/web_assets.cc (the table of
// apps/server/assets.h).
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const TYPES = {
  html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml', png: 'image/png', json: 'application/json', wasm: 'application/wasm',
};

const [dist, out] = process.argv.slice(2);
mkdirSync(out, { recursive: true });
const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((f) => f.isFile())
  .map((f) => join(f.parentPath ?? f.path, f.name)).sort();

let assembly = '.section .rodata\n';
let externs = '';
let table = '';
files.forEach((file, i) => {
  const path = '/' + file.slice(dist.length).replaceAll('\\', '/').replace(/^\/+/, '');
  const type = TYPES[path.split('.').pop()];
  if (!type) throw new Error(`${path}: no media type for it`);
  const bytes = readFileSync(file);
  const gzip = gzipSync(bytes, { level: 9 });
  writeFileSync(join(out, `${i}.gz`), gzip);
  const etag = createHash('sha256').update(bytes).digest('hex').slice(0, 32);
  const symbol = `headscope_web_${i}`;
  assembly += `.global ${symbol}\n.balign 16\n${symbol}:\n.incbin "${i}.gz"\n`;
  externs += `extern "C" const unsigned char ${symbol}[];\n`;
  table += `    {"${path}", "${type}", "\\"${etag}\\"", {${symbol}, ${gzip.length}}, ${bytes.length}, true},\n`;
});
assembly += '.section .note.GNU-stack,"",@progbits\n';

writeFileSync(join(out, 'web_assets.S'), assembly);
writeFileSync(join(out, 'web_assets.cc'), `// Written by web/embed.mjs.
#include "assets.h"

${externs}
namespace headscope::server {
namespace {

const Asset kAssets[] = {
${table}};

}  // namespace

std::span<const Asset> assets() { return kAssets; }
bool has_page() { return true; }

}  // namespace headscope::server
`);
