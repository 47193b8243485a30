import { access, readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureImage, loraxBuilder, preflight } from '../../src/index.ts';
import { lookAtHost } from '../../src/preflight/host.ts';
import { withEachEngine } from './fixture.ts';

const fedora = loraxBuilder(join(import.meta.dirname, '..', '..', '..', '..', 'containers'), {
  release: '44',
  base: `docker.io/library/fedora@sha256:${'0'.repeat(64)}`,
});

/** Whether this machine's kernel mounts vfat, found out in another way than the checks do. */
const vfat = await (async () => {
  if (/\tvfat$/mu.test(await readFile('/proc/filesystems', 'utf8'))) return true;
  return (await readFile(`/lib/modules/${release()}/modules.dep`, 'utf8').catch(() => '')).includes('/vfat.ko');
})();
if (vfat) console.warn('the refusal of a build for want of vfat is skipped: this kernel has it');

await withEachEngine('preflight', (at) => {
  test('says of each check how it stands, and which do not matter to the builder', async () => {
    const forFedora = await preflight(at.engine, fedora);
    expect(forFedora.map(({ id }) => id)).toEqual([
      'engine-version',
      'architecture',
      'clock',
      'memory',
      'space-engine',
      'builder-image',
      'user-namespace',
      'limits',
      'kernel-ext4',
      'kernel-vfat',
      'loop-devices',
    ]);
    expect(forFedora.find(({ id }) => id === 'engine-version')).toMatchObject({ status: 'ok' });
    expect(forFedora.find(({ id }) => id === 'architecture')).toMatchObject({ status: 'ok' });
    expect(forFedora.find(({ id }) => id === 'clock')).toMatchObject({ status: 'ok' });
    expect(forFedora.find(({ id }) => id === 'kernel-vfat')).toMatchObject({
      status: vfat ? 'ok' : 'failed',
    });
    const forPuppet = await preflight(at.engine, at.builder);
    expect(forPuppet.find(({ id }) => id === 'kernel-vfat')).toMatchObject({ status: 'not-applicable' });
  });

  test('sees through a container what this machine has', async () => {
    const { id } = await ensureImage(at.engine, at.builder);
    const kernel = await lookAtHost(at.engine, at.builder, id);
    const here = await readFile('/proc/filesystems', 'utf8');
    expect([...(kernel?.filesystems ?? [])].map((name) => here.includes(`\t${name}\n`))).not.toContain(false);
    expect(kernel?.filesystems.has('proc')).toBe(true);
    expect(kernel?.loopControl).toBe(
      await access('/dev/loop-control').then(
        () => true,
        () => false,
      ),
    );
  });

  test.skipIf(vfat)('a build is refused when the kernel lacks what its builder needs, before it starts', async () => {
    await using build = at.build('succeed', {
      builder: { ...at.builder, kernel: { filesystems: ['ext4', 'vfat'], loopDevices: false } },
      destination: join(at.folder, 'kernel'),
    });
    const phases: string[] = [];
    for await (const event of build.events()) if (event.type === 'phase') phases.push(event.phase);
    await expect(build.result).rejects.toMatchObject({
      code: 'KERNEL_UNSUITABLE',
      message: expect.stringContaining('kernel-vfat') as unknown,
      hint: expect.stringContaining('modprobe vfat') as unknown,
    });
    expect(phases).toEqual(['preflight', 'image']);
  });

  test('sources of the future are refused', async () => {
    await using build = at.build('succeed', {
      builder: at.builder,
      destination: join(at.folder, 'clock'),
      sourceDateEpoch: Math.round(Date.now() / 1000) + 86_400,
    });
    await expect(build.result).rejects.toMatchObject({ code: 'CLOCK_WRONG' });
  });
});
