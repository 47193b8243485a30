import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Engine, connectEngine, ensureImage, loraxBuilder } from '@phyllome/iso-builder';
import { rehearsalBuilder } from '@phyllome/rehearsal';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostConfig } from '../../../iso-builder/src/container/container.ts';
import { nodesToName } from '../../../iso-builder/src/container/loop-devices.ts';
import { runScript } from '../../../iso-builder/src/container/run-script.ts';
import { judgeHost, lookAtHost } from '../../../iso-builder/src/preflight/host.ts';

// What the Fedora builder is granted, tried in a container of an image that is to be had here: Debian's util-linux.
const containers = resolve(import.meta.dirname, '../../../../containers');
// Its image is not made: only what its container is granted counts.
const fedora = loraxBuilder(containers, { release: '44', base: `docker.io/library/fedora@sha256:${'0'.repeat(64)}` });

/** Takes two devices at once, mounts ext4 from the first, and frees both. */
const script = (ext4: string): string => `
cd /tmp && echo ${ext4} | base64 -d | gzip -d >one.img && truncate -s 1M two.img && mkdir mnt
one=$(losetup --find --show one.img) && two=$(losetup --find --show two.img) || exit 1
echo "took $one $two"
mount -t ext4 "$one" mnt && grep -o ' /tmp/mnt ext4 ' /proc/mounts
umount mnt
losetup --detach "$one"; losetup --detach "$two"
`;

/** An empty file system, packed: the image has no mkfs.ext4. */
async function emptyExt4(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ext4-'));
  try {
    const path = join(folder, 'ext4.img');
    await execa('truncate', ['-s', '1M', path]);
    await execa('mkfs.ext4', ['-q', '-O', '^has_journal', path], {
      env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
    });
    return gzipSync(await readFile(path)).toString('base64');
  } finally {
    await rm(folder, { recursive: true });
  }
}

const engines = await Promise.all(
  ['docker', 'podman'].map(async (name) => {
    const engine = await connectEngine({ env: { ...process.env, PHYLLOME_ENGINE: name } }).catch((error: unknown) => {
      console.warn(`loop devices with ${name} are not tried: ${String(error)}`);
      return undefined;
    });
    return { name, engine };
  }),
);

describe.each(engines.filter((one): one is { name: string; engine: Engine } => one.engine !== undefined))(
  'loop devices in a container of $name',
  ({ engine }) => {
    let imageId = '';
    let ext4 = '';
    beforeAll(async () => {
      imageId = (await ensureImage(engine, rehearsalBuilder(containers))).id;
      ext4 = await emptyExt4();
    });
    afterAll(() => engine[Symbol.asyncDispose]());

    const run = async (privileges: typeof fedora.privileges): Promise<string[]> =>
      await runScript(engine, {
        imageId,
        builder: fedora.name,
        script: script(ext4),
        hostConfig: hostConfig(privileges, {
          kind: engine.kind,
          securityOptions: [],
          loopNodes: privileges.loopDevices ? await nodesToName(engine, imageId) : [],
        }),
      });

    test('two are taken at once, and ext4 is mounted from one, also beside another build', async () => {
      const both = await Promise.all([run(fedora.privileges), run(fedora.privileges)]);
      for (const lines of both) {
        expect(lines[0]).toMatch(/^took (?<one>\/dev\/loop\d+) (?!\k<one>)\/dev\/loop\d+$/u);
        expect(lines[1]).toContain('/tmp/mnt ext4');
      }
    });

    test('without the grant there are none', async () => {
      const lines = await run({ ...fedora.privileges, loopDevices: false });
      expect(lines.join('\n')).toContain('losetup');
      expect(lines.join('\n')).not.toContain('took');
    });

    test('the preflight takes and frees them, and says of vfat whether this kernel has it', async () => {
      const vfat = /\tvfat$/mu.test(await readFile('/proc/filesystems', 'utf8'));
      const checks = judgeHost(await lookAtHost(engine, fedora, imageId), { builder: fedora, engine });
      const of = (id: string): (typeof checks)[number] | undefined => checks.find((check) => check.id === id);
      expect(of('loop-devices')).toMatchObject({
        status: 'ok',
        found: expect.stringMatching(/took and freed \/dev\/loop\d+ and \/dev\/loop\d+/u) as unknown,
      });
      expect(of('kernel-ext4')).toMatchObject({ status: 'ok' });
      const { status = '', found = '', fix = '' } = of('kernel-vfat') ?? {};
      expect([status, found.includes('has no vfat'), fix.includes('modprobe vfat')]).toEqual([
        vfat ? 'ok' : 'failed',
        !vfat,
        true,
      ]);
    });
  },
);
