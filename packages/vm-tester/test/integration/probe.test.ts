import { spawnSync } from 'node:child_process';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { kvmIsAccessible } from '../../src/host/accelerator.ts';
import { assembleProbe } from '../../src/host/assemble-probe.ts';
import { PROBE_SECTOR } from '../../src/host/probe-sector.ts';
import { probeHost } from '../../src/index.ts';

test('a working accelerator is found by running the sector, and the answer is kept', async () => {
  await using cache = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const env = { ...process.env, XDG_CACHE_HOME: cache.path };
  const host = await probeHost({ env });
  expect(host.reason).toContain(`${host.accelerator}: ran the probe sector`);
  expect(host.timeScale).toBeGreaterThanOrEqual(1);

  const file = join(cache.path, 'phyllome/vm-tester/probe.json');
  const kvm = (await kvmIsAccessible()) ? 'kvm' : 'no kvm';
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
    key: expect.stringMatching(new RegExp(`/${kvm}$`)),
  });
  await writeFile(file, (await readFile(file, 'utf8')).replaceAll('ran the probe sector', 'was remembered'));
  expect((await probeHost({ env })).reason).toContain('was remembered');
  expect((await probeHost({ env, fresh: true })).reason).toContain('ran the probe sector');
});

test('a spoilt cache is not believed', async () => {
  await using cache = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const env = { ...process.env, XDG_CACHE_HOME: cache.path };
  await probeHost({ env, accelerator: 'tcg' });
  await writeFile(join(cache.path, 'phyllome/vm-tester/probe.json'), '{"key": 1}');
  expect((await probeHost({ env, accelerator: 'tcg' })).accelerator).toBe('tcg');
});

test('without QEMU there is a typed error that says what to do', async () => {
  await expect(probeHost({ env: { PATH: '/nonexistent' } })).rejects.toMatchObject({
    code: 'QEMU_MISSING',
    hint: expect.stringContaining('./setup'),
  });
});

test('the bytes of the sector are those of its source', async ({ skip }) => {
  if (spawnSync('as', ['--version']).error) skip('binutils is not installed: the source cannot be assembled here');
  expect((await assembleProbe()).equals(PROBE_SECTOR)).toBe(true);
});
