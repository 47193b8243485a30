#!/usr/bin/env node

// Not imported, which would load much more: see `@phyllome/host/fs`.
const { readFileSync, writeSync } = process.getBuiltinModule('node:fs');

const words = process.argv.slice(2);
if (!printedVersion(words)) {
  await import('@phyllome/host/start');
  if (!(await doneAtOnce())) await import('#main');
}

// What Nx starts at each run, and mostly finds nothing to do.
async function doneAtOnce() {
  if (words[0] !== 'build' && words[0] !== 'check-files') return false;
  const { doAtOnce } = await import('#do-at-once');
  return doAtOnce(words);
}

// Scripts ask for it often, and nothing needs to be loaded for it. When it cannot be written, the command says why.
function printedVersion([option, ...more]) {
  if (more.length > 0 || (option !== '--version' && option !== '-V')) return false;
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  try {
    writeSync(1, `${version}\n`);
    return true;
  } catch {
    return false;
  }
}
