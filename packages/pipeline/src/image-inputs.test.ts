import { globSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { imageInputs } from './image-inputs.ts';

const packages = join(import.meta.dirname, '../..');
const sources = imageInputs.code.sources
  .flatMap((glob) => globSync(glob, { cwd: packages }))
  .filter((path) => !path.endsWith('.test.ts'));

/** What a source imports of the pipeline itself, and of which packages of ours: types apart, which decide nothing. */
function importsOf(path: string): { own: string[]; others: string[] } {
  const text = readFileSync(join(packages, path), 'utf8');
  const from = [...text.matchAll(/^(?:import|export)(?! type\b)[^;]*?from '(?<from>[^']+)';$/gmu)].map(
    ({ groups }) => groups?.['from'] ?? '',
  );
  return {
    own: from.filter((one) => one.startsWith('.')).map((one) => normalize(join(path, '..', one))),
    others: from.flatMap((one) => /^@phyllome\/(?<name>[a-z-]+)/u.exec(one)?.groups?.['name'] ?? []),
  };
}

test('what decides an ISO imports nothing that is not among its inputs', () => {
  expect(sources).toContain('pipeline/src/image/image.ts');
  const missing = sources.flatMap((path) => {
    const { own, others } = importsOf(path);
    return [
      ...own.filter((one) => !sources.includes(one)),
      ...others.filter((name) => !imageInputs.code.packages.some((one) => one === name)),
    ].map((one) => `${path}: ${one}`);
  });
  expect(missing).toEqual([]);
});
