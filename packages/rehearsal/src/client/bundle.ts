import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const entry = fileURLToPath(new URL('../livemedia-creator.ts', import.meta.url));

/** livemedia-creator as one file for the Node of the builder's image, which is Debian's and older than ours. */
export function bundle(): string {
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    banner: { js: '#!/usr/bin/env node' },
    logLevel: 'silent',
    // A module that asks where it lies would end the program as it starts: in the bundle it lies nowhere.
    logOverride: { 'empty-import-meta': 'error' },
  });
  return outputFiles[0]?.text ?? '';
}
