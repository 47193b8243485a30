import { execFileSync } from 'node:child_process';
import { mkdtempDisposable, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '@phyllome/host';
import { describe, expect, test } from 'vitest';
import { lsblkArgv, parseDisks } from '../../src/anaconda/storage/disks.ts';
import { planLayout } from '../../src/anaconda/storage/layout.ts';
import { readStorage } from '../../src/anaconda/storage/request.ts';
import { planStorage } from '../../src/anaconda/storage/steps.ts';
import type { KickstartCommand } from '../../src/kickstart.ts';

const LINES = [
  'zerombr',
  'clearpart --all --initlabel',
  'part /boot/efi --fstype=efi --size=512 --label=efi',
  'part /boot --fstype=ext4 --size=1024 --label=boot',
  'part swap --size=512 --label=swap',
  'part / --fstype=ext4 --size=4096 --grow --label=root --encrypted --pbkdf=pbkdf2 --passphrase=swordfish',
];

const commands: KickstartCommand[] = LINES.map((text, index) => {
  const [name = '', ...args] = text.split(' ');
  return { name, args, text, line: index + 1 };
});
const machine = {
  firmware: 'uefi',
  memoryMiB: 4096,
  disks: [{ name: 'vda', bytes: 10 * 2 ** 30, readOnly: false, contents: [] }],
  payloadBytes: 2 ** 20,
} as const;
const layout = planLayout(readStorage(commands, machine.memoryMiB), machine);
const plan = planStorage(layout, { newUuid: () => crypto.randomUUID(), passphraseOf: () => 'swordfish' });

const LACKING = ['sfdisk', 'mkfs.vfat', 'mkfs.ext4', 'mkswap', 'cryptsetup', 'blkid'].filter(
  (name) => findProgram(name, process.env, { administrators: true }) === undefined,
);

const WITHOUT_TOOLS = LACKING.length > 0 && `${LACKING.join(', ')} not installed: ./setup brings them`;

/** A sparse file in the place of a disk, or of a partition: no device of this machine is touched. */
async function sparse(path: string, sizeMiB: number): Promise<string> {
  await using file = await open(path, 'w');
  await file.truncate(sizeMiB * 2 ** 20);
  return path;
}

/** Runs a planned step on a file. */
function run(step: { argv: readonly string[]; input?: string }, device: string, file: string): void {
  const [program = '', ...args] = step.argv.map((word) => (word === device ? file : word));
  execFileSync(program, args, { input: step.input ?? '', stdio: 'pipe' });
}

/** blkid(8)'s facts of a file, by its own look. */
function probed(file: string): Record<string, string> {
  const text = execFileSync('blkid', ['--probe', '--output', 'export', file], { encoding: 'utf8' });
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]),
  );
}

const sectors = (mebibytes: number): number => mebibytes * 2048;

test('sfdisk makes the table that was planned', async ({ skip }) => {
  if (WITHOUT_TOOLS !== false) skip(WITHOUT_TOOLS);
  await using at = await mkdtempDisposable(join(tmpdir(), 'storage-'));
  const disk = await sparse(join(at.path, 'disk'), 10 * 1024);
  for (const step of plan.make.filter(({ argv }) => argv.includes('/dev/vda'))) run(step, '/dev/vda', disk);
  const table: unknown = JSON.parse(execFileSync('sfdisk', ['--json', disk], { encoding: 'utf8' }));
  expect(table).toMatchObject({
    partitiontable: {
      label: 'gpt',
      partitions: layout.partitions.map(({ startMiB, sizeMiB }) => ({
        start: sectors(startMiB),
        size: sectors(sizeMiB),
      })),
    },
  });
});

/** The planned steps that make something on a device. */
const stepsOn = (device: string) => plan.make.filter(({ argv }) => argv.includes(device) && argv[1] !== 'open');

describe('the file systems have the names by which fstab and crypttab call them', () => {
  const volumes = plan.volumes.map((volume) => [volume.place.mountPoint ?? volume.place.fileSystem, volume] as const);

  // cryptsetup measures for seconds how fast the machine derives keys.
  test.for(volumes)('%s', { timeout: 120_000 }, async ([, { place, device, uuid }], { skip }) => {
    if (WITHOUT_TOOLS !== false) skip(WITHOUT_TOOLS);
    await using at = await mkdtempDisposable(join(tmpdir(), 'storage-'));
    const file = await sparse(join(at.path, 'volume'), 1024);
    for (const step of stepsOn(device)) run(step, device, file);
    const { UUID, LABEL } = probed(file);
    expect([UUID, LABEL?.toLowerCase()]).toEqual([uuid, place.label]);
    const locked = plan.encrypted.find(({ luksUuid }) => device === `/dev/mapper/luks-${luksUuid}`);
    if (locked === undefined) return;
    const header = await sparse(join(at.path, 'luks'), 64);
    for (const step of stepsOn(locked.source)) run(step, locked.source, header);
    expect(probed(header)).toMatchObject({ TYPE: 'crypto_LUKS', VERSION: '2', UUID: locked.luksUuid });
  });
});

test('what lsblk says of this machine can be read', () => {
  const [program, ...args] = lsblkArgv;
  const disks = parseDisks(execFileSync(program, args, { encoding: 'utf8' }), 'no such medium');
  for (const disk of disks) expect(disk.bytes).toBeGreaterThan(0);
});
