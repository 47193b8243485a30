import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { flatten } from '@phyllome/flattener';
import { describe, expect, test } from 'vitest';
import { checkDiskSize, checkUnattended, neededDiskMiB, watchedKickstart } from './kickstart.ts';

const flats = join(import.meta.dirname, '../../../flat');
const installFlats = readdirSync(flats).filter((name) => /^flat-(?!l)\w+\.cfg$/u.test(name));

const SMALL = `#version=F44
text
reboot --kexec
part / --fstype=ext4 --size=4096 --grow
%post
cat <<'EOF' >/etc/example
reboot
EOF
%end
%packages
@core
%end
`;

describe('a watched kickstart', () => {
  test('powers off, and tells its nonce at the very end', () => {
    expect(watchedKickstart(SMALL, 'abc123')).toBe(
      `${SMALL.replace('reboot --kexec', 'poweroff')}
# The rest was added for this installation.
%post --nochroot --erroronfail
echo abc123 >/dev/virtio-ports/org.phyllome.deploy.0
%end
`,
    );
  });

  test.each([
    ['reboot', 'poweroff'],
    ['reboot --eject', 'poweroff --eject'],
    ['shutdown', 'poweroff'],
    ['halt', 'poweroff'],
    ['poweroff', 'poweroff'],
  ])('%s becomes %s', (ending, instead) => {
    const lines = watchedKickstart(SMALL.replace('reboot --kexec', ending), 'x').split('\n');
    expect(lines[2]).toBe(instead);
    expect(lines.filter((line) => line.startsWith('poweroff'))).toHaveLength(1);
  });

  test('one without an ending gets one', () => {
    expect(watchedKickstart(SMALL.replace('reboot --kexec', ''), 'x')).toMatch(/^poweroff$/mu);
  });

  test('what a script writes is left alone', () => {
    expect(watchedKickstart(SMALL, 'x')).toContain("cat <<'EOF' >/etc/example\nreboot\nEOF\n");
  });

  test.each(installFlats)('%s keeps its lines where they are, and stays a valid kickstart', (name) => {
    const flat = readFileSync(join(flats, name), 'utf8');
    const watched = watchedKickstart(flat, 'abc');
    const changed = flat
      .trimEnd()
      .split('\n')
      .filter((line, index) => line !== watched.split('\n')[index]);
    expect(changed).toEqual(['reboot']);
    const { kickstart } = flatten('w.cfg', { readFile: (path) => (path === 'w.cfg' ? watched : undefined) });
    expect(kickstart.scripts.at(-1)).toMatchObject({ type: 'post', nochroot: true, erroronfail: true });
    expect(kickstart.commands.map(({ text }) => text)).toContain('poweroff');
    expect(kickstart.commands.map(({ name: command }) => command)).not.toContain('reboot');
  });
});

test('the disk must hold what the partitions ask for', () => {
  const flat = readFileSync(join(flats, 'flat-dhi.cfg'), 'utf8');
  expect(neededDiskMiB(flat, 'uefi')).toBe(500 + 1024 + 4096 + 2);
  expect(neededDiskMiB(flat, 'bios')).toBe(1 + 1024 + 4096 + 2);
  expect(() => checkDiskSize(flat, 5, 'uefi')).toThrow('no room for partitions of 5622 MiB');
  checkDiskSize(flat, 6, 'uefi');
});

test.each([
  ['part / --size=4096', 4096 + 2],
  ['reqpart --add-boot\npart / --size=4096', 4096 + 500 + 2048 + 2],
  ['autopart', 500 + 2048 + 2],
  ['autopart --noboot', 500 + 2],
  // Half of a mirror is on another disk.
  ['part raid.1 --size=4096 --ondisk=vda\npart raid.2 --size=4096 --ondisk=vdb\npart swap --size=512', 4096 + 512 + 2],
])('what a UEFI machine needs for %j: %d MiB', (flat, needed) => {
  expect(neededDiskMiB(`${flat}\n`, 'uefi')).toBe(needed);
});

test('nobody is there to be asked for a passphrase', () => {
  checkUnattended(readFileSync(join(flats, 'flat-dhi.cfg'), 'utf8'));
  const encrypted = readFileSync(join(flats, 'flat-dhi-encrypted.cfg'), 'utf8');
  expect(() => checkUnattended(encrypted)).toThrow('the installer will ask for the passphrase');
});
