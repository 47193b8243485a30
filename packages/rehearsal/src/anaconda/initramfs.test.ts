import { expect, test } from 'vitest';
import { dracutConf, needsOf } from './initramfs.ts';

function needs(...lines: string[]): string {
  const commands = lines.map((text, index) => {
    const [name = '', ...args] = text.split(' ');
    return { name, args, text, line: index + 1 };
  });
  return Object.entries(needsOf(commands))
    .filter(([, needed]) => needed)
    .map(([name]) => name)
    .join();
}

test.each([
  [['part / --size=4096', 'reboot'], ''],
  [['part / --size=4096 --encrypted --luks-version=luks2'], 'encrypted'],
  [['part pv.1 --size=4096', 'volgroup vg pv.1', 'logvol / --vgname=vg --name=root'], 'logical'],
  [['part raid.1 --size=4096', 'part raid.2 --size=4096', 'raid / --device=root --level=1 raid.1 raid.2'], 'arrays'],
  [['part / --fstype=btrfs --size=4096'], 'btrfs'],
  [['part btrfs.1 --size=4096', 'btrfs / --label=root btrfs.1'], 'btrfs'],
  [['autopart'], 'btrfs'],
  [['autopart --type=lvm --encrypted'], 'encrypted,logical'],
  [['autopart --type=plain'], ''],
])('%s: %s', (lines, expected) => expect(needs(...lines)).toBe(expected));

test('another need is another configuration', () => {
  const none = { encrypted: false, arrays: false, logical: false, btrfs: false };
  const all = [
    none,
    { ...none, encrypted: true },
    { ...none, arrays: true },
    { ...none, logical: true },
    { ...none, btrfs: true },
  ];
  expect(new Set(all.map((one) => dracutConf(one))).size).toBe(all.length);
});
