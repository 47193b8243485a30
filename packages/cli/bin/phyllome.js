#!/usr/bin/env node
import { readFileSync, writeSync } from 'node:fs';
import { enableCompileCache } from 'node:module';

// Node keeps what it makes of the sources: later starts take a third of the time. This file is JavaScript, because a
// TypeScript one would load the type stripper before the cache is there.
if (!printedVersion(process.argv.slice(2))) {
  enableCompileCache();
  await import('../src/main.ts');
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
