import { extname, join } from 'node:path';
import { buildSync } from 'esbuild';

/**
 * A program as one file for Debian's Node, which is older than ours: livemedia-creator for the builder's image, anaconda
 * for the installer media that it makes.
 */
export function bundle(program: 'livemedia-creator' | 'anaconda'): string {
  const { outputFiles } = buildSync({
    // A source, or built of one: as this file is.
    entryPoints: [join(import.meta.dirname, `../${program}${extname(import.meta.filename)}`)],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    banner: { js: '#!/usr/bin/env node' },
    logLevel: 'silent',
    // A module that asks where it is would end the program as it starts: in the bundle it is nowhere.
    logOverride: { 'empty-import-meta': 'error' },
  });
  return outputFiles[0]?.text ?? '';
}
