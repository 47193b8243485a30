import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { flatPath } from '@phyllome/nx-plugin/leaves';
import { flattenLeaf, requireFresh } from '../kickstarts.ts';
import { printDiagnostics, say } from '../render.ts';
import { type Workspace, requireLeaf } from '../workspace.ts';

/**
 * `phyllome flatten [leaf…]`: writes `flat/flat-<leaf>.cfg` of each, of all when none is named. With `check`, which is
 * `phyllome validate`, it writes nothing and fails on one that is missing or stale.
 */
export async function flattenCommand(
  workspace: Workspace,
  leaves: string[],
  options: { check: boolean },
): Promise<void> {
  const wanted = leaves.length > 0 ? leaves.map((leaf) => requireLeaf(workspace, leaf)) : workspace.leaves;
  for (const leaf of wanted) {
    const flat = options.check ? requireFresh(workspace, leaf) : flattenLeaf(workspace, leaf);
    printDiagnostics(flat.diagnostics, workspace);
    const path = flatPath(leaf);
    const written = !options.check && workspace.readFile(path) !== flat.text;
    if (written) await writeAtomically(join(workspace.root, path), flat.text);
    say(`${path}: ${written ? 'written' : 'fresh'}, ${flat.origins.length} lines from ${flat.files.length} files`);
  }
}

async function writeAtomically(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.part`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}
