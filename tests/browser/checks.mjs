// Runs checks one after the other and says how each went. A check that fails is run once more, from the start: where
// it passes then, the run passes and the line says FLAKY. Such a check is to be mended all the same.

/**
 * `run(check)` runs a check from its first page to its last and throws what is wrong; it closes the pages of the check
 * however that ends. ONLY (a regular expression) picks checks by their names. Returns how many checks failed twice.
 */
export async function runChecks(checks, run) {
  const only = process.env.ONLY ? new RegExp(process.env.ONLY) : null;
  let failed = 0;
  for (const [name, check] of Object.entries(checks)) {
    if (only && !only.test(name)) continue;
    let tries = 0;
    for (let passed = false; !passed && tries < 2;) {
      const start = performance.now();
      tries++;
      try {
        await run(check);
        passed = true;
        const took = `${Math.round(performance.now() - start)} ms`;
        process.stdout.write(`ok    ${name} (${took})${tries > 1 ? ' FLAKY: it failed at first' : ''}\n`);
      } catch (error) {
        const at = error.stack?.split('\n').find((line) => line.includes('/tests/browser/')) ?? '';
        const said = error.message.split('\n').slice(0, 14).join('\n      ');
        process.stdout.write(`${tries > 1 ? 'FAIL ' : 'AGAIN'} ${name}: ${said}\n     ${at}\n`);
        if (tries > 1) failed++;
      }
    }
  }
  return failed;
}
