import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readCatalogue } from '../judging/acceptance.ts';
import { openWorkspace } from '@phyllome/pipeline';
import { editionsPage } from './markdown.ts';

const workspace = openWorkspace(resolve(import.meta.dirname, '../../../..'));

test('docs/editions.md is what the leaves and the catalogue say', async () => {
  const page = readFileSync(resolve(workspace.root, 'docs/editions.md'), 'utf8');
  expect(page, 'it is stale: pnpm docs:editions').toBe(editionsPage(workspace, await readCatalogue(workspace)));
});
