import { access, readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Builder, buildIso, type Engine, ensureImage, fedoraBuilder, preflight } from '../../src/index.ts';
import { lookAtKernel } from '../../src/preflight/kernel.ts';
import { puppetBuilder, puppetVolid, temporaryDirectory } from '../puppet/puppet.ts';
import { absence, connectTo, engineKinds } from './engines.ts';

const fedora = fedoraBuilder(join(import.meta.dirname, '..', '..', '..', '..', 'containers'), '44');

/** Whether this machine's kernel mounts vfat, found out in another way than the checks do. */
const vfat = await (async () => {
  if (/\tvfat$/mu.test(await readFile('/proc/filesystems', 'utf8'))) return true;
  return (await readFile(`/lib/modules/${release()}/modules.dep`, 'utf8').catch(() => '')).includes('/vfat.ko');
})();
if (vfat) console.warn('the refusal of a build for want of vfat is skipped: this kernel has it');

for (const kind of engineKinds) {
  const why = await absence(kind);
  if (why !== undefined) console.warn(`tests with ${kind} are skipped: ${why}`);

  describe.skipIf(why !== undefined)(`preflight with ${kind}`, () => {
    const resources = new AsyncDisposableStack();
    let engine: Engine;
    let puppet: Builder;
    let folder: string;

    beforeAll(async () => {
      folder = resources.use(await temporaryDirectory()).path;
      puppet = await puppetBuilder(folder);
      engine = resources.use(await connectTo(kind));
    });
    afterAll(() => resources.disposeAsync());

    test('says of each check how it stands, and which do not matter to the builder', async () => {
      const forFedora = await preflight(engine, fedora);
      expect(forFedora.map(({ id }) => id)).toEqual([
        'engine-version',
        'clock',
        'kernel-ext4',
        'kernel-vfat',
        'loop-devices',
      ]);
      expect(forFedora.find(({ id }) => id === 'engine-version')).toMatchObject({ status: 'ok' });
      expect(forFedora.find(({ id }) => id === 'clock')).toMatchObject({ status: 'ok' });
      expect(forFedora.find(({ id }) => id === 'kernel-vfat')).toMatchObject({
        status: vfat ? 'ok' : 'failed',
      });
      const forPuppet = await preflight(engine, puppet);
      expect(forPuppet.find(({ id }) => id === 'kernel-vfat')).toMatchObject({ status: 'not-applicable' });
    });

    test('sees through a container what this machine has', async () => {
      const { id } = await ensureImage(engine, puppet);
      const kernel = await lookAtKernel(engine, puppet, id);
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
      await using build = buildIso({
        engine,
        builder: { ...puppet, kernel: { filesystems: ['ext4', 'vfat'], loopDevices: false } },
        kickstart: '# puppet: succeed\n',
        destination: join(folder, 'kernel'),
        isoName: 'x.iso',
        volid: puppetVolid,
        project: 'p',
        releasever: '44',
        profile: 'draft',
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
      await using build = buildIso({
        engine,
        builder: puppet,
        kickstart: '# puppet: succeed\n',
        destination: join(folder, 'clock'),
        isoName: 'x.iso',
        volid: puppetVolid,
        project: 'p',
        releasever: '44',
        profile: 'draft',
        sourceDateEpoch: Math.round(Date.now() / 1000) + 86_400,
      });
      await expect(build.result).rejects.toMatchObject({ code: 'CLOCK_WRONG' });
    });
  });
}
