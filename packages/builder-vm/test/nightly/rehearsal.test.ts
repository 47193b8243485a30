import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildEngine, buildIso, connectEngine } from '@phyllome/iso-builder';
import { rehearsalBuilder } from '@phyllome/rehearsal';
import { expect, test } from 'vitest';
import { openMachineEngine } from '../../src/index.ts';

const root = join(import.meta.dirname, '../../../..');

/** Without KVM thirty times what a container takes, on a busy machine three quarters of an hour. */
const longestMs = 2 * 60 * 60_000;

test("the rehearsal's livemedia-creator starts in a machine, and refuses what it refuses in a container", async () => {
  await using folder = await mkdtempDisposable('/var/tmp/machine-refused-');
  await using engine = await openMachineEngine({ env: process.env });
  await using build = buildIso({
    engine,
    builder: rehearsalBuilder(join(root, 'containers')),
    kickstart: 'part / --size=1000\n',
    destination: join(folder.path, 'refused'),
    isoName: 'refused.iso',
    volid: 'Refused',
    project: 'Phyllome OS',
    releasever: '44',
    profile: 'draft',
  });
  await expect(build.result).rejects.toMatchObject({
    code: 'KICKSTART_REFUSED',
    message: expect.stringContaining('dracut-live') as unknown,
  });
});

test('a rehearsal is the same in a machine as in a container, byte for byte', { timeout: longestMs }, async () => {
  await using folder = await mkdtempDisposable('/var/tmp/machine-rehearsal-');
  const kickstart = await readFile(join(root, 'flat/flat-l.cfg'), 'utf8');
  const sha256By = async (engine: BuildEngine): Promise<string> => {
    await using build = buildIso({
      engine,
      builder: rehearsalBuilder(join(root, 'containers')),
      kickstart,
      destination: join(folder.path, engine.kind),
      isoName: 'rehearsal.iso',
      volid: 'Phyllome-l',
      project: 'Phyllome OS',
      releasever: '44',
      profile: 'draft',
      sourceDateEpoch: 1_795_824_000,
    });
    return (await build.result).sha256;
  };
  await using container = await connectEngine({ env: process.env });
  await using machine = await openMachineEngine({ env: process.env });
  expect(await sha256By(machine)).toBe(await sha256By(container));
});
