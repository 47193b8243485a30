/** Writes `.forgejo/workflows/` anew, of `.github/workflows/`. */
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { forgejoWorkflow, isForForgejo } from './forgejo-workflow.ts';

const root = resolve(import.meta.dirname, '../../..');
const from = join(root, '.github/workflows');
const to = join(root, '.forgejo/workflows');
await rm(to, { recursive: true, force: true });
await mkdir(to, { recursive: true });
for (const name of (await readdir(from)).filter(isForForgejo))
  await writeFile(join(to, name), forgejoWorkflow(name, await readFile(join(from, name), 'utf8')));
