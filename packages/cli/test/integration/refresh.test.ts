import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { planImage } from '@phyllome/pipeline/image';
import { openWorkspace } from '@phyllome/pipeline';
import { expect, test } from 'vitest';
import { testWorkspace } from '../workspace.ts';

/**
 * Fedora cannot be asked here: what its DNF would print comes from a recorded installation, and everything around it is
 * real. That a rehearsal's packages are resolved by Debian's own apt is tested every night.
 */
const recording = resolve(import.meta.dirname, '../../../iso-builder/test/recorded/packages/packaging-dnf5.log');

/** A machine that builds without a container, whose DNF resolves to what was recorded, with some words replaced. */
async function machine(root: string): Promise<{ env: Record<string, string>; offer: (text: string) => Promise<void> }> {
  const bin = join(root, 'bin');
  await mkdir(bin);
  const program = async (name: string, text: string): Promise<void> => {
    await writeFile(join(bin, name), `#!/bin/sh\n${text}`);
    await chmod(join(bin, name), 0o755);
  };
  await program('livemedia-creator', "echo 'livemedia-creator 44.7'\n");
  await program('python3', `cat '${join(root, 'offered')}'\n`);
  return {
    env: {
      PATH: `${bin}${delimiter}${process.env['PATH']}`,
      PHYLLOME_BUILDER: 'fedora',
      PHYLLOME_ENGINE: 'host',
    },
    offer: (text) => writeFile(join(root, 'offered'), text),
  };
}

async function offered(): Promise<string> {
  const log = await readFile(recording, 'utf8');
  const lines = [...log.matchAll(/Installing - (?<name>\S+)-(?<evr>[^-\s]+-[^-\s]+)\.(?<arch>\w+)/gu)].map(
    ({ groups }) => `P ${groups?.['name']} ${groups?.['evr']} ${groups?.['arch']}`,
  );
  return [...new Set(lines), 'end', ''].join('\n');
}

test('today is recorded, decides the image from then on, and what changes later is named', async () => {
  await using workspace = await testWorkspace();
  const { env, offer } = await machine(workspace.root);
  const inputs = async (): Promise<string> => {
    const plan = await planImage(openWorkspace(workspace.root), 'l', {
      profile: 'draft',
      env: { ...process.env, ...env },
    });
    return plan.inputs;
  };
  const text = await offered();
  const first = /^P (?<name>\S+) (?<version>\S+) /u.exec(text)?.groups ?? {};
  await offer(text);
  const before = await inputs();

  const recorded = await workspace.phyllome(['refresh', 'l'], env);
  expect(recorded.exitCode, recorded.all).toBe(0);
  expect(recorded.stdout).toContain('l: nothing is known of an earlier build');
  expect(recorded.stdout).toContain('recorded: containers/fedora-packages/l.lock');
  const after = await inputs();
  expect(after).not.toBe(before);

  const again = await workspace.phyllome(['refresh', 'l', '--check'], env);
  expect([again.exitCode, again.stdout]).toEqual([0, 'l: the same packages as in containers/fedora-packages/l.lock']);
  expect(await inputs()).toBe(after);

  await offer(text.replace(` ${first['version']} `, ' 99-1.fc44 ').replace('end\n', 'P brand-new 1-1 noarch\nend\n'));
  const changed = await workspace.phyllome(['refresh', 'l', '--check'], env);
  expect([changed.exitCode, changed.stderr]).toEqual([1, expect.stringContaining('error[PACKAGES_CHANGED]')]);
  expect(changed.stdout).toContain('1 updated, 1 added, 0 removed since containers/fedora-packages/l.lock');
  expect(changed.stdout).toContain(`${first['name']}  ${first['version']} → 99-1.fc44`);
  expect(await inputs()).toBe(after);

  const json = await workspace.phyllome(['refresh', 'l', '--json'], env);
  expect(JSON.parse(json.stdout)).toMatchObject({
    version: 1,
    builder: 'fedora',
    editions: [{ edition: 'l', packages: { added: [{ name: 'brand-new' }] } }],
    written: ['containers/fedora-packages/l.lock'],
  });
  expect(await inputs()).not.toBe(after);
});

test('repositories that do not answer are an error in the words of DNF, and nothing is recorded', async () => {
  await using workspace = await testWorkspace();
  const { env, offer } = await machine(workspace.root);
  await offer('E Failed to download metadata for repo: Could not resolve host\nend\n');
  const { exitCode, stderr } = await workspace.phyllome(['refresh', 'l'], env);
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining('error[PACKAGES_UNRESOLVED]')]);
  expect(stderr).toContain('Could not resolve host');
  expect(openWorkspace(workspace.root).readFile('containers/fedora-packages/l.lock')).toBeUndefined();
});
