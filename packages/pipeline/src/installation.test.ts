import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { readInstallation, recordInstallation } from './installation.ts';
import { installationOf, openWorkspace } from './workspace.ts';

async function checkout() {
  const at = await mkdtempDisposable(join(tmpdir(), 'installation-'));
  await mkdir(join(at.path, 'leaves'));
  await writeFile(join(at.path, 'nx.json'), '{}');
  return Object.assign(at, { workspace: openWorkspace(at.path) });
}

test('what was installed last is remembered', async () => {
  await using at = await checkout();
  expect(await readInstallation(at.workspace, 's')).toBeUndefined();
  await recordInstallation(at.workspace, 's', { disk: '/disks/s.img', rehearsal: true, firmware: 'bios' });
  expect(await readInstallation(at.workspace, 's')).toEqual({
    schema: 1,
    leaf: 's',
    disk: '/disks/s.img',
    rehearsal: true,
    firmware: 'bios',
  });
  expect(await readInstallation(at.workspace, 'sh')).toBeUndefined();
});

test.each(['', '{', '{"schema":2}', '{"schema":1,"leaf":"sh","disk":"/d","rehearsal":true,"firmware":"uefi"}'])(
  'what is no record of it is none: %j',
  async (text) => {
    await using at = await checkout();
    const path = join(installationOf(at.workspace, 's').directory, 'installation.json');
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    expect(await readInstallation(at.workspace, 's')).toBeUndefined();
  },
);
