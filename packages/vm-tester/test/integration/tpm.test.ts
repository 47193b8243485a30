import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposable, readFile, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { startTpm } from '../../src/qemu/tpm.ts';
import { WITHOUT_SWTPM } from '../swtpm.ts';
import { bootSector } from './boot-sectors.ts';

/** The command lines of this machine's processes that mention a directory. */
async function processesOf(directory: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(directory) && line.startsWith('swtpm'));
}

test('a TPM ends with the machine', async ({ skip }) => {
  skip(WITHOUT_SWTPM !== undefined, WITHOUT_SWTPM);
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  {
    await using tpm = await startTpm(directory.path);
    expect(tpm.socket.startsWith(directory.path)).toBe(true);
    expect(await processesOf(directory.path)).toHaveLength(1);
  }
  expect(await processesOf(directory.path)).toEqual([]);
});

test('a TPM ends with a runner that is killed, and its state with it', async ({ skip }) => {
  skip(WITHOUT_SWTPM !== undefined, WITHOUT_SWTPM);
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const disk = join(directory.path, 'disk.img');
  await writeFile(disk, bootSector('halt'));
  const runner = spawn(process.execPath, [join(import.meta.dirname, 'runner.ts'), disk, 'tpm'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: directory.path },
  });
  await once(runner.stdout, 'data');
  expect(await processesOf(directory.path)).toHaveLength(1);
  runner.kill('SIGKILL');
  await once(runner, 'close');
  const left = async () => [...(await readdir(directory.path)), ...(await processesOf(directory.path))];
  await vi.waitFor(async () => expect(await left()).toEqual(['disk.img']), { timeout: 30_000 });
});

test('without swtpm a TPM is an error that says so', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  await expect(startTpm(directory.path, { PATH: directory.path })).rejects.toMatchObject({ code: 'SWTPM_MISSING' });
});
