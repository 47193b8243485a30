/**
 * Every installation: each edition's installer medium is built, an empty disk installed from it, booted and judged, plain
 * and encrypted, by UEFI; and those that are named by --bios by BIOS, too. It may take hours.
 *
 *     pnpm bench:installations [--bios s,sh] [leaf…]
 *
 * At its end the table edition × check, as `phyllome editions --checks` prints it.
 */
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isLive, openWorkspace } from '@phyllome/pipeline';
import { execa } from 'execa';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { bios: { type: 'string', default: '' } },
});
const root = join(import.meta.dirname, '../..');
const workspace = openWorkspace(root);
const leaves = positionals.length > 0 ? positionals : workspace.leaves.filter((leaf) => !isLive(leaf));
const byBios = new Set(values.bios.split(',').filter(Boolean));

await using at = await mkdtempDisposable(join(tmpdir(), 'phyllome-installations-'));
const passphraseFile = join(at.path, 'passphrase');
await writeFile(passphraseFile, 'correct horse battery staple\n');

/** Seconds that a command took, and whether it succeeded. */
async function phyllome(...args: string[]): Promise<{ seconds: number; exitCode: number | undefined }> {
  const start = performance.now();
  const { exitCode } = await execa('node_modules/.bin/phyllome', args, {
    cwd: root,
    env: { PHYLLOME_BUILDER: 'rehearsal' },
    stdio: 'inherit',
    reject: false,
  });
  return { seconds: Math.round((performance.now() - start) / 1000), exitCode };
}

const lines: string[] = [];
for (const leaf of leaves) {
  const built = await phyllome('build', `install-${leaf}`);
  for (const firmware of byBios.has(leaf) ? ['bios', 'uefi'] : ['uefi']) {
    const options = ['--with', 'qemu', '--replace', '--firmware', firmware, '--passphrase-file', passphraseFile];
    const deployed = built.exitCode === 0 ? await phyllome('deploy', leaf, ...options) : built;
    const what = deployed.exitCode === 0 ? 'accepted' : `exit code ${deployed.exitCode ?? 'none'}`;
    lines.push(`${leaf}, ${firmware}: ${what}; medium ${built.seconds} s, installed and judged ${deployed.seconds} s`);
    if (deployed.exitCode !== 0) process.exitCode = 1;
  }
}
console.log(`\n${lines.join('\n')}\n`);
await phyllome('editions', '--checks', ...leaves);
