/**
 * Two disks that mirror each other: installed for real from a rehearsal's installer medium, and started with both of them,
 * and with either one alone; under UEFI also where Secure Boot is enforced.
 */
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install } from '@phyllome/deploy';
import { type Firmware, type Machine, startMachine } from '@phyllome/vm-tester';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildInstallerMedium, emptyDisk } from '../installer-medium.ts';
import { testWorkspace, type TestWorkspace } from '../workspace.ts';

/** What the firmware reads is on both disks, too: under UEFI it is mirrored, and a BIOS has a place for GRUB on each. */
const forFirmware = {
  uefi: [
    'part raid.e1 --size=128 --ondisk=vda',
    'part raid.e2 --size=128 --ondisk=vdb',
    'raid /boot/efi --fstype=efi --device=efi --level=1 raid.e1 raid.e2',
  ],
  bios: [
    'part biosboot --fstype=biosboot --size=1 --ondisk=vda',
    'part biosboot --fstype=biosboot --size=1 --ondisk=vdb',
  ],
} as const;

/**
 * How long is waited for the half that does not come. dracut counts its rounds, and where it is emulated one takes seconds;
 * then systemd waits half a minute of its own for what is mounted later, out of 90 seconds that may not do there.
 */
const patience = 'rd.retry=60 systemd.default_device_timeout_sec=360';

const kickstart = (firmware: keyof typeof forFirmware): string => `text
reboot --eject
url --url=http://example.invalid/
network --bootproto=dhcp --hostname=mirror
rootpw --lock
bootloader --timeout=1 --append="${patience}"
zerombr
clearpart --all --initlabel
ignoredisk --only-use=vda,vdb
${forFirmware[firmware].join('\n')}
part raid.b1 --size=512 --ondisk=vda
part raid.b2 --size=512 --ondisk=vdb
part raid.r1 --size=2048 --grow --ondisk=vda
part raid.r2 --size=2048 --grow --ondisk=vdb
raid /boot --fstype=ext4 --device=boot --level=1 raid.b1 raid.b2
raid / --fstype=ext4 --device=root --level=RAID1 --label=root raid.r1 raid.r2
%packages --nocore --excludedocs
systemd-resolved
%end
`;

const sizeGiB = 4;
/** While dracut waits, nothing is said. */
const initrd = { fixedMs: 360_000, scaledMs: 12_000 };

let workspace: TestWorkspace;
let medium = '';

beforeAll(async () => {
  workspace = await testWorkspace();
  medium = await buildInstallerMedium(workspace, 'mirror', kickstart('uefi'));
}, 1_200_000);

afterAll(() => workspace[Symbol.asyncDispose]());

/** Boots what was installed, with all disks that are given, the first of them for the firmware. */
async function start(firmware: Firmware, [first = '', ...others]: readonly string[]): Promise<Machine> {
  await using resources = new AsyncDisposableStack();
  const machine = resources.use(
    await startMachine({
      image: { disk: first, format: 'raw' },
      firmware,
      memoryMiB: 1024,
      diskSlots: others.length,
      budgets: { initrd },
      queue: true,
    }),
  );
  for (const disk of others) await machine.addDisk({ disk, format: 'raw' });
  expect(await machine.boot()).toMatchObject({ status: 'accepted' });
  expect(await machine.settle()).toEqual([]);
  resources.move();
  return machine;
}

/** `/ 0`: what is mounted there is on an array of which no half is missing. */
const halves = (paths: readonly string[]): string => `for path in ${paths.join(' ')}; do
  device=$(basename "$(findmnt --noheadings --output SOURCE $path)")
  echo "$path $(cat /sys/block/$device/md/degraded)"
done`;

describe.each(['uefi', 'bios'] as const)('two disks that mirror each other, under %s', (firmware) => {
  const mirrored = firmware === 'uefi' ? ['/', '/boot', '/boot/efi'] : ['/', '/boot'];
  const names = firmware === 'uefi' ? ['boot', 'efi', 'root'] : ['boot', 'root'];
  const resources = new AsyncDisposableStack();
  let [first, second, logs] = ['', '', ''];

  beforeAll(async () => {
    const at = resources.use(await mkdtempDisposable(join(tmpdir(), 'phyllome-raid-')));
    [first, second, logs] = [join(at.path, 'first'), join(at.path, 'second'), join(at.path, 'logs')];
    await emptyDisk(second, sizeGiB);
    await install({
      kickstart: { name: 'mirror.cfg', text: kickstart(firmware) },
      source: { kind: 'iso', path: medium, sha256: undefined },
      disk: first,
      diskSizeGiB: sizeGiB,
      moreDisks: [second],
      replace: false,
      firmware,
      memoryMiB: 2048,
      vcpus: 2,
      logsDir: logs,
      cacheDir: join(at.path, 'cache'),
    });
  }, 1_800_000);

  afterAll(() => resources[Symbol.asyncDispose]());

  test('are installed, and the medium comes out of its drive', async () => {
    expect(await readFile(join(logs, 'console.log'), 'utf8')).toContain("The installer's medium was ejected.");
  });

  test('start together', async () => {
    await using machine = await start(firmware, [first, second]);
    expect(await machine.succeed(halves(mirrored))).toBe(mirrored.map((path) => `${path} 0`).join('\n'));
    expect((await machine.succeed('ls /dev/md')).split('\n')).toEqual(names);
    expect(await machine.conclude()).toMatchObject({ status: 'accepted' });
  });

  test('start where Secure Boot is enforced', async ({ skip }) => {
    skip(firmware === 'bios', 'a BIOS enforces nothing');
    await using machine = await start('uefi-secure', [first, second]);
    expect(await machine.succeed('mokutil --sb-state')).toBe('SecureBoot enabled');
    expect(await machine.succeed('cat /sys/kernel/security/lockdown')).toContain('[integrity]');
    expect(await machine.conclude()).toMatchObject({ status: 'accepted' });
  });

  test.for(['first', 'second'] as const)('start without the other: the %s', async (which) => {
    await using machine = await start(firmware, [which === 'first' ? first : second]);
    expect(await machine.succeed(halves(mirrored))).toBe(mirrored.map((path) => `${path} 1`).join('\n'));
    expect(await machine.conclude()).toMatchObject({ status: 'accepted' });
  });
});
